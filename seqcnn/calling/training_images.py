"""Images with known genotypes, drawn by processes into one file that is mapped into memory."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqcnn.atomic import whole_file
from seqcnn.calling.alleles import genotypes_of
from seqcnn.calling.confident import Confident
from seqcnn.calling.examine import ExamineSettings, examine
from seqcnn.calling.labels import explain_truth, recall_of
from seqcnn.calling.read_profile import ReadSums, profile_of, sum_reads
from seqcnn.calling.sites import Site
from seqcnn.calling.thinned import Thinned
from seqcnn.data.alignments import Alignments
from seqcnn.data.call_regions import Region
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.pileups import SiteTable
from seqcnn.data.references import FastaReference
from seqcnn.data.variants import Variant
from seqcnn.version import __version__

FORMAT = 1
PART = 50_000  # bp that a process draws at a time
REACH = 600  # bp beyond a part within which sites and truth decide on a label inside
COLUMNS = ("pos", "shown", "depths", "source", "target")

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """A sample whose genotypes are known."""

    alignments: Alignments
    reference: FastaReference | RebuiltReference
    truth: list[Variant]  # of the regions' contigs, by position
    confident: pd.DataFrame  # contig, start, end
    regions: list[Region]
    truth_name: str


class Drawn(NamedTuple):
    """All images with a label, and what was seen on the way.

    `recall` maps "snp" and "indel" to true alleles that candidates can make and all of them;
    `why` counts sites by what their label came from.
    """

    images: npt.NDArray[np.uint8]  # (N, H, W, C), mapped
    sites: SiteTable
    targets: npt.NDArray[np.int64]  # (N,) class numbers
    recall: dict[str, tuple[int, int]]
    why: dict[str, int]
    reads: list[dict[str, Any]]  # profile of each source


class _Part(NamedTuple):
    source: int
    region: Region
    truth: list[Variant]


class _Found(NamedTuple):
    images: npt.NDArray[np.uint8]
    columns: dict[str, npt.NDArray[np.int64]]
    text: list[tuple[str, str, str, str]]  # contig, ref, alts, genotype
    recall: dict[str, tuple[int, int]]
    why: dict[str, int]
    reads: ReadSums


def draw_training_images(
    sources: Sequence[Source],
    settings: ExamineSettings,
    folder: Path,
    *,
    shares: Sequence[float] = (1.0,),
    seed: int = 0,
    processes: int = 0,
    advance: Advance | None = None,
) -> Drawn:
    """Draw and label the candidates of all sources, or map what was drawn of them before.

    Args:
        folder: where images and labels are kept, under a name made of all they depend on.
        shares: of the fragments of each sample, each drawn anew by `seed`; 1 = all of them.
        processes: 0 = all cores.
        advance: called with bp done and bp in all.

    Raises:
        InputError: the truth is not of this reference, a region is damaged, the disk is full.
    """
    name = digest(sources, settings, shares, seed)
    pixels, table = folder / f"pileups-{name}.images", folder / f"pileups-{name}.npz"
    if not (pixels.exists() and table.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        parts = list(_parts(sources))
        jobs = [(part, share) for share in shares for part in parts]
        found: list[_Found] = []
        total = sum(part.region.end - part.region.start for part, _ in jobs)
        done = 0
        with whole_file(pixels) as temporary, open(temporary, "wb") as out:
            for (part, _), one in zip(
                jobs, _mapped(sources, settings, jobs, seed, processes), strict=True
            ):
                out.write(one.images.tobytes())
                found.append(one._replace(images=one.images[:0]))
                done += part.region.end - part.region.start
                if advance is not None:
                    advance(done, total)
        _write_table(table, found, sources, [part.source for part, _ in jobs], shares)
    return _load(pixels, table)


def digest(
    sources: Sequence[Source], settings: ExamineSettings, shares: Sequence[float], seed: int
) -> str:
    """A name made of all that images and labels depend on."""
    described: list[Any] = [FORMAT, __version__, settings.to_dict(), list(shares), seed]
    for source in sources:
        files = [source.alignments.path, source.reference.path]
        described.append([_stamp(path) for path in files if path is not None])
        described.append([list(region) for region in source.regions])
        text = hashlib.sha256(repr(source.truth).encode())
        text.update(source.confident.to_csv(index=False).encode())
        described.append(text.hexdigest())
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def _stamp(path: Path) -> list[Any]:
    found = path.stat()
    return [str(path.resolve()), found.st_size, found.st_mtime_ns]


def _parts(sources: Sequence[Source]) -> Iterator[_Part]:
    for number, source in enumerate(sources):
        truth_of: dict[str, list[Variant]] = {}
        for variant in source.truth:
            truth_of.setdefault(variant.contig, []).append(variant)
        for region in source.regions:
            of_contig = truth_of.get(region.contig, [])
            starts = np.array([variant.pos for variant in of_contig], np.int64)
            for start in range(region.start, region.end, PART):
                part = region._replace(start=start, end=min(start + PART, region.end))
                first = np.searchsorted(starts, part.start - 2 * REACH)
                last = np.searchsorted(starts, part.end + 2 * REACH)
                yield _Part(number, part, of_contig[first:last])


def _mapped(
    sources: Sequence[Source],
    settings: ExamineSettings,
    jobs: list[tuple[_Part, float]],
    seed: int,
    processes: int,
) -> Iterator[_Found]:
    """What every job found, in their order."""
    # Truth travels with each part.
    light = [replace(source, truth=[]) for source in sources]
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        _begin(light, settings, seed)
        yield from map(_draw, jobs)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, _begin, (light, settings, seed)) as pool:
        yield from pool.map(_draw, jobs)


_state: dict[str, Any] = {}


def _begin(sources: Sequence[Source], settings: ExamineSettings, seed: int) -> None:
    _state["sources"], _state["settings"], _state["seed"] = sources, settings, seed
    _state["confident"] = [Confident(source.confident) for source in sources]


def _draw(job: tuple[_Part, float]) -> _Found:
    part, share = job
    source: Source = _state["sources"][part.source]
    settings: ExamineSettings = _state["settings"]
    confident: Confident = _state["confident"][part.source]
    contig, start, end = part.region
    length = source.reference.length_of[contig]
    reads = source.alignments if share == 1 else Thinned(source.alignments, share, _state["seed"])
    # Sites beyond the part belong to other parts, but may share haplotypes with those inside.
    low, high = max(start - REACH, 0), min(end + REACH, length)
    examined = examine(reads, source.reference, contig, low, high, settings)  # type: ignore[arg-type]
    sites = examined.candidates.sites
    labelled = explain_truth(
        sites, part.truth, source.reference, confident, truth_name=source.truth_name
    )
    inside = np.array([start <= variant.pos < end for variant in part.truth], np.bool_)
    own = [variant for variant, mine in zip(part.truth, inside, strict=True) if mine]
    recall = recall_of(
        labelled._replace(alleles=labelled.alleles[inside], explained=labelled.explained[inside]),
        own,
        confident,
    )
    why: dict[str, int] = {}
    rows, targets, text = [], [], []
    drawn = examined.drawn
    for row, (number, shown) in enumerate(
        zip(drawn.site.tolist(), drawn.shown.tolist(), strict=True)
    ):
        site, label = sites[number], labelled.labels[number]
        if not start <= site.pos < end:
            continue
        if row == 0 or drawn.site[row - 1] != number:
            why[label.why] = why.get(label.why, 0) + 1
        target = class_of(label.genotype, shown, joint=settings.images.scheme == "joint")
        if label.genotype is None or target is None:
            continue
        rows.append(row)
        targets.append(target)
        text.append((contig, site.ref, ",".join(site.alts), "/".join(map(str, label.genotype))))
    chosen = [(sites[drawn.site[row]], drawn.shown[row].tolist()) for row in rows]
    return _Found(
        drawn.images[rows],
        {
            "pos": np.array([site.pos for site, _ in chosen], np.int64),
            "shown": np.array([shown for _, shown in chosen], np.int64).reshape(-1, 2),
            "depths": np.array([_depths(*one) for one in chosen], np.int64).reshape(-1, 3),
            "source": np.full(len(rows), part.source, np.int64),
            "target": np.array(targets, np.int64),
        },
        text,
        {kind: (one.found, one.total) for kind, one in recall.items()},
        why,
        sum_reads(examined.prepared.reads, start, end),
    )


def class_of(
    genotype: tuple[int, int] | None, shown: Sequence[int], *, joint: bool
) -> int | None:
    """The class of an image that shows `shown` alternative alleles (0 = none), or None.

    With the joint scheme it is the place of the genotype among those of the shown alleles, and a
    genotype of an allele that is not shown has none; else how many copies of any shown allele
    there are.
    """
    if genotype is None:
        return None
    if not joint:
        return sum(allele in shown for allele in genotype if allele)
    order = [0, *(allele for allele in shown if allele)]
    if any(allele not in order for allele in genotype):
        return None
    first, second = sorted(order.index(allele) for allele in genotype)
    return genotypes_of(3).index((first, second))


def _depths(site: Site, shown: Sequence[int]) -> tuple[int, int, int]:
    first, second = (site.allele_depths[k] if k else 0 for k in shown)
    return site.depth, first, second


def _write_table(
    path: Path,
    found: list[_Found],
    sources: Sequence[Source],
    source_of: list[int],
    shares: Sequence[float],
) -> None:
    text = [row for one in found for row in one.text]
    recall = {"snp": [0, 0], "indel": [0, 0]}
    why: dict[str, int] = {}
    # Recall is that of all fragments, where they are among the shares.
    whole = len(found) // len(shares) if shares[0] == 1 else len(found)
    for one in found[:whole]:
        for kind, counts in one.recall.items():
            recall[kind] = [a + b for a, b in zip(recall[kind], counts, strict=True)]
        for name, number in one.why.items():
            why[name] = why.get(name, 0) + number
    profiles = [
        profile_of(
            source.alignments.path.name,
            [one.reads for one, of in zip(found[:whole], source_of, strict=False) if of == number],
        )
        for number, source in enumerate(sources)
    ]
    facts = {
        "shape": list(found[0].images.shape[1:]),
        "recall": recall,
        "why": why,
        "reads": profiles,
    }
    with whole_file(path) as temporary, open(temporary, "wb") as out:
        np.savez(
            out,
            facts=_packed([json.dumps(facts)]),
            **{
                name: _packed([row[column] for row in text])
                for column, name in enumerate(("contig", "ref", "alts", "genotype"))
            },
            **{
                name: np.concatenate([one.columns[name] for one in found]) for name in COLUMNS
            },
        )  # fmt: skip


def _packed(lines: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _lines(packed: npt.NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n") if len(packed) else []


def _load(pixels: Path, table: Path) -> Drawn:
    with np.load(table) as held:
        facts = json.loads(_lines(held["facts"])[0])
        columns = {name: held[name] for name in COLUMNS}
        text = {name: _lines(held[name]) for name in ("contig", "ref", "alts", "genotype")}
    shape = (len(columns["pos"]), *facts["shape"])
    images = (
        np.memmap(pixels, np.uint8, "r", shape=shape) if shape[0] else np.zeros(shape, np.uint8)
    )
    sites = SiteTable(
        contig=np.array(text["contig"], np.str_),
        pos=columns["pos"],
        ref=text["ref"],
        alts=text["alts"],
        genotype=text["genotype"],
        shown=columns["shown"],
        depths=columns["depths"],
        source=columns["source"],
    )
    return Drawn(
        images,
        sites,
        columns["target"],
        {kind: (found, total) for kind, (found, total) in facts["recall"].items()},
        facts["why"],
        facts["reads"],
    )
