"""Evolution of a sequence towards a wish over outputs, by single substitutions.

Greedy search takes the best of all allowed substitutions as long as one helps; beam search keeps
the best few distinct sequences of each round.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqcnn.effects.design_constraints import Constraints, Edits
from seqcnn.effects.planting import Score
from seqcnn.encoders.dna import Codes

LEAST_GAIN = 1e-4  # of the objective; less is rounding, not progress
DIGITS = 5  # that decide between edits; of equals the first is taken
PATIENCE = 2  # rounds that a beam goes on without a better sequence

# Codes (L,) and M edits of them -> logits (M, K).
Substitute = Callable[[Codes, Edits], np.ndarray]
Purpose = Literal["start", "constraint", "wish"]


@dataclass(frozen=True)
class Wish:
    """What is wanted: `weights` (K,), above 0 for outputs to raise, below for outputs to lower.

    The objective is the sum of weight times logit, or times value (`use_values`): the sum over
    outputs to raise less that over those to lower. It is reached when each value is `until` or more
    in the former and 1 - `until` or less in the latter.
    """

    weights: np.ndarray
    values: Callable[[np.ndarray], np.ndarray]
    use_values: bool = False
    until: float | None = None

    def objective(self, logits: np.ndarray) -> np.ndarray:
        """Of logits (N, K), float64 (N,)."""
        scores = self.values(logits) if self.use_values else logits
        total: np.ndarray = scores.astype(np.float64) @ self.weights
        return total

    def reached(self, logits: np.ndarray) -> bool:
        """Whether logits (K,) are as wished; never without `until`."""
        if self.until is None:
            return False
        values = self.values(logits[None])[0]
        up, down = values[self.weights > 0], values[self.weights < 0]
        return bool((up >= self.until).all() and (down <= 1 - self.until).all())


@dataclass(frozen=True)
class Step:
    """A sequence on the way: its codes (L,), logits (K,), objective, and the edit that made it.

    `position` is 0-based, `before` and `after` are codes; all -1 at the start.
    """

    codes: Codes
    logits: np.ndarray
    objective: float
    purpose: Purpose = "start"
    position: int = -1
    before: int = -1
    after: int = -1
    parent: "Step | None" = None

    def path(self) -> list["Step"]:
        """The steps from the start to this one."""
        steps, step = [self], self.parent
        while step is not None:
            steps.append(step)
            step = step.parent
        return steps[::-1]


def first_steps(score: Score, codes: Codes, mended: list[tuple[int, int]], wish: Wish) -> Step:
    """The last step after a start and the edits (position, base) that its limits need."""
    rows = [codes]
    for position, base in mended:
        rows.append(rows[-1].copy())
        rows[-1][position] = base
    logits = score(np.stack(rows))
    objectives = wish.objective(logits)
    step = Step(codes, logits[0], float(objectives[0]))
    for number, (position, base) in enumerate(mended, 1):
        step = Step(
            rows[number],
            logits[number],
            float(objectives[number]),
            "constraint",
            position,
            int(rows[number - 1][position]),
            base,
            step,
        )
    return step


def evolve(
    substitute: Substitute,
    start: Step,
    wish: Wish,
    constraints: Constraints,
    *,
    max_edits: int,
    beam_width: int = 1,
) -> Step:
    """The best sequence within `max_edits` substitutions of `start`, which keeps to the limits.

    With a `beam_width` of 1 each step raises the objective (greedy). A wider beam also keeps
    sequences that are worse for now, and always the greedy one, so that without `wish.until` it
    ends no lower. It ends at the first round in which a sequence is as wished.
    """
    best, beam = start, [start]
    line: Step | None = start  # the greedy path, until no edit helps it
    seen = {start.codes.tobytes()}
    idle = 0
    for _ in range(max_edits):
        if wish.reached(best.logits):
            break
        pools = [_Pool.of(substitute, node, wish, constraints) for node in beam]
        line = _greedy(line, pools)
        beam = [] if line is None else [line]
        if beam_width > 1:
            seen.update(node.codes.tobytes() for node in beam)
            beam += _best_others(pools, seen, beam_width - len(beam))
        if not beam:
            break
        as_wished = [node for node in beam if wish.reached(node.logits)]
        top = max(as_wished or beam, key=lambda node: node.objective)
        idle = 0 if top.objective > best.objective + LEAST_GAIN else idle + 1
        if as_wished or idle == 0:
            best = top
        if line is None and idle >= PATIENCE:
            break
    return best


@dataclass(frozen=True)
class _Pool:
    """All that one more edit makes of a step: edits, logits (M, K) and objectives (M,)."""

    parent: Step
    edits: Edits
    logits: np.ndarray
    objectives: np.ndarray

    @classmethod
    def of(
        cls, substitute: Substitute, parent: Step, wish: Wish, constraints: Constraints
    ) -> "_Pool":
        edits = constraints.allowed(parent.codes)
        logits = np.zeros((0, len(parent.logits)), np.float32)
        if len(edits):
            logits = substitute(parent.codes, edits)
        return cls(parent, edits, logits, wish.objective(logits))

    def step(self, number: int) -> Step:
        position, base = int(self.edits.positions[number]), int(self.edits.bases[number])
        codes = self.parent.codes.copy()
        codes[position] = base
        return Step(
            codes,
            self.logits[number],
            float(self.objectives[number]),
            "wish",
            position,
            int(self.parent.codes[position]),
            base,
            self.parent,
        )


def _greedy(line: Step | None, pools: list[_Pool]) -> Step | None:
    """The best child of the greedy path, or None where none is better."""
    if line is None:
        return None
    pool = next(pool for pool in pools if pool.parent is line)
    if not len(pool.objectives):
        return None
    best = int(np.round(pool.objectives, DIGITS).argmax())
    helps = pool.objectives[best] > line.objective + LEAST_GAIN
    return pool.step(best) if helps else None


def _best_others(pools: list[_Pool], seen: set[bytes], slots: int) -> list[Step]:
    """The best of all children, none of them `seen` before; adds them to it."""
    objectives = np.concatenate([pool.objectives for pool in pools])
    owners = np.repeat(np.arange(len(pools)), [len(pool.objectives) for pool in pools])
    numbers = np.concatenate([np.arange(len(pool.objectives)) for pool in pools])
    found: list[Step] = []
    for place in np.argsort(-np.round(objectives, DIGITS), kind="stable"):
        if len(found) >= slots:
            break
        step = pools[owners[place]].step(int(numbers[place]))
        key = step.codes.tobytes()
        if key not in seen:
            seen.add(key)
            found.append(step)
    return found
