"""Wishes and limits as a user writes them."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np

from seqcnn.data.motif_text import possible_bases
from seqcnn.data.motifs import Motif
from seqcnn.effects.design_constraints import Constraints
from seqcnn.errors import InputError


def weights_of(up: Sequence[str], down: Sequence[str], outputs: Sequence[str]) -> np.ndarray:
    """Weights float64 (K,) of outputs to raise, and below 0 of those to lower; "NAME=2" is twice.

    Raises:
        InputError: nothing is wished, an output is unknown or named twice, a weight not above 0.
    """
    if not up and not down:
        raise InputError(f"--up or --down is needed; outputs: {', '.join(outputs[:8])}")
    weights = np.zeros(len(outputs))
    for flag, texts, sign in (("--up", up, 1.0), ("--down", down, -1.0)):
        for text in texts:
            index, weight = _weighed(text, outputs, flag)
            if weights[index]:
                raise InputError(f"{flag} {text}: {outputs[index]} is named twice")
            weights[index] = sign * weight
    return weights


def _weighed(text: str, outputs: Sequence[str], flag: str) -> tuple[int, float]:
    name, weight = text, 1.0
    if text not in outputs and "=" in text:
        name, _, number = text.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            raise InputError(f"{flag} {text}: '{number}' is no weight; wanted NAME=2") from None
        if not 0 < weight < float("inf"):
            raise InputError(f"{flag} {text}: wanted a weight above 0")
    if name not in outputs:
        near = get_close_matches(name, outputs, n=1)
        known = ", ".join(outputs[:8]) + (", …" if len(outputs) > 8 else "")
        hint = f"did you mean '{near[0]}'?" if near else f"outputs: {known}"
        raise InputError(f"{flag} {name}: not an output of the bundle; {hint}")
    return list(outputs).index(name), weight


def constraints_of(
    length: int,
    *,
    gc: str | None,
    forbidden: Sequence[Motif],
    keep: Sequence[str],
    longest_run: int | None,
) -> Constraints:
    """Limits of sequences of `length` bp.

    Raises:
        InputError: text that is no range, a range that is empty or leaves the window.
    """
    for motif in forbidden:
        if possible_bases(motif).all():
            raise InputError(f"--forbid {motif.label}: every sequence holds it")
    return Constraints(
        kept=_kept(keep, length) if keep else None,
        gc=None if gc is None else _gc_range(gc, length),
        forbidden=[possible_bases(motif) for motif in forbidden],
        longest_run=longest_run,
    )


def _gc_range(text: str, length: int) -> tuple[float, float]:
    low, colon, high = text.partition(":")
    try:
        shares = float(low), float(high)
    except ValueError:
        shares = (-1.0, -1.0)
    if not colon or not 0 <= shares[0] <= shares[1] <= 1:
        raise InputError(f"--gc {text}: wanted two shares from 0 to 1, LOW:HIGH, such as 0.4:0.6")
    if np.ceil(shares[0] * length - 1e-9) > np.floor(shares[1] * length + 1e-9):
        raise InputError(f"--gc {text}: no number of bases of {length} is such a share; widen it")
    return shares


def _kept(spans: Sequence[str], length: int) -> np.ndarray:
    kept = np.zeros(length, bool)
    for text in spans:
        start, colon, end = text.partition(":")
        if not (colon and start.isdigit() and end.isdigit()):
            raise InputError(f"--keep {text}: wanted START:END in bp, such as 40:60")
        if not int(start) < int(end) <= length:
            raise InputError(
                f"--keep {text}: wanted a start before its end, both within the window of "
                f"{length} bp"
            )
        kept[int(start) : int(end)] = True
    return kept
