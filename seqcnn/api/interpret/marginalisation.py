"""What a motif adds to each output: planted in backgrounds, alone, by position, in pairs."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.inputs import (
    chosen_tracks,
    open_model,
    read_inputs,
    require_sequences,
)
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.interpret.scoring import scoring, units_of, values_of
from seqcnn.api.model import Model
from seqcnn.data.motif_text import named_motifs
from seqcnn.data.motifs import Motif
from seqcnn.effects.backgrounds import Backgrounds, make_backgrounds
from seqcnn.effects.planting import Planter
from seqcnn.effects.planting_plan import Plan
from seqcnn.effects.planting_study import (
    Plantable,
    motif_table,
    pair_signs,
    pair_table,
    profile_table,
)
from seqcnn.effects.planting_summary import Summary
from seqcnn.errors import InputError
from seqcnn.report.planting_figures import (
    copies_figure,
    effect_figure,
    profile_figure,
    spacing_figure,
    telling_tracks,
)
from seqcnn.report.planting_panel import planting_panel, planting_text
from seqcnn.report.style import styled
from seqcnn.settings.interpret.marginalisation import MarginalisationSettings

MOST_PAIRED = 3  # tracks with a figure of the spacing


def marginalisation(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """Plant `motif` in backgrounds made of `input`, or random ones, and measure what it adds.

    The table has one row a motif, orientation, number of copies and track: means over backgrounds
    of logit and value without and with it, the difference with its 95 % interval (bootstrap over
    inputs), and that of the same bases scrambled. `tables` has "profile" (`profile=True`) and
    "pairs" (`second`). Starts are 0-based within the sequence.

    Raises:
        InputError: no such motif, track or file; a motif that does not fit.
    """
    settings, write = asked(MarginalisationSettings, bundle, input, config, flags)
    _refuse_lone_flags(settings)
    model = open_model(bundle, settings)
    require_sequences(model)
    tracks = chosen_tracks(model, settings.track)
    motifs = named_motifs(settings.motif, settings.motifs, flag="--motif")
    seconds = [settings.second] if settings.second is not None else []
    second = named_motifs(seconds, settings.motifs, flag="--second")
    plan = Plan(model.length, settings, motifs, second[0] if second else None)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    backgrounds = _backgrounds(model, settings, console)
    tables = _measured(model, settings, plan, backgrounds, tracks, console)
    units = dict(zip(model.outputs, units_of(model), strict=True))
    column = list(tables["motifs"]).index("track") + 1
    tables["motifs"].insert(column, "unit", tables["motifs"]["track"].map(units))
    figures = _figures(tables, units)
    reading = Reading(
        "marginalisation",
        tables["motifs"],
        planting_panel(tables, figures, backgrounds.words),
        figures=figures,
        tables={name: table for name, table in tables.items() if name != "motifs"},
        text=planting_text(tables, backgrounds.words),
    )
    return finished(reading, model, settings, write=write)


def _refuse_lone_flags(settings: MarginalisationSettings) -> None:
    """Refuse flags that would change nothing without another one."""
    needed = {"spacings": "second", "step": "profile", "gap": "copies"}
    for name, other in needed.items():
        default = MarginalisationSettings.model_fields[name].default
        if getattr(settings, name) != default and not getattr(settings, other):
            raise InputError(f"--{name}: says nothing without --{other}; pass both or neither")


def _backgrounds(model: Model, settings: MarginalisationSettings, console: Console) -> Backgrounds:
    kind = settings.background
    if kind in ("shuffled", "input") and settings.input is None:
        raise InputError(f"--background {kind}: needs an INPUT; without one, use random")
    if kind == "auto":
        kind = "random" if settings.input is None else "shuffled"
    inputs = None if kind == "random" else read_inputs(model, settings, console=console).codes
    return make_backgrounds(
        kind,
        inputs,
        number=settings.backgrounds,
        length=model.length,
        gc=settings.gc,
        seed=settings.seed,
    )


def _measured(
    model: Model,
    settings: MarginalisationSettings,
    plan: Plan,
    backgrounds: Backgrounds,
    tracks: list[int],
    console: Console,
) -> dict[str, pd.DataFrame]:
    number, seed = len(backgrounds), settings.seed
    summary = Summary(model.outputs, tracks, values_of(model), backgrounds.sources, seed)

    def plantable(motif: Motif) -> Plantable:
        return Plantable.draw(motif, number, likely=settings.bases == "likely", seed=seed)

    motifs = [plantable(motif) for motif in plan.motifs]
    second = plantable(plan.second) if plan.second is not None else None
    total = number * _conditions(settings, plan, motifs, second)
    tables: dict[str, pd.DataFrame] = {}
    with scoring(model, settings.batch_size, "planting", total, console) as score:
        planter = Planter.of(score, backgrounds.codes, settings.how)
        tables["motifs"] = motif_table(
            planter,
            motifs,
            summary,
            starts=plan.starts,
            orientation=settings.orientation,
            copies=plan.copies,
            gap=settings.gap,
        )
        if settings.profile:
            tables["profile"] = profile_table(
                planter, motifs, summary, orientation=settings.orientation, step=plan.step
            )
        if second is not None:
            tables["pairs"] = pair_table(
                planter,
                motifs[0],
                second,
                summary,
                start=plan.pair_start,
                spacings=plan.spacings,
                orientation=settings.orientation,
            )
    return tables


def _conditions(
    settings: MarginalisationSettings,
    plan: Plan,
    motifs: list[Plantable],
    second: Plantable | None,
) -> int:
    """How often all backgrounds are scored."""
    count = 1
    for motif in motifs:
        signs = len(motif.signs(settings.orientation))
        count += signs * len(plan.copies) * 2
        if settings.profile:
            count += signs * len(range(0, plan.length - motif.width + 1, plan.step))
    if second is not None:
        signs = len(pair_signs(motifs[0], second, settings.orientation))
        count += signs * (2 * len(plan.spacings) + 1)
    return count


def _figures(tables: dict[str, pd.DataFrame], units: dict[str, str]) -> dict[str, Figure]:
    motifs = tables["motifs"]
    with styled():
        figures = {"marginalisation": effect_figure(motifs, units)}
        if motifs["copies"].max() > 1:
            figures["marginalisation_copies"] = copies_figure(motifs)
        if "profile" in tables:
            figures["marginalisation_profile"] = profile_figure(tables["profile"])
        if "pairs" in tables:
            tracks = telling_tracks(tables["pairs"], "both", MOST_PAIRED)
            for number, track in enumerate(tracks, 1):
                ending = "" if len(tracks) == 1 else f"_{number}"
                name = f"marginalisation_spacing{ending}"
                figures[name] = spacing_figure(tables["pairs"], track)
    return figures
