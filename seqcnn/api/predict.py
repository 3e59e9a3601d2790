"""Predictions for regions or sequences, written whole or not at all, in constant memory."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seqcnn.api.model import Model, load
from seqcnn.atomic import whole_file
from seqcnn.data.aliases import ContigAlias
from seqcnn.data.bigwig import write_bigwig
from seqcnn.data.check import check_regions
from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.sequences import read_fasta
from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError
from seqcnn.settings import PredictSettings, resolve

FASTA_ENDINGS = (".fa", ".fasta", ".fna")
BIGWIG_ENDINGS = (".bw", ".bigwig")


def predict(
    bundle: Path | str, *, config: Path | None = None, quiet: bool = True, **flags: Any
) -> Path:
    """Predict for the regions (BED) or sequences (FASTA) of `input`, into `out`.

    A BED gives a TSV of contig, start, end (0-based, half-open) and one column an output, or a
    bigWig of one output; a FASTA gives a TSV of names and outputs. Regions of another length are
    read as the window of the bundle's length around their middle; with `step` they are tiled.

    Raises:
        InputError: a file cannot be used; nothing is then written.
    """
    settings = resolve(PredictSettings, config, {**flags, "bundle": Path(bundle)}, {})
    model = load(settings.bundle, device=settings.device, precision=settings.precision)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    ending = Path(settings.input.name.removesuffix(".gz")).suffix
    to_bigwig = settings.out.suffix.lower() in BIGWIG_ENDINGS
    if ending in FASTA_ENDINGS:
        if to_bigwig:
            raise InputError(f"--out {settings.out}: a FASTA has no positions; write a .tsv")
        with _progress(console, None) as advance:
            _write_fasta(model, settings, advance)
        return settings.out
    if settings.genome is None:
        raise InputError(f"{settings.input}: regions need their sequence: pass --genome FASTA")
    genome = Genome(settings.genome)
    windows = _windows(settings, genome, model)
    output = _chosen_output(model, settings) if to_bigwig else None
    with _progress(console, len(windows)) as advance:
        if output is None:
            _write_regions(model, settings, genome, windows, advance)
        else:
            rows = _track_rows(model, settings, genome, windows, output, advance)
            write_bigwig(settings.out, genome.length_of, rows)
    return settings.out


def _windows(settings: PredictSettings, genome: Genome, model: Model) -> pd.DataFrame:
    alias = ContigAlias.parse(settings.contig_alias) if settings.contig_alias else None
    regions, findings = check_regions(
        read_bed(settings.input),
        genome.length_of,
        path=settings.input,
        genome_path=genome.path,
        alias=alias,
        off_end="error",
    )
    if settings.step is None:
        middle = (regions["start"] + regions["end"]) // 2
        start = middle - model.length // 2
        return regions.assign(window_start=start)[["contig", "start", "end", "window_start"]]
    tiles = []
    for contig, first, last in zip(
        regions["contig"], regions["start"], regions["end"], strict=True
    ):
        starts = np.arange(first, last, settings.step)
        ends = np.minimum(starts + settings.step, last)
        tiles.append(pd.DataFrame({"contig": contig, "start": starts, "end": ends}))
    tiled = pd.concat(tiles, ignore_index=True)
    middle = (tiled["start"] + tiled["end"]) // 2
    return tiled.assign(window_start=middle - model.length // 2)


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
    model: Model,
    settings: PredictSettings,
    genome: Genome,
    windows: pd.DataFrame,
    advance: Callable[[int], None],
) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """(rows of `windows`, predictions) a batch at a time."""
    table = windows.assign(
        start=windows["window_start"], end=windows["window_start"] + model.length
    )
    nothing = np.zeros((len(table), 0), np.float32)
    examples = Examples.from_windows(genome, table, nothing, names=())
    first = 0
    for values in model.predict_batches(examples, batch_size=settings.batch_size, advance=advance):
        yield windows.iloc[first : first + len(values)], values
        first += len(values)


def _write_regions(
    model: Model,
    settings: PredictSettings,
    genome: Genome,
    windows: pd.DataFrame,
    advance: Callable[[int], None],
) -> None:
    with whole_file(settings.out) as temporary, _text(temporary, settings.out) as out:
        print("contig", "start", "end", *model.outputs, sep="\t", file=out)
        for rows, values in _batches(model, settings, genome, windows, advance):
            _write_rows(out, rows[["contig", "start", "end"]], values)


def _track_rows(
    model: Model,
    settings: PredictSettings,
    genome: Genome,
    windows: pd.DataFrame,
    output: int,
    advance: Callable[[int], None],
) -> Iterator[tuple[str, int, int, float]]:
    order = {name: index for index, name in enumerate(genome.names)}
    ordered = windows.sort_values(
        ["contig", "start"], key=lambda c: c.map(order) if c.name == "contig" else c
    )
    for rows, values in _batches(model, settings, genome, ordered, advance):
        for contig, start, end, value in zip(
            rows["contig"], rows["start"], rows["end"], values[:, output], strict=True
        ):
            yield contig, int(start), int(end), float(value)


def _write_fasta(model: Model, settings: PredictSettings, advance: Callable[[int], None]) -> None:
    table = read_fasta(settings.input)
    with whole_file(settings.out) as temporary, _text(temporary, settings.out) as out:
        print("name", *model.outputs, sep="\t", file=out)
        for first in range(0, len(table.sequences), settings.batch_size):
            rows = range(first, min(first + settings.batch_size, len(table.sequences)))
            codes = np.empty((len(rows), model.length), np.uint8)
            for row in rows:
                codes[row - first] = _codes(table.sequences[row], settings, table, row, model)
            names = [table.identifiers[row] for row in rows]
            _write_rows(out, pd.DataFrame({"name": names}), model.predict(codes).to_numpy())
            advance(len(rows))


def _codes(
    sequence: str, settings: PredictSettings, table: Any, row: int, model: Model
) -> np.ndarray:
    where = f"{settings.input}:{table.lines[row]}"
    if len(sequence) != model.length:
        raise InputError(
            f"{where}: sequence of {len(sequence)} bp; this bundle reads {model.length} bp: "
            "crop or pad it with N"
        )
    try:
        return encode(sequence)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _write_rows(out: IO[str], rows: pd.DataFrame, values: np.ndarray) -> None:
    places = rows.to_csv(sep="\t", header=False, index=False).splitlines()
    for place, row in zip(places, values, strict=True):
        out.write(place + "\t" + "\t".join(f"{value:.6g}" for value in row) + "\n")


@contextmanager
def _text(temporary: Path, final: Path) -> Iterator[IO[str]]:
    """`temporary` opened for text, compressed where the final name says so."""
    if final.suffix == ".gz":
        with gzip.open(temporary, "wt", encoding="utf-8") as out:
            yield out
    else:
        with temporary.open("w", encoding="utf-8") as out:
            yield out


@contextmanager
def _progress(console: Console, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("predicting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=total)
        yield lambda number: progress.advance(bar, number)
