import math

import pytest

from seqcnn.report.words import decimal, duration, percent, plain, signed, size, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.7312, ".731"),
        (1.0, "1.000"),
        (-0.0123, "\N{MINUS SIGN}.012"),
        (-0.0001, ".000"),
        (math.nan, "\N{EN DASH}"),
        (None, "\N{EN DASH}"),
    ],
)
def test_decimal_drops_the_leading_zero(value: float | None, text: str) -> None:
    assert decimal(value) == text


def test_whole_numbers_have_commas() -> None:
    assert whole(1234567) == "1,234,567"


def test_shares_are_written_as_percent() -> None:
    assert percent(0.0224) == "2.2 %"
    assert percent(-1e-12) == "0.0 %"


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 B"), (1_204_551, "1.2 MB"), (3_209_286_105, "3.2 GB")]
)
def test_sizes_have_two_or_three_figures(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(41.2, "41 s"), (725, "12 min 5 s"), (12_000, "3 h 20 min")]
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_plain_leaves_text_alone() -> None:
    assert [plain("chr1"), plain(12_000), plain(0.25)] == ["chr1", "12,000", ".250"]


def test_signed_numbers_have_a_true_minus_and_zero_has_no_sign() -> None:
    assert [signed(one) for one in (0.314, -1.2, -0.004)] == ["+0.31", "\N{MINUS SIGN}1.20", "0.00"]
    assert signed(0.25, 1, plus=False) == "0.2"
    assert signed(float("nan")) == "\N{EN DASH}"
