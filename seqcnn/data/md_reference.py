"""A reference rebuilt from the reads themselves: what MD tags say the aligner saw."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pysam

from seqcnn.data.alignments import Alignments, AlignmentsSpec, CorruptRegion
from seqcnn.encoders.alphabet import CODE_OF_BYTE, N_CODE, Codes
from seqcnn.errors import InputError

MARGIN = 1000  # bp read around what is asked for, so that the next question may be answered too
PROBED_CONTIGS = 20
PROBED_READS = 100  # a contig
MD = re.compile(r"(\d+)|\^([A-Za-z]+)|([A-Za-z])")
ALIGNED, IN_READ, IN_REFERENCE = {0, 7, 8}, {1, 4}, {2, 3}  # operations of a CIGAR
DELETION = 2


class RebuiltReference:
    """Codes of the positions that reads cover, 4 elsewhere; nothing is known where none lies.

    Bases are read when asked for: the file opens in each process for itself.

    Raises (when fetching):
        InputError: a read has no MD tag, or one that does not fit its CIGAR.
    """

    def __init__(self, spec: AlignmentsSpec) -> None:
        self.source = f"MD tags of {spec.path.name}"
        self.path: Path | None = None
        self._spec = spec
        self._alignments = spec.open()
        self._held = ("", 0, 0, np.empty(0, np.uint8))

    def __reduce__(self) -> tuple[type, tuple[AlignmentsSpec]]:
        return RebuiltReference, (self._spec,)

    @property
    def names(self) -> Sequence[str]:
        return self._alignments.names

    @property
    def length_of(self) -> Mapping[str, int]:
        return self._alignments.length_of

    def fetch(self, contig: str, start: int, end: int) -> Codes:
        """Codes (end - start,); see the class. KeyError for an unknown contig.

        Raises:
            CorruptRegion: the file is damaged here.
        """
        length = self.length_of[contig]
        out = np.full(end - start, N_CODE, np.uint8)
        first, last = max(start, 0), min(end, length)
        if first < last:
            held, low, high, codes = self._held
            if held != contig or not low <= first <= last <= high:
                low, high = max(first - MARGIN, 0), min(last + MARGIN, length)
                codes = self._rebuild(contig, low, high)
                self._held = (contig, low, high, codes)
            out[first - start : last - start] = codes[first - low : last - low]
        return out

    def _rebuild(self, contig: str, low: int, high: int) -> Codes:
        codes = np.full(high - low, N_CODE, np.uint8)
        known = np.zeros(high - low, np.bool_)
        for read in self._alignments.segments(contig, low, high):
            start = read.reference_start
            window = slice(max(start - low, 0), max((read.reference_end or start) - low, 0))
            if known[window].all():
                continue
            for at, bases in pieces(read):
                inside = slice(max(low - at, 0), max(high - at, 0))
                part = bases[inside]
                place = max(at - low, 0)
                told = part != N_CODE
                codes[place : place + len(part)][told] = part[told]
                known[place : place + len(part)] = True
        return codes


def reads_have_md(alignments: Alignments) -> bool:
    """Whether there are reads, and the first of each contig all have an MD tag."""
    found = 0
    for contig in alignments.contigs_with_reads()[:PROBED_CONTIGS]:
        try:
            reads = alignments.segments(contig, 0, alignments.length_of[contig])
            for read in islice(reads, PROBED_READS):
                if not read.has_tag("MD"):
                    return False
                found += 1
        except CorruptRegion:
            continue
    return found > 0


def pieces(read: pysam.AlignedSegment) -> Iterator[tuple[int, Codes]]:
    """Stretches of the reference under a read: first position (0-based) and codes.

    Raises:
        InputError: there is no MD tag, or it does not fit the CIGAR.
    """
    if not read.has_tag("MD"):
        raise _unusable(read, "has no MD tag")
    cigar = read.cigartuples or []
    letters = np.frombuffer((read.query_sequence or "").encode("ascii"), np.uint8)
    bases = np.minimum(CODE_OF_BYTE[letters], N_CODE)
    taken = []
    at = 0
    for operation, length in cigar:
        if operation in ALIGNED:
            taken.append(bases[at : at + length])
        if operation in ALIGNED or operation in IN_READ:
            at += length
    aligned = np.concatenate(taken) if taken else np.empty(0, np.uint8)
    deleted = _apply_md(read, str(read.get_tag("MD")), aligned)
    place, at, gone = read.reference_start, 0, 0
    for operation, length in cigar:
        if operation in ALIGNED:
            yield place, aligned[at : at + length]
            at += length
        elif operation == DELETION:
            yield place, deleted[gone : gone + length]
            gone += length
        if operation in ALIGNED or operation in IN_REFERENCE:
            place += length
    if at != len(aligned) or gone != len(deleted):
        raise _unusable(read, "has an MD tag that does not fit its CIGAR")


def _apply_md(read: pysam.AlignedSegment, text: str, aligned: Codes) -> Codes:
    """Put the reference's bases where the read differs; return the deleted ones."""
    at = 0
    deleted = []
    for number, gone, letter in MD.findall(text):
        if number:
            at += int(number)
        elif gone:
            deleted.append(gone)
        elif at < len(aligned):
            aligned[at] = min(CODE_OF_BYTE[ord(letter)], N_CODE)
            at += 1
        else:
            at = len(aligned) + 1
    if at != len(aligned):
        raise _unusable(read, "has an MD tag that does not fit its CIGAR")
    return np.minimum(CODE_OF_BYTE[np.frombuffer("".join(deleted).encode(), np.uint8)], N_CODE)


def _unusable(read: pysam.AlignedSegment, what: str) -> InputError:
    return InputError(
        f"read '{read.query_name}' at {read.reference_name}:{read.reference_start + 1:,} {what}, "
        "so the reference cannot be rebuilt from the reads; give the FASTA with --reference"
    )
