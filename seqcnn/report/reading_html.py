"""How what `seqcnn interpret` found shows itself in a notebook."""

import base64
import io
from collections.abc import Mapping
from html import escape

import pandas as pd
from matplotlib.figure import Figure

from seqcnn.data import notebook
from seqcnn.report.panels import Panel
from seqcnn.report.style import styled

MOST_FIGURES, MOST_ROWS, MOST_COLUMNS = 3, 8, 14


def reading_html(
    panel: Panel, text: str, table: pd.DataFrame, figures: Mapping[str, Figure]
) -> str:
    """The findings, the first figures inline, and the first rows of the table."""
    parts = [notebook.text(line) for line in text.splitlines() if line.strip()]
    for finding in panel.findings:
        if finding.text not in text:
            said = notebook.text if finding.level == "good" else notebook.warning
            parts.append(said(finding.text))
    for name, figure in list(figures.items())[:MOST_FIGURES]:
        parts.append(_figure(name, figure))
    if len(figures) > MOST_FIGURES:
        parts.append(notebook.text(f"and {len(figures) - MOST_FIGURES} more in .figures"))
    shown = table.iloc[:MOST_ROWS, :MOST_COLUMNS]
    words = [number for number, kind in enumerate(shown.dtypes) if kind.kind == "O"]
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    first = next((n for n in range(len(shown.columns)) if n not in words), len(shown.columns))
    parts.append(notebook.grid([str(name) for name in shown.columns], rows, words=first))
    if table.shape != shown.shape:
        size = f"{len(table):,} rows and {table.shape[1]} columns"
        parts.append(notebook.text(f".table has {size}"))
    return notebook.shown(panel.title, *parts)


def _figure(name: str, figure: Figure) -> str:
    drawn = io.BytesIO()
    with styled():
        figure.savefig(drawn, format="png", dpi=100, metadata={"Software": None})
    encoded = base64.b64encode(drawn.getvalue()).decode()
    width = round(figure.get_figwidth() * 80)
    return (
        f"<p><img alt='{escape(name)}' width='{width}' src='data:image/png;base64,{encoded}'></p>"
    )


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
