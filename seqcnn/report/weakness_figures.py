"""Figures of what misleads a network: flips, noise that is believed, misplaced confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from seqcnn.encoders.dna import decode
from seqcnn.report.logo import COLOURS
from seqcnn.report.style import BLUE, FAINT, GREEN, ORANGE, QUIET, RED, shortened, styled

BINS = 20
SURE = 0.9  # probability
WIDEST = 90  # letters of a sequence that are drawn; of a longer one, a stretch with the edits
_GROUP_COLOURS = {"call lost": RED, "call gained": BLUE}


@dataclass(frozen=True)
class Changed:
    """A sequence before and after, codes uint8 (L,), with a line about it."""

    title: str
    before: np.ndarray
    after: np.ndarray


def adversarial_figure(
    flipped: Mapping[str, np.ndarray], at_random: Mapping[str, np.ndarray]
) -> Figure:
    """Share of calls flipped by at most so many substitutions, searched and at random: (most + 1,)
    each, of 0, 1, … substitutions.
    """
    with styled():
        figure = Figure(figsize=(4.8, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for name, share in flipped.items():
            colour = _GROUP_COLOURS.get(name, GREEN)
            steps = np.arange(len(share))
            axes.plot(steps, 100 * share, "o-", ms=4, color=colour, label=f"{name}: searched")
            axes.plot(
                steps, 100 * at_random[name], "s--", ms=3, color=colour, alpha=0.75,
                label=f"{name}: at random",
            )  # fmt: skip
        most = max(len(share) for share in flipped.values()) - 1
        axes.set(
            xlim=(-0.02 * most, most * 1.02), ylim=(-2, 102),
            xlabel="substitutions (bp)", ylabel="calls flipped (%)",
        )  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def fooling_figure(path: np.ndarray, likeness: Mapping[str, np.ndarray]) -> Figure:
    """Probability (steps + 1, N) of each sequence on its way from noise, and how like the given
    sequences noise, evolved and given ones are.
    """
    with styled():
        figure = Figure(figsize=(7.6, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        steps = np.arange(len(path))
        for one in path.T:
            left.plot(steps, one, color=BLUE, lw=0.8, alpha=0.45)
        ends = (~np.isnan(path)).sum(0) - 1
        last = path[ends, np.arange(path.shape[1])]
        left.plot(ends, last, "o", ms=3.5, color=RED, zorder=3, clip_on=False)
        left.set(
            xlim=(0, max(len(path) - 1, 1)), ylim=(0, 1.02),
            xlabel="substitutions from noise (bp)", ylabel="probability, calibrated",
        )  # fmt: skip
        left.xaxis.set_major_locator(MaxNLocator(integer=True))
        bins = np.linspace(0, 1, 41)
        for (name, values), colour in zip(likeness.items(), (QUIET, RED, BLUE), strict=False):
            share = np.histogram(values.clip(0, 1), bins)[0] / max(len(values), 1)
            right.stairs(100 * share, bins, color=colour, lw=1.5, label=name, fill=False)
        right.set(
            xlabel="likeness to the nearest given sequence\n(cosine of 6-mer counts)",
            ylabel="sequences (%)",
        )
        top = max(float(values.max(initial=0.1)) for values in likeness.values())
        right.set_xlim(0, min(1.0, top + 0.05))
        right.legend()
    return figure


def confidence_figure(
    kinds: Mapping[str, tuple[np.ndarray, np.ndarray, float | None]],
) -> Figure:
    """How sure a network is of each kind of sequence: raw and calibrated probabilities (N,) as
    rows of a map, and the share that the distance score flags.
    """
    names = list(kinds)
    probabilities = [kinds[name][0] for name in names], [kinds[name][1] for name in names]
    flagged = [kinds[name][2] for name in names]
    known = any(share is not None for share in flagged)
    with styled():
        figure = Figure(figsize=(7.6, 0.9 + 0.27 * len(names)), layout="constrained")
        ratios = (3, 3, 1.5) if known else (3, 3)
        axes = figure.subplots(1, len(ratios), sharey=True, width_ratios=ratios)
        for side, title in enumerate(("before calibration", "after calibration")):
            _draw_map(axes[side], probabilities[side], title)
        axes[0].set_yticks(range(len(names)), [shortened(name, 34) for name in names])
        axes[0].invert_yaxis()
        for one in axes:
            one.tick_params(axis="y", length=0)
        if known:
            _flag_bars(axes[2], flagged)
    return figure


def _draw_map(axes: Axes, probabilities: Sequence[np.ndarray], title: str) -> None:
    counts = [np.histogram(values, BINS, (0, 1))[0] for values in probabilities]
    share = np.array([count / max(count.sum(), 1) for count in counts])
    axes.pcolormesh(
        np.linspace(0, 1, BINS + 1), np.arange(len(share) + 1) - 0.5, share,
        cmap="Blues", norm=PowerNorm(0.5, 0, 1), rasterized=True,
    )  # fmt: skip
    for row, values in enumerate(probabilities):
        axes.text(
            1.03, row, f"{100 * (values > SURE).mean():.0f} %", va="center", fontsize=7.5,
            color=RED,
        )  # fmt: skip
    axes.axvline(SURE, color=RED, lw=0.8, ls=":")
    axes.text(1.03, -0.75, f"> {SURE}", fontsize=7.5, color=RED)
    axes.set(title=title, xlabel="probability of the surest call", xlim=(0, 1))
    axes.grid(False)


def _flag_bars(axes: Axes, flagged: Sequence[float | None]) -> None:
    rows = np.arange(len(flagged))
    shares = np.array([np.nan if share is None else share for share in flagged])
    axes.barh(rows, 100 * shares, height=0.62, color=ORANGE)
    for row, share in enumerate(shares):
        if np.isfinite(share):
            axes.text(100 * share + 3, row, f"{100 * share:.0f}", va="center", fontsize=7.5)
    axes.set(title="distance score", xlabel="flagged (%)", xlim=(0, 122))
    axes.set_xticks([0, 50, 100])
    axes.grid(False, axis="y")


def edits_figure(sequences: Sequence[Changed]) -> Figure:
    """Sequences as coloured letters: above what each was, below what it became; the letters that
    changed stand out, the others are faint.
    """
    with styled():
        figure = Figure(figsize=(7.8, 0.3 + 0.62 * len(sequences)), layout="constrained")
        rows = figure.subplots(len(sequences), 1, squeeze=False)[:, 0]
        for axes, sequence in zip(rows, sequences, strict=True):
            _draw_letters(axes, sequence)
        rows[-1].set_xlabel("position (bp)")
    return figure


def _draw_letters(axes: Axes, sequence: Changed) -> None:
    start, end = _stretch(sequence.before != sequence.after)
    changed = sequence.before != sequence.after
    for level, codes in ((1, sequence.before), (0, sequence.after)):
        letters = decode(codes[start:end])
        for offset, letter in enumerate(letters):
            at = start + offset
            colour = COLOURS.get(letter, QUIET)
            if changed[at]:
                axes.add_patch(Rectangle((at - 0.5, level - 0.5), 1, 1, color=colour, lw=0))
            axes.text(
                at, level, letter, ha="center", va="center_baseline", fontsize=6.2,
                color="white" if changed[at] else colour, alpha=1 if changed[at] else 0.55,
                weight="bold" if changed[at] else "normal", rasterized=True,
            )  # fmt: skip
    axes.set(xlim=(start - 0.5, end - 0.5), ylim=(-0.55, 1.55))
    axes.set_title(sequence.title, fontsize=7.5, pad=2)
    axes.set_yticks([1, 0], ["before", "after"], fontsize=6.5)
    axes.tick_params(axis="x", labelsize=6.5, length=2, pad=1)
    axes.tick_params(axis="y", length=0)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_color(FAINT)


def _stretch(changed: np.ndarray) -> tuple[int, int]:
    """The stretch of at most `WIDEST` letters that holds the most changes, in their middle."""
    length = len(changed)
    if length <= WIDEST * 5 // 4:
        return 0, length
    sums = np.concatenate([[0], np.cumsum(changed)])
    held = sums[WIDEST:] - sums[:-WIDEST]
    best = np.flatnonzero(held == held.max())
    start = int(best[len(best) // 2])
    return start, start + WIDEST
