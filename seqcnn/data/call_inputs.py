"""All that a call reads, opened and checked together: alignments, reference and regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.alignment_index import foreign_index
from seqcnn.data.alignments import Alignments, CorruptRegion, open_alignments
from seqcnn.data.bam_records import MISSING_QUALITY
from seqcnn.data.call_regions import LITERAL, Region, parse_regions
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.mismatches import mismatch_check
from seqcnn.data.packed import Progress
from seqcnn.data.reference_match import check_contigs, match_names, never_called
from seqcnn.data.references import FastaReference, Reference, find_reference
from seqcnn.data.region_parts import within

PROBED_REGIONS, PROBED_READS = 20, 100  # looked at for base qualities


@dataclass(frozen=True)
class CallInputs:
    """A sample's reads, the reference under the reads' contig names, and where to call.

    `notes` are what the user should know, one sentence each; those of `file_notes` among them do
    not depend on the regions. `other_names` are the contigs' in the reference, to the reads', and
    `called` those that are called where no region is named.
    """

    alignments: Alignments
    reference: FastaReference | RebuiltReference
    regions: list[Region]
    notes: list[str]
    file_notes: list[str]
    other_names: dict[str, str]
    called: tuple[str, ...]


def open_inputs(
    path: Path | str,
    *,
    reference: Path | str | None = None,
    regions: Sequence[str] = (),
    shard: Sequence[str] = (),
    sample: str | None = None,
    contig_alias: str | None = None,
    allow_truncated: bool = False,
    make_index: bool = False,
    name_options: bool = False,
    progress: Progress | None = None,
) -> CallInputs:
    """Open a BAM or CRAM with its reference, and check that they belong together.

    Args:
        path: the BAM or CRAM.
        reference: its FASTA; None searches as `find_reference` says.
        regions: as `parse_regions` takes them; empty is every contig that has reads and is in
            the reference.
        shard: the part of these that is to be called, named in the same way; empty is all. A
            contig of the reference that the reads do not have is left out here.
        sample: see `open_alignments`.
        contig_alias: how the file's contigs become the reference's, as `ContigAlias.parse` reads.
        allow_truncated: see `open_alignments`.
        make_index: see `open_alignments`.
        name_options: see `open_alignments`.
        progress: called with bytes read and total while a FASTA is packed.

    Raises:
        InputError: anything about them is wrong; see the functions named.
    """
    alias = None if contig_alias is None else ContigAlias.parse(contig_alias)
    alignments = open_alignments(
        path,
        reference=reference,
        sample=sample,
        allow_truncated=allow_truncated,
        make_index=make_index,
        name_options=name_options,
    )
    found, notes = find_reference(alignments, reference, progress=progress)
    with_reads = alignments.contigs_with_reads()
    others = {theirs: ours for ours, theirs in match_names(alignments, found, alias).items()}
    where = parse_regions(regions, alignments.names, alignments.lengths, other_names=others)
    if not regions:
        called = set(with_reads)
        where = [region for region in where if region.contig in called]
    if shard:
        if not others:  # told as what it is, whatever the names in the plan of the shards
            check_contigs(alignments, found, contigs=with_reads, alias=alias)
        where = within(where, _limits(shard, alignments, found, others))
    of_file = [*alignments.notes, *notes, *never_called(alignments, found, alias)]
    contigs = tuple(dict.fromkeys(region.contig for region in where))
    found, said = check_contigs(
        alignments, found, contigs=contigs, regions=where if regions else (), alias=alias
    )
    foreign = foreign_index(alignments.path, alignments.spec.index, len(alignments.names))
    # A changed header shows in the index and in the reads, and the reads say more.
    said += mismatch_check(alignments, found, where if foreign is None else None)
    if foreign is not None:
        raise foreign
    said += _quality_notes(alignments, where)
    notes = [*alignments.notes, *notes, *said]
    return CallInputs(alignments, found, where, notes, of_file, others, tuple(with_reads))


def _limits(
    shard: Sequence[str],
    alignments: Alignments,
    reference: Reference,
    others: dict[str, str],
) -> list[Region]:
    """The regions of a shard; a plan made of the reference may name contigs without reads."""
    absent = set(reference.length_of) - set(alignments.length_of) - set(others)
    texts = [text for text in shard if not _names_one_of(text, absent)]
    if not texts:
        return []
    return parse_regions(
        texts, alignments.names, alignments.lengths, other_names=others, flag="--shard"
    )


def _names_one_of(text: str, contigs: set[str]) -> bool:
    found = LITERAL.fullmatch(text)
    return text in contigs or (found is not None and found["contig"] in contigs)


def _quality_notes(alignments: Alignments, regions: Sequence[Region]) -> list[str]:
    """A note where the first reads of the regions have no base qualities."""
    for region in regions[:PROBED_REGIONS]:
        try:
            reads = list(islice(alignments.segments(*region), PROBED_READS))
        except CorruptRegion:
            continue
        if any(read.query_qualities is None for read in reads):
            return [
                f"{alignments.path.name}: its first reads have no base qualities; every base is "
                f"taken to have {MISSING_QUALITY}"
            ]
        if reads:
            break
    return []
