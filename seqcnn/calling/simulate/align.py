"""Reads onto the reference with minimap2, in process, as SAM records with their mates' fields."""

from array import array
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.calling.simulate.mates import (
    DUPLICATE,
    READ_1,
    READ_2,
    REVERSE,
    SUPPLEMENTARY,
    UNMAPPED,
    join_mates,
    mismatch_text,
    point_to,
)
from seqcnn.errors import InputError

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

    def singles(
        self,
        names: list[str],
        letters: npt.NDArray[np.uint8],
        qualities: npt.NDArray[np.uint8],
        starts: npt.NDArray[np.int64],
    ) -> list[pysam.AlignedSegment]:
        """Records of F reads without mates, whose bases begin at `starts` (F + 1,)."""
        text, values = letters.tobytes().decode("ascii"), qualities.tobytes()
        records = []
        for row, name in enumerate(names):
            a, b = int(starts[row]), int(starts[row + 1])
            records += self.single(Read(name, text[a:b], values[a:b], False))
        return records

    def pair(self, first: Read, second: Read) -> list[pysam.AlignedSegment]:
        """Records of both mates: primary first, then supplementary ones; unmapped ones too.

        A pair that maps to a paralog gives none; a mate that does is left unmapped.
        """
        hits = self._aligner.map(
            first.bases, second.bases, buf=self._buffer, MD=self._md,
            max_frag_len=self._longest,
        )  # fmt: skip
        best: list[Any] = [None, None]
        away = [False, False]
        more: list[tuple[int, Any]] = []
        for hit in hits:
            if not hit.is_primary:
                continue
            if hit.ctg not in self._tid:  # a paralog: it is not among the BAM's contigs
                away[hit.read_num - 1] = away[hit.read_num - 1] or best[hit.read_num - 1] is None
                continue
            mate = hit.read_num - 1
            if best[mate] is None:
                best[mate] = hit
            else:
                more.append((mate, hit))
        if all(away) or (any(away) and not any(best)):
            return []
        reads = (first, second)
        records = [self._record(reads[mate], best[mate]) for mate in (0, 1)]
        join_mates(records[0], records[1], self._longest)
        for mate, hit in more:
            extra = self._record(reads[mate], hit)
            extra.flag |= SUPPLEMENTARY
            point_to(extra, records[1 - mate])
            extra.flag |= (READ_1, READ_2)[mate]
            records.append(extra)
        return records

    def single(self, read: Read) -> list[pysam.AlignedSegment]:
        """Records of a read without mate: primary first, then supplementary ones."""
        hits = [hit for hit in self._aligner.map(read.bases, buf=self._buffer, MD=self._md)
                if hit.is_primary]  # fmt: skip
        if hits and hits[0].ctg not in self._tid:
            return []
        hits = [hit for hit in hits if hit.ctg in self._tid]
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
            record.query_qualities = array("B", read.qualities)
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
        qualities = read.qualities[::-1] if reverse else read.qualities
        record.query_qualities = array("B", qualities)
        tags = [("NM", hit.NM), ("RG", self._group)]
        if self._md and hit.read_num == 2 and (left or right):
            # mappy's own tag reads a clipped second mate from the wrong end.
            reference = self._aligner.seq(hit.ctg, hit.r_st, hit.r_en)
            tags.insert(1, ("MD", mismatch_text(record.query_sequence or "", reference, cigar)))
        elif self._md:
            tags.insert(1, ("MD", hit.MD))
        record.set_tags(tags)
        return record


def save_index(fasta: str, preset: str, path: str) -> None:
    """Write minimap2's index of `fasta` to `path`, for several processes to load.

    Raises:
        InputError: mappy is not installed, or the FASTA cannot be read.
    """
    if not load_mappy().Aligner(fasta, preset=PRESETS[preset], fn_idx_out=path):
        raise InputError(f"{fasta}: minimap2 cannot read it; expected FASTA, plain or gzip")
