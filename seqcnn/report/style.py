"""The look of all figures: colours, lines, and a figure to draw on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1f2933"
QUIET = "#7b8794"
FAINT = "#d5dae0"
# Okabe & Ito (2008), without yellow, which is lost on white.
BLUE, ORANGE, GREEN, RED, PINK, SKY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)
CYCLE = (BLUE, RED, GREEN, ORANGE, PINK, SKY)
CNN = BLUE
_BASELINES = ((RED, "D"), (GREEN, "^"), (PINK, "v"), (ORANGE, "P"))
_WEAK_BASELINE = (QUIET, "s")

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=list(CYCLE)),
    "grid.color": "#edf0f3",
    "grid.linewidth": 0.7,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.4,
    "text.color": INK,
    # A track may be called "a$b": its name is text, never mathematics.
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "seqcnn",
}


@contextmanager
def styled() -> Iterator[None]:
    """Our look inside the block, whatever the user's own matplotlib settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def panel(width: float = 4.8, height: float = 3.6) -> tuple[Figure, Axes]:
    """A figure of one panel, `width` x `height` inches, that lays itself out."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def small_panel(width: float = 2.1, height: float = 1.95) -> tuple[Figure, Axes]:
    """A figure of one small panel with fixed margins, so that panels in a row line up."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.5 / width, 0.43 / height, 1 - 0.58 / width, 1 - 0.5 / height))
    axes.tick_params(labelsize=7.5)
    axes.xaxis.label.set_fontsize(8)
    axes.yaxis.label.set_fontsize(8)
    return figure, axes


def baseline_marks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each baseline: GC content is quiet, the others stand out."""
    strong = [name for name in names if not name.startswith("GC")]
    marks = {name: _BASELINES[index % len(_BASELINES)] for index, name in enumerate(strong)}
    return {name: marks.get(name, _WEAK_BASELINE) for name in names}


def shortened(name: str, limit: int = 30) -> str:
    """The name on one line, its middle an ellipsis where it is longer than `limit`."""
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    if len(name) <= limit:
        return name
    head = (limit - 1) * 2 // 3
    return f"{name[:head]}…{name[head - limit + 1 :]}"
