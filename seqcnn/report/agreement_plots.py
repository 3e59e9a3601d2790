"""Figures of predictions against what was observed: signal, and calibrated probabilities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqcnn.report.records import Agreement, Calibration
from seqcnn.report.style import CNN, ORANGE, QUIET, RED, panel, small_panel, styled

_DENSITY = LinearSegmentedColormap.from_list(
    "density", ["#dbe9f4", "#56B4E9", "#0072B2", "#04263d"]
)


@styled()
def observed_predicted(agreement: Agreement, *, small: bool = True) -> Figure:
    """Density of predicted over observed signal, counts in hexagons on a log colour scale."""
    figure, axes = small_panel() if small else panel(4.8, 4.2)
    observed, predicted = np.asarray(agreement.observed), np.asarray(agreement.predicted)
    known = np.isfinite(observed) & np.isfinite(predicted)
    observed, predicted = observed[known], predicted[known]
    axes.grid(False)
    if observed.size:
        both = np.concatenate([observed, predicted])
        # A handful of extreme values must not squeeze all the others into a corner.
        low, high = float(both.min()), float(np.quantile(both, 0.9995))
        high = high if high > low else low + 1
        counts = axes.hexbin(
            observed, predicted, gridsize=32 if small else 48, extent=(low, high, low, high),
            cmap=_DENSITY, norm=LogNorm(), mincnt=1, linewidths=0.1, rasterized=True,
        )  # fmt: skip
        if not small:
            figure.colorbar(counts, ax=axes, label="windows", shrink=0.7, aspect=30)
        axes.plot([low, high], [low, high], color=RED, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set(xlim=(low, high), ylim=(low, high))
    axes.set(xlabel=f"observed {agreement.unit}", ylabel=f"predicted {agreement.unit}")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return figure


@styled()
def reliability(calibration: Calibration, *, small: bool = True) -> Figure:
    """Observed share over mean prediction, before and after calibration; area by count."""
    figure, axes = small_panel() if small else panel(4.8, 4.5)
    shown = []
    for points, colour, label in (
        (calibration.before, ORANGE, "before"),
        (calibration.after, CNN, "after"),
    ):
        points = np.asarray(points, dtype=float).reshape(-1, 3)
        points = points[np.isfinite(points).all(axis=1) & (points[:, 2] > 0)]
        shown.append(points[:, :2].ravel())
        face = "white" if label == "before" else colour
        share = np.sqrt(points[:, 2] / points[:, 2].max()) if len(points) else points[:, 2]
        axes.plot(points[:, 0], points[:, 1], color=colour, linewidth=1.1, alpha=0.8)
        area = (4 + 20 * share) * (1 if small else 2)
        axes.scatter(
            points[:, 0],
            points[:, 1],
            area,
            facecolor=face,
            edgecolor=colour,
            label=label,
            zorder=3,
        )
    # Rare positives leave every prediction near 0: show that corner, not an empty square.
    edge = min(1.02, max(0.05, 1.08 * float(np.concatenate([*shown, [0.0]]).max())))
    axes.plot([0, edge], [0, edge], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlim=(-0.02 * edge, edge), ylim=(-0.02 * edge, edge))
    axes.set(xlabel="predicted probability", ylabel="observed share")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    if not small:
        axes.legend(loc="upper left")
    return figure


@styled()
def calibration_errors(calibrations: Sequence[Calibration]) -> Figure:
    """Expected calibration error of each track, before along x and after along y."""
    figure, axes = panel(4.8, 4.5)
    before = np.array([c.ece_before for c in calibrations])
    after = np.array([c.ece_after for c in calibrations])
    edge = 1.08 * float(np.nanmax(np.concatenate([before, after, [1e-3]])))
    axes.plot([0, edge], [0, edge], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.scatter(before, after, 18, color=CNN, alpha=0.7, linewidths=0)
    axes.set(xlim=(0, edge), ylim=(0, edge), aspect="equal")
    axes.set(xlabel="ECE before calibration", ylabel="ECE after calibration")
    return figure
