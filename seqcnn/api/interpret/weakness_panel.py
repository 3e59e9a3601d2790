"""What misleads a bundle, as a table and a panel of the report."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.api.interpret.weakness_attacks import Attack
from seqcnn.api.interpret.weakness_calls import Calls
from seqcnn.api.interpret.weakness_findings import Seen, percent
from seqcnn.api.interpret.weakness_noise import Noise
from seqcnn.interpret.off_distribution import shares
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.records import Finding

SHOWN = 20  # rows of a table in the panel
LEAD = (
    "What misleads this bundle, shown and not hidden: how few letters flip calls it is sure of, "
    "how few turn noise into a call, and how sure it is of sequences unlike any it was trained on. "
    "Every network has such weaknesses. Worry where your own sequences are of such a kind: "
    "designed, from another species, repeats, or flagged by the distance score."
)


def confidence_table(calls: Calls, seen: Mapping[str, Seen]) -> pd.DataFrame:
    """One row a kind of sequence and output ("any" = the surest of each sequence)."""
    rows = []
    for kind, one in seen.items():
        outputs = {"any": (one.surest(False), one.surest(True))}
        if len(calls.tracks) > 1:
            outputs |= {
                name: (one.raw[:, column], one.calibrated[:, column])
                for column, name in enumerate(calls.names)
            }
        for output, (raw, calibrated) in outputs.items():
            row = {"kind": kind, "output": output, "sequences": len(raw)}
            for words, values in (("raw", raw), ("calibrated", calibrated)):
                row |= {f"{name}_{words}": share for name, share in shares(values).items()}
            if output == "any" and one.distance is not None:
                row |= {"flagged": one.flagged, "sure_and_flagged": one.sure_and_flagged}
            rows.append(row)
    return pd.DataFrame(rows)


def text_of(findings: list[Finding]) -> str:
    """What the command prints."""
    return "\n".join(finding.text for finding in findings)


def panel_of(
    findings: list[Finding],
    table: pd.DataFrame,
    attacked: Attack,
    noise: Noise,
    figures: Mapping[str, Figure],
) -> Panel:
    """The panel of the report."""
    notes = {
        "weaknesses_adversarial": (
            "Fewest substitutions that flip a call",
            "searched, and as many at random; one is exact, more is an upper bound",
        ),
        "weaknesses_edits": ("Calls flipped by the fewest letters", "changed letters are filled"),
        "weaknesses_fooling": (
            "Noise evolved to certainty",
            "left: on the way, red where it ended; right: how like real sequences it is",
        ),
        "weaknesses_noise": ("Noise that the network believes", "changed letters are filled"),
        "weaknesses_confidence": (
            "Confidence in sequences of other kinds",
            "share of the sequences in each twentieth (darker is more); the number is the share "
            "above the dotted line, p > 0.9",
        ),
    }
    pictures = [
        Picture(image_uri(figures[stem]), name, note, f"{name}: {note}")
        for stem, (name, note) in notes.items()
        if stem in figures
    ]
    return Panel(
        verb="weaknesses",
        title="Weaknesses",
        lead=LEAD,
        tiles=_tiles(attacked, noise, table),
        findings=findings,
        pictures=pictures,
        tables=_tables(table, attacked),
    )


def _tiles(attacked: Attack, noise: Noise, table: pd.DataFrame) -> list[tuple[str, str, str]]:
    tiles = []
    number = attacked.edited.number
    if len(number):
        most = len(attacked.random)
        median = np.median(np.where(number > 0, number, most + 1))
        shown = f"> {most}" if median > most else f"{median:g}"
        tiles.append(("substitutions flip half of the calls", shown, f"{len(number)} attacked"))
    reached = noise.fooled.reached
    note = ""
    if reached.any():
        note = f"{np.median(noise.fooled.edited.number[reached]):g} substitutions each"
    shown = f"{reached.sum()} of {len(reached)}"
    tiles.append(("random sequences evolved to certainty", shown, note))
    random = table[(table["kind"] == "random") & (table["output"] == "any")].iloc[0]
    tiles.append(("of random sequences called, p > 0.9", percent(random["above_calibrated"]), ""))
    if "flagged" in table:
        given = table[(table["kind"] == "given") & (table["output"] == "any")].iloc[0]
        note = f"{percent(given['flagged'])} of the given sequences"
        tiles.append(
            ("of random sequences flagged by the distance score", percent(random["flagged"]), note)
        )
    return tiles


def _tables(table: pd.DataFrame, attacked: Attack) -> list[PanelTable]:
    any_output = table[table["output"] == "any"]
    columns = [
        *("sequences", "above_raw", "above_calibrated", "below_calibrated"),
        *(name for name in ("flagged", "sure_and_flagged") if name in any_output),
    ]
    words = ["kind", "sequences", "p > 0.9 raw", "p > 0.9", "p < 0.1", "flagged", "sure, flagged"]
    rows = [
        [row["kind"], int(row["sequences"]), *(_cell(row[name]) for name in columns[1:])]
        for _, row in any_output.iterrows()
    ]
    tables = [PanelTable("Confidence by kind of sequence", words[: len(columns) + 1], rows)]
    flips = attacked.table()
    if len(flips):
        flips = flips.sort_values("substitutions", na_position="last", kind="stable")
        shown = [
            *("name", "output", "wanted", "edits", "substitutions"),
            *("probability", "probability_after", "random_flips"),
        ]
        rows = [
            ["" if value is pd.NA else _cell(value) for value in row]
            for row in flips[shown].head(SHOWN).itertuples(index=False)
        ]
        title = "Calls and the substitutions that flip them (position:from>to, 0-based)"
        if len(flips) > SHOWN:
            title += f"; of {len(flips)}, the first {SHOWN}"
        tables.append(PanelTable(title, [name.replace("_", " ") for name in shown], rows, 4))
    return tables


def _cell(value: object) -> object:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value
