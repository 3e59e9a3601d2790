"""The panel of marginalisation, and what the command prints."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.planting_figures import row_name
from seqcnn.report.records import Finding
from seqcnn.report.words import percent, signed

MOST_ROWS = 30
PRESENT = 0.2  # of the backgrounds; more hold too much of what is to be added
LEAD = (
    "Each motif is written into the middle of many background sequences; its effect is the mean "
    "change of the output over them, with a 95 % interval from a bootstrap over the sequences they "
    "were made of. The same bases in another order are the control: worry when a motif does no "
    "more than they do, when many backgrounds hold it already, or when its effect fades towards "
    "the ends of the sequence."
)


def planting_panel(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Figure], backgrounds: str
) -> Panel:
    """The panel of the tables "motifs" and, where they are, "profile" and "pairs"."""
    motifs = tables["motifs"]
    number = int(motifs["backgrounds"].iloc[0])
    best = _largest(motifs, "effect")
    tiles = [
        ("backgrounds", f"{number:,}", backgrounds),
        (
            "largest effect",
            signed(best["effect"]),
            f"{_scale(best)}, {row_name(best)}, {best['track']}",
        ),
        ("its bases scrambled", signed(best["scrambled"]), _scale(best)),
    ]
    shown = [_motif_table(motifs)]
    if "pairs" in tables:
        pairs = tables["pairs"]
        most = _largest(pairs, "interaction")
        note = f"logit, {most['spacing']} bp apart, {most['orientations']}, {most['track']}"
        tiles.append(("largest interaction", signed(most["interaction"]), note))
        shown.append(_pair_table(pairs))
    return Panel(
        verb="marginalisation",
        title="Marginalisation",
        lead=LEAD,
        tiles=tiles,
        findings=findings(tables),
        pictures=[picture(name, figure) for name, figure in figures.items()],
        tables=shown,
    )


def planting_text(tables: Mapping[str, pd.DataFrame], backgrounds: str) -> str:
    """What the command prints: backgrounds, then the findings."""
    number = int(tables["motifs"]["backgrounds"].iloc[0])
    lines = [f"{number} backgrounds: {backgrounds}"]
    return "\n".join([*lines, *(finding.text for finding in findings(tables))])


def findings(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """A sentence on each motif in the track where it does most, and on the pair."""
    found = [_of_motif(rows) for _, rows in tables["motifs"].groupby("motif", sort=False)]
    present = tables["motifs"].groupby("motif", sort=False)["present"].first()
    for motif, share in present.items():
        if share > PRESENT:
            found.append(
                Finding(
                    "warning",
                    f"{percent(share, 0)} of the backgrounds hold {motif} already, so that one "
                    "more may do less than a first: use random backgrounds, or shuffles of others",
                )
            )
    if "pairs" in tables:
        found.append(_of_pair(tables["pairs"]))
    return found[:MOST_ROWS]


def _largest(table: pd.DataFrame, column: str) -> pd.Series:
    return table.iloc[int(np.abs(table[column].to_numpy(float)).argmax())]


def _of_motif(rows: pd.DataFrame) -> Finding:
    single = rows[rows["copies"] == 1]
    best = _largest(single, "effect")
    sign = " in reverse" if best["orientation"] == "-" else ""
    told = (
        f"{best['motif']}{sign} moves the {_scale(best)} of {best['track']} by "
        f"{signed(best['effect'])} ({between(best, 'effect')}), from a "
        f"mean {best['unit']} of {best['value_without']:.3g} to {best['value_with']:.3g}"
    )
    if best["specific_low"] > 0 or best["specific_high"] < 0:
        return Finding("good", f"{told}; its bases scrambled, by {signed(best['scrambled'])}")
    return Finding(
        "warning",
        f"{told}; that is no more than its bases scrambled do ({signed(best['scrambled'])}, "
        f"difference {between(best, 'specific')})",
    )


def _scale(row: pd.Series) -> str:
    return "logit" if row["unit"] == "probability" else "output"


def _of_pair(pairs: pd.DataFrame) -> Finding:
    sure = pairs[(pairs["interaction_low"] > 0) | (pairs["interaction_high"] < 0)]
    share = percent(len(sure) / len(pairs), 0)
    most = _largest(pairs, "interaction")
    return Finding(
        "good",
        f"{most['first_motif']} and {most['second_motif']} interact most at "
        f"{most['spacing']} bp ({most['orientations']}) in {most['track']}: the pair does "
        f"{signed(most['interaction'])} ({between(most, 'interaction')}) "
        "beside the sum of its parts, "
        f"{signed(most['first'] + most['second'])}; the interval leaves out 0 at {share} of "
        "spacings, orientations and tracks",
    )


def picture(name: str, figure: Figure) -> Picture:
    """A figure of this verb with its caption."""
    kind = name.removeprefix("marginalisation").lstrip("_").split("_")[0]
    title, note, alt = {
        "": ("Effect of each motif", "", "Dots with intervals, one row a motif"),
        "copies": ("Effect by number of copies", "", "Lines of effect over copies"),
        "profile": ("Effect by position", "bands: 95 % interval", "Lines of effect by position"),
        "spacing": (
            "Effect of the pair by spacing",
            "below: what the pair adds to the sum of its parts",
            "Lines of effect and interaction over spacing",
        ),
    }[kind]
    return Picture(image_uri(figure), title, note, alt)


def between(row: pd.Series, name: str) -> str:
    """The 95 % interval of a column, which backgrounds made of one sequence do not have."""
    if not np.isfinite(row[f"{name}_low"]):
        return "no interval"
    return f"{signed(row[f'{name}_low'])} to {signed(row[f'{name}_high'])}"


def _motif_table(motifs: pd.DataFrame) -> PanelTable:
    ranked = motifs.iloc[np.argsort(-motifs["effect"].abs(), kind="stable")].head(MOST_ROWS)
    rows = [
        (
            *(str(row["motif"]), str(row["orientation"]), str(row["track"])),
            *(float(row["copies"]), signed(row["effect"])),
            between(row, "effect"),
            *(signed(row["scrambled"]), f"{row['value_without']:.3g}", f"{row['value_with']:.3g}"),
            percent(row["present"], 0),
        )
        for _, row in ranked.iterrows()
    ]
    of = "" if len(motifs) <= MOST_ROWS else f" (of {len(motifs)}, the {MOST_ROWS} largest)"
    columns = (
        *("motif", "strand", "track", "copies", "effect", "95 % interval", "scrambled"),
        *("value without", "value with", "backgrounds that hold it"),
    )
    return PanelTable(f"Effects on the logit{of}", columns, rows, text_columns=3)


def _pair_table(pairs: pd.DataFrame) -> PanelTable:
    ranked = pairs.iloc[np.argsort(-pairs["interaction"].abs(), kind="stable")].head(10)
    rows = [
        (
            *(str(row["orientations"]), str(row["track"]), float(row["spacing"])),
            *(signed(row[name]) for name in ("both", "first", "second", "interaction")),
            between(row, "interaction"),
        )
        for _, row in ranked.iterrows()
    ]
    columns = (
        *("strands", "track", "bp apart", "both", "first alone", "second alone"),
        *("interaction", "95 % interval"),
    )
    title = f"Largest interactions (of {len(pairs)}, the first {len(ranked)})"
    return PanelTable(title, columns, rows, text_columns=2)
