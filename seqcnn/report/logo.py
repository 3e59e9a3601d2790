"""Sequence logos, drawn with our own letters."""

from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath

# Okabe & Ito (2008): told apart by colour-blind readers, near the usual green blue orange red.
COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "U": "#D55E00"}
_SIDE = 0.04  # white left and right of a letter, in columns
_SMALLEST = 0.006  # of the tallest column; smaller letters cannot be seen and only cost bytes


def draw_logo(
    ax: Axes,
    matrix: np.ndarray,
    *,
    kind: Literal["information", "probability", "score"] = "information",
    letters: str = "ACGT",
) -> None:
    """Draw the matrix (4, L) as a sequence logo, column i over [i - 0.5, i + 0.5].

    "information" takes counts or probabilities and scales each column to its information in bits
    (Schneider & Stephens 1990, no small-sample correction; a column of zeros is empty);
    "probability" stacks to 1; "score" draws the values as they are, negative ones below the axis.

    Raises:
        ValueError: the matrix is not (4, L), or is negative where counts are wanted.
    """
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or values.shape[0] != len(letters) or values.shape[1] == 0:
        raise ValueError(f"a logo needs a ({len(letters)}, L) matrix, got {values.shape}")
    heights = values if kind == "score" else letter_heights(values, kind)
    boxes: dict[str, list[Outline]] = {letter: [] for letter in letters}
    floor = _SMALLEST * max(float(np.abs(heights).sum(axis=0).max()), 1e-12)
    for column in range(heights.shape[1]):
        _stack(boxes, letters, heights[:, column], column, floor)
    for letter, outlines in boxes.items():
        if outlines:
            outline = Outline.make_compound_path(*outlines)
            ax.add_patch(PathPatch(outline, facecolor=COLOURS[letter], edgecolor="none", lw=0))
    top = float(np.clip(heights, 0, None).sum(axis=0).max())
    bottom = float(np.clip(heights, None, 0).sum(axis=0).min())
    ax.set_xlim(-0.5, heights.shape[1] - 0.5)
    ax.set_ylim(bottom * 1.02, top * 1.02 if top > bottom else bottom + 1)


def letter_heights(matrix: np.ndarray, kind: Literal["information", "probability"]) -> np.ndarray:
    """Heights (4, L) of the letters: shares, times the column's bits for "information"."""
    if (matrix < 0).any() or not np.isfinite(matrix).all():
        raise ValueError(f"a logo of kind '{kind}' needs finite values, none below 0")
    total = matrix.sum(axis=0)
    share = np.divide(matrix, total, out=np.zeros_like(matrix, dtype=float), where=total > 0)
    if kind == "probability":
        return share
    log_share = np.log2(share, out=np.zeros_like(share), where=share > 0)
    bits = np.log2(len(matrix)) + (share * log_share).sum(axis=0)
    return share * np.clip(bits, 0, None)


def _stack(
    boxes: dict[str, list[Outline]], letters: str, heights: np.ndarray, column: int, floor: float
) -> None:
    """Add one column's outlines to `boxes`, the largest letter furthest from the axis."""
    level = {1: 0.0, -1: 0.0}
    for row in np.argsort(np.abs(heights), kind="stable"):
        height = float(heights[row])
        sign = 1 if height > 0 else -1
        if abs(height) > floor:
            start = min(level[sign], level[sign] + height)
            boxes[letters[row]].append(_placed(letters[row], column, start, abs(height)))
        level[sign] += height


def _placed(letter: str, column: int, bottom: float, height: float) -> Outline:
    unit = _outline(letter)
    width = 1 - 2 * _SIDE
    vertices = np.asarray(unit.vertices, float) * [width, height] + [column - 0.5 + _SIDE, bottom]
    return Outline(vertices, unit.codes)


@lru_cache
def _outline(letter: str) -> Outline:
    """The letter's outline, stretched to the unit square."""
    font = FontProperties(family="DejaVu Sans", weight="bold")
    text = TextPath((0, 0), letter, size=100, prop=font)
    box = text.get_extents()
    vertices = (np.asarray(text.vertices) - [box.x0, box.y0]) / [box.width, box.height]
    # A closing point carries no place of its own; clipped so that it cannot widen the box.
    return Outline(np.clip(vertices, 0, 1), text.codes)
