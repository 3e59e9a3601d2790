"""Which bases an output rests on, behind a gate, and the motifs that they make."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.attribution_panel import attributions_panel
from seqcnn.api.interpret.attribution_reading import VERB, AttributionsReading
from seqcnn.api.interpret.attribution_tables import (
    Found,
    attribution_table,
    gate_table,
    motif_table,
    seqlet_table,
)
from seqcnn.api.interpret.attribution_words import attributions_text, refusal
from seqcnn.api.interpret.inputs import (
    Inputs,
    chosen_tracks,
    open_model,
    read_inputs,
    require_sequences,
)
from seqcnn.api.interpret.reading import finished
from seqcnn.api.interpret.scoring import centred, centred_network, output_units
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.data.motifs import Motif, read_meme
from seqcnn.errors import InputError
from seqcnn.interpret.attribution import METHODS, Attributions, attribute
from seqcnn.interpret.gate import LEVELS, Gate, check, mutagenesis_importance, with_convergence
from seqcnn.interpret.modisco import Motifs, find_motifs, require_modisco
from seqcnn.interpret.tomtom import require_memelite, tomtom
from seqcnn.settings.interpret.attributions import AttributionsSettings

MOST_TRACKS = 3  # where none is chosen
MATCHES = 5  # of a pattern


def attributions(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> AttributionsReading:
    """How much each base adds to the outputs, once a method has passed the gate.

    Keyword arguments are those of `AttributionsSettings`. All networks of the bundle and both
    strands are attributed as the one function that they are, in 32 bits; logits of classes less
    their mean, as only their differences mean anything. The table has a row for
    each position of the first `table_sequences` sequences and each track; `arrays` has all:
    `one_hot` (N, 4, L), and (T, N, 4, L) `hypothetical` attributions of every base and `actual`
    ones, of the sequence's own. `tables["gate"]` has the tests; `tables["motifs"]` and
    `tables["seqlets"]` what TF-MoDISco found. Files are written where `out` is given, and by the
    command line.

    Raises:
        InputError: a file cannot be used; the method asked for fails the test of convergence (the
            message names another); an extra is not installed.
    """
    settings, write = asked(AttributionsSettings, bundle, input, config, flags)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    if settings.precision not in ("32", "auto"):
        raise InputError(
            f"--precision {settings.precision}: too coarse for the test of convergence; pass 32"
        )
    database: list[Motif] = []
    if settings.motifs is not None:
        require_memelite()
        database = read_meme(settings.motifs)
    if settings.modisco or database:
        require_modisco()
    model = open_model(bundle, settings)
    require_sequences(model)
    found = _found(model, settings, database, console)
    return _reading(found, model, settings, write=write)


def _reading(
    found: Found, model: Model, settings: AttributionsSettings, *, write: bool
) -> AttributionsReading:
    panel, figures = attributions_panel(found, settings.shown)
    hypothetical = found.attributions.hypothetical.transpose(1, 0, 2, 3)
    stems = _stems(found.tracks)
    tables = {"gate": gate_table([found.gate, *found.passed_over], found.tracks)}
    if found.motifs:
        tables |= {"motifs": motif_table(found), "seqlets": seqlet_table(found)}
    reading = AttributionsReading(
        verb=VERB,
        table=attribution_table(found, settings.table_sequences),
        panel=panel,
        figures=figures,
        tables=tables,
        arrays={
            "one_hot": found.attributions.one_hot,
            "hypothetical": hypothetical,
            "actual": hypothetical * found.attributions.one_hot,
        },
        text=attributions_text(found, settings.out if write else None),
        motifs=dict(zip(stems, found.motifs, strict=False)),
        stems=stems,
    )
    done = finished(reading, model, settings, write=write)
    assert isinstance(done, AttributionsReading)  # `finished` only replaces fields
    return done


def _stems(tracks: Sequence[str]) -> tuple[str, ...]:
    """What the names of each track's files end with; by number where names would be the same."""
    if len(tracks) == 1:
        return ("",)
    stems = tuple("_" + re.sub(r"[^\w.-]+", "_", track) for track in tracks)
    if len({stem.lower() for stem in stems}) == len(stems):
        return stems
    return tuple(f"_{number}" for number in range(1, len(tracks) + 1))


def _found(
    model: Model, settings: AttributionsSettings, database: list[Motif], console: Console
) -> Found:
    tracks = chosen_tracks(model, settings.track)
    if not settings.track:
        tracks = tracks[:MOST_TRACKS]
    inputs = read_inputs(model, settings, console=console)
    gates = _gates(model, settings, inputs, tracks, console)
    # The best first; of all sequences the sums may be wrong where those of a few were right.
    for chosen in sorted(gates, key=lambda gate: (not gate.exact, LEVELS.index(gate.level))):
        attributed = _attributed(model, settings, chosen, inputs, tracks, console)
        gate = with_convergence(chosen, attributed)
        if gate.exact:
            break
    _require_exact(gate)
    motifs: list[Motifs] = []
    if settings.modisco or database:
        with console.status("TF-MoDISco"):
            motifs = [
                find_motifs(
                    attributed.one_hot,
                    attributed.hypothetical[:, number],
                    max_seqlets=settings.max_seqlets,
                )
                for number in range(len(tracks))
            ]
    targets = [motif.probabilities for motif in database]
    matches = [
        tomtom([one.probabilities[:, one.core] for one in several.patterns], targets, most=MATCHES)
        for several in motifs
    ]
    return Found(
        inputs=inputs,
        tracks=tuple(model.outputs[track] for track in tracks),
        of=len(model.outputs) if not settings.track else len(tracks),
        attributions=attributed,
        gate=gate,
        passed_over=[one for one in gates if one is not chosen],
        motifs=motifs,
        matches=matches if database else [],
        database=database,
        units=[output_units(model)[track] for track in tracks],
    )


def _options(model: Model, settings: AttributionsSettings, tracks: list[int]) -> dict[str, Any]:
    return {
        "outputs": tracks,
        "inputs": model.inputs,
        "references": settings.references,
        "baseline": settings.baseline,
        "steps": settings.steps,
        "seed": settings.seed,
        "batch_size": settings.batch_size,
    }


def _gates(
    model: Model,
    settings: AttributionsSettings,
    inputs: Inputs,
    tracks: list[int],
    console: Console,
) -> list[Gate]:
    """The gates of the methods that were tried, until one had nothing bad."""
    generator = np.random.default_rng(settings.seed)
    number = min(settings.gate_sequences, len(inputs))
    codes = inputs.codes[np.sort(generator.choice(len(inputs), number, replace=False))]
    options = _options(model, settings, tracks)
    network = centred_network(model)
    with console.status("gate"):
        mutated = _mutated(model, codes, tracks, settings.batch_size)
        gates: list[Gate] = []
        for method in METHODS if settings.method == "auto" else (settings.method,):
            gates.append(check(network, codes, method=method, mutated=mutated, **options))
            if gates[-1].level != "bad":
                break
    if settings.method != "auto":
        _require_exact(gates[0])
    return gates


def _mutated(model: Model, codes: np.ndarray, tracks: list[int], batch_size: int) -> np.ndarray:
    """What the attributions of codes (N, L) are compared with, (N, tracks, L)."""
    classes = model.target.baselines == "multiclass"
    kept = list(range(len(model.outputs))) if classes else tracks
    found = mutagenesis_importance(
        model.whole, codes, kept, inputs=model.inputs, batch_size=batch_size
    )
    # Losses of logits less their mean are losses less their mean.
    return centred(model, found.swapaxes(1, 2)).swapaxes(1, 2)[:, tracks] if classes else found


def _require_exact(gate: Gate) -> None:
    """Refuse attributions whose sums are wrong.

    Raises:
        InputError: naming the methods that are left.
    """
    if not gate.exact:
        raise InputError(refusal(gate, METHODS[METHODS.index(gate.method) + 1 :]))


def _attributed(
    model: Model,
    settings: AttributionsSettings,
    gate: Gate,
    inputs: Inputs,
    tracks: list[int],
    console: Console,
) -> Attributions:
    with progress(console, gate.method, len(inputs)) as advance:
        return attribute(
            centred_network(model),
            inputs.codes,
            method=gate.method,
            advance=advance,
            **_options(model, settings, tracks),
        )
