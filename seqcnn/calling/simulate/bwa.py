"""Reads onto the reference with the program bwa, where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.calling.simulate.mates import DUPLICATE, MATE_REVERSE, MATE_UNMAPPED, PROPER
from seqcnn.errors import InputError

BATCH = 100_000_000  # bases bwa reads at a time: a fixed number keeps its results the same


def index_bwa(fasta: Path, prefix: Path) -> None:
    """Write bwa's index of `fasta` at `prefix`.

    Raises:
        InputError: bwa is not on the PATH, or refuses the FASTA.
    """
    _run(["bwa", "index", "-p", str(prefix), str(fasta)], fasta)


def _run(words: list[str], fasta: Path) -> None:
    if shutil.which("bwa") is None:
        raise InputError("--aligner bwa: there is no program bwa on the PATH; install it, or leave "
                         "--aligner out")  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{fasta}: bwa failed ({last})")


class BwaMapper:
    """bwa mem on one reference; the records are those of bwa.

    Args:
        prefix: of the index.
        header: of the BAM that the records are for; other contigs of the index are paralogs.
        group: read group of every record.
        fragments: mean and standard deviation of fragment lengths.
        scratch: folder for the reads of a part.
        md: keep MD tags.
    """

    def __init__(
        self,
        prefix: Path,
        header: pysam.AlignmentHeader,
        group: str,
        *,
        fragments: tuple[float, float],
        scratch: Path,
        md: bool = True,
    ) -> None:
        self.header = header
        self._prefix, self._group, self._scratch, self._md = prefix, group, scratch, md
        self._fragments = f"{fragments[0]:.0f},{fragments[1]:.0f}"

    def pairs(
        self,
        names: list[str],
        letters: npt.NDArray[np.uint8],
        qualities: npt.NDArray[np.uint8],
        duplicate: npt.NDArray[np.bool_],
    ) -> list[pysam.AlignedSegment]:
        """Records of F pairs, as `Mapper.pairs` gives them."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            files = [Path(folder) / f"{mate}.fq" for mate in (1, 2)]
            for mate, file in enumerate(files):
                _write_fastq(file, names, letters[:, mate], qualities[:, mate])
            sam = Path(folder) / "aligned.sam"
            options = ["-v", "1", "-Y", "-t", "1", "-K", str(BATCH), "-I", self._fragments]
            words = ["bwa", "mem", *options, "-o", str(sam), str(self._prefix)]
            _run([*words, *map(str, files)], self._prefix)
            marked = {name for name, mark in zip(names, duplicate, strict=True) if mark}
            with pysam.AlignmentFile(str(sam), check_sq=False) as opened:
                records = [self._own(record, marked) for record in opened]
        return [record for record in records if record is not None]

    def _own(self, record: pysam.AlignedSegment, marked: set[str]) -> pysam.AlignedSegment | None:
        """The record under our header; none where it maps to a paralog."""
        known = self.header.nreferences
        if record.reference_id >= known:
            return None
        if record.query_name in marked:
            record.flag |= DUPLICATE
        if record.next_reference_id >= known:
            record.flag = (record.flag | MATE_UNMAPPED) & ~(MATE_REVERSE | PROPER)
            record.next_reference_id = record.reference_id
            record.next_reference_start = record.reference_start
            record.template_length = 0
        for tag in ("SA", "XA", "MC"):  # they may name paralogs
            record.set_tag(tag, None)
        if not self._md:
            record.set_tag("MD", None)
        record.set_tag("RG", self._group)
        return record


def _write_fastq(
    file: Path,
    names: list[str],
    letters: npt.NDArray[np.uint8],
    qualities: npt.NDArray[np.uint8],
) -> None:
    length = letters.shape[1]
    bases = letters.tobytes().decode("ascii")
    signs = (qualities + 33).astype(np.uint8).tobytes().decode("ascii")
    with file.open("w") as opened:
        for row, name in enumerate(names):
            a, b = row * length, (row + 1) * length
            opened.write(f"@{name}\n{bases[a:b]}\n+\n{signs[a:b]}\n")
