"""How objects show themselves in a notebook: plain HTML that is right on light and dark pages."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_STYLE = (
    ".seqcnn-shown{font-size:.93em;line-height:1.45;overflow-x:auto}"
    ".seqcnn-shown .title{font-weight:600;font-size:1.05em;margin:2px 0 6px}"
    ".seqcnn-shown table{border-collapse:collapse;margin:0 0 8px;border:0;display:table}"
    ".seqcnn-shown th,.seqcnn-shown td{padding:2px 14px 2px 0;border:0;background:none;"
    "text-align:right;vertical-align:top;color:inherit}"
    ".seqcnn-shown th{font-weight:600}"
    ".seqcnn-shown .words{text-align:left!important;max-width:60em;white-space:normal!important}"
    ".seqcnn-shown tbody tr{background:none;border-top:1px solid rgba(128,128,128,.3)}"
    ".seqcnn-shown .range{opacity:.65;font-size:.88em;display:block;white-space:nowrap}"
    ".seqcnn-shown .warn{border-left:3px solid #c98500;background:rgba(201,133,0,.13);"
    "padding:3px 10px;margin:0 0 6px;max-width:70em}"
    ".seqcnn-shown p{margin:0 0 6px}.seqcnn-shown img{max-width:100%;background:#fff}"
)
Interval = Sequence[float | None]
SAMPLED = 10_000  # rows that tell whether labels are yes or no
MOST = 6  # labels of a split that are told one by one


def shown(title: str, *parts: str) -> str:
    """The parts, HTML already, below a title, with a style that ends with them."""
    head = f"<div class='title'>{escape(title)}</div>"
    return f"<div class='seqcnn-shown'><style>{_STYLE}</style>{head}{''.join(parts)}</div>"


def facts(rows: Mapping[str, str]) -> str:
    """A table of names and what they are."""
    lines = "".join(
        f"<tr><th class='words'>{escape(name)}</th><td class='words'>{escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table><tbody>{lines}</tbody></table>"


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """A table whose first `words` columns are text; the range of "0.91 [0.90, 0.92]" is small."""
    head = "".join(
        f"<th{_look(place < words)}>{escape(name)}</th>" for place, name in enumerate(columns)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{_look(place < words)}>{_cell(text)}</td>" for place, text in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def text(sentence: str) -> str:
    """A sentence."""
    return f"<p>{escape(sentence)}</p>"


def warning(sentence: str) -> str:
    """A sentence that must be seen."""
    return f"<div class='warn'>{escape(sentence)}</div>"


def interval(found: Interval) -> str:
    """A number with its 95 % interval: "0.913 [0.902, 0.924]"; a dash where there is none."""
    value, low, high = (np.nan if one is None else float(one) for one in found)
    if not np.isfinite(value):
        return "–"  # noqa: RUF001
    reach = f" [{low:.3f}, {high:.3f}]" if np.isfinite(low) and np.isfinite(high) else ""
    return f"{value:.3f}{reach}"


def labels(targets: np.ndarray, names: Sequence[str]) -> str:
    """What targets (N, T) are, in words: shares of positives, examples a class, or means.

    One column and several names are classes, by number.
    """
    if not targets.size:
        return "none"
    if targets.shape[1] == 1 and len(names) > 1:
        counts = np.bincount(targets[:, 0].astype(int).clip(0), minlength=len(names))
        told = [f"{name} {count:,}" for name, count in zip(names, counts, strict=False)]
    else:
        means = np.nanmean(targets, axis=0)
        some = targets[:SAMPLED]
        yes_no = np.isin(some[np.isfinite(some)], (0.0, 1.0)).all()
        form = "{} {:.1%}" if yes_no else "{} {:.3g} on average"
        told = [form.format(name, mean) for name, mean in zip(names, means, strict=False)]
    more = f", … ({len(told)} in all)" if len(told) > MOST else ""
    return ", ".join(told[:MOST]) + more


def _look(words: bool) -> str:
    return " class='words'" if words else ""


def _cell(value: str) -> str:
    number, bracket, rest = value.partition(" [")
    if bracket and rest.endswith("]"):
        reach = rest[:-1].replace(", ", " to ")
        return f"{escape(number)} <span class='range'>{escape(reach)}</span>"
    return escape(value)
