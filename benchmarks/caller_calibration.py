"""Are GQ and QUAL what they promise? Expected against observed errors of calls on known samples."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
from caller_judge import genome_of
from caller_sets import CallSet

from seqcnn.atomic import whole_file
from seqcnn.calling.confident import Confident
from seqcnn.calling.labels import explain_truth
from seqcnn.calling.sites import Site
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import read_variants

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 10  # expected or observed errors from which a bin is judged
FACTOR = 2.0
MOST = 70  # Phred, of the figure
EDGES = (3, 6, 10, 15, 20, 30, 40, 60)  # Phred at which the bins of the figure begin
Rows = list[dict[str, Any]]


class Promises(NamedTuple):
    """Chance of an error that each call promises (N,), and whether it is one (N,)."""

    promised: npt.NDArray[np.float64]
    wrong: npt.NDArray[np.bool_]


def promises(one: CallSet, calls: Path) -> dict[str, Promises]:
    """GQ of all candidates that were judged, RefCall ones too, and QUAL of the variants called.

    A candidate is labelled by haplotype, as in training. GQ is wrong where the genotype is another;
    QUAL where the candidate is no variant at all.
    """
    sites, phred, filters, genotypes = [], [], [], []
    with pysam.VariantFile(str(calls)) as file:
        for record in file:
            sample = record.samples[0]
            # A doubtful reference call is written as ./. though 0/0 is most probable.
            genotype = (0, 0) if "RefCall" in record.filter else sample["GT"]
            if None in genotype:
                continue
            sites.append(Site(record.chrom, record.start, record.ref, record.alts or (),
                              sample["DP"], tuple(sample["AD"])))  # fmt: skip
            phred.append((sample["GQ"], record.qual))
            filters.append("PASS" in record.filter)
            genotypes.append(tuple(sorted(genotype)))
    confident = None
    if one.confident is not None:
        confident = Confident(read_bed(one.confident)[["contig", "start", "end"]])
    truth = read_variants(one.truth, sample=one.truth_sample)
    labels = explain_truth(sites, truth, genome_of(one.reference), confident).labels
    known = np.array([label.genotype is not None for label in labels], np.bool_)
    chance = 10.0 ** (-np.array(phred, np.float64).reshape(-1, 2) / 10)
    pairs = zip(labels, genotypes, strict=True)
    wrong = np.array([label.genotype != genotype for label, genotype in pairs], np.bool_)
    none = np.array([label.genotype == (0, 0) for label in labels], np.bool_)
    called = known & np.array(filters, np.bool_)
    return {
        "GQ": Promises(chance[known, 0], wrong[known]),
        "QUAL": Promises(chance[called, 1], none[called]),
    }


def joined(parts: Sequence[Promises]) -> Promises:
    """The promises of several samples as one."""
    return Promises(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def deciles(found: Promises, most: int = 10) -> Rows:
    """Equal parts of the calls, the surest first."""
    order = np.argsort(found.promised, kind="stable")
    return [_bin(found, part) for part in np.array_split(order, most) if len(part)]


def phred_bins(found: Promises) -> Rows:
    """Bins of promised quality, which split the few calls that are not sure."""
    phred = -10 * np.log10(np.maximum(found.promised, 1e-30))
    number = np.searchsorted(EDGES, phred, "right")
    parts = (np.flatnonzero(number == index) for index in reversed(range(len(EDGES) + 1)))
    return [_bin(found, part) for part in parts if len(part)]


def _bin(found: Promises, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    promised, observed = found.promised[rows], int(found.wrong[rows].sum())
    expected = float(promised.sum())
    enough = max(expected, observed) >= FEWEST
    ratio = observed / expected if expected else float("inf")
    return {
        "phred_high": round(float(-10 * np.log10(max(promised.min(), 1e-30))), 1),
        "phred_low": round(float(-10 * np.log10(max(promised.max(), 1e-30))), 1),
        "n": len(rows),
        "expected": round(expected, 2),
        "observed": observed,
        "ratio": round(ratio, 3),
        "holds": bool(1 / FACTOR <= ratio <= FACTOR) if enough else None,
    }


def calibration_text(name: str, rows: Rows) -> str:
    """A Markdown table of bins."""
    words = {True: "yes", False: "**no**", None: "too few errors"}
    lines = [f"| {name} | sites | expected errors | observed | ratio | within a factor of 2 |",
             "|---|--:|--:|--:|--:|---|"]  # fmt: skip
    for row in rows:
        lines.append(
            f"| {row['phred_low']:g}-{row['phred_high']:g} | {row['n']:,} | {row['expected']:.1f} "
            f"| {row['observed']} | {row['ratio']:.2f} | {words[row['holds']]} |"
        )
    return "\n".join(lines)


def draw_calibration(tables: dict[str, Rows], path: Path) -> None:
    """Promised against observed quality, with 95 % intervals, one panel a table, as a PNG."""
    from matplotlib.figure import Figure

    from seqcnn.report.style import styled

    lines = -(-len(tables) // 2)
    with styled():
        figure = Figure(figsize=(9.2, 4.2 * lines), dpi=120, layout="constrained")
        for number, (name, rows) in enumerate(tables.items()):
            axes = figure.add_subplot(lines, 2, number + 1)
            axes.plot([0, MOST], [0, MOST], color="0.6", linewidth=1)
            axes.fill_between([0, MOST], [-3, MOST - 3], [3, MOST + 3], color="0.92")
            for row in rows:
                _draw_bin(axes, row)
            axes.set(title=name, xlabel="promised (mean of the bin, Phred)",
                     ylabel="observed (Phred)", xlim=(0, MOST + 2), ylim=(0, MOST + 2))  # fmt: skip
        with whole_file(path) as temporary:
            figure.savefig(temporary, format="png", metadata={"Software": None})


def _draw_bin(axes: "Axes", row: dict[str, Any]) -> None:
    """A dot with its interval; a triangle at the lower end where no error was seen."""
    from scipy.stats import beta

    bad, number = row["observed"], row["n"]
    low, high = beta.ppf((0.025, 0.975), bad + 0.5, number - bad + 0.5)
    x = min(MOST, -10 * np.log10(max(row["expected"] / number, 1e-9)))
    top = -10 * np.log10(low) if bad else MOST
    axes.plot([x, x], [top, -10 * np.log10(high)], color="C0", linewidth=1.2)
    if bad:
        axes.plot(x, -10 * np.log10(bad / number), "o", color="C0")
    else:
        axes.plot(x, -10 * np.log10(high), "^", color="C0", fillstyle="none")
    axes.annotate(f"{number:,}", (x, -10 * np.log10(high)), (3, -10), fontsize=7, color="0.35",
                  textcoords="offset points")  # fmt: skip
