"""What was found of a bundle's filters in words, pictures and a section of the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.api.interpret.filter_tables import UNKNOWN, Found
from seqcnn.api.model import Model
from seqcnn.interpret.tomtom import FEWEST_TARGETS
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.filter_figures import (
    MOST,
    FilterLogo,
    MatchLogo,
    filter_page,
    importance_bars,
)
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.records import Finding
from seqcnn.report.words import MINUS, percent, signed
from seqcnn.training.metrics import Interval

MOST_ROWS = 30
SURE = 0.05  # E-value of a match that is told of
FEW = 40  # sequences, below which an AUROC says little
WEAK = 0.6  # AUROC below which shares say little
TOLD = 3  # filters in the text
# The columns of the page's tables; the files have them all.
WORDS = ("rank", "group", "filter", "filters", "consensus", "match", "strand")
NUMBERS = ("size", "e", "q", "share", "importance", "auroc_fall", "logit_fall", "sites")
HEADS = {
    "size": "filters",
    "e": "E",
    "importance": "logits",
    "auroc_fall": "AUROC falls",
    "logit_fall": "logit falls",
}
ALIKE = "Filters alike, silenced together"

LEAD = (
    "What the first layer's filters read, as the sites that excite them most, one a sequence. They "
    "are ranked by importance: each one's share, in logits, of how much higher the sequences score "
    "than what they are compared with. Filters that do the same divide it, so silencing one of "
    "them alone may cost nothing; filters alike are silenced together too. Worry when the "
    "important filters resemble nothing known, or read simple repeats."
)
MATCHES = (
    " Matches are Tomtom's: E is how many targets as good are expected by chance, q the false "
    "share among all matches as good (Benjamini and Hochberg, over all filters and targets)."
)


def filters_panel(
    found: Found, table: pd.DataFrame, groups: pd.DataFrame
) -> tuple[Panel, dict[str, Figure]]:
    """The panel, and its figures by the stems of their files."""
    logos = [_logo(found, number) for number in found.order]
    known = [logo for logo in logos if logo.sites]
    figures = {"filters_logos": filter_page(known), "filters_importance": importance_bars(logos)}
    over = " over those of their best matches" if found.database else ""
    several = f"of {len(logos)}, the first {MOST}" if len(logos) > MOST else ""
    pictures = [
        Picture(
            image_uri(figures["filters_logos"]),
            f"Filters{over}",
            f"{several}; share of the margin, bits over bp".lstrip("; "),
            "Sequence logos of the most important filters",
        ),
        Picture(
            image_uri(figures["filters_importance"]),
            "Importance",
            "bars: shares, which add up; dots: silenced alone, with 95 % interval",
            "Bars of the filters' shares and falls of AUROC",
        ),
    ]
    several_alike = groups[groups["size"] > 1]
    panel = Panel(
        verb="filters",
        title="Filters",
        lead=LEAD + (MATCHES if found.database else ""),
        tiles=_tiles(found),
        findings=_findings(found),
        pictures=pictures,
        tables=[
            _panel_table("Filters", table),
            *([_panel_table(ALIKE, several_alike)] if len(several_alike) else []),
        ],
    )
    return panel, figures


def filters_text(found: Found, model: Model, out: Path | None) -> str:
    """A few lines for the terminal."""
    worth = found.worth
    lines = [
        f"{len(found.filters)} filters of {model.card['architecture']['name']}; AUROC of "
        f"{len(found.told.codes):,} sequences against {found.told.against} {worth.whole:.3f}, "
        f"with every filter silenced {worth.silenced:.3f}"
    ]
    for rank, number in enumerate(found.order[:TOLD], 1):
        one = found.filters[number]
        told = [_percent(found, [number], 1), _cost(found, number)]
        if found.matches[number]:
            match = found.matches[number][0]
            told.append(f"like {found.database[match.target].label}, E {match.e:.1g}")
        consensus = one.motif.consensus if one.known else "few sites"
        told = [part for part in told if part]
        lines.append(f"{rank}. filter {one.name} {consensus}: {'; '.join(told)}")
    return "\n".join([*lines, *([f"{out}"] if out is not None else [])])


def _percent(found: Found, numbers: Sequence[int], digits: int) -> str:
    part = found.part(numbers)
    if not np.isfinite(part):
        logits = float(found.worth.shares[list(numbers)].sum())
        return f"{signed(logits, plus=False)} logits"
    return f"{signed(100 * part, digits, plus=False)} % of the margin"


def _cost(found: Found, number: int) -> str:
    """What silencing the filter costs, alone and with those like it."""
    alone = found.worth.falls.get((number,))
    if alone is None:
        return ""
    told = f"AUROC falls by {signed(alone.auroc.value, 4, plus=False)} without it"
    group = next((group for group in found.groups if number in group and len(group) > 1), None)
    fall = None if group is None else found.worth.falls.get(tuple(group))
    if group is None or fall is None:
        return told
    together = signed(fall.auroc.value, 4, plus=False)
    return f"{told}, by {together} without it and the {len(group) - 1} like it"


def _logo(found: Found, number: int) -> FilterLogo:
    one, match = found.filters[number], None
    if found.matches[number]:
        best = found.matches[number][0]
        target = found.database[best.target]
        turned = target.probabilities[::-1, ::-1] if best.strand == "-" else target.probabilities
        match = MatchLogo(target.label, turned, best.offset, best.e, best.strand)
    fall = found.worth.falls.get((number,))
    return FilterLogo(
        f"filter {one.name}",
        one.motif.probabilities,
        one.sites,
        float(found.worth.shares[number]),
        found.part([number]),
        Interval(UNKNOWN, UNKNOWN, UNKNOWN) if fall is None else fall.auroc,
        match,
    )


def _tiles(found: Found) -> list[tuple[str, str, str]]:
    worth = found.worth
    tiles = [
        ("filters", str(len(found.filters)), "of the first layer"),
        ("AUROC", f"{worth.whole:.3f}", f"against {found.told.against}"),
        ("AUROC without filters", f"{worth.silenced:.3f}", "every one of them silenced"),
        ("first three", _percent(found, found.order[:3], 0), "by importance"),
    ]
    if found.database:
        named = sum(bool(one) and one[0].e <= SURE for one in found.matches)
        tiles.append(("with a match", str(named), f"of E ≤ {SURE:g} in {len(found.database):,}"))
    return tiles


def _findings(found: Found) -> list[Finding]:
    worth, findings = found.worth, []
    if len(found.told.codes) < FEW:
        findings.append(
            Finding(
                "warning",
                f"{len(found.told.codes)} sequences, shuffles counted, are too few to say what "
                f"filters are worth; pass {FEW} or more.",
            )
        )
    if not worth.whole >= WEAK:
        findings.append(
            Finding(
                "warning",
                f"The bundle hardly tells these sequences from {found.told.against} (AUROC "
                f"{worth.whole:.2f}); what filters are worth then says little.",
            )
        )
    elif worth.silenced - 0.5 > (worth.whole - 0.5) / 2:
        findings.append(
            Finding(
                "warning",
                f"With every filter silenced AUROC is still {worth.silenced:.2f}: a good part of "
                "the answer does not pass through them (duplex also counts k-mers).",
            )
        )
    gap = abs(float(worth.shares.sum()) - found.explained)
    if gap > 0.1 * abs(found.explained):
        findings.append(
            Finding(
                "warning",
                f"The shares add up to {worth.shares.sum():.2f} logits, not to the "
                f"{found.explained:.2f} that silencing every filter costs; read them as a ranking.",
            )
        )
    if found.database:
        findings += _match_findings(found)
    return findings


def _match_findings(found: Found) -> list[Finding]:
    findings = []
    if len(found.database) < FEWEST_TARGETS:
        findings.append(
            Finding(
                "warning",
                f"The database has {len(found.database)} motifs; with fewer than {FEWEST_TARGETS} "
                "Tomtom's p-values hang on which ones they are.",
            )
        )
    first = [(number, found.matches[number]) for number in found.order[:3]]
    named = [
        f"filter {found.filters[number].name} is like {found.database[matches[0].target].label} "
        f"(E {matches[0].e:.1g})"
        for number, matches in first
        if matches and matches[0].e <= SURE
    ]
    if named:
        findings.append(Finding("good", f"Of the three most important, {'; '.join(named)}."))
    else:
        findings.append(
            Finding("warning", "None of the three most important filters is like a known motif.")
        )
    return findings


def _panel_table(title: str, table: pd.DataFrame) -> PanelTable:
    more = f", the first {MOST_ROWS} of {len(table):,}" if len(table) > MOST_ROWS else ""
    words = [name for name in WORDS if name in table]
    numbers = [name for name in NUMBERS if name in table]
    rows = [
        [_shown(name, row[name]) for name in (*words, *numbers)]
        for row in table.head(MOST_ROWS).to_dict("records")
    ]
    heads = [HEADS.get(name, name) for name in (*words, *numbers)]
    return PanelTable(title + more, heads, rows, len(words))


def _shown(name: str, value: Any) -> Any:
    """A cell as text where the page's three decimals would hide it."""
    if isinstance(value, float) and not np.isfinite(value):
        return ""
    if name == "group" and value == 0:
        return ""  # grouped are only those that were silenced
    if name == "filters":
        names = str(value).split(",")
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more
    if name in ("e", "q"):
        return f"{value:.1e}".replace("-", MINUS)  # a line may break at a hyphen
    if name == "auroc_fall":
        return signed(value, 4, plus=False)
    return percent(value) if name == "share" else value
