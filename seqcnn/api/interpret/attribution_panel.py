"""What was found of attributions in pictures and a section of the page."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from seqcnn.api.interpret.attribution_tables import Found, gate_table, motif_table
from seqcnn.api.interpret.attribution_words import findings_of
from seqcnn.interpret.gate import CONVERGENCE, RANDOMISED
from seqcnn.interpret.modisco import Pattern
from seqcnn.report.attribution_figures import (
    Attributed,
    PatternShown,
    attribution_logos,
    gate_figure,
    pattern_logos,
)
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.words import decimal, percent

MOST_PATTERNS = 8  # drawn of one track
MOST_ROWS = 30
FEWEST_SHOWN = 2  # sequences of each of several tracks, which share what is shown
SURE = 0.05  # q-value of a match that is named
LEAD = (
    "How much each base adds to the output, by the method named below, tested before it is shown. "
    "Convergence: the attributions must sum to the change from the references. Mutagenesis: they "
    "should agree with what is lost when a base is changed, though not fully, since a base that "
    "another can replace loses nothing. Randomised weights: a network that has learned nothing "
    "must give something else. Worry when one of the tests is bad, or when the letters that stand "
    "out make no motif."
)


def attributions_panel(found: Found, shown: int) -> tuple[Panel, dict[str, Figure]]:
    """The panel, and its figures by the stems of their files."""
    figures: dict[str, Figure] = {}
    shown = max(min(shown, FEWEST_SHOWN), shown // len(found.tracks))
    pictures = []
    for track, name in enumerate(found.tracks):
        suffix, told = ("", "") if len(found.tracks) == 1 else (f"_{track + 1}", f" of {name}")
        made = {
            "gate": (_gate(found, track), f"Gate{told}", f"{found.method}", "The gate's tests"),
            "sequences": (
                _sequences(found, track, shown),
                f"Attributions{told}",
                "of the sequences with the highest outputs",
                "Sequence logos of attributions",
            ),
        }
        if found.motifs and found.motifs[track].patterns:
            number = len(found.motifs[track].patterns)
            note = f"of {number}, the first {MOST_PATTERNS}" if number > MOST_PATTERNS else ""
            figure = _patterns(found, track)
            made["motifs"] = (figure, f"TF-MoDISco{told}", note, "Logos of patterns")
        for stem, (figure, title, note, alt) in made.items():
            figures[f"attributions_{stem}{suffix}"] = figure
            pictures.append(Picture(image_uri(figure), title, note, alt))
    panel = Panel(
        verb="attributions",
        title="Attributions",
        lead=LEAD,
        tiles=_tiles(found),
        findings=findings_of(found),
        pictures=pictures,
        tables=_tables(found),
    )
    return panel, figures


def _tiles(found: Found) -> list[tuple[str, str, str]]:
    gate = found.gate
    tiles = [("sequences", f"{len(found.inputs):,}", f"of {found.inputs.codes.shape[1]} bp")]
    tiles.append(("method", found.method, "" if not found.passed_over else "chosen by the gate"))
    if gate.method in CONVERGENCE:
        tiles.append(
            ("convergence", f"{percent(gate.convergence.max(), 2)}", "difference, of the change")
        )
    tiles.append(("mutagenesis", decimal(float(gate.mutagenesis.min()), 2), "correlation"))
    tiles.append(("randomised", decimal(float(gate.likeness.max()), 2), "|Spearman|, low is good"))
    if found.motifs:
        number = sum(len(one.patterns) for one in found.motifs)
        tiles.append(("patterns", str(number), "of TF-MoDISco"))
    return tiles


def _tables(found: Found) -> list[PanelTable]:
    gates = gate_table([found.gate, *found.passed_over], found.tracks)
    told = ["method", *(["track"] if len(found.tracks) > 1 else []), "test", "verdict"]
    tables = [_table("Gate", gates[[*told, "value"]], len(told))]
    motifs = motif_table(found)
    if len(motifs):
        words = ["pattern", "consensus", *(["match"] if found.database else [])]
        if len(found.tracks) > 1:
            words.insert(0, "track")
        numbers = ["seqlets", "sequences", "attribution", *(["q"] if found.database else [])]
        if found.database:
            motifs["q"] = [f"{value:.1e}" for value in motifs["q"]]
        tables.append(_table("Patterns", motifs[words + numbers], len(words)))
    return tables


def _table(title: str, rows: Any, text_columns: int) -> PanelTable:
    told = title if len(rows) <= MOST_ROWS else f"{title}: of {len(rows)}, the first {MOST_ROWS}"
    values = rows.head(MOST_ROWS).to_numpy(dtype=object).tolist()
    return PanelTable(told, list(rows.columns), values, text_columns)


def _gate(found: Found, track: int) -> Figure:
    gate, summed = found.gate, None
    if gate.method in CONVERGENCE:
        summed = found.attributions.importance[:, track].sum(1)
    return gate_figure(
        expected=found.attributions.expected[:, track],
        summed=summed,
        mutated=gate.mutated[:, track].ravel(),
        attributed=gate.attributed[:, track].ravel(),
        correlation=float(gate.mutagenesis[track]),
        randomised=gate.randomised[track],
        limits=RANDOMISED,
        unit=found.units[track],
    )


def _sequences(found: Found, track: int, shown: int) -> Figure:
    outputs = found.attributions.outputs[:, track]
    rows = np.argsort(-outputs, kind="stable")[:shown]
    actual = found.attributions.hypothetical[rows, track] * found.attributions.one_hot[rows]
    chosen = [
        Attributed(found.inputs.names[row], one, float(outputs[row]))
        for row, one in zip(rows, actual, strict=True)
    ]
    return attribution_logos(chosen, unit=found.units[track])


def _patterns(found: Found, track: int) -> Figure:
    drawn = [
        _drawn(found, track, number, pattern)
        for number, pattern in enumerate(found.motifs[track].patterns[:MOST_PATTERNS])
    ]
    return pattern_logos(drawn, unit=found.units[track])


def _drawn(found: Found, track: int, number: int, pattern: Pattern) -> PatternShown:
    contribution = pattern.contribution[:, pattern.core]
    title = f"{pattern.name}, {len(pattern):,} seqlets"
    best = found.best(track, number)
    if best is None:
        return PatternShown(title, contribution, None, "")
    motif = found.database[best.target]
    name = f"{motif.label}, q {best.q:.1e}"
    if best.q > SURE:
        return PatternShown(title, contribution, None, f"nothing alike; nearest {name}")
    matrix = motif.probabilities
    if best.strand == "-":
        matrix, name = matrix[::-1, ::-1], f"{name}, reverse complement"
    return PatternShown(title, contribution, matrix, name, best.offset)
