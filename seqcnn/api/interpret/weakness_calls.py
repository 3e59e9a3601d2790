"""The calls of a bundle, before and after calibration, and what it takes to flip them."""

from dataclasses import dataclass

import numpy as np

from seqcnn.api.interpret.inputs import Inputs, targets_of
from seqcnn.api.model import Model
from seqcnn.errors import InputError
from seqcnn.interpret.call_goals import Goals, crossing
from seqcnn.training.monotone import Line, Shifts


@dataclass(frozen=True)
class Calls:
    """What a bundle calls: yes or no of some outputs, or (`classes`) one of all.

    `tracks` are indices of the outputs that are looked at, all of which are probabilities.
    """

    model: Model
    tracks: tuple[int, ...]
    classes: bool
    batch_size: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the outputs that are looked at."""
        return tuple(self.model.outputs[track] for track in self.tracks)

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Logits (N, K) of codes (N, L), over all networks and strands."""
        if not len(codes):
            return np.zeros((0, len(self.model.outputs)), np.float32)
        return self.model.logits(self.model.encoding.examples(codes), batch_size=self.batch_size)

    def probabilities(self, logits: np.ndarray, *, calibrated: bool) -> np.ndarray:
        """Probabilities (N, tracks) of logits (N, K)."""
        calibration = self.model.calibration if calibrated else None
        found: np.ndarray = self.model.target.values(logits, calibration)[:, list(self.tracks)]
        return found

    def goals(self, track: np.ndarray, sign: np.ndarray, level: float, *, raw: bool) -> Goals:
        """Carry output `track` (N,) above (sign 1) or below (-1) the probability `level`, as
        calibrated, and with `raw` before calibration as well.
        """
        if self.classes:
            scale, bias = self._class_map()
            cut = np.full(len(track), np.log(level / (1 - level)))
            return Goals(track, sign, cut, classes=True, scale=scale, bias=bias)
        cuts = {int(one): self._cut(int(one), level, raw) for one in np.unique(track)}
        return Goals(track, sign, np.array([cuts[int(one)] for one in track]))

    def _cut(self, track: int, level: float, raw: bool) -> float:
        cuts = []
        for calibration in [self.model.calibration, *([None] if raw else [])]:

            def probability(logit: np.ndarray, calibration: object = calibration) -> np.ndarray:
                logits = np.zeros((len(logit), len(self.model.outputs)))
                logits[:, track] = logit
                found: np.ndarray = self.model.target.values(logits, calibration)[:, track]  # type: ignore[arg-type]
                return found

            cuts.append(crossing(probability, level))
        # A probability that calibration never gives is not asked for: it is judged without.
        finite = [cut for cut in cuts if np.isfinite(cut)]
        return max(finite) if finite else cuts[0]

    def _class_map(self) -> tuple[float, np.ndarray | None]:
        calibration = self.model.calibration
        mapping = calibration.tracks[0].mapping if calibration is not None else None
        if isinstance(mapping, Shifts):
            return mapping.scale, np.array(mapping.biases)
        return (mapping.scale, None) if isinstance(mapping, Line) else (1.0, None)


def calls_of(model: Model, tracks: list[int], *, batch_size: int) -> Calls:
    """The outputs that are calls, among `tracks`; of classes, all.

    Raises:
        InputError: none of them is.
    """
    target = model.target
    number = len(model.outputs) // len(target.columns(("track",)))
    columns, part = target.parts(number)[0]
    if not target.probabilities:
        raise InputError(
            f"{model.name}: predicts a signal ({', '.join(model.outputs[:3])}); weaknesses looks "
            "at calls and how sure they are: train on labels"
        )
    if part.baselines == "multiclass":
        return Calls(model, tuple(range(len(model.outputs))), True, batch_size)
    kept = tuple(track for track in tracks if track in range(number)[columns])
    if not kept:
        raise InputError(
            f"--track {model.outputs[tracks[0]]}: is a signal; weaknesses looks at calls "
            f"({', '.join(model.outputs[columns][:8])})"
        )
    return Calls(model, kept, False, batch_size)


@dataclass(frozen=True)
class Attacked:
    """Calls that are attacked: of the sequences `row` (N,) in output `track`, `sign` 1 where there
    is no call yet and one is wanted. `checked`: only calls that the labels say are right.
    """

    row: np.ndarray
    track: np.ndarray
    sign: np.ndarray
    checked: bool

    def __len__(self) -> int:
        return len(self.row)


def attacked_calls(
    calls: Calls,
    probability: np.ndarray,
    inputs: Inputs,
    *,
    confident: float,
    number: int,
    seed: int,
) -> Attacked:
    """At most `number` calls of which the bundle is confident and, where labels are known, right:
    a seeded sample, as many to lose as to gain where there are.
    """
    right = targets_of(calls.model, inputs, calls.tracks)
    generator = np.random.default_rng(seed)
    if calls.classes:
        called = probability.argmax(1)
        good = probability.max(1) >= confident
        if right is not None:
            good &= right[np.arange(len(called)), called] == 1
        row = np.flatnonzero(good)
        row = np.sort(generator.permutation(row)[:number])
        return Attacked(row, called[row], np.full(len(row), -1.0), right is not None)
    sure = {-1.0: probability >= confident, 1.0: probability <= 1 - confident}
    if right is not None:
        sure = {sign: found & ((right == 1) == (sign < 0)) for sign, found in sure.items()}
    pairs = {sign: generator.permutation(np.argwhere(found)) for sign, found in sure.items()}
    lost = min(len(pairs[-1.0]), max(number - number // 2, number - len(pairs[1.0])))
    taken = [(pairs[-1.0][:lost], -1.0), (pairs[1.0][: number - lost], 1.0)]
    row = np.concatenate([part[:, 0] for part, _ in taken])
    track = np.array(calls.tracks)[np.concatenate([part[:, 1] for part, _ in taken])]
    sign = np.concatenate([np.full(len(part), one) for part, one in taken])
    return Attacked(row, track, sign, right is not None)
