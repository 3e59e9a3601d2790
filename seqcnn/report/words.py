"""Numbers as the report writes them; a number that cannot be had is a dash."""

import math

DASH = "–"  # noqa: RUF001
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


_METRICS = {
    **{"auroc": "AUROC", "auprc": "AUPRC", "mcc": "MCC", "f1": "F1", "pearson": "Pearson"},
    **{"spearman": "Spearman", "top1_error": "top-1 error", "top5_error": "top-5 error"},
    **{"top5_accuracy": "top-5 accuracy"},
}


def metric_name(name: str) -> str:
    """A metric as people write it: "AUROC", "balanced accuracy"."""
    return _METRICS.get(name, name.replace("_", " "))


def decimal(value: float | None, digits: int = 3) -> str:
    """A metric without its leading zero: ".731", "-.012" with a true minus, "1.000"."""
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{abs(value):.{digits}f}".removeprefix("0")
    return text if value >= 0 or float(text) == 0 else MINUS + text


def signed(value: float, digits: int = 2, *, plus: bool = True) -> str:
    """A number with its sign: "+0.31", "0.00" for what rounds to it, and a true minus."""
    if not math.isfinite(value):
        return DASH
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{MINUS if value < 0 else '+' if plus else ''}{text}"


def plain(value: str | float) -> str:
    """Text as it is, whole numbers with commas, others as decimals."""
    if isinstance(value, str):
        return value
    return whole(value) if float(value).is_integer() else decimal(value)


def whole(value: float | None) -> str:
    """A count with commas: "1,234,567"."""
    return DASH if value is None or not math.isfinite(value) else f"{value:,.0f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage: "2.2 %"."""
    if share is None or not math.isfinite(share):
        return DASH
    # A sum that is zero but for rounding must not print as -0.0.
    return f"{round(100 * share, digits) + 0.0:.{digits}f} %"


def size(count: int) -> str:
    """A file size: "3.2 MB"."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """A time: "41 s", "12 min 5 s", "3 h 20 min"."""
    if not math.isfinite(seconds):
        return DASH
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60} min"
