"""Noise evolved until a bundle is sure of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqcnn.api.interpret.weakness_calls import Calls
from seqcnn.encoders.dna import decode
from seqcnn.interpret.fooling import Fooled, evolve, likeness, noise
from seqcnn.report.style import shortened
from seqcnn.report.weakness_figures import Changed
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings
from seqcnn.tasks.encoding import SequenceEncoding

POOL = 10  # times as much noise is drawn, to start from what is not called yet
COMPARED = 200  # given sequences whose likeness to each other is measured
SHOWN = 6


@dataclass(frozen=True)
class Noise:
    """N sequences that began as noise.

    Attributes:
        outputs: (N,) the output that each was evolved for.
        fooled: before, after and what was changed.
        path: (steps + 1, N) calibrated probability of that output; NaN after the last step.
        raw: (N,) the last probability without calibration.
        likeness: (n,) cosine of 6-mer counts to the nearest given sequence, of the noise, of what
            was evolved from it, and of the given sequences among themselves.
        distance: (N,) or None without a distance score.
    """

    outputs: tuple[str, ...]
    fooled: Fooled
    path: np.ndarray
    raw: np.ndarray
    likeness: dict[str, np.ndarray]
    distance: np.ndarray | None

    @property
    def calibrated(self) -> np.ndarray:
        """The last calibrated probability (N,)."""
        steps = (~np.isnan(self.path)).sum(0) - 1
        last: np.ndarray = self.path[steps, np.arange(self.path.shape[1])]
        return last

    def table(self) -> pd.DataFrame:
        """One row a sequence; its distance above 1 is unlike the training data."""
        number = pd.array(self.fooled.edited.number, dtype="Int64")
        number[~self.fooled.reached] = pd.NA
        table = {
            "output": self.outputs,
            "substitutions": number,
            "probability_raw": self.raw,
            "probability": self.calibrated,
            "likeness": self.likeness["evolved"],
        }
        if self.distance is not None:
            table["distance"] = self.distance
        return pd.DataFrame(
            {
                **table,
                "noise": [decode(codes) for codes in self.fooled.before],
                "evolved": [decode(codes) for codes in self.fooled.after],
            }
        )

    def examples(self) -> list[Changed]:
        """The first of them that fool the network."""
        rows = np.flatnonzero(self.fooled.reached)[:SHOWN]
        if not len(rows):
            rows = np.arange(min(SHOWN, len(self.outputs)))
        return [
            Changed(
                f"{shortened(self.outputs[row])}: "
                f"p {self.path[0, row]:.3f} → {self.calibrated[row]:.3f} "
                f"by {(self.fooled.before[row] != self.fooled.after[row]).sum()} of "
                f"{self.fooled.before.shape[1]} letters",
                self.fooled.before[row],
                self.fooled.after[row],
            )
            for row in rows
        ]


def evolve_noise(
    calls: Calls,
    real: np.ndarray,
    settings: WeaknessesSettings,
    distances: Callable[[np.ndarray], np.ndarray] | None,
    advance: Callable[[int], None],
) -> Noise:
    """Evolve `settings.number` random sequences, for the outputs in turn, to be called surely."""
    model = calls.model
    assert isinstance(model.encoding, SequenceEncoding)
    start, column = _starts(calls, settings)
    track = np.array(calls.tracks)[column]
    fooled = evolve(
        model.whole,
        start,
        calls.goals(track, np.ones(len(track)), settings.fooled, raw=True),
        expand=model.inputs,
        most=settings.max_steps,
        candidates=settings.candidates,
        batch_size=settings.batch_size,
        device=model.device,
        seed=settings.seed,
        advance=advance,
    )
    stranded = model.encoding.stranded
    generator = np.random.default_rng(settings.seed)
    among = np.sort(generator.permutation(len(real))[:COMPARED])
    like = {
        name: likeness(codes, real, stranded=stranded)
        for name, codes in (("noise", start), ("evolved", fooled.after), ("given", real[among]))
    }
    like["given"] = like["given"][~np.isnan(like["given"])]  # none where there is one sequence
    raw = calls.probabilities(calls.logits(fooled.after), calibrated=False)
    return Noise(
        tuple(model.outputs[one] for one in track),
        fooled,
        _path(calls, fooled, column),
        raw[np.arange(len(raw)), column],
        like,
        None if distances is None else distances(fooled.after),
    )


def _starts(calls: Calls, settings: WeaknessesSettings) -> tuple[np.ndarray, np.ndarray]:
    """Noise codes (N, L) and the output (N,) each is for: the least sure of ten times as much."""
    generator = np.random.default_rng(settings.seed)
    pool = noise(POOL * settings.number, calls.model.length, generator)
    probability = calls.probabilities(calls.logits(pool), calibrated=True)
    column = np.arange(settings.number) % len(calls.tracks)
    left = np.ones(len(pool), np.bool_)
    rows = []
    for wanted in column:
        # The first that is not called; where all are, the least sure.
        free = np.flatnonzero(left)
        uncalled = free[probability[free, wanted] < settings.threshold]
        row = uncalled[0] if len(uncalled) else free[probability[free, wanted].argmin()]
        left[row] = False
        rows.append(row)
    return pool[rows], column


def _path(calls: Calls, fooled: Fooled, column: np.ndarray) -> np.ndarray:
    """Calibrated probability (steps + 1, N) after each substitution."""
    edited = fooled.edited
    made = (edited.position >= 0).sum(1)
    path = np.full((int(made.max(initial=0)) + 1, len(column)), np.nan)
    for step in range(len(path)):
        rows = np.flatnonzero(made >= step)
        codes = edited.applied(fooled.before, step)[rows]
        found = calls.probabilities(calls.logits(codes), calibrated=True)
        path[step, rows] = found[np.arange(len(rows)), column[rows]]
    return path
