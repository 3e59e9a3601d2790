"""Inputs that mislead a bundle: a few letters changed, noise, and what it never saw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from seqcnn.api.distances import fit_bundle_distance
from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.inputs import Inputs, chosen_tracks, open_model, read_inputs, refuse_flags
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.interpret.weakness_attacks import Attack, attack
from seqcnn.api.interpret.weakness_calls import Calls, attacked_calls, calls_of
from seqcnn.api.interpret.weakness_findings import OTHER, Seen, findings_of
from seqcnn.api.interpret.weakness_noise import Noise, evolve_noise
from seqcnn.api.interpret.weakness_panel import confidence_table, panel_of, text_of
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.data.fasta import text_chunks
from seqcnn.data.genome import Genome
from seqcnn.errors import InputError
from seqcnn.interpret.off_distribution import strange_sequences
from seqcnn.report.weakness_figures import (
    adversarial_figure,
    confidence_figure,
    edits_figure,
    fooling_figure,
)
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings
from seqcnn.tasks.image_encoding import ImageEncoding
from seqcnn.tasks.pileup_encoding import PileupEncoding
from seqcnn.training.distance import Distance

FEWEST_LIKE = 100  # sequences that a distance is fitted on
Distances = Callable[[np.ndarray], np.ndarray] | None  # codes (N, L) -> (N,)


def weaknesses(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Reading:
    """What misleads the bundle, beside the sequences of `input`, which should be like its own.

    Three trials: the fewest substitutions that flip calls it is sure of (with random ones beside
    them); noise evolved until it is sure; and how sure it is of sequences that are nothing like
    its training data, before and after calibration, with the share that its distance score flags.
    Keyword arguments are those of `WeaknessesSettings`; files are written where `out` is given.

    Raises:
        InputError: a file or setting cannot be used, or the bundle makes no calls.
    """
    settings, write = asked(WeaknessesSettings, bundle, input, config, flags)
    model = open_model(bundle, settings)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    if isinstance(model.encoding, PileupEncoding):
        from seqcnn.api.interpret.pileup_weaknesses import pileup_weaknesses

        reading: Reading = pileup_weaknesses(settings, quiet=quiet)
        return finished(reading, model, settings, write=write)
    if isinstance(model.encoding, ImageEncoding):
        raise InputError(f"{model.name}: reads images; weaknesses is for sequences and pileups")
    refuse_flags(model, {"regions": settings.regions}, reads="pileups")
    inputs = read_inputs(model, settings, console=console)
    calls = calls_of(model, chosen_tracks(model, settings.track), batch_size=settings.batch_size)
    distances = _distances(model, settings)
    seen = _seen(calls, inputs, settings, distances, console)
    attacked = _attack(calls, inputs, seen["given"], settings, distances, console)
    noise = _evolve(calls, inputs, settings, distances, console)
    reading = _reading(calls, settings, seen, attacked, noise)
    return finished(reading, model, settings, write=write)


def _distances(model: Model, settings: WeaknessesSettings) -> Distances:
    """The bundle's own distance score, or one fitted on the sequences of `--like`."""
    if settings.like is None:
        if model.distance is None:
            return None
        return lambda codes: model.distances(
            model.encoding.examples(codes), batch_size=settings.batch_size
        )
    like = read_inputs(model, settings.model_copy(update={"input": settings.like}))
    if len(like) < FEWEST_LIKE:
        raise InputError(
            f"--like {settings.like}: {len(like)} sequences; a distance needs {FEWEST_LIKE} or more"
        )
    order = np.random.default_rng(settings.seed).permutation(len(like))
    halves = [like.codes[np.sort(part)] for part in np.array_split(order, 2)]
    fitted: Distance = fit_bundle_distance(
        model.networks[0],
        model.encoding,
        *(model.encoding.examples(codes) for codes in halves),
        seed=settings.seed,
        batch_size=settings.batch_size,
        device=model.device,
    )
    return lambda codes: model.distances(
        model.encoding.examples(codes), batch_size=settings.batch_size, distance=fitted
    )


def _seen(
    calls: Calls,
    inputs: Inputs,
    settings: WeaknessesSettings,
    distances: Distances,
    console: Console,
) -> dict[str, Seen]:
    """How sure the bundle is of what it was given, and of each kind of strange sequence."""
    kinds = {"given": inputs.codes, **strange_sequences(inputs.codes, seed=settings.seed)}
    if settings.other is not None:
        other = _other_sequences(settings.other, calls.model.length, len(inputs), settings.seed)
        kinds[OTHER + settings.other.name] = other
    seen = {}
    with progress(console, "sequences of other kinds", sum(map(len, kinds.values()))) as advance:
        for kind, codes in kinds.items():
            logits = calls.logits(codes)
            seen[kind] = Seen(
                raw=calls.probabilities(logits, calibrated=False),
                calibrated=calls.probabilities(logits, calibrated=True),
                distance=None if distances is None else distances(codes),
            )
            advance(len(codes))
    return seen


def _other_sequences(path: Path, length: int, number: int, seed: int) -> np.ndarray:
    """Codes of a FASTA's sequences where they have the bundle's length, else of random windows."""
    if not next(text_chunks(path), b"").lstrip().startswith(b">"):
        raise InputError(f"--other {path}: not FASTA; wanted sequences or a genome")
    genome = Genome(path)
    generator = np.random.default_rng(seed)
    room = genome.lengths - length + 1
    if (room < 1).all():
        raise InputError(f"--other {path}: its longest sequence is shorter than {length} bp")
    room = room.clip(0)
    contig = generator.choice(len(room), number, p=room / room.sum())
    start = (generator.random(number) * room[contig]).astype(np.int64)
    return genome.windows(contig, start, length)


def _attack(
    calls: Calls,
    inputs: Inputs,
    given: Seen,
    settings: WeaknessesSettings,
    distances: Distances,
    console: Console,
) -> Attack:
    chosen = attacked_calls(
        calls,
        given.calibrated,
        inputs,
        confident=settings.confident,
        number=settings.number,
        seed=settings.seed,
    )
    with progress(console, "fewest substitutions", len(chosen)) as advance:
        return attack(calls, inputs, chosen, settings, distances, advance)


def _evolve(
    calls: Calls,
    inputs: Inputs,
    settings: WeaknessesSettings,
    distances: Distances,
    console: Console,
) -> Noise:
    with progress(console, "evolving noise", settings.number) as advance:
        return evolve_noise(calls, inputs.codes, settings, distances, advance)


def _reading(
    calls: Calls,
    settings: WeaknessesSettings,
    seen: dict[str, Seen],
    attacked: Attack,
    noise: Noise,
) -> Reading:
    figures = {
        "weaknesses_confidence": confidence_figure(
            {kind: (one.surest(False), one.surest(True), one.flagged) for kind, one in seen.items()}
        ),
        "weaknesses_fooling": fooling_figure(noise.path, noise.likeness),
    }
    if len(attacked.calls):
        figures["weaknesses_adversarial"] = adversarial_figure(
            attacked.share_flipped(), attacked.share_at_random()
        )
    changed = attacked.examples()
    if changed:
        figures["weaknesses_edits"] = edits_figure(changed)
    figures["weaknesses_noise"] = edits_figure(noise.examples())
    table = confidence_table(calls, seen)
    findings = findings_of(settings, seen, attacked, noise)
    return Reading(
        verb="weaknesses",
        table=table,
        panel=panel_of(findings, table, attacked, noise, figures),
        figures=figures,
        tables={"adversarial": attacked.table(), "fooling": noise.table()},
        text=text_of(findings),
    )
