"""What misleads a caller of variants: few changes to a pileup, noise, pictures of no sample."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from rich.console import Console

from seqcnn.api.interpret.pileup_findings import flip_findings, grown_findings, kind_findings
from seqcnn.api.interpret.pileup_sites import Sampled, sampled_cases
from seqcnn.api.interpret.pileup_trials import (
    Flipped,
    Grown,
    Kind,
    evolved_number,
    flip,
    flips_table,
    grow,
    grown_table,
    kinds_table,
    strange_kinds,
)
from seqcnn.api.interpret.reading import Reading
from seqcnn.api.progress import progress
from seqcnn.interpret.pileup_noise import strange_pictures
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.panels import Panel, PanelTable
from seqcnn.report.pileup_weakness_figures import (
    Shown,
    changes_figure,
    kinds_figure,
    pictures_figure,
)
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

VERB = "weaknesses"
ROWS = 20  # of a table in the panel
LEAD = (
    "What misleads this caller, shown and not hidden: how few fragments, base calls or cells of "
    "the picture flip calls that it is sure of, whether noise can be evolved until it is believed, "
    "and how sure each network is of pictures and counts that no sample shows. Worry where few "
    "fragments hold your calls, and where reads are of another kind than those of the training."
)
CHANGES = {
    "fragments_removed": "fragments removed (whole caller)",
    "base_calls_changed": "base calls at the site changed (whole caller)",
    "cells_changed": "cells elsewhere changed (picture network alone)",
}


def pileup_weaknesses(settings: WeaknessesSettings, *, quiet: bool = True) -> Reading:
    """Try to mislead a caller at candidate sites of the BAM `settings.input`.

    Fragments are removed, and base calls at the site changed to the other allele, in the reads,
    and the whole caller is asked; cells are changed in the picture, and its network is asked.
    Noise is evolved by gradients over valid values of pixels.

    Raises:
        InputError: a file cannot be used, or no candidate site is found.
    """
    console = Console(quiet=quiet, stderr=True, highlight=False)
    with progress(console, "candidate sites", settings.number) as advance:
        sampled = sampled_cases(settings, settings.number, console, advance)
    with progress(console, "changed pileups", len(sampled.cases)) as advance:
        flipped = flip(sampled, settings, advance)
    with progress(console, "evolved noise", evolved_number(settings)) as advance:
        grown = grow(sampled, settings, advance)
    kinds = strange_kinds(sampled, settings)
    flips, evolved = flips_table(flipped), grown_table(grown, sampled.voices.genotypes)
    findings = [
        *flip_findings(flipped, flips, settings),
        *grown_findings(grown, sampled, settings),
        *kind_findings(kinds),
    ]
    figures = _figures(sampled, flipped, flips, grown, kinds, settings)
    tables = {"kinds": kinds_table(kinds)} | ({"evolved": evolved} if len(evolved) else {})
    panel = Panel(
        verb=VERB,
        title="Weaknesses of the caller",
        lead=LEAD,
        tiles=_tiles(sampled, flips, kinds),
        findings=findings,
        pictures=[
            Picture(image_uri(figure), *_captions(name), crisp=name.endswith("pictures"))
            for name, figure in figures.items()
        ],
        tables=_panel_tables(flips, tables["kinds"]),
    )
    text = "\n".join(f"{finding.level}: {finding.text}" for finding in findings)
    return Reading(VERB, flips, panel, figures, tables, text=text)


def _tiles(
    sampled: Sampled, flips: pd.DataFrame, kinds: dict[str, dict[str, Kind]]
) -> list[tuple[str, str, str]]:
    tiles = [("sites", str(len(sampled.cases)), f"{len(flips)} called surely and attacked")]
    for column, name in (
        ("fragments_removed", "fragments to lose a call"),
        ("base_calls_changed", "base calls to lose one"),
    ):
        if len(flips) and len(flips[column].dropna()):
            tiles.append((name, f"{flips[column].median():g}", "median of those lost"))
    for network, of in kinds.items():
        tiles.append(
            (f"{network}: noise", f"{of['noise'].calibrated.mean():.2f}", "mean probability")
        )
    return tiles


def _figures(
    sampled: Sampled,
    flipped: Sequence[Flipped],
    flips: pd.DataFrame,
    grown: Sequence[Grown],
    kinds: dict[str, dict[str, Kind]],
    settings: WeaknessesSettings,
) -> dict[str, Figure]:
    figures = {}
    if flipped:
        numbers: dict[str, npt.NDArray[np.float64]] = {}
        for column, name in CHANGES.items():
            values = np.asarray(flips[column].astype("Float64").astype(float), np.float64)
            if column == "base_calls_changed":
                values = values[flips["alt"].str.len() == flips["ref"].str.len()]
            if column != "cells_changed" or any(one.cells for one in flipped):
                numbers[name] = values
        figures[f"{VERB}_changes"] = changes_figure(
            numbers, {CHANGES["cells_changed"]: settings.max_edits}
        )
    figures[f"{VERB}_kinds"] = kinds_figure(
        {
            network: {kind: (one.raw, one.calibrated) for kind, one in of.items()}
            for network, of in kinds.items()
        }
    )
    if "picture" in sampled.voices.by_name:
        figures[f"{VERB}_pictures"] = pictures_figure(_shown(sampled, flipped, grown, settings))
    return figures


def _shown(
    sampled: Sampled,
    flipped: Sequence[Flipped],
    grown: Sequence[Grown],
    settings: WeaknessesSettings,
) -> list[Shown]:
    """A real picture, a flipped one if there is any, shuffled ones, and evolved noise."""
    images = sampled.voices.by_name["picture"].images
    base = images.channels.index("read base")
    rows = slice(0, images.picture_rows)
    case = flipped[0].case if flipped else sampled.cases[0]
    site = case.candidates.sites[0]
    where = f"{site.contig}:{site.pos + 1:,}"
    real = case.images["picture"]
    shown = [Shown(f"{where}, as it is", real[rows, :, base], "read base")]
    for one in flipped:
        if one.cells is not None and one.cells.flipped:
            place = one.case.candidates.sites[0]
            becomes = one.case.genotypes[one.cells.becomes][0]
            marked = [(cell.row, cell.column) for cell in one.cells.cells]
            title = f"{place.contig}:{place.pos + 1:,}, {len(marked)} cells: {becomes}"
            values = one.cells.picture[rows, :, base]
            shown.append(Shown(title, values, "read base", marked))
            break
    strange = strange_pictures(real[None], images, np.random.default_rng(settings.seed))
    for kind in ("rows shuffled", "columns shuffled", "noise"):
        shown.append(Shown(f"{where}, {kind}", strange[kind][0][rows, :, base], "read base"))
    allele = "allele" if "allele" in images.channels else "supports variant"
    last = images.channels.index(allele)
    ranked = sorted(grown, key=lambda each: -each.evolved.path[-1])
    first = {each.genotype: each for each in reversed(ranked)}
    for best in sorted(first.values(), key=lambda each: -each.evolved.path[-1])[:2]:
        name = sampled.voices.genotypes[best.genotype]
        title = f"from noise: {name} with {best.evolved.path[-1]:.3f}"
        picture = best.evolved.picture[rows]
        shown.append(Shown(f"{title} (base)", picture[:, :, base], "read base"))
        shown.append(Shown(f"{title} ({allele})", picture[:, :, last], allele))
    return shown[:9]


def _captions(name: str) -> tuple[str, str, str]:
    """Name, note and words for who cannot see it, of a figure."""
    kind = name.removeprefix(f"{VERB}_")
    if kind == "changes":
        return (
            "Changes that flip sure calls",
            "Fragments go, and base calls change, the strongest first; so a call may be lost to "
            "fewer than shown.",
            "Share of calls flipped by the number of changes",
        )
    if kind == "kinds":
        return (
            "How sure each network is of what no sample shows",
            "Each dot is a site; a network that knows what it has not seen is unsure of all but "
            "the first row, and of shuffled rows.",
            "Probabilities of the most probable genotype by kind of input",
        )
    return (
        "Pictures of no sample",
        "Changed cells are framed. The channel is named where it is not the read base.",
        "Read bases of real, changed, shuffled and evolved pictures",
    )


def _panel_tables(flips: pd.DataFrame, kinds: pd.DataFrame) -> list[PanelTable]:
    columns = ("network", "kind", "sites", "mean_raw", "mean_calibrated", "sure_calibrated")
    tables = [
        PanelTable(
            "How sure the networks are, by kind of input",
            ["network", "kind", "sites", "mean raw", "mean calibrated", "sure", "same call"],
            _rows(kinds[[*columns, "same_call"]]),
            text_columns=2,
        )
    ]
    if len(flips):
        first = flips.sort_values("fragments_removed", kind="stable").head(ROWS)
        named = pd.DataFrame(
            {
                "site": first["contig"] + ":" + (first["pos"] + 1).map("{:,}".format),
                "alleles": first["ref"] + ">" + first["alt"],
            }
        )
        shown = ("genotype", "depth", "probability", *CHANGES)
        tables.append(
            PanelTable(
                f"Calls by how little flips them (of {len(flips)}, the first {len(first)})",
                ["site", "alleles", "call", "depth", "probability", "fragments", "base calls",
                 "cells"],
                _rows(named.join(first[list(shown)])),
                text_columns=3,
            )
        )  # fmt: skip
    return tables


def _rows(table: pd.DataFrame) -> list[list[object]]:
    """Plain values; "" where there is none."""
    columns = [
        [value if known else "" for value, known in zip(of.tolist(), of.notna(), strict=True)]
        for _, of in table.items()
    ]
    return [list(row) for row in zip(*columns, strict=True)]
