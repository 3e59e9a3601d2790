"""The panel of saturation mutagenesis: what matters most, where, and how it was computed."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from seqcnn.effects.mutagenesis import Mutagenesis
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.records import Finding
from seqcnn.report.words import decimal, duration, whole

ROWS = 15
LEAD = (
    "Every base is changed to every other, one at a time. Letters stand as high as the logit falls "
    "on average when that base is changed, below the line where it rises; in the map, vermilion "
    "lowers the output and blue raises it, and a dot marks the base that is there. Expect a few "
    "short stretches, like binding sites. Worry when effects are spread over all positions, when "
    "they sit at the ends, or when no single change matters: the network may then read composition."
)
WEAK = 0.1  # logit; where no substitution does more, the map shows nothing


def mutagenesis_panel(
    table: pd.DataFrame,
    stretches: pd.DataFrame,
    figures: Mapping[str, Figure],
    found: Mutagenesis,
    seconds: float,
) -> Panel:
    """What the report shows of the table of substitutions and that of stretches."""
    number, width = found.effects.shape[:2]
    pictures = [
        Picture(image_uri(figure), f"Saturation map {place}", "", "Map of substitutions and a logo")
        for place, figure in enumerate(figures.values(), 1)
    ]
    return Panel(
        verb="mutagenesis",
        title="Saturation mutagenesis",
        lead=LEAD,
        tiles=_tiles(table, found, number, width, seconds),
        findings=_findings(table, stretches, found),
        pictures=pictures,
        tables=[_strongest(table), _stretch_table(stretches)],
    )


def _tiles(
    table: pd.DataFrame, found: Mutagenesis, number: int, width: int, seconds: float
) -> list[tuple[str, str, str]]:
    edits = len(table) // max(1, table["track"].nunique())
    tiles = [
        ("Sequences", whole(number), f"{width} bp each"),
        ("Substitutions", whole(edits), f"in {duration(seconds)}"),
        ("A second", whole(found.rate), found.way),
    ]
    if found.faster is not None:
        note = "as fast as whole networks, where compared"
        tiles.append(("Incremental", f"{found.faster:.1f} times", note))
    if len(table):
        lowest, highest = float(table["effect"].min()), float(table["effect"].max())
        tiles.append(
            ("Effects", f"{lowest:+.2f} to {highest:+.2f}", "on logits (of signals, on the output)")
        )
    return tiles


def _findings(table: pd.DataFrame, stretches: pd.DataFrame, found: Mutagenesis) -> list[Finding]:
    findings = []
    strongest = float(table["effect"].abs().max()) if len(table) else 0.0
    if strongest < WEAK:
        findings.append(
            Finding(
                "warning",
                f"No substitution changes a logit by more than {decimal(strongest, 2)}: single "
                "bases hardly matter to this network here.",
            )
        )
    if found.way == "incremental" and found.difference is not None:
        findings.append(
            Finding(
                "good",
                "Only what a substitution changes was computed; where compared, the logits "
                f"differ from those of whole networks by {found.difference:.0e} at most.",
            )
        )
    elif found.difference is not None or found.note.startswith("the network cannot"):
        findings.append(
            Finding("warning", f"Whole networks ran on every substitution: {found.note}.")
        )
    if not len(stretches):
        findings.append(
            Finding("warning", "No stretch of neighbouring bases stands out in any sequence.")
        )
    return findings


def _strongest(table: pd.DataFrame) -> PanelTable:
    order = table["effect"].abs().sort_values(ascending=False, kind="stable").index[:ROWS]
    rows = [
        (
            row["sequence"],
            row["track"],
            f"{row['ref']}>{row['alt']}",
            int(row["position"]),
            f"{row['effect']:+.2f}",
            decimal(row["reference_value"]),
            decimal(row["alternative_value"]),
        )
        for _, row in table.loc[order].iterrows()
    ]
    title = f"Strongest substitutions: of {whole(len(table))}, the first {len(rows)}"
    columns = ("sequence", "track", "change", "position", "effect", "before", "after")
    return PanelTable(title, columns, rows, text_columns=3)


def _stretch_table(stretches: pd.DataFrame) -> PanelTable:
    rows = [
        (
            row["sequence"],
            row["track"],
            row["bases"],
            f"{row['start']}-{row['end']}",
            f"{row['loss']:+.2f}",
        )
        for _, row in stretches.head(ROWS).iterrows()
    ]
    title = f"Stretches that stand out: of {whole(len(stretches))}, the first {len(rows)}"
    columns = ("sequence", "track", "bases", "positions", "sum of mean losses")
    return PanelTable(title, columns, rows, text_columns=3)
