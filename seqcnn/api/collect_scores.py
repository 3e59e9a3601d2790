"""The scored variants of `seqcnn report`: the strongest of each track, in constant memory."""

import csv
import gzip
import heapq
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from rich.console import Console

from seqcnn.api.collect_paths import head_of
from seqcnn.api.progress import read_progress
from seqcnn.api.score_variants_text import PREFIX, unquoted
from seqcnn.data.textfiles import GZIP_MAGIC
from seqcnn.data.variant_stream import VariantLine, VariantStream, open_variant_stream
from seqcnn.errors import InputError
from seqcnn.report.collected_records import Scores, StrongVariant

MOST = 10  # variants of a track
EVERY = 1 << 14


class _Row(NamedTuple):
    """A scored allele of a track; `allele` numbers the alleles of the file."""

    allele: int
    track: str
    place: tuple[str, int, str, str, str]  # contig, pos (1-based), id, ref, alt
    difference: float
    quantile: float


def read_scores(path: Path, name: str, link: str | None, console: Console) -> Scores:
    """How many alleles a file of score-variants has, and the `MOST` strongest of each track.

    Raises:
        InputError: the file cannot be read, or is not what score-variants writes.
    """
    best: dict[str, list[tuple[float, int, _Row]]] = {}
    alleles, scored = -1, 0
    with (
        _readable(path),
        read_progress(console, f"reading {name}") as advance,
        _rows(path, advance) as rows,
    ):
        for number, row in enumerate(rows):
            scored += row.allele != alleles and not math.isnan(row.difference)
            alleles = row.allele
            kept = best.setdefault(row.track, [])
            if math.isnan(row.difference):
                continue
            entry = (abs(row.difference), -number, row)
            if len(kept) < MOST:
                heapq.heappush(kept, entry)
            elif entry > kept[0]:
                heapq.heapreplace(kept, entry)
    strongest = [
        StrongVariant(name, row.track, *row.place, row.difference, row.quantile)
        for kept in best.values()
        for _, _, row in sorted(kept, reverse=True)
    ]
    return Scores(name, link, alleles + 1, scored, list(best), strongest)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say of what goes wrong in reading which file it is of."""
    try:
        yield
    except InputError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cut short or damaged ({error}); copy it again") from None
    except (KeyError, ValueError, IndexError, csv.Error) as error:  # Arrow's are ValueErrors
        raise InputError(
            f"{path}: not as score-variants writes it ({type(error).__name__}: {error})"
        ) from None


@contextmanager
def _rows(path: Path, advance: Any) -> Iterator[Iterator[_Row]]:
    head = head_of(path)
    if head.startswith(b"PAR1"):
        yield _parquet(path, advance)
        return
    if head.startswith((b"##", b"BCF")):
        with open_variant_stream(path) as stream:
            yield _vcf(stream, advance)
        return
    with path.open("rb") as raw:
        packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        raw.seek(0)
        opened: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        table = csv.DictReader(io.TextIOWrapper(opened, "utf-8"), delimiter="\t")
        size = path.stat().st_size
        yield _numbered(_told(table, raw, size, advance))


def _told(table: Any, raw: IO[bytes], size: int, advance: Any) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(table):
        if number % EVERY == 0:
            advance(min(raw.tell(), size), size)
        if None in row.values():
            raise ValueError(f"row {number + 1} has too few columns")
        yield row


def _parquet(path: Path, advance: Any) -> Iterator[_Row]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise InputError(f"{path}: Parquet needs: pip install 'seqcnn[parquet]'") from None
    file = ParquetFile(path)
    columns = ["contig", "pos", "id", "ref", "alt", "track", "difference", "quantile"]
    absent = set(columns) - set(file.schema_arrow.names)
    if absent:
        raise InputError(f"{path}: not of score-variants: no column {sorted(absent)[0]}")

    def rows() -> Iterator[dict[str, Any]]:
        done = 0
        for batch in file.iter_batches(EVERY, columns=columns):
            yield from batch.to_pylist()
            done += batch.num_rows
            advance(done, file.metadata.num_rows)

    return _numbered(rows())


def _numbered(rows: Iterator[dict[str, Any]]) -> Iterator[_Row]:
    """Rows of a table; those of one allele follow each other, a track each."""
    allele, last = -1, None
    seen: set[str] = set()
    for row in rows:
        place = (row["contig"], int(row["pos"]), str(row["id"]), row["ref"], row["alt"])
        if place != last or row["track"] in seen:
            allele, last, seen = allele + 1, place, set()
        seen.add(row["track"])
        yield _Row(
            allele, row["track"], place, _number(row["difference"]), _number(row["quantile"])
        )


def _vcf(stream: VariantStream, advance: Any) -> Iterator[_Row]:
    tracks = [
        unquoted(line.partition(",Name=")[2])
        for line in stream.header
        if line.startswith("##seqcnn_track=")
    ]
    allele = -1
    for number, line in enumerate(stream):
        if number % EVERY == 0:
            advance(stream.read, stream.size)
        info = dict(entry.partition("=")[::2] for entry in line.fields[7].split(";"))
        differences = info[f"{PREFIX}DIFF"].split(",")
        quantiles = info.get(f"{PREFIX}QUANTILE", ".").split(",")
        for place, alt in enumerate(line.alts):
            allele += 1
            found = _tracks(differences, place, len(tracks))
            share = _tracks(quantiles, place, len(tracks))
            for track, difference, quantile in zip(tracks, found, share, strict=True):
                yield _Row(allele, track, _place(line, alt), difference, quantile)


def _tracks(values: list[str], place: int, number: int) -> list[float]:
    """The value of each track of one allele; NaN for an allele without a score."""
    texts = values[place].split("|") if place < len(values) else ["."]
    found = [_number(text) for text in texts]
    return found if len(found) == number else [math.nan] * number


def _place(line: VariantLine, alt: str) -> tuple[str, int, str, str, str]:
    return line.contig, line.pos + 1, line.identifier, line.ref, alt


def _number(value: Any) -> float:
    return math.nan if value in (None, "", ".") else float(value)
