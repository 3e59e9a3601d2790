"""Predictions for regions or sequences, written whole or not at all, in constant memory."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from rich.console import Console

from seqcnn.api.model import Model, load
from seqcnn.api.out_file import check_ending, refuse_input
from seqcnn.api.progress import progress
from seqcnn.api.regions import read_regions
from seqcnn.atomic import whole_file
from seqcnn.data.bigwig import write_bigwig
from seqcnn.data.examples import Examples
from seqcnn.data.fasta import text_chunks
from seqcnn.data.genome import Genome
from seqcnn.data.image_folders import ENDINGS as IMAGE_ENDINGS
from seqcnn.data.image_folders import images_below
from seqcnn.data.regions import merge
from seqcnn.data.sequences import FastaRecord, iterate_fasta
from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError
from seqcnn.settings import PredictSettings, resolve
from seqcnn.tasks.encoding import Dataset
from seqcnn.tasks.image_encoding import ImageEncoding
from seqcnn.tasks.pileup_encoding import PileupEncoding

BIGWIG_ENDINGS = (".bw", ".bigwig")
ENDINGS = (".tsv.gz", ".tsv", ".txt.gz", ".txt", *BIGWIG_ENDINGS)
BLOCK = 1 << 16  # windows laid out at a time

Advance = Callable[[int], None]
# Blocks of windows: contig, start, end, and window_start, where the network begins to read.
Blocks = Iterator[pd.DataFrame]


def predict(
    bundle: Path | str, *, config: Path | None = None, quiet: bool = True, **flags: Any
) -> Path:
    """Predict for the regions (BED), sequences (FASTA) or images of `input`, into `out`.

    A BED gives a TSV of contig, start, end (0-based, half-open) and one column an output, or a
    bigWig of one output; a FASTA gives a TSV of names and outputs. Regions of another length are
    read as the window of the bundle's length around their middle; with `step` they are tiled. With
    `distance`, a TSV ends in columns of `distance` and whether it is `unlike_training`.

    Raises:
        InputError: a file cannot be used; nothing is then written.
    """
    settings = resolve(PredictSettings, config, {**flags, "bundle": Path(bundle)}, {})
    to_bigwig = check_ending(settings.out, ENDINGS) in BIGWIG_ENDINGS
    refuse_input(settings.out, [settings.bundle, settings.input])
    model = load(settings.bundle, device=settings.device, precision=settings.precision)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    if settings.distance:
        _check_distance(model, settings, to_bigwig)
    if isinstance(model.encoding, PileupEncoding):
        raise InputError(
            f"{settings.bundle}: reads pileups of aligned reads; "
            "run seqcnn call-variants reads.bam --model with it"
        )
    if isinstance(model.encoding, ImageEncoding):
        files = _images(settings)
        with progress(console, "predicting", len(files)) as advance:
            _write_images(model, settings, files, advance)
        return settings.out
    if _is_fasta(settings.input):
        if to_bigwig:
            raise InputError(f"--out {settings.out}: a FASTA has no positions; write a .tsv")
        with progress(console, "predicting", None) as advance:
            _write_fasta(model, settings, advance)
        return settings.out
    output = _chosen_output(model, settings) if to_bigwig else None
    genome, regions = read_regions(
        settings.input,
        settings.genome,
        contig_alias=settings.contig_alias,
        off_end="error",
        console=console,
    )
    if to_bigwig:
        regions = _in_order(regions, settings, genome)
    blocks = _blocks(regions, model.length, settings.step)
    with progress(console, "predicting", _count(regions, settings.step)) as advance:
        if output is None:
            _write_regions(model, settings, genome, blocks, advance)
        else:
            rows = _track_rows(model, settings, genome, blocks, output, advance)
            write_bigwig(settings.out, genome.length_of, rows)
    return settings.out


def _check_distance(model: Model, settings: PredictSettings, to_bigwig: bool) -> None:
    if to_bigwig:
        raise InputError(f"--out {settings.out}: a bigWig has no distances; write a .tsv")
    if model.distance is None:
        raise InputError(
            f"{settings.bundle}: has no distance score, as an older seqcnn trained it; leave out "
            "--distance, or train it again"
        )


def _columns(model: Model, settings: PredictSettings) -> tuple[str, ...]:
    more = ("distance", "unlike_training") if settings.distance else ()
    return (*model.outputs, *more)


def _images(settings: PredictSettings) -> list[Path]:
    if settings.out.suffix.lower() in BIGWIG_ENDINGS:
        raise InputError(f"--out {settings.out}: images have no positions; write a .tsv")
    if not settings.input.exists():
        raise InputError(f"{settings.input}: no such file or folder; wanted JPEG or PNG images")
    if not settings.input.is_dir():
        return [settings.input]
    files, _ = images_below(settings.input)
    if not files:
        raise InputError(f"{settings.input}: no image in it ({', '.join(IMAGE_ENDINGS)})")
    return files


def _write_images(
    model: Model, settings: PredictSettings, files: list[Path], advance: Advance
) -> None:
    examples = model.encoding.examples(files)
    base = settings.input if settings.input.is_dir() else settings.input.parent
    names = [str(file.relative_to(base)) for file in files]
    with whole_file(settings.out) as temporary, _text(temporary, settings.out) as out:
        print("file", *_columns(model, settings), sep="\t", file=out)
        first = 0
        for values in model.predict_batches(
            examples, batch_size=settings.batch_size, advance=advance
        ):
            rows = pd.DataFrame({"file": names[first : first + len(values)]})
            part = model.encoding.examples(files[first : first + len(values)])
            _write_rows(out, rows, values, _far(model, settings, part))
            first += len(values)


def _is_fasta(path: Path) -> bool:
    first = next(text_chunks(path), b"").strip()
    if not first:
        raise InputError(f"{path}: the file is empty; wanted BED or FASTA")
    return first.startswith(b">")


def _in_order(regions: pd.DataFrame, settings: PredictSettings, genome: Genome) -> pd.DataFrame:
    """Regions as a bigWig wants them: in the order of the genome, none over another."""
    ordered = regions.assign(order=regions["contig"].map(genome.index_of))
    ordered = ordered.sort_values(["order", "start"], ignore_index=True)
    if settings.step is not None:
        ordered = merge(ordered)
    same = ordered["contig"].eq(ordered["contig"].shift())
    over = np.flatnonzero(same & (ordered["start"] < ordered["end"].shift()))
    if len(over):
        line, before = (int(ordered["line"].iloc[row]) for row in (over[0], over[0] - 1))
        raise InputError(
            f"{settings.input}:{line}: overlaps the region of line {before}, and a bigWig has one "
            "value a base; pass --step, or write a .tsv"
        )
    return ordered


def _count(regions: pd.DataFrame, step: int | None) -> int:
    if step is None:
        return len(regions)
    return int((-(-(regions["end"] - regions["start"]) // step)).sum())


def _blocks(regions: pd.DataFrame, length: int, step: int | None) -> Blocks:
    """Windows of the regions, or of tiles of `step` bp of them, a block at a time."""
    for first in range(0, len(regions), BLOCK):
        whole = regions.iloc[first : first + BLOCK][["contig", "start", "end"]]
        for block in [whole] if step is None else _tiles(whole, step):
            middle = (block["start"] + block["end"]) // 2
            yield block.assign(window_start=middle - length // 2)


def _tiles(regions: pd.DataFrame, step: int) -> Blocks:
    """Pieces of `step` bp (the last of a region may be shorter), about a block at a time."""
    waiting: list[pd.DataFrame] = []
    for contig, begin, stop in regions.itertuples(index=False):
        for first in range(begin, stop, step * BLOCK):
            starts = np.arange(first, min(first + step * BLOCK, stop), step)
            ends = np.minimum(starts + step, stop)
            waiting.append(pd.DataFrame({"contig": contig, "start": starts, "end": ends}))
            if sum(map(len, waiting)) >= BLOCK:
                yield pd.concat(waiting, ignore_index=True)
                waiting = []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def _chosen_output(model: Model, settings: PredictSettings) -> int:
    if settings.output is None:
        if len(model.outputs) == 1:
            return 0
        raise InputError(
            f"--out {settings.out}: a bigWig holds one track; choose it with --output "
            f"(one of {', '.join(model.outputs[:8])}{', …' if len(model.outputs) > 8 else ''})"
        )
    if settings.output not in model.outputs:
        raise InputError(f"--output {settings.output}: not among {', '.join(model.outputs[:12])}")
    return model.outputs.index(settings.output)


def _batches(
    model: Model, settings: PredictSettings, genome: Genome, blocks: Blocks, advance: Advance
) -> Iterator[tuple[pd.DataFrame, np.ndarray, np.ndarray | None]]:
    """(rows of the blocks, predictions, distances) a batch at a time."""
    for block in blocks:
        table = block.assign(start=block["window_start"], end=block["window_start"] + model.length)
        nothing = np.zeros((len(table), 0), np.float32)
        examples = Examples.from_windows(genome, table, nothing, names=())
        first = 0
        for values in model.predict_batches(
            examples, batch_size=settings.batch_size, advance=advance
        ):
            rows = np.arange(first, first + len(values))
            yield block.iloc[rows], values, _far(model, settings, examples.subset(rows))
            first += len(values)


def _far(model: Model, settings: PredictSettings, examples: Dataset) -> np.ndarray | None:
    """Distances (n,) of a batch's examples where they are asked for."""
    return model.distances(examples, batch_size=settings.batch_size) if settings.distance else None


def _write_regions(
    model: Model, settings: PredictSettings, genome: Genome, blocks: Blocks, advance: Advance
) -> None:
    with whole_file(settings.out) as temporary, _text(temporary, settings.out) as out:
        print("contig", "start", "end", *_columns(model, settings), sep="\t", file=out)
        for rows, values, far in _batches(model, settings, genome, blocks, advance):
            _write_rows(out, rows[["contig", "start", "end"]], values, far)


def _track_rows(
    model: Model,
    settings: PredictSettings,
    genome: Genome,
    blocks: Blocks,
    output: int,
    advance: Advance,
) -> Iterator[tuple[str, int, int, float]]:
    for rows, values, _ in _batches(model, settings, genome, blocks, advance):
        for contig, start, end, value in zip(
            rows["contig"], rows["start"], rows["end"], values[:, output], strict=True
        ):
            yield contig, int(start), int(end), float(value)


def _write_fasta(model: Model, settings: PredictSettings, advance: Advance) -> None:
    records = iterate_fasta(settings.input)
    with whole_file(settings.out) as temporary, _text(temporary, settings.out) as out:
        print("name", *_columns(model, settings), sep="\t", file=out)
        while batch := list(islice(records, settings.batch_size)):
            codes = np.stack([_codes(record, settings.input, model) for record in batch])
            values = model.predict(codes, batch_size=settings.batch_size).to_numpy()
            names = pd.DataFrame({"name": [one.identifier for one in batch]})
            _write_rows(out, names, values, _far(model, settings, model.encoding.examples(codes)))
            advance(len(batch))


def _codes(record: FastaRecord, path: Path, model: Model) -> np.ndarray:
    if len(record.sequence) != model.length:
        raise InputError(
            f"{path}:{record.line}: sequence of {len(record.sequence)} bp; this bundle reads "
            f"{model.length} bp: crop or pad it with N"
        )
    return encode(record.sequence)


def _write_rows(
    out: IO[str], rows: pd.DataFrame, values: np.ndarray, far: np.ndarray | None
) -> None:
    places = rows.to_csv(sep="\t", header=False, index=False).splitlines()
    more = [""] * len(places)
    if far is not None:
        more = [f"\t{value:.6g}\t{str(value > 1).lower()}" for value in far.tolist()]
    for place, row, ending in zip(places, values, more, strict=True):
        out.write(place + "\t" + "\t".join(f"{value:.6g}" for value in row) + ending + "\n")


@contextmanager
def _text(temporary: Path, final: Path) -> Iterator[IO[str]]:
    """`temporary` opened for text, compressed where the final name says so."""
    if final.suffix.lower() == ".gz":
        with gzip.open(temporary, "wt", encoding="utf-8") as out:
            yield out
    else:
        with temporary.open("w", encoding="utf-8") as out:
            yield out
