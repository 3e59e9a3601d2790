"""The fewest substitutions that flip a bundle's calls, beside as many at random."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqcnn.api.interpret.inputs import Inputs
from seqcnn.api.interpret.weakness_calls import Attacked, Calls
from seqcnn.encoders.dna import decode
from seqcnn.interpret.adversarial import NONE, Edited, fewest_edits, random_edits
from seqcnn.interpret.substitution_search import Search
from seqcnn.report.style import shortened
from seqcnn.report.weakness_figures import Changed
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

DRAWN = 20  # random sets of substitutions beside each sequence and number
SHOWN = 4  # sequences drawn


@dataclass(frozen=True)
class Attack:
    """What became of N attacked calls.

    Attributes:
        calls: which sequences and outputs.
        names, outputs: of them.
        codes, after: uint8 (N, L) before and after all substitutions.
        edited: the substitutions.
        probability: (2, N) calibrated, of the attacked output, before and after.
        random: (most, N) share of random sets of 1, 2, … substitutions that flip the call.
        distance: (2, N) before and after, or None without a distance score.
    """

    calls: Attacked
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    codes: np.ndarray
    after: np.ndarray
    edited: Edited
    probability: np.ndarray
    random: np.ndarray
    distance: np.ndarray | None

    @property
    def groups(self) -> dict[str, np.ndarray]:
        """Masks (N,) of calls lost and gained, those that there are."""
        masks = {"call lost": self.calls.sign < 0, "call gained": self.calls.sign > 0}
        return {name: mask for name, mask in masks.items() if mask.any()}

    def share_flipped(self) -> dict[str, np.ndarray]:
        """Share (most + 1,) of each group that 0, 1, … substitutions at most flip."""
        steps = np.arange(len(self.random) + 1)
        number = np.where(self.edited.number > 0, self.edited.number, len(steps))
        return {
            name: (number[mask] <= steps[:, None]).mean(1) for name, mask in self.groups.items()
        }

    def share_at_random(self) -> dict[str, np.ndarray]:
        """Share (most + 1,) of each group that 0, 1, … random substitutions flip."""
        none = np.zeros((1, len(self.calls)))
        whole = np.concatenate([none, self.random])
        return {name: whole[:, mask].mean(1) for name, mask in self.groups.items()}

    def beside(self) -> np.ndarray:
        """Share (N,) of as many random substitutions that flip it; NaN where none did."""
        number = self.edited.number
        own = self.random[np.maximum(number, 1) - 1, np.arange(len(number))]
        beside: np.ndarray = np.where(number > 0, own, np.nan)
        return beside

    def table(self) -> pd.DataFrame:
        """One row an attacked call; substitutions as `position:from>to`, 0-based."""
        number = pd.array(self.edited.number, dtype="Int64")
        number[self.edited.number == 0] = pd.NA
        table = {
            "name": self.names,
            "output": self.outputs,
            "wanted": np.where(self.calls.sign > 0, "gain", "lose"),
            "substitutions": number,
            "edits": [self._edits(row) for row in range(len(self.names))],
            "probability": self.probability[0],
            "probability_after": self.probability[1],
            "random_flips": self.beside(),
        }
        if self.distance is not None:
            table |= {"distance": self.distance[0], "distance_after": self.distance[1]}
        sequences = [decode(codes) for codes in self.after]
        return pd.DataFrame({**table, "sequence_after": sequences})

    def examples(self) -> list[Changed]:
        """Calls that fell to the fewest substitutions, of each group in turn."""
        flipped = np.where(self.edited.number > 0, self.edited.number, np.iinfo(np.int64).max)
        chosen: list[int] = []
        for mask in self.groups.values():
            rows = np.flatnonzero(mask & (self.edited.number > 0))
            order = rows[np.lexsort((-np.abs(self.probability[0, rows] - 0.5), flipped[rows]))]
            chosen += order[: SHOWN // len(self.groups)].tolist()
        return [
            Changed(
                f"{shortened(self.names[row])}, {shortened(self.outputs[row])}: "
                f"p {self.probability[0, row]:.3f} → {self.probability[1, row]:.3f} "
                f"by {_count(int(self.edited.number[row]))}",
                self.codes[row],
                self.after[row],
            )
            for row in chosen
        ]

    def _edits(self, row: int) -> str:
        places = self.edited.position[row]
        return ",".join(
            f"{at}:{decode(self.codes[row, at : at + 1])}>{decode(self.after[row, at : at + 1])}"
            for at in np.sort(places[places != NONE])
        )


def attack(
    calls: Calls,
    inputs: Inputs,
    chosen: Attacked,
    settings: WeaknessesSettings,
    distances: Callable[[np.ndarray], np.ndarray] | None,
    advance: Callable[[int], None],
) -> Attack:
    """Search the fewest substitutions for each chosen call, and try random ones beside them."""
    codes = inputs.codes[chosen.row]
    model = calls.model
    goals = calls.goals(chosen.track, chosen.sign, settings.threshold, raw=False)
    whole = model.whole
    edited = fewest_edits(
        whole,
        codes,
        goals,
        expand=model.inputs,
        most=settings.max_edits,
        beam=settings.beam,
        candidates=settings.candidates,
        batch_size=settings.batch_size,
        device=model.device,
        seed=settings.seed,
        advance=advance,
    )
    search = Search(
        whole, model.inputs, goals, batch_size=settings.batch_size, device=str(model.device)
    )
    random = _flipped_at_random(search, codes, edited.position.shape[1], settings.seed)
    after = edited.applied(codes)
    column = [calls.tracks.index(int(track)) for track in chosen.track]
    probability = [
        calls.probabilities(calls.logits(one), calibrated=True)[np.arange(len(codes)), column]
        for one in (codes, after)
    ]
    far = [distances(one) for one in (codes, after)] if distances is not None else None
    return Attack(
        chosen,
        tuple(inputs.names[row] for row in chosen.row),
        tuple(model.outputs[track] for track in chosen.track),
        codes,
        after,
        edited,
        np.stack(probability),
        random,
        None if far is None else np.stack(far),
    )


def _flipped_at_random(search: Search, codes: np.ndarray, most: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    rows = np.tile(np.arange(len(codes)), DRAWN)
    shares = np.zeros((most, len(codes)))
    for number in range(1, most + 1):
        edited = random_edits(codes[rows], np.full(len(rows), number), generator)
        shares[number - 1] = (search.gains(edited, rows) > 0).reshape(DRAWN, -1).mean(0)
    return shares


def _count(number: int) -> str:
    return f"{number} substitution" + ("s" if number != 1 else "")
