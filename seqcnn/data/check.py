"""The pre-flight: do the user's regions and labels fit the genome, and can they be learnt from?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from seqcnn.data.aliases import ContigAlias, suggest_alias
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.encoders.dna import LETTERS
from seqcnn.errors import InputError

WRONG_SHARE = 0.05  # more regions off the end than this: another assembly
WRONG_COUNT = 10  # fewer are too few to tell
UNKNOWN_CODE = LETTERS.index("N")
PROBE = 200  # bp around the middle of a region looked at for N
PROBES = 2000


@dataclass(frozen=True)
class Finding:
    """One sentence of the pre-flight that does not stop the run."""

    level: Literal["note", "warning"]
    message: str


def checked_bed(
    path: Path, genome: Genome, *, contig_alias: str | None, off_end: Literal["error", "drop"]
) -> tuple[pd.DataFrame, list[Finding]]:
    """The regions of a BED file after `check_regions`, and the findings.

    `contig_alias` is the setting of that name, as the user wrote it.

    Raises:
        InputError: as `read_bed` and `check_regions` do.
    """
    return check_regions(
        read_bed(path),
        genome.length_of,
        path=path,
        genome_path=genome.path,
        alias=ContigAlias.parse(contig_alias) if contig_alias else None,
        off_end=off_end,
    )


def check_regions(
    regions: pd.DataFrame,
    lengths: dict[str, int],
    *,
    path: Path | str,
    genome_path: Path | str,
    alias: ContigAlias | None = None,
    off_end: Literal["error", "drop"] = "error",
) -> tuple[pd.DataFrame, list[Finding]]:
    """Fit regions (contig, start, end, line) to a genome of contig `lengths`.

    Names are translated by `alias`; regions on contigs that the genome has not are left out and
    counted, as long as others match; duplicates are counted and kept.

    Returns:
        The regions that remain, with the genome's names and an index from 0, and the findings.

    Raises:
        InputError: no contig name matches, or a built-in alias would make more match; regions end
            beyond their contig (unless ``off_end="drop"``, which counts them); nothing is left.
    """
    regions, findings = _match_names(regions, lengths, path, genome_path, alias)
    regions, found = _inside(regions, lengths, path, genome_path, off_end)
    findings += found
    copies = int(regions.duplicated(["contig", "start", "end"]).sum())
    if copies:
        findings.append(
            Finding("note", f"{path}: {copies:,} of {len(regions):,} regions repeat an earlier one")
        )
    if not len(regions):
        raise InputError(f"{path}: no regions are left on the contigs of {genome_path}")
    return regions.reset_index(drop=True), findings


def _match_names(
    regions: pd.DataFrame,
    lengths: dict[str, int],
    path: Path | str,
    genome_path: Path | str,
    alias: ContigAlias | None,
) -> tuple[pd.DataFrame, list[Finding]]:
    names = regions["contig"].drop_duplicates().tolist()
    if alias is not None:
        renamed = alias.translate(names, lengths)
        regions = regions.assign(contig=regions["contig"].map(renamed))
        names = regions["contig"].drop_duplicates().tolist()
    unknown = [name for name in names if name not in lengths]
    if not unknown:
        return regions, []
    rule = suggest_alias(unknown, lengths)
    absent = regions["contig"].isin(unknown)
    if rule is not None or len(unknown) == len(names):
        first = regions[absent].iloc[0]
        has = ", ".join(f"'{name}'" for name in list(lengths)[:3]) + ", …" * (len(lengths) > 3)
        fix = (
            f"pass --contig-alias {rule}"
            if rule is not None
            else "give the genome these regions were made on, or --contig-alias with a table"
        )
        raise InputError(
            f"{path}:{first.get('line', '?')}: contig '{first['contig']}' is not in "
            f"{_name(genome_path)} (it has {has}); {fix}"
        )
    count = int(absent.sum())
    share = count / len(regions)
    finding = Finding(
        "warning" if share > 0.5 else "note",
        f"{path}: {count:,} regions ({share:.0%}) on {len(unknown)} contigs not in "
        f"{_name(genome_path)} were left out (first '{unknown[0]}')",
    )
    return regions[~absent], [finding]


def _inside(
    regions: pd.DataFrame,
    lengths: dict[str, int],
    path: Path | str,
    genome_path: Path | str,
    off_end: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    limit = regions["contig"].map(lengths).to_numpy(np.int64)
    off = regions["end"].to_numpy(np.int64) > limit
    count = int(off.sum())
    if not count:
        return regions, []
    share = count / len(regions)
    first = regions[off].iloc[0]
    example = (
        f"{path}:{first.get('line', '?')}: end {first['end']} is beyond '{first['contig']}' of "
        f"{_name(genome_path)}, {lengths[first['contig']]} bp"
    )
    many = count >= WRONG_COUNT and share > WRONG_SHARE
    if off_end == "error" and many:
        raise InputError(
            f"{example}; {count:,} of {len(regions):,} regions ({share:.0%}) are off the end, so "
            "they look like another assembly's: give that genome, or, if this one holds only a "
            "part of each contig, pass --off-end drop"
        )
    if off_end == "error":
        raise InputError(f"{example}; cut the region, or drop such regions with --off-end drop")
    message = f"{path}: {count:,} regions ({share:.0%}) beyond their contig's end were left out"
    if many:
        message += "; so many look like another assembly's, or the genome is only a part"
    return regions[~off], [Finding("warning", message)]


def check_assembly(regions: pd.DataFrame, genome: Genome, *, path: Path | str) -> list[Finding]:
    """Look for regions in runs of N, where no peak can be: a sign of another assembly.

    Looks at the middle 200 bp of up to 2,000 regions, evenly taken. A region counts when more
    than half of that is N.

    Raises:
        InputError: more than a fifth of the regions are N.
    """
    rows = np.unique(np.linspace(0, len(regions) - 1, min(PROBES, len(regions))).astype(np.int64))
    taken = regions.iloc[rows]
    contig = taken["contig"].map(genome.index_of).to_numpy(np.int64)
    middle = ((taken["start"] + taken["end"]) // 2).to_numpy(np.int64)
    codes = genome.windows(contig, middle - PROBE // 2, PROBE)
    unknown = (codes == UNKNOWN_CODE).mean(axis=1) > 0.5
    share = float(unknown.mean()) if len(unknown) else 0.0
    if share <= 0.01:
        return []
    everywhere = _unknown_share(genome)
    message = (
        f"{path}: {share:.0%} of the regions lie in runs of N of {_name(genome.path)} (of the "
        f"whole genome {everywhere:.0%}); they look like another assembly's"
    )
    if share > 0.2 and share > 0.5 * everywhere and unknown.sum() >= WRONG_COUNT:
        raise InputError(f"{message}: give the genome that they were made on")
    return [Finding("warning", message)]


def _unknown_share(genome: Genome) -> float:
    """Share of N at evenly spaced places of the whole genome."""
    ends = np.cumsum(np.asarray(genome.lengths, np.int64))
    places = np.linspace(0, ends[-1] - 1, PROBES).astype(np.int64)
    contig = np.searchsorted(ends, places, side="right")
    start = places - np.concatenate([[0], ends[:-1]])[contig]
    return float((genome.windows(contig, start, 1) == UNKNOWN_CODE).mean())


def check_labels(labels: np.ndarray, names: Sequence[str], *, where: str) -> list[Finding]:
    """Say how many of the labels (N, T), 0 or 1, are open in `where`, a split or a file.

    Raises:
        InputError: no rows, a NaN, or no track has both classes.
    """
    if not len(labels):
        raise InputError(f"{where}: there are no examples; wanted at least one")
    rate = labels.astype(np.float64).mean(axis=0)
    if np.isnan(rate).any():
        raise InputError(f"{where}: track '{names[int(np.argmax(np.isnan(rate)))]}' has NaN labels")
    single = (labels == labels[:1]).all(axis=0)
    if single.all():
        value = f"{labels[0, 0]:g}"
        raise InputError(
            f"{where}: all {len(labels):,} labels are one class"
            + (f" ({value})" if (labels == labels[0, 0]).all() else " in every track")
            + "; give examples of the other, or other contigs"
        )
    findings = [
        Finding(
            "warning",
            f"{where}: track '{names[i]}' has {'no' if rate[i] == 0 else 'only'} positives; "
            "it cannot be learnt or measured",
        )
        for i in np.flatnonzero(single).tolist()
    ]
    low, high = float(rate.min()), float(rate.max())
    spread = f"{low:.1%}" if len(rate) == 1 else f"{low:.1%} to {high:.1%} a track"
    findings.append(Finding("note", f"{where}: {len(labels):,} examples, {spread} positive"))
    return findings


def _name(path: Path | str) -> str:
    return Path(path).name
