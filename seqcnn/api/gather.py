"""Gather the shards of a call: the VCF that the call writes in one piece."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from seqcnn.api.call_header import header_of
from seqcnn.api.call_variants import VCF_ENDINGS, CallResult, records
from seqcnn.api.out_file import check_out_file
from seqcnn.calling.shard_files import SUFFIX, Chunk, ShardHead, ShardReader, check_same_run
from seqcnn.calling.shards import Placed, check_tiles, in_genome_order
from seqcnn.calling.vcf import write_calls
from seqcnn.data.call_regions import Region, parse_regions
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.gather import GatherSettings
from seqcnn.version import __version__


def gather(
    shards: Sequence[Path | str],
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> CallResult:
    """Join shards as `seqcnn gather` does; keyword arguments are its settings (`GatherSettings`).

    What `call_variants(bam, ..., out=...)` does in one go is done in two: calls of each shard, and
    here what looks across their borders. The VCF has the same bytes, wherever the borders are.
    Memory does not grow with the number of records.

    Raises:
        InputError: a shard cannot be used, is of another run, or they do not tile the regions.
    """
    began = time.perf_counter()
    given = {**flags, "shards": [Path(one) for one in shards]}
    settings = resolve(GatherSettings, config, given, {})
    console = Console(quiet=quiet, stderr=True, highlight=False)
    _check_out(settings.out)
    paths = _paths(settings.shards)
    names = [str(path) for path in paths]
    heads = [_head(path) for path in paths]
    check_same_run(heads, names)
    if (made := heads[0].run.get("version of seqcnn")) != __version__:
        raise InputError(
            f"{names[0]}: was made by seqcnn {made}, this is {__version__}; gather with the "
            "version that called"
        )
    parts = _header(paths[0])
    contigs = list(parts["contigs"])
    wanted = _wanted(settings.regions, parts)
    placed = in_genome_order([head.chunks for head in heads], contigs)
    if not settings.regions:
        # Where there are no reads, shards may be or not.
        called = set(parts["called"])
        placed = [one for one in placed if one.region.contig in called]
    if placed:
        # Paths of the reads and the reference may differ: those of the first by place are told.
        parts = _header(paths[placed[0].shard])
    check_tiles(placed, wanted, names, contigs)
    counts: Counter[str] = Counter()
    calls = records(
        _rows(paths, placed, counts), min_quality=parts["min_quality"], every=parts["every"]
    )
    filters = write_calls(settings.out, header_of(parts, settings.regions), calls)
    said = []
    for key, word in (("notes", "note"), ("warnings", "warning")):
        if key in parts["notes"]:
            said.append(parts["notes"][key])
            console.print(f"{word}: {said[-1]}", soft_wrap=True)
    console.print(f"{len(paths):,} shards gathered", soft_wrap=True)
    seconds = time.perf_counter() - began
    return CallResult(settings.out, None, filters, counts, tuple(said), seconds)


def _check_out(out: Path) -> None:
    if not out.name.endswith(VCF_ENDINGS):
        raise InputError(f"--out {out}: calls are written as .vcf.gz or .vcf; choose one of these")
    check_out_file(out)


def _paths(given: Sequence[Path]) -> list[Path]:
    """The shards, those of folders by name."""
    paths: list[Path] = []
    for path in given:
        if not path.is_dir():
            paths.append(path)
            continue
        # A killed process leaves what it was writing, under a hidden name.
        inside = sorted(one for one in path.glob(f"*{SUFFIX}") if not one.name.startswith("."))
        if not inside:
            raise InputError(f"{path}: is a folder without {SUFFIX} files; name one with shards")
        paths += inside
    return paths


def _head(path: Path) -> ShardHead:
    with ShardReader(path) as reader:
        return reader.head


def _header(path: Path) -> dict[str, Any]:
    with ShardReader(path) as reader:
        return reader.header()


def _wanted(regions: Sequence[str], parts: dict[str, Any]) -> list[Region]:
    names, lengths = tuple(parts["contigs"]), tuple(parts["contigs"].values())
    if regions:
        return parse_regions(regions, names, lengths, other_names=parts["other_names"])
    called = set(parts["called"])
    return [region for region in parse_regions((), names, lengths) if region.contig in called]


def _rows(
    paths: Sequence[Path], placed: Sequence[Placed], counts: Counter[str]
) -> Iterator[tuple[Region, list[Any]]]:
    """The chunks in genome order, one in memory at a time; adds up `counts`."""
    left = Counter(one.shard for one in placed)
    opened: dict[int, Iterator[tuple[Region, Chunk]]] = {}
    for wanted, shard in placed:
        chunks = opened.setdefault(shard, _chunks(paths[shard]))
        # Those of a shard are in the same order, some perhaps not wanted.
        found = next(chunk for region, chunk in chunks if region == wanted)
        counts.update(found.counts)
        yield wanted, found.calls
        left[shard] -= 1
        if not left[shard]:
            for _ in opened.pop(shard):
                """To the end, where the file's checksum is."""


def _chunks(path: Path) -> Iterator[tuple[Region, Chunk]]:
    with ShardReader(path) as reader:
        reader.header()
        yield from zip(reader.head.chunks, reader.chunks(), strict=True)
