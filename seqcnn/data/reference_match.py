"""Do a BAM and a reference belong together? By contigs' names, lengths, M5 and the bases."""

from collections.abc import Collection, Sequence
from pathlib import Path

from seqcnn.data.aliases import ContigAlias, suggest_alias
from seqcnn.data.alignments import Alignments
from seqcnn.data.call_regions import Region
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.mismatches import ENOUGH, OTHER_VERSION, measure
from seqcnn.data.references import FastaReference, Reference
from seqcnn.errors import InputError

LISTED = 4
FITTING = 0.05  # of the bases may differ where a contig has another length


def match_names(
    alignments: Alignments, reference: Reference, alias: ContigAlias | None = None
) -> dict[str, str]:
    """The reference's name of each contig of the file that it has, in the file's order."""
    if alias is None:
        named = {name: name for name in alignments.names}
    else:
        named = alias.translate(alignments.names, reference.length_of)
    return {ours: theirs for ours, theirs in named.items() if theirs in reference.length_of}


def check_contigs(
    alignments: Alignments,
    reference: FastaReference | RebuiltReference,
    *,
    contigs: Collection[str] | None = None,
    regions: Sequence[Region] = (),
    alias: ContigAlias | None = None,
) -> tuple[FastaReference | RebuiltReference, list[str]]:
    """Match the contigs of a file with those of its reference, by name, length and M5.

    Args:
        alignments: the file.
        reference: its reference.
        contigs: those that will be called; None is all that have reads.
        regions: what the user named of them. There, a contig of another length will do where the
            reads fit it: a FASTA that was cut to its beginning.
        alias: how the file's names become the reference's.

    Returns:
        The reference with the file's names and only contigs of both, and notes.

    Raises:
        InputError: a contig to be called is not in the reference, has another length there, or
            another M5 and reads that do not fit.
    """
    if isinstance(reference, RebuiltReference):
        return reference, []
    wanted = list(alignments.contigs_with_reads() if contigs is None else contigs)
    named = match_names(alignments, reference, alias)
    _refuse_missing(alignments, reference, wanted, named, alias)
    differing = [
        ours for ours, theirs in named.items()
        if alignments.length_of[ours] != reference.length_of[theirs]
    ]  # fmt: skip
    wrong = [name for name in wanted if name in differing]
    # Without names `renamed` would leave them all as they are.
    other = reference.renamed({name: named[name] for name in wrong}) if wrong else None
    cut = {} if other is None else _cut(alignments, other, regions)
    wrong = [name for name in wrong if name not in cut]
    if wrong:
        raise InputError(_other_lengths(alignments, reference, wrong, named))
    same = {o: theirs for o, theirs in named.items() if o not in differing or o in cut}
    notes = _left_out(alignments, reference, same) + list(cut.values())
    renamed = reference.renamed(same)
    whole = [name for name in wanted if name not in cut]
    return renamed, notes + _check_checksums(alignments, renamed, whole)


def never_called(
    alignments: Alignments,
    reference: FastaReference | RebuiltReference,
    alias: ContigAlias | None = None,
) -> list[str]:
    """The note of `check_contigs` on contigs left out, where it is the same for all regions.

    Where a contig has another length in the reference it depends on the regions, and there is none.
    """
    named = match_names(alignments, reference, alias)
    if isinstance(reference, RebuiltReference) or any(
        alignments.length_of[ours] != reference.length_of[theirs] for ours, theirs in named.items()
    ):
        return []
    return _left_out(alignments, reference, named)


def _cut(
    alignments: Alignments, reference: FastaReference, regions: Sequence[Region]
) -> dict[str, str]:
    """Contigs of another length that the reads of the regions fit all the same, with a note."""
    notes = {}
    for name in reference.names:
        here = [region for region in regions if region.contig == name]
        length = reference.length_of[name]
        if not here or max(region.end for region in here) > length:
            continue
        found = measure(alignments, reference, here)[name]
        fits = found.share < FITTING and not found.exceeds(OTHER_VERSION)
        if found.compared >= ENOUGH and fits:
            notes[name] = (
                f"contig '{name}' is {alignments.length_of[name]:,} bp, in {_name(reference)} it "
                f"is {length:,} bp; the reads of the regions fit it ({found.share:.2%} of bases "
                "differ)"
            )
    return notes


def _refuse_missing(
    alignments: Alignments,
    reference: FastaReference,
    wanted: Sequence[str],
    named: dict[str, str],
    alias: ContigAlias | None,
) -> None:
    missing = [name for name in wanted if name not in named]
    if not missing:
        return
    has = f"it has {_listed(reference.names)}"
    rule = suggest_alias(missing, reference.length_of)
    if rule is not None and alias is None:
        raise InputError(
            f"{alignments.path}: contig '{missing[0]}' is not in {reference.path} ({has}); "
            f"pass --contig-alias {rule}"
        )
    some = "" if len(missing) == len(wanted) else ", or name the contigs to call with --regions"
    raise InputError(
        f"{alignments.path}: {len(missing)} of {len(wanted)} contigs to call "
        f"({_listed(missing)}) {'is' if len(missing) == 1 else 'are'} not in {reference.path} "
        f"({has}); give the reference the reads were aligned to{some}"
    )


def _other_lengths(
    alignments: Alignments, reference: FastaReference, wrong: Sequence[str], named: dict[str, str]
) -> str:
    name = wrong[0]
    more = f" (so do {len(wrong) - 1} others)" if len(wrong) > 1 else ""
    return (
        f"{alignments.path}: contig '{name}' is {alignments.length_of[name]:,} bp, in "
        f"{reference.path} it is {reference.length_of[named[name]]:,} bp{more}: another assembly; "
        "give the reference the reads were aligned to"
    )


def _left_out(alignments: Alignments, reference: FastaReference, same: dict[str, str]) -> list[str]:
    out = [name for name in alignments.names if name not in same]
    if not out:
        return []
    return [
        f"{len(out):,} of {len(alignments.names):,} contigs of {alignments.path.name} "
        f"({_listed(out)}) are not in {_name(reference)} or have another length; none is called"
    ]


def _check_checksums(
    alignments: Alignments, reference: FastaReference, wanted: Sequence[str]
) -> list[str]:
    notes = []
    lines = {line["SN"]: line for line in alignments.header.get("SQ", [])}
    for name in wanted:
        said = lines[name].get("M5", "").lower()
        if not said or said == reference.checksum(name):
            continue
        told = (
            f"contig '{name}' of {_name(reference)} has the MD5 {reference.checksum(name)}, the "
            f"header of {alignments.path.name} says {said}"
        )
        found = measure(alignments, reference, [Region(name, 0, reference.length_of[name])])[name]
        if found.compared < ENOUGH or found.exceeds(OTHER_VERSION):
            raise InputError(
                f"{told}: another version of it; give the reference the reads were aligned to"
            )
        notes.append(
            f"{told}: masked or changed; its reads fit it ({found.share:.2%} of bases differ)"
        )
    return notes


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:LISTED])
    return shown + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def _name(reference: FastaReference) -> str:
    return Path(reference.source).name
