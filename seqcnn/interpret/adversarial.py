"""The fewest substitutions that carry a prediction to where it should not be.

For images a change that nobody sees can do it (Szegedy et al. 2013, arXiv 1312.6199); in a sequence
a change is a letter, so it is counted. One substitution is searched whole, further ones by a beam
that the gradient guides and the network itself decides; so one is exact and more is at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from seqcnn.interpret.call_goals import Goals
from seqcnn.interpret.substitution_search import Expand, Network, Search, Variants

Advance = Callable[[int], None]

NONE = -1  # position of an edit that is not there


@dataclass(frozen=True)
class Edited:
    """What was found for N sequences.

    Attributes:
        number: int64 (N,) substitutions until the goal was reached, 0 where it was not.
        position, letter: int64, uint8 (N, most) the substitutions, in the order in which they were
            found, of the best attempt where the goal was not reached; 0-based, -1 = none.
        gain: float64 (N, most + 1) with none, one, … of them; NaN beyond the last.
    """

    number: np.ndarray
    position: np.ndarray
    letter: np.ndarray
    gain: np.ndarray

    def applied(self, codes: np.ndarray, number: int | None = None) -> np.ndarray:
        """Codes (N, L) with the first `number` substitutions made, or all."""
        edited = codes.copy()
        steps = self.position.shape[1] if number is None else number
        for step in range(steps):
            rows = np.flatnonzero(self.position[:, step] != NONE)
            edited[rows, self.position[rows, step]] = self.letter[rows, step]
        return edited


def fewest_edits(
    network: Network,
    codes: np.ndarray,
    goals: Goals,
    *,
    expand: Expand,
    most: int = 10,
    beam: int = 4,
    candidates: int | None = 32,
    whole_first: bool = True,
    batch_size: int = 256,
    device: torch.device | str = "cpu",
    seed: int = 0,
    advance: Advance | None = None,
) -> Edited:
    """Search for the fewest substitutions of each of codes uint8 (N, L) that reach its goal.

    Each round gives every state its best `candidates` by the gradient (all of them where None, and
    in the first round where `whole_first`), tries these in the network, and keeps the `beam` best.
    Ambiguous letters stay, and no position is changed twice. One substitution is therefore the
    fewest; of a larger number, fewer may do. `advance` is called with 1 for each sequence done.
    """
    search = Search(network, expand, goals, batch_size=batch_size, device=str(device))
    generator = np.random.default_rng(seed)
    number, length = codes.shape
    most = min(most, length)
    found = Edited(
        np.zeros(number, np.int64),
        np.full((number, most), NONE, np.int64),
        np.zeros((number, most), np.uint8),
        np.full((number, most + 1), np.nan),
    )
    found.gain[:, 0] = search.gains(codes, np.arange(number))
    states, rows = codes.copy(), np.arange(number)
    edits = np.full((number, most, 2), NONE, np.int64)
    for step in range(most):
        wanted = None if whole_first and step == 0 else candidates
        variants = _variants(search, states, rows, edits[:, :step, 0], wanted, generator)
        if not len(variants):
            break
        if wanted is None and step == 0 and isinstance(network, nn.Module):
            gain = search.tried_whole(network, states, rows, variants)
        else:
            gain = search.tried(states, rows, variants)
        keep = _best(variants, gain, rows, edits[:, :step], beam)
        parent = variants.parent[keep]
        states, rows, edits = states[parent].copy(), rows[parent], edits[parent].copy()
        states[np.arange(len(keep)), variants.position[keep]] = variants.letter[keep]
        edits[:, step] = np.stack([variants.position[keep], variants.letter[keep]], axis=1)
        # What counts is what the whole network says of the few that are kept.
        done = _note(found, rows, edits, search.gains(states, rows), step)
        if advance is not None:
            advance(len(done))
        going = ~np.isin(rows, done)
        states, rows, edits = states[going], rows[going], edits[going]
        if not len(rows):
            break
    if advance is not None:
        advance(len(np.unique(rows)))
    return found


def random_edits(
    codes: np.ndarray, number: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Codes (N, L) with `number` (N,) substitutions each at random places, to random letters."""
    edited = codes.copy()
    for row, wanted in enumerate(number):
        places = np.flatnonzero(codes[row] < 4)
        chosen = generator.choice(places, min(int(wanted), len(places)), replace=False)
        moved = codes[row, chosen] + generator.integers(1, 4, len(chosen))
        edited[row, chosen] = (moved % 4).astype(np.uint8)
    return edited


def _variants(
    search: Search,
    states: np.ndarray,
    rows: np.ndarray,
    edited: np.ndarray,
    wanted: int | None,
    generator: np.random.Generator,
) -> Variants:
    """Substitutions of every state: all, or the `wanted` steepest of each."""
    allowed = (states[:, None] != np.arange(4, dtype=np.uint8)[:, None]) & (states[:, None] < 4)
    for step in range(edited.shape[1]):
        allowed[np.arange(len(states)), :, edited[:, step]] = False
    if wanted is None or wanted >= 3 * states.shape[1]:
        parent, letter, position = np.nonzero(allowed)
        return Variants(parent, position, letter.astype(np.uint8))
    slopes = np.where(allowed, search.slopes(states, rows), -np.inf).reshape(len(states), -1)
    # Where the gradient is zero, chance chooses, not the order of the letters.
    shuffle = generator.permutation(slopes.shape[1])
    steepest = shuffle[np.argpartition(-slopes[:, shuffle], wanted, axis=1)[:, :wanted]]
    parent = np.repeat(np.arange(len(states)), wanted)
    letter, position = np.divmod(steepest.reshape(-1), states.shape[1])
    keep = allowed[parent, letter, position]
    return Variants(parent[keep], position[keep], letter[keep].astype(np.uint8))


def _best(
    variants: Variants, gain: np.ndarray, rows: np.ndarray, edits: np.ndarray, beam: int
) -> np.ndarray:
    """Numbers of the `beam` best variants of each sequence, best first, none of them twice."""
    owner = rows[variants.parent]
    order = np.lexsort((-gain, owner))
    kept: list[int] = []
    seen: set[tuple[int, frozenset[tuple[int, int]]]] = set()
    count: dict[int, int] = {}
    for one in order:
        row = int(owner[one])
        if count.get(row, 0) >= beam:
            continue
        before = {(int(at), int(letter)) for at, letter in edits[variants.parent[one]]}
        made = before | {(int(variants.position[one]), int(variants.letter[one]))}
        key = (row, frozenset(made))
        if key not in seen:
            seen.add(key)
            kept.append(int(one))
            count[row] = count.get(row, 0) + 1
    return np.array(kept, np.int64)


def _note(
    found: Edited, rows: np.ndarray, edits: np.ndarray, gain: np.ndarray, step: int
) -> Sequence[int]:
    """Write down the best state of each sequence after `step` + 1 edits; the rows that are done."""
    done = []
    for row in np.unique(rows):
        mine = np.flatnonzero(rows == row)
        best = int(mine[gain[mine].argmax()])
        found.gain[row, step + 1] = gain[best]
        found.position[row] = edits[best, :, 0]
        found.letter[row] = np.where(edits[best, :, 1] == NONE, 0, edits[best, :, 1])
        if gain[best] > 0:
            found.number[row] = step + 1
            done.append(int(row))
    return done
