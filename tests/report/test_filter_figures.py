import numpy as np
import pytest

from seqcnn.report.filter_figures import FilterLogo, importance_bars


def logo(name: str, fall: tuple[float, float, float]) -> FilterLogo:
    return FilterLogo(name, np.full((4, 5), 0.25), 20, 0.5, 0.1, fall)


def test_falls_of_nothing_are_drawn_on_an_axis_that_shows_them_as_nothing() -> None:
    figure = importance_bars([logo("filter 1", (-1e-5, -4e-5, 0.0))])
    assert figure.axes[1].get_xlim() == pytest.approx((-0.0011, 0.0011))
    figure.canvas.draw()
    assert figure.axes[1].xaxis.get_offset_text().get_text() == ""


def test_the_axis_of_falls_holds_every_interval() -> None:
    falls = [(0.02, 0.01, 0.05), (-0.001, -0.004, 0.002)]
    figure = importance_bars([logo(f"filter {n}", fall) for n, fall in enumerate(falls)])
    assert figure.axes[1].get_xlim() == pytest.approx((-0.0044, 0.055))


def test_filters_that_were_not_silenced_leave_the_axis_of_falls_empty() -> None:
    figure = importance_bars([logo("filter 1", (np.nan, np.nan, np.nan))])
    assert figure.axes[1].get_xlim() == pytest.approx((-0.0011, 0.0011))
