"""bigWig files out: whole or not at all, sorted, without overlaps."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import pybigtools

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError

SUFFIXES = (".bw", ".bigwig", ".bigWig")
Row = tuple[str, int, int, float]


class _Checked:
    """Rows as pybigtools needs them. It answers a bad row with print, a hang or a panic, and an
    exception inside its iterator with print, so the first bad row ends the rows and is kept."""

    def __init__(self, rows: Iterable[Row], lengths: dict[str, int], path: Path) -> None:
        self.rows, self.lengths, self.path = rows, lengths, path
        self.problem: BaseException | None = None
        self.bases = 0

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self._checked()
        except GeneratorExit:
            raise
        except BaseException as error:
            # Kept for write_bigwig to raise, Ctrl-C too: pybigtools would print and swallow it.
            self.problem = error

    def _checked(self) -> Iterator[Row]:
        done: set[str] = set()
        last, reach = "", 0
        for contig, start, end, value in self.rows:
            contig, start, end, value = str(contig), int(start), int(end), float(value)
            where = f"{self.path}: row {contig}:{start}-{end}"
            if contig != last:
                if contig in done:
                    raise InputError(f"{where} comes after other contigs; sort the rows by contig")
                if contig not in self.lengths:
                    raise InputError(f"{where}: the genome has no contig '{contig}'")
                done.add(contig)
                last, reach = contig, 0
            if not 0 <= start < end <= self.lengths[contig]:
                raise InputError(
                    f"{where} is empty or leaves the contig of {self.lengths[contig]} bp"
                )
            if start < reach:
                raise InputError(
                    f"{where} begins before {reach}, the end of the one before it; rows must be "
                    "sorted and must not overlap"
                )
            if not math.isfinite(value):
                raise InputError(f"{where}: the value is {value}; wanted a finite number")
            reach = end
            self.bases += end - start
            yield contig, start, end, value


def write_bigwig(path: Path | str, lengths: dict[str, int], rows: Iterable[Row]) -> None:
    """Write (contig, start, end, value) rows as a bigWig, whole or not at all.

    Rows are 0-based, half-open, sorted by start within a contig, each contig in one run; they are
    taken one by one, so a generator of any length keeps memory constant.

    Raises:
        InputError: a name that does not end in .bw or .bigWig, no rows, a row that is out of
            order, overlaps, is empty, off its contig or not finite, a full disk.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: the name of a bigWig must end in .bw or .bigWig")
    checked = _Checked(rows, lengths, path)
    stream = iter(checked)
    first = next(stream, None)
    if checked.problem is not None:
        raise checked.problem
    if first is None:
        raise InputError(f"{path}: there is no signal to write (no rows)")
    with whole_file(path) as temporary:
        _write(temporary, lengths, first, stream)
        if checked.problem is not None:
            raise checked.problem
        if _bases(temporary) != checked.bases:
            raise InputError(f"{path}: could not be written whole; is the disk full?")


def _write(path: Path, lengths: dict[str, int], first: Row, rest: Iterator[Row]) -> None:
    def rows() -> Iterator[Row]:
        yield first
        yield from rest

    try:
        pybigtools.open(str(path), "w").write(lengths, rows())
    except BaseException as error:
        # A full disk is a Rust panic, of a class that no module exports. _bases sees the result.
        if type(error).__module__ != "pyo3_runtime":
            raise


def _bases(path: Path) -> int:
    try:
        reader = pybigtools.open(str(path))
        return int(reader.info()["summary"]["basesCovered"])
    except pybigtools.BBIReadError:
        return -1
