"""Reads onto the reference with minimap2, in process, as SAM records with their mates' fields."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.errors import InputError

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE, READ_1, READ_2 = 0x10, 0x20, 0x40, 0x80
DUPLICATE, SUPPLEMENTARY = 0x400, 0x800
PRESETS = {"illumina": "sr", "hifi": "map-hifi", "ont": "map-ont"}
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


class Read(NamedTuple):
    """One read as sequenced: letters and qualities (bytes of Phred values)."""

    name: str
    bases: str
    qualities: bytes
    duplicate: bool


def load_mappy() -> Any:
    """The mappy module.

    Raises:
        InputError: it is not installed; says how to.
    """
    try:
        import mappy
    except ImportError:
        raise InputError(
            "simulate aligns its reads with mappy, which is not installed: "
            "pip install 'seqcnn[simulate]', or pass --aligner bwa where bwa is installed"
        ) from None
    return mappy


class Mapper:
    """minimap2 on one reference.

    Args:
        index: FASTA, or the .mmi that `save_index` wrote.
        preset: illumina, hifi or ont.
        header: of the BAM that the records are for.
        group: read group of every record.
        longest_fragment: bp between the ends of a proper pair at most.
        md: write MD tags.
    """

    def __init__(
        self,
        index: str,
        preset: str,
        header: pysam.AlignmentHeader,
        group: str,
        *,
        longest_fragment: int = 1000,
        md: bool = True,
    ) -> None:
        mappy = load_mappy()
        self._aligner = mappy.Aligner(index, preset=PRESETS[preset])
        if not self._aligner:
            raise InputError(f"{index}: minimap2 cannot read it; expected FASTA, plain or gzip")
        self._buffer = mappy.ThreadBuffer()
        self.header, self._group = header, group
        self._longest, self._md = longest_fragment, md
        self._tid = {name: i for i, name in enumerate(header.references)}

    def pairs(
        self,
        names: list[str],
        letters: npt.NDArray[np.uint8],
        qualities: npt.NDArray[np.uint8],
        duplicate: npt.NDArray[np.bool_],
    ) -> list[pysam.AlignedSegment]:
        """Records of F pairs, in order.

        Args:
            names: F names.
            letters: (F, 2, L) ASCII, as sequenced.
            qualities: (F, 2, L) Phred values.
            duplicate: (F,) whether to flag the pair as a duplicate.
        """
        length = letters.shape[2]
        text, values = letters.tobytes().decode("ascii"), qualities.tobytes()
        records = []
        for row, name in enumerate(names):
            a, b, c = 2 * row * length, (2 * row + 1) * length, (2 * row + 2) * length
            mark = bool(duplicate[row])
            records += self.pair(
                Read(name, text[a:b], values[a:b], mark), Read(name, text[b:c], values[b:c], mark)
            )
        return records

    def pair(self, first: Read, second: Read) -> list[pysam.AlignedSegment]:
        """Records of both mates: primary first, then supplementary ones; unmapped ones too."""
        hits = self._aligner.map(
            first.bases, second.bases, buf=self._buffer, MD=self._md,
            max_frag_len=self._longest,
        )  # fmt: skip
        best: list[Any] = [None, None]
        more: list[tuple[int, Any]] = []
        for hit in hits:
            if not hit.is_primary:
                continue
            mate = hit.read_num - 1
            if best[mate] is None:
                best[mate] = hit
            else:
                more.append((mate, hit))
        reads = (first, second)
        records = [self._record(reads[mate], best[mate]) for mate in (0, 1)]
        self._join(records[0], records[1])
        for mate, hit in more:
            extra = self._record(reads[mate], hit)
            extra.flag |= SUPPLEMENTARY
            self._point(extra, records[1 - mate])
            extra.flag |= (READ_1, READ_2)[mate]
            records.append(extra)
        return records

    def single(self, read: Read) -> list[pysam.AlignedSegment]:
        """Records of a read without mate: primary first, then supplementary ones."""
        hits = [hit for hit in self._aligner.map(read.bases, buf=self._buffer, MD=self._md)
                if hit.is_primary]  # fmt: skip
        if not hits:
            return [self._record(read, None)]
        records = [self._record(read, hit) for hit in hits]
        for extra in records[1:]:
            extra.flag |= SUPPLEMENTARY
        return records

    def _record(self, read: Read, hit: Any) -> pysam.AlignedSegment:
        record = pysam.AlignedSegment(self.header)
        record.query_name = read.name
        flag = DUPLICATE if read.duplicate else 0
        if hit is None:
            record.flag = flag | UNMAPPED
            record.query_sequence = read.bases
            record.query_qualities = np.frombuffer(read.qualities, np.uint8)
            record.set_tags([("RG", self._group)])
            return record
        reverse = hit.strand < 0
        left, right = hit.q_st, len(read.bases) - hit.q_en
        # mappy gives the query's coordinates of a second mate on its other strand.
        if reverse != (hit.read_num == 2):
            left, right = right, left
        cigar = [(operation, length) for length, operation in hit.cigar]
        if left:
            cigar.insert(0, (pysam.CSOFT_CLIP, left))
        if right:
            cigar.append((pysam.CSOFT_CLIP, right))
        record.flag = flag | (REVERSE if reverse else 0)
        record.reference_id = self._tid[hit.ctg]
        record.reference_start = hit.r_st
        record.mapping_quality = hit.mapq
        record.cigartuples = cigar
        record.query_sequence = read.bases.translate(_COMPLEMENT)[::-1] if reverse else read.bases
        qualities = np.frombuffer(read.qualities, np.uint8)
        record.query_qualities = qualities[::-1] if reverse else qualities
        tags = [("NM", hit.NM), ("RG", self._group)]
        if self._md and hit.read_num == 2 and (left or right):
            # mappy's own tag reads a clipped second mate from the wrong end.
            reference = self._aligner.seq(hit.ctg, hit.r_st, hit.r_en)
            tags.insert(1, ("MD", mismatch_text(record.query_sequence, reference, cigar)))
        elif self._md:
            tags.insert(1, ("MD", hit.MD))
        record.set_tags(tags)
        return record

    def _join(self, one: pysam.AlignedSegment, two: pysam.AlignedSegment) -> None:
        """Fill in the mates' fields of two primary records."""
        for record, mate in ((one, two), (two, one)):
            if record.flag & UNMAPPED and not mate.flag & UNMAPPED:
                record.reference_id = mate.reference_id
                record.reference_start = mate.reference_start
        self._point(one, two)
        self._point(two, one)
        one.flag |= READ_1
        two.flag |= READ_2
        both = not (one.flag | two.flag) & UNMAPPED
        if not both or one.reference_id != two.reference_id:
            return
        left, right = (one, two) if not one.flag & REVERSE else (two, one)
        inward = bool(right.flag & REVERSE) and not left.flag & REVERSE
        first = min(one.reference_start, two.reference_start)
        last = max(one.reference_end, two.reference_end)
        length = last - first
        leads = one.reference_start < two.reference_start or (
            one.reference_start == two.reference_start and not one.flag & REVERSE
        )
        one.template_length = length if leads else -length
        two.template_length = -length if leads else length
        if inward and left.reference_start <= right.reference_end and length <= self._longest:
            one.flag |= PROPER
            two.flag |= PROPER

    @staticmethod
    def _point(record: pysam.AlignedSegment, mate: pysam.AlignedSegment) -> None:
        record.flag |= PAIRED
        if mate.flag & UNMAPPED:
            record.flag |= MATE_UNMAPPED
        if mate.flag & REVERSE:
            record.flag |= MATE_REVERSE
        record.next_reference_id = mate.reference_id
        record.next_reference_start = mate.reference_start


def mismatch_text(bases: str, reference: str, cigar: list[tuple[int, int]]) -> str:
    """The MD tag of a read.

    Args:
        bases: of the whole read, on the forward strand.
        reference: from the read's first aligned base to its last.
        cigar: (operation, length) with M, I, D and S only.
    """
    text: list[str] = []
    run = base = at = 0
    for operation, length in cigar:
        if operation == pysam.CMATCH:
            for shown, true in zip(
                bases[base : base + length], reference[at : at + length], strict=True
            ):
                if shown == true:
                    run += 1
                else:
                    text.append(f"{run}{true}")
                    run = 0
            base += length
            at += length
        elif operation == pysam.CDEL:
            text.append(f"{run}^{reference[at : at + length]}")
            run = 0
            at += length
        else:
            base += length
    return "".join([*text, str(run)])


def save_index(fasta: str, preset: str, path: str) -> None:
    """Write minimap2's index of `fasta` to `path`, for several processes to load.

    Raises:
        InputError: mappy is not installed, or the FASTA cannot be read.
    """
    if not load_mappy().Aligner(fasta, preset=PRESETS[preset], fn_idx_out=path):
        raise InputError(f"{fasta}: minimap2 cannot read it; expected FASTA, plain or gzip")
