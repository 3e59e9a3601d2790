"""Images with known genotypes, drawn by processes into one file that is mapped into memory."""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqcnn.atomic import whole_file
from seqcnn.calling.drawn_files import (
    Drawn,
    DrawnFiles,
    Table,
    joined,
    load,
    read_table,
    table_of_parts,
    write_table,
)
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.labelled_parts import LabelledPart, Part, Source, begin, draw_part, parts_of
from seqcnn.errors import InputError

Advance = Callable[[int, int], None]


class Piece(NamedTuple):
    """A share of a source's fragments; `held` is where images of it alone were drawn before."""

    source: int
    share: float
    parts: list[Part]
    held: DrawnFiles | None


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

    A source and a share that were drawn alone into the same folder, by another job perhaps, are
    copied from there; the files that come out are the same.

    Args:
        folder: where images and labels are kept, under a name made of all they depend on.
        shares: of the fragments of each sample, each drawn anew by `seed`; 1 = all of them. What
            was seen on the way (recall, reads) is told of the first.
        processes: 0 = all cores.
        advance: called with bp done and bp in all.

    Raises:
        InputError: the truth is not of this reference, a region is damaged, the folder cannot be
            made, the disk is full.
    """
    files = DrawnFiles.named(folder, digest(sources, settings, shares, seed))
    if not files.exist():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be made ({error.strerror}); name another place with "
                "--images-folder"
            ) from None
        pieces = list(_pieces(sources, settings, folder, shares, seed))
        jobs = [(part, one.share) for one in pieces if one.held is None for part in one.parts]
        with (
            closing(_mapped(sources, settings, jobs, seed, processes)) as drawn,
            whole_file(files.pixels) as temporary,
        ):
            tables = _write_pixels(temporary, sources, pieces, drawn, advance)
        numbers = [piece.source for piece in pieces]
        write_table(files.table, joined(tables, numbers, len(sources)))
    return load(files)


def _pieces(
    sources: Sequence[Source],
    settings: ExamineSettings,
    folder: Path,
    shares: Sequence[float],
    seed: int,
) -> Iterator[Piece]:
    parts: list[list[Part]] = [[] for _ in sources]
    for part in parts_of(sources):
        parts[part.source].append(part)
    for share in shares:
        for number, source in enumerate(sources):
            held = DrawnFiles.named(folder, digest([source], settings, [share], seed))
            yield Piece(number, share, parts[number], held if held.exist() else None)


def _write_pixels(
    path: Path,
    sources: Sequence[Source],
    pieces: Sequence[Piece],
    drawn: Iterator[LabelledPart],
    advance: Advance | None,
) -> list[Table]:
    """Write the images of all pieces, one after the other, and give back their tables."""
    lengths = [[part.region.end - part.region.start for part in piece.parts] for piece in pieces]
    total, done = sum(map(sum, lengths)), 0
    tables = []
    with open(path, "wb") as out:
        for piece, length in zip(pieces, lengths, strict=True):
            if piece.held is not None:
                with open(piece.held.pixels, "rb") as pixels:
                    shutil.copyfileobj(pixels, out)
                tables.append(read_table(piece.held.table))
            found = []
            for bp in length:
                if piece.held is None:
                    one = next(drawn)
                    out.write(one.images.tobytes())
                    # Not a slice, which would keep the images in memory.
                    nothing = np.empty((0, *one.images.shape[1:]), np.uint8)
                    found.append(one._replace(images=nothing))
                done += bp
                if advance is not None:
                    advance(done, total)
            if found:
                name = sources[piece.source].alignments.path.name
                tables.append(table_of_parts(found, name))
    return tables


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
) -> Generator[LabelledPart]:
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
