"""The look of all figures: colours, lines, and a figure to draw on."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
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
BASELINES = (RED, QUIET, GREEN, PINK, ORANGE)
BASELINE_MARKERS = ("D", "s", "^", "v", "P")

STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.labelsize": 8.5,
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
    "axes.prop_cycle": matplotlib.cycler(color=list(CYCLE)),
    "grid.color": "#edf0f3",
    "grid.linewidth": 0.7,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8,
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


def panel(width: float = 4.4, height: float = 3.3) -> tuple[Figure, Axes]:
    """A figure of one panel, `width` x `height` inches, that lays itself out."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def small_panel(width: float = 2.3, height: float = 2.1) -> tuple[Figure, Axes]:
    """A figure of one small panel with fixed margins, so that panels in a row line up."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.47 / width, 0.42 / height, 1 - 0.55 / width, 1 - 0.5 / height))
    axes.tick_params(labelsize=7)
    axes.xaxis.label.set_size(7.5)
    axes.yaxis.label.set_size(7.5)
    return figure, axes


def shortened(name: str, limit: int = 30) -> str:
    """The name, its middle replaced by an ellipsis where it is longer than `limit`."""
    if len(name) <= limit:
        return name
    head = (limit - 1) * 2 // 3
    return f"{name[:head]}…{name[head - limit + 1 :]}"
