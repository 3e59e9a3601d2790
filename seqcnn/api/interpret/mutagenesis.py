"""Every base of a sequence changed to every other: tables, saturation maps and a panel."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.inputs import Inputs, chosen_tracks, open_model, read_inputs
from seqcnn.api.interpret.mutagenesis_panel import mutagenesis_panel
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.interpret.scoring import centred, output_units
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.effects.mutagenesis import Mutagenesis
from seqcnn.effects.mutagenesis import mutagenesis as mutate
from seqcnn.effects.mutation_losses import losses, stretches
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError
from seqcnn.report.mutagenesis_figures import SaturationMap, saturation_figure
from seqcnn.report.words import signed, whole
from seqcnn.settings.interpret.mutagenesis import MutagenesisSettings

BASES = np.array(list("ACGT"))
MOST_ROWS = 20_000_000


def mutagenesis(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """Mutate every base of the sequences of `input` to every other.

    The table has one row a substitution and track: sequence, position (0-based, in the sequence),
    contig and start (0-based, where the input is regions), ref, alt, track, effect (logit of the
    changed sequence less that of the unchanged; logits of classes less their mean, as only their
    differences mean anything) and the calibrated value before (`reference_value`) and after
    (`alternative_value`). `tables` has "stretches" of neighbouring bases that matter; `arrays`
    effects `(N, W, 4, T)`, reference logits `(N, T)`, codes `(N, L)` and the `first` position.

    Raises:
        InputError: no such file, track or position; more substitutions than a table can hold.
    """
    settings, write = asked(MutagenesisSettings, bundle, input, config, flags)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    model = open_model(bundle, settings)
    tracks = chosen_tracks(model, settings.track)
    begin, end = _around(settings.around, model.length)
    inputs = read_inputs(model, settings, console=console)
    number = len(inputs) * (end - begin) * 3
    if number * len(tracks) > MOST_ROWS:
        raise InputError(
            f"{settings.input}: {number * len(tracks):,} rows of substitutions and tracks; choose "
            "fewer with --max-sequences, --around or --track"
        )
    started = time.perf_counter()
    with progress(console, "mutating", number) as advance:
        found = mutate(
            model.whole,
            inputs.codes,
            inputs=model.inputs,
            positions=(begin, end),
            batch_size=settings.batch_size,
            incremental=settings.incremental,
            advance=advance,
        )
    if settings.incremental != "never" and found.way == "naive" and found.difference is not None:
        console.print(f"the whole network ran on every substitution: {found.note}")
    seconds = time.perf_counter() - started
    effects, reference = centred(model, found.effects), centred(model, found.reference)
    found = replace(found, effects=effects, reference=reference)
    table = _table(model, inputs, found, tracks)
    loss = losses(found.effects, inputs.codes[:, begin:end])
    where = _stretches(model, inputs, loss, tracks, begin)
    figures = _figures(model, inputs, found, loss, tracks, settings.figures)
    reading = Reading(
        "mutagenesis",
        table,
        mutagenesis_panel(table, where, figures, found, seconds),
        figures=figures,
        tables={"stretches": where},
        arrays={
            "effects": found.effects[..., tracks],
            "reference": found.reference[:, tracks],
            "codes": inputs.codes,
            "first": np.array(begin),
        },
        text=_text(inputs, table, found),
    )
    return finished(reading, model, settings, write=write)


def _around(text: str | None, length: int) -> tuple[int, int]:
    if text is None:
        return 0, length
    start, colon, end = text.partition(":")
    if not colon or not start.strip().isdecimal() or not end.strip().isdecimal():
        raise InputError(f"--around {text}: wanted START:END in bp of the window, such as 40:60")
    begin, stop = int(start), int(end)
    if not begin < stop <= length:
        raise InputError(f"--around {text}: wanted 0 <= START < END <= {length}, the window")
    return begin, stop


def _table(model: Model, inputs: Inputs, found: Mutagenesis, tracks: list[int]) -> pd.DataFrame:
    begin, width = found.first, found.effects.shape[1]
    ref = inputs.codes[:, begin : begin + width]
    row, place, base = np.nonzero(ref[:, :, None] != np.arange(4))
    effects = found.effects[row, place, base]  # (M, K)
    before = model.target.values(found.reference, model.calibration)[row]
    after = model.target.values(found.reference[row] + effects, model.calibration)
    letters = np.array(list(decode(np.arange(15, dtype=np.uint8))))
    columns: dict[str, Any] = {
        "sequence": np.array(inputs.names, object)[row],
        "position": place + begin,
    }
    if inputs.places is not None:
        columns["contig"] = inputs.places["contig"].to_numpy(object)[row]
        columns["start"] = inputs.places["start"].to_numpy()[row] + columns["position"]
    columns["ref"] = letters[ref[row, place]]
    columns["alt"] = BASES[base]
    columns = {name: np.repeat(values, len(tracks)) for name, values in columns.items()}
    columns["track"] = np.tile(np.array(model.outputs, object)[tracks], len(row))
    columns["effect"] = effects[:, tracks].ravel()
    columns["reference_value"] = before[:, tracks].ravel()
    columns["alternative_value"] = after[:, tracks].ravel()
    return pd.DataFrame(columns)


def _stretches(
    model: Model, inputs: Inputs, loss: np.ndarray, tracks: list[int], begin: int
) -> pd.DataFrame:
    rows = []
    for number, name in enumerate(inputs.names):
        for track in tracks:
            for stretch in stretches(loss[number, :, track]):
                start, end = stretch.start + begin, stretch.end + begin
                rows.append(
                    {
                        "sequence": name,
                        "track": model.outputs[track],
                        "start": start,
                        "end": end,
                        "bases": decode(inputs.codes[number, start:end]),
                        "loss": stretch.loss,
                    }
                )
    table = pd.DataFrame(rows, columns=["sequence", "track", "start", "end", "bases", "loss"])
    order = table["loss"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _figures(
    model: Model,
    inputs: Inputs,
    found: Mutagenesis,
    loss: np.ndarray,
    tracks: list[int],
    number: int,
) -> dict[str, Figure]:
    """The maps of the first sequences, each of the track that it changes most."""
    begin, width = found.first, found.effects.shape[1]
    units = output_units(model)
    figures = {}
    for row in range(min(number, len(inputs))):
        effects = found.effects[row]
        track = max(tracks, key=lambda one: float(np.abs(effects[..., one]).max()))
        first, axis = begin, "position in the sequence (bp)"
        if inputs.places is not None:
            place = inputs.places.iloc[row]
            first, axis = begin + int(place["start"]) + 1, f"{place['contig']} (bp)"
        shown = SaturationMap(
            title=f"{inputs.names[row]}: {model.outputs[track]}, "
            f"{units[track]} {found.reference[row, track]:.2f}",
            effects=effects[..., track],
            loss=loss[row, :, track],
            codes=inputs.codes[row, begin : begin + width],
            first=first,
            axis=axis,
            unit=units[track],
        )
        figures[f"mutagenesis_{row + 1}"] = saturation_figure(shown)
    return figures


def _text(inputs: Inputs, table: pd.DataFrame, found: Mutagenesis) -> str:
    worst = table.iloc[int(table["effect"].to_numpy().argmin())] if len(table) else None
    several = "1 sequence" if len(inputs) == 1 else f"{whole(len(inputs))} sequences"
    lines = [
        f"{several}, {found.effects.shape[1]} bp each: {found.way}, "
        f"{whole(found.rate)} substitutions a second ({found.note})"
    ]
    if worst is not None:
        lines.append(
            f"most damaging: {worst['sequence']}, position {worst['position']} "
            f"{worst['ref']}>{worst['alt']}, {worst['track']}: effect {signed(worst['effect'])} "
            f"({worst['reference_value']:.3f} to {worst['alternative_value']:.3f})"
        )
    return "\n".join(lines)
