"""The panel of designed sequences, and what the command prints."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.records import Finding
from seqcnn.report.words import percent

MOST_ROWS = 30
UNLIKE = 1.0  # distance above which about 1 % of data like the training's lie
LEAD = (
    "Sequences changed base by base until the outputs are as wished, within the given limits. The "
    "network is asked what it has not seen: a high output says that the sequence has what the "
    "network looks for, not that a cell would agree. Worry when a few edits suffice from random "
    "sequence, when the sequences end far from the training data, or when edits pile up into one "
    "repeated word."
)


def design_panel(
    table: pd.DataFrame,
    steps: pd.DataFrame,
    figures: Mapping[str, Figure],
    wanted: Mapping[str, int],
    start: str,
    until: float | None,
) -> Panel:
    """The panel of the table of sequences and that of their steps."""
    edits = table["edits"].to_numpy(int)
    tiles = [("sequences", f"{len(table):,}", f"from {start}")]
    tiles.append(("edits", f"{np.median(edits):g}", f"median; {edits.min()} to {edits.max()}"))
    if until is not None:
        reached = int(table["reached"].sum())
        tiles.append(("as wished", f"{reached} of {len(table)}", f"probability {until:g}"))
    for output in list(wanted)[:4]:
        before, after = (table[f"{output} {part}"].mean() for part in ("value_start", "value"))
        tiles.append((output[:40], f"{before:.3g} → {after:.3g}", "mean value"))
    return Panel(
        verb="design",
        title="Design",
        lead=LEAD,
        tiles=tiles,
        findings=findings(table, wanted, until),
        pictures=[
            Picture(
                image_uri(figures["design"]),
                "Objective and outputs by edit",
                "thin: sequences; bold: their mean",
                "Lines of the objective and of each output over edits",
            ),
            Picture(
                image_uri(figures["design_edits"]),
                "Where the sequences were changed",
                "in colour the new bases, below them those that they replaced",
                "Letters of the designed sequences with the changed ones in colour",
            ),
        ],
        tables=[_sequences(table, list(wanted)), _edits(steps)],
    )


def design_text(
    table: pd.DataFrame, wanted: Mapping[str, int], start: str, until: float | None
) -> str:
    """What the command prints."""
    first = f"{len(table)} sequences from {start}"
    return "\n".join([first, *(finding.text for finding in findings(table, wanted, until))])


def findings(table: pd.DataFrame, wanted: Mapping[str, int], until: float | None) -> list[Finding]:
    """Whether the wish came true, in how many edits, and how unlike training data the ends are.

    `wanted` is 1 of outputs to raise, -1 of those to lower, 0 of those only watched.
    """
    edits = table["edits"].to_numpy(int)
    found = []
    if until is not None:
        reached = table["reached"].to_numpy(bool)
        text = f"{reached.sum()} of {len(table)} sequences are as wished (--until {until:g})"
        if reached.any():
            needed = edits[reached]
            text += (
                f", after {np.median(needed):g} edits (median; {needed.min()} to {needed.max()})"
            )
        found.append(Finding("good" if reached.all() else "warning", text))
    moves = [
        f"{output} from {table[f'{output} value_start'].mean():.3g} "
        f"to {table[f'{output} value'].mean():.3g}"
        for output in list(wanted)[:6]
    ]
    found.append(
        Finding("good", f"mean values: {', '.join(moves)}, in {edits.mean():.1f} edits on average")
    )
    for output, sign in wanted.items():
        moved = table[f"{output} value"].mean() - table[f"{output} value_start"].mean()
        if moved * sign < 0:
            text = f"{output} went the wrong way on average: the outputs pull against each other"
            found.append(Finding("warning", f"{text}; give it more weight, such as NAME=3"))
    mended = int((table["constraint_edits"] > 0).sum())
    if mended:
        found.append(
            Finding("good", f"{mended} starts broke a limit and were first changed to keep to it")
        )
    if "distance" in table:
        far = table["distance"].to_numpy(float) > UNLIKE
        if far.any():
            found.append(
                Finding(
                    "warning",
                    f"{far.sum()} of {len(table)} sequences are unlike the training data (distance "
                    f"above {UNLIKE:g}): what the network says of them is not to be trusted",
                )
            )
    return found


def _sequences(table: pd.DataFrame, wished: Sequence[str]) -> PanelTable:
    shown = table.head(MOST_ROWS)
    outputs = list(wished[:3])
    rows = []
    for row in shown.to_dict("records"):
        values = [f"{row[f'{o} value_start']:.3g} → {row[f'{o} value']:.3g}" for o in outputs]
        distance = [f"{row['distance']:.2f}"] if "distance" in table else []
        letters = str(row["letters"])
        rows.append(
            (
                str(row["sequence"]),
                letters if len(letters) <= 120 else f"{letters[:60]}…{letters[-59:]}",
                *(float(row["edits"]), *values, percent(row["gc"], 0), *distance),
            )
        )
    columns = ("sequence", "letters", "edits", *outputs, "GC")
    columns += ("distance",) if "distance" in table else ()
    of = "" if len(table) <= MOST_ROWS else f" (of {len(table)}, the first {MOST_ROWS})"
    return PanelTable(f"Sequences{of}", columns, rows, text_columns=2)


def _edits(steps: pd.DataFrame) -> PanelTable:
    """The steps of the first sequence."""
    first = steps[steps["sequence"] == steps["sequence"].iloc[0]]
    shown = first.head(MOST_ROWS)
    rows = [
        (
            *(str(row["purpose"]), "" if row["step"] == 0 else f"{row['from']} → {row['to']}"),
            *("" if row["step"] == 0 else f"{row['position']:,}", f"{row['objective']:.3f}"),
            *(percent(row["gc"], 0), float(row["changed"])),
        )
        for row in shown.to_dict("records")
    ]
    columns = ("for", "edit", "position", "objective", "GC", "bases changed")
    return PanelTable(f"Edits of {first['sequence'].iloc[0]}", columns, rows, text_columns=2)
