"""Images with known genotypes, drawn by processes into one file that is mapped into memory."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.atomic import whole_file
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.labelled_parts import LabelledPart, Part, Source, begin, draw_part, parts_of
from seqcnn.calling.read_profile import profile_of
from seqcnn.data.pileups import SiteTable

COLUMNS = ("pos", "shown", "depths", "source", "target")

Advance = Callable[[int, int], None]


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
        parts = list(parts_of(sources))
        jobs = [(part, share) for share in shares for part in parts]
        found: list[LabelledPart] = []
        total = sum(part.region.end - part.region.start for part, _ in jobs)
        done = 0
        with whole_file(pixels) as temporary, open(temporary, "wb") as out:
            for (part, _), one in zip(
                jobs, _mapped(sources, settings, jobs, seed, processes), strict=True
            ):
                out.write(one.images.tobytes())
                # Not a slice, which would keep the images in memory.
                found.append(one._replace(images=np.empty((0, *one.images.shape[1:]), np.uint8)))
                done += part.region.end - part.region.start
                if advance is not None:
                    advance(done, total)
        _write_table(table, found, sources, [part.source for part, _ in jobs], shares)
    return _load(pixels, table)


def digest(
    sources: Sequence[Source], settings: ExamineSettings, shares: Sequence[float], seed: int
) -> str:
    """A name made of all that images and labels depend on."""
    described: list[Any] = [_code(), settings.to_dict(), list(shares), seed]
    for source in sources:
        files = [source.alignments.path, source.reference.path]
        described.append([_stamp(path) for path in files if path is not None])
        described.append([list(region) for region in source.regions])
        text = hashlib.sha256(repr(source.truth).encode())
        text.update(source.confident.to_csv(index=False).encode())
        described.append(text.hexdigest())
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def _code() -> str:
    """What draws and labels, so that images of an older seqcnn are not taken for today's."""
    package = Path(__file__).parents[1]
    files = [*package.glob("encoders/*.py"), *package.glob("calling/*.py")]
    content = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files)))
    return content.hexdigest()


def _stamp(path: Path) -> list[Any]:
    found = path.stat()
    return [str(path.resolve()), found.st_size, found.st_mtime_ns]


def _mapped(
    sources: Sequence[Source],
    settings: ExamineSettings,
    jobs: list[tuple[Part, float]],
    seed: int,
    processes: int,
) -> Iterator[LabelledPart]:
    """What every job found, in their order."""
    # Truth travels with each part.
    light = [replace(source, truth=[]) for source in sources]
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        begin(light, settings, seed)
        yield from map(draw_part, jobs)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, begin, (light, settings, seed)) as pool:
        yield from pool.map(draw_part, jobs)


def _write_table(
    path: Path,
    found: list[LabelledPart],
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
    arrays: dict[str, Any] = {"facts": _packed([json.dumps(facts)])}
    for column, name in enumerate(("contig", "ref", "alts", "genotype")):
        arrays[name] = _packed([row[column] for row in text])
    for name in COLUMNS:
        arrays[name] = np.concatenate([one.columns[name] for one in found])
    with whole_file(path) as temporary, open(temporary, "wb") as out:
        np.savez(out, **arrays)


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
