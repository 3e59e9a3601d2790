"""Sequences evolved towards a wish over the outputs: up here, down there, within limits."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.design_tables import design_table, fasta_text, step_table
from seqcnn.api.interpret.inputs import chosen_tracks, open_model, read_inputs, require_sequences
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.interpret.scoring import centred, scoring, units_of, values_of
from seqcnn.api.model import Model
from seqcnn.data.motif_text import named_motifs
from seqcnn.effects.backgrounds import make_backgrounds
from seqcnn.effects.design import Step, Substitute, Wish, evolve, first_steps
from seqcnn.effects.design_constraints import Constraints, Edits, repairs
from seqcnn.effects.design_wish import constraints_of, weights_of
from seqcnn.effects.mutagenesis import mutagenesis
from seqcnn.encoders.dna import Codes
from seqcnn.errors import InputError
from seqcnn.report.design_figures import edits_figure, trajectory_figure
from seqcnn.report.design_panel import design_panel, design_text
from seqcnn.report.style import styled
from seqcnn.settings.interpret.design import DesignSettings

FASTA = "design.fa"
MANY = 4  # batches of edits from which on incremental mutagenesis pays for its own check


def design(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """Change single bases of sequences until the outputs are as wished: `up` higher, `down` lower.

    The objective is the sum of the logits (or values) of outputs to raise less that of outputs to
    lower. The table has one row a sequence; `tables["steps"]` each edit (positions 0-based in the
    window), and with `out` the sequences are written as `design.fa` as well.

    Raises:
        InputError: no such output, motif or file; limits that cannot be kept.
    """
    settings, write = asked(DesignSettings, bundle, input, config, flags)
    model = open_model(bundle, settings)
    require_sequences(model)
    wish = _wish(model, settings)
    constraints = constraints_of(
        model.length,
        gc=settings.gc,
        forbidden=named_motifs(settings.forbid, settings.motifs, flag="--forbid"),
        keep=settings.keep,
        longest_run=settings.longest_run,
    )
    console = Console(quiet=quiet, stderr=True, highlight=False)
    codes, names, words = _starts(model, settings, constraints, console)
    ends = _designed(model, settings, wish, constraints, codes, names, console)
    return _reading(model, settings, wish, ends, names, words, write=write)


def _wish(model: Model, settings: DesignSettings) -> Wish:
    weights = weights_of(settings.up, settings.down, model.outputs)
    if settings.until is not None:
        for output, weight, unit in zip(model.outputs, weights, units_of(model), strict=True):
            if weight and unit != "probability":
                raise InputError(
                    f"--until is a probability, and {output} is a {unit}; leave it out"
                )
    return Wish(
        weights=weights,
        values=values_of(model),
        use_values=settings.objective == "value",
        until=settings.until,
    )


def _starts(
    model: Model, settings: DesignSettings, constraints: Constraints, console: Console
) -> tuple[Codes, list[str], str]:
    """Codes (N, L) to begin at, their names, and what they are in words."""
    kind = settings.start
    if kind in ("input", "shuffled") and settings.input is None:
        raise InputError(f"--start {kind}: needs an INPUT; without one, use random")
    if kind == "auto":
        kind = "random" if settings.input is None else "input"
    inputs = None if kind == "random" else read_inputs(model, settings, console=console)
    made = make_backgrounds(
        kind,
        None if inputs is None else inputs.codes,
        number=len(inputs) if inputs is not None and kind == "input" else settings.number,
        length=model.length,
        gc=0.5 if constraints.gc is None else sum(constraints.gc) / 2,
        seed=settings.seed,
    )
    if inputs is None:
        return made.codes, [f"random {row + 1}" for row in range(len(made))], made.words
    names = [inputs.names[source] for source in made.sources]
    if kind == "shuffled":
        names = [f"{name} shuffled" for name in names]
    return made.codes, _distinct(names), made.words


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, the second of the same with a (2) after it."""
    known = Counter[str]()
    told = []
    for name in names:
        known[name] += 1
        told.append(name if known[name] == 1 else f"{name} ({known[name]})")
    return told


def _designed(
    model: Model,
    settings: DesignSettings,
    wish: Wish,
    constraints: Constraints,
    starts: Codes,
    names: Sequence[str],
    console: Console,
) -> list[Step]:
    generator = np.random.default_rng(settings.seed)
    width = settings.beam_width if settings.method == "beam" else 1
    random = settings.start == "random" or (settings.start == "auto" and settings.input is None)
    ends = []
    with scoring(model, settings.batch_size, "designing", None, console) as score:
        substitute = _substitute(model, settings, score)
        for codes, name in zip(starts, names, strict=True):
            mended = repairs(codes, constraints, generator)
            if mended is None:
                raise InputError(
                    f"{name}: cannot be made to keep to the limits base by base; widen --gc, or "
                    "forbid or keep less"
                )
            if random:
                # Edits of a sequence that nobody has seen are no edits of the design.
                for position, base in mended:
                    codes[position] = base
                mended = []
            start = first_steps(score, codes, mended, wish)
            ends.append(
                evolve(
                    substitute,
                    start,
                    wish,
                    constraints,
                    max_edits=max(settings.max_edits - len(mended), 0),
                    beam_width=width,
                )
            )
    return ends


def _substitute(
    model: Model, settings: DesignSettings, score: Callable[[Codes], np.ndarray]
) -> Substitute:
    """Logits of edits: of many by the parts of the network that each changes, else by all of it."""
    network, batch_size = model.whole, settings.batch_size

    def substitute(codes: Codes, edits: Edits) -> np.ndarray:
        if len(edits) < MANY * batch_size or model.precision != "32":
            return np.concatenate([score(block) for block in edits.blocks(codes)])
        found = mutagenesis(network, codes[None], inputs=model.inputs, batch_size=batch_size)
        changed: np.ndarray = found.effects[0, edits.positions, edits.bases] + found.reference
        return centred(model, changed)

    return substitute


def _reading(
    model: Model,
    settings: DesignSettings,
    wish: Wish,
    ends: Sequence[Step],
    names: Sequence[str],
    words: str,
    *,
    write: bool,
) -> Reading:
    distances = None
    if model.distance is not None:
        final = model.encoding.examples(np.stack([end.codes for end in ends]))
        distances = model.distances(final, batch_size=settings.batch_size)
    wished = [int(index) for index in np.flatnonzero(wish.weights)]
    others = chosen_tracks(model, settings.track) if settings.track else []
    watched = [*wished, *(index for index in others if index not in wished)]
    table = design_table(ends, names, wish, model.outputs, distances, watched)
    steps = step_table(ends, names, wish, model.outputs, watched)
    units = dict(zip(model.outputs, units_of(model), strict=True))
    wanted = {model.outputs[index]: int(np.sign(wish.weights[index])) for index in watched}
    with styled():
        figures = {
            "design": trajectory_figure(steps, wanted, units, settings.until, settings.objective),
            "design_edits": edits_figure(
                [end.codes for end in ends], [end.path()[0].codes for end in ends], names
            ),
        }
    reading = Reading(
        "design",
        table,
        design_panel(table, steps, figures, wanted, words, settings.until),
        figures=figures,
        tables={"steps": steps},
        texts={FASTA: fasta_text(table)},
        text=design_text(table, wanted, words, settings.until),
    )
    return finished(reading, model, settings, write=write)
