"""All that a call reads, opened and checked together: alignments, reference and regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.alignment_index import foreign_index
from seqcnn.data.alignments import Alignments, CorruptRegion, open_alignments
from seqcnn.data.bam_records import MISSING_QUALITY
from seqcnn.data.call_regions import Region, parse_regions
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.mismatches import mismatch_check
from seqcnn.data.packed import Progress
from seqcnn.data.reference_match import check_contigs, match_names
from seqcnn.data.references import FastaReference, find_reference

PROBED_REGIONS, PROBED_READS = 20, 100  # looked at for base qualities


@dataclass(frozen=True)
class CallInputs:
    """A sample's reads, the reference under the reads' contig names, and where to call.

    `notes` are what the user should know, one sentence each.
    """

    alignments: Alignments
    reference: FastaReference | RebuiltReference
    regions: list[Region]
    notes: list[str]


def open_inputs(
    path: Path | str,
    *,
    reference: Path | str | None = None,
    regions: Sequence[str] = (),
    sample: str | None = None,
    contig_alias: str | None = None,
    allow_truncated: bool = False,
    make_index: bool = False,
    progress: Progress | None = None,
) -> CallInputs:
    """Open a BAM or CRAM with its reference, and check that they belong together.

    Args:
        path: the BAM or CRAM.
        reference: its FASTA; None searches as `find_reference` says.
        regions: as `parse_regions` takes them; empty is every contig that has reads and is in
            the reference.
        sample: see `open_alignments`.
        contig_alias: how the file's contigs become the reference's, as `ContigAlias.parse` reads.
        allow_truncated: see `open_alignments`.
        make_index: see `open_alignments`.
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
    )
    found, notes = find_reference(alignments, reference, progress=progress)
    with_reads = set(alignments.contigs_with_reads())
    others = {theirs: ours for ours, theirs in match_names(alignments, found, alias).items()}
    where = parse_regions(regions, alignments.names, alignments.lengths, other_names=others)
    if not regions:
        where = [region for region in where if region.contig in with_reads]
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
    return CallInputs(alignments, found, where, [*alignments.notes, *notes, *said])


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
