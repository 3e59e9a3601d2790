"""Scores of variants against saturation mutagenesis: the 4,650 training variants of CAGI5.

    python benchmarks/variant_effects.py dnase.safetensors elk1.safetensors --shared ../shared/data

Each bundle scores every variant within its element (`seqcnn.score_variants`, both strands). The
elements are 188 to 602 bp long and nothing is known of what lies around them in these files, so a
window that reaches over the end is filled in one of two ways, both reported: with N, or with
dinucleotide shuffles of the element (`--draws` of them, the differences averaged). For each element
the difference in logit is compared with the measured effect, by Pearson and Spearman correlation,
over confident variants (confidence of 0.1 or more) and over all. Of a bundle of many tracks the
track was chosen beforehand, by the cell that the element was measured in (`CELLS`), before anything
was scored; the mean over all tracks stands beside it. Intervals: 95 %, bootstrap over positions.
"""

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from seqcnn.api.model import Model, load
from seqcnn.api.score_variants import score_variants
from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.dna import decode, encode

CONFIDENT = 0.1
REPLICATES = 1000
FOLDER = Path("regulatory", "variant_effects", "cagi5")

# Cell that an element was measured in, and the nearest of the ten biosamples, "" where none is
# near: liver, melanoma and glioblastoma are there; kidney stands for HEK293T, a lymphoblastoid line
# for erythroid ones, squamous epithelium for keratinocytes; nothing for the beta cells of MIN6.
CELLS = {
    "F9": ("HepG2", "HepG2"),
    "LDLR": ("HepG2", "HepG2"),
    "SORT1": ("HepG2", "HepG2"),
    "IRF4": ("SK-MEL-28", "SK-MEL-5"),
    "TERT-GBM": ("SF7996", "A172"),
    "TERT-HEK293T": ("HEK293T", "right renal pelvis male embryo (120 days)"),
    "HNF4A": ("HEK293T", "right renal pelvis male embryo (120 days)"),
    "MSMB": ("HEK293T", "right renal pelvis male embryo (120 days)"),
    "MYC": ("HEK293T", "right renal pelvis male embryo (120 days)"),
    "GP1BB": ("HEL 92.1.7", "GM12865"),
    "HBB": ("HEL 92.1.7", "GM12865"),
    "HBG1": ("HEL 92.1.7", "GM12865"),
    "PKLR": ("K562", "GM12865"),
    "IRF6": ("HaCaT", "vagina female adult (53 years)"),
    "ZFAND3": ("MIN6", ""),
}


class Correlation(NamedTuple):
    """Pearson's with its interval, Spearman's."""

    pearson: float
    low: float
    high: float
    spearman: float

    def __str__(self) -> str:
        if np.isnan(self.pearson):
            return "- | -"
        return f"{self.pearson:.2f} [{self.low:.2f}, {self.high:.2f}] | {self.spearman:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--padding", nargs="+", default=["N", "shuffle"])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--shifts", default="0")
    parser.add_argument("--elements", nargs="+", default=list(CELLS))
    chosen = parser.parse_args()
    elements = pd.read_csv(chosen.shared / FOLDER / "elements_reconstructed.tsv", sep="\t")
    sequences = dict(zip(elements["name"], elements["ref_sequence"], strict=True))
    starts = dict(zip(elements["name"], elements["start1"], strict=True))
    measured = pd.read_csv(chosen.shared / FOLDER / "training_all_RegDB.txt", sep="\t")
    measured = measured[measured["target"].isin(chosen.elements)].reset_index(drop=True)
    measured["place"] = measured["end"] - measured["target"].map(starts)  # 0-based in the element
    for bundle in chosen.bundles:
        model = load(bundle)
        for padding in chosen.padding:
            draws = 1 if padding == "N" else chosen.draws
            differences = np.mean(
                [
                    scored(model, sequences, measured, padding, draw, chosen.shifts)
                    for draw in range(draws)
                ],
                axis=0,
            )
            print(table(bundle.parent.name, padding, model, measured, differences), flush=True)


def scored(
    model: Model,
    sequences: dict[str, str],
    measured: pd.DataFrame,
    padding: str,
    draw: int,
    shifts: str,
) -> np.ndarray:
    """Differences in logit (variants, tracks)."""
    flank = 0 if padding == "N" else model.length
    contigs = {
        name: around(sequence, flank, 2 * draw) + sequence + around(sequence, flank, 2 * draw + 1)
        for name, sequence in sequences.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        genome, vcf = Path(folder) / "elements.fa", Path(folder) / "variants.vcf"
        genome.write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
        rows = [
            f"{row.target}\t{row.place + flank + 1}\t.\t{row.ref}\t{row.alt}\t.\t.\t.\n"
            for row in measured.itertuples()
        ]
        head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        vcf.write_text(head + "".join(rows))
        found = score_variants(model, vcf, genome, background="none", max_n=1, shifts=shifts)
    assert isinstance(found, pd.DataFrame)
    return found["difference"].to_numpy().reshape(len(measured), len(model.outputs))


def around(sequence: str, flank: int, seed: int) -> str:
    """Shuffles of an element one after the other, `flank` bp of them."""
    times = -(-flank // len(sequence))
    rows = np.tile(encode(sequence), (times, 1))
    return "".join(map(decode, dinucleotide_shuffle(rows, seed=seed)))[:flank] if times else ""


def table(
    name: str, padding: str, model: Model, measured: pd.DataFrame, differences: np.ndarray
) -> str:
    """Markdown: a row an element, and the means over elements."""
    lines = [
        f"\n{name}, windows of {model.length} bp filled with {padding}\n",
        "| element | cell | track | confident | track: Pearson | Spearman | signal: Pearson | "
        "Spearman | mean of tracks: Pearson | Spearman | all variants | mean: Pearson | Spearman |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    every = []
    for element in measured["target"].drop_duplicates():
        cell, track = CELLS[element]
        rows = np.flatnonzero(measured["target"] == element)
        confident = rows[measured["confidence"].to_numpy()[rows] >= CONFIDENT]
        single = len(model.outputs) == 1
        track = model.outputs[0] if single else track
        columns = {
            "track": [track],
            "signal": [f"{track} signal"],
            "mean": model.outputs,
        }
        found = []
        for kind, names in columns.items():
            known = [model.outputs.index(one) for one in names if one in model.outputs]
            sets = (confident, rows) if kind == "mean" else (confident,)
            found += [correlation(measured, differences, known, part) for part in sets]
        every.append([one.pearson for one in found] + [one.spearman for one in found])
        cells = [element, cell, "" if single else track, len(confident), *found[:3], len(rows)]
        lines.append(f"| {' | '.join(map(str, cells))} | {found[3]} |")
    numbers = np.array(every)
    sizes = np.maximum((~np.isnan(numbers)).sum(axis=0), 1)
    means = np.nansum(numbers, axis=0) / np.where(np.isnan(numbers).all(axis=0), np.nan, sizes)
    pairs = [
        "- | -" if np.isnan(means[i]) else f"{means[i]:.2f} | {means[i + 4]:.2f}" for i in range(4)
    ]
    lines.append(f"| mean | | | | {' | '.join(pairs[:3])} | | {pairs[3]} |")
    return "\n".join(lines)


def correlation(
    measured: pd.DataFrame, differences: np.ndarray, tracks: list[int], rows: np.ndarray
) -> Correlation:
    """Of the mean difference over `tracks` with the measured effect of `rows`."""
    if not tracks or len(rows) < 3:
        return Correlation(*[np.nan] * 4)
    x = differences[rows][:, tracks].mean(axis=1)
    y = measured["effect_size"].to_numpy()[rows]
    places, group = np.unique(measured["place"].to_numpy()[rows], return_inverse=True)
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(len(places), [1 / len(places)] * len(places), size=REPLICATES)
    replicates = [weighted_pearson(x, y, weights[group]) for weights in drawn]
    low, high = np.nanquantile(replicates, (0.025, 0.975))
    return Correlation(
        weighted_pearson(x, y, np.ones(len(x))), low, high, float(spearmanr(x, y).statistic)
    )


def weighted_pearson(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    x = x - (weights * x).sum() / total
    y = y - (weights * y).sum() / total
    spread = np.sqrt((weights * x * x).sum() * (weights * y * y).sum())
    return float((weights * x * y).sum() / spread) if spread > 0 else float("nan")


if __name__ == "__main__":
    main()
