"""What tells candidates of real reads from those of simulated ones.

    python benchmarks/domain_gap.py --real sample.bam,hg38.fa,chr22:16610001-16795000 \
        --simulated runs/sim1 runs/sim2

Boosted trees on the count features of candidate sites are asked whether a site is of real or of
simulated reads, in five folds of whole 20-kb blocks. An AUROC of .5 means that they cannot tell;
what tells most is what a simulator should mend first. The table names, for each kind of site, the
features whose shuffling costs the classifier most, with their medians. A real sample without FASTA
(`sample.bam,,region`) has its reference rebuilt from MD tags. Nothing is trained for calling here.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from seqcnn.calling.examine import ExamineSettings, examine
from seqcnn.calling.images import PileupImages
from seqcnn.data.call_inputs import open_inputs
from seqcnn.encoders.count_features import FEATURES

PIECE, BLOCK, FOLDS = 20_000, 20_000, 5
# Depth is chosen for a simulation, and says nothing of how real it looks.
OF_DEPTH = ("depth", "fragments", "starts", "weight", "phred")
SETTINGS = ExamineSettings(images=PileupImages("counts", rows=1, columns=1))
SHOWN = 6  # features a kind of site
WELL_SUPPORTED = 0.35


class Sites(NamedTuple):
    """Candidate sites: features (n, F), share of the first allele, SNP or not, block."""

    features: npt.NDArray[np.uint8]
    share: npt.NDArray[np.float64]
    snp: npt.NDArray[np.bool_]
    block: npt.NDArray[np.str_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", nargs="+", required=True, help="BAM,FASTA,REGION")
    parser.add_argument("--simulated", nargs="+", type=Path, required=True, help="folders")
    parser.add_argument("--most", type=int, default=2_000_000, help="bp of a simulation looked at")
    options = parser.parse_args()
    real = joined([sites_of(*one.split(",")) for one in options.real])
    simulated = joined([simulated_sites(folder, options.most) for folder in options.simulated])
    print("| sites | real | simulated | AUROC | what tells (AUROC lost; median real, simulated) |")
    print("|---|--:|--:|--:|---|")
    for name, chosen in (
        ("all", lambda s: np.ones(len(s.snp), np.bool_)),
        ("SNPs, share .35 or more", lambda s: s.snp & (s.share >= WELL_SUPPORTED)),
        ("SNPs, less", lambda s: s.snp & (s.share < WELL_SUPPORTED)),
        ("indels, share .35 or more", lambda s: ~s.snp & (s.share >= WELL_SUPPORTED)),
        ("indels, less", lambda s: ~s.snp & (s.share < WELL_SUPPORTED)),
    ):
        print(row(name, only(real, chosen(real)), only(simulated, chosen(simulated))))


def simulated_sites(folder: Path, most: int) -> Sites:
    """Of the first `most` bp of what `seqcnn simulate` wrote."""
    settings = json.loads((folder / "simulate.json").read_text())["settings"]
    region = settings["regions"].split(",")[0]
    contig, _, span = region.partition(":")
    if span:
        start, end = (int(number) for number in span.split("-"))
        region = f"{contig}:{start}-{min(end, start + most)}"
    return sites_of(str(folder / "sample.bam"), settings["reference"], region)


def sites_of(bam: str, fasta: str, region: str) -> Sites:
    """All candidates of a region."""
    inputs = open_inputs(bam, reference=fasta or None, regions=[region])
    features, share, snp, block = [], [], [], []
    for whole in inputs.regions:
        for start in range(whole.start, whole.end, PIECE):
            end = min(start + PIECE, whole.end)
            found = examine(inputs.alignments, inputs.reference, whole.contig, start, end, SETTINGS)
            features.append(found.drawn.images[:, 0, 0])
            for site in found.candidates.sites:
                share.append(site.allele_depths[1] / max(site.depth, 1))
                snp.append(len(site.ref) == 1 == len(site.alts[0]))
                block.append(f"{bam}:{whole.contig}:{site.pos // BLOCK}")
    return Sites(np.concatenate(features), np.array(share), np.array(snp), np.array(block))


def joined(parts: list[Sites]) -> Sites:
    return Sites(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def only(sites: Sites, chosen: npt.NDArray[np.bool_]) -> Sites:
    return Sites(*(column[chosen] for column in sites))


def row(name: str, real: Sites, simulated: Sites) -> str:
    """A line of the table."""
    if min(len(set(real.block)), len(set(simulated.block))) < FOLDS:
        return f"| {name} | {len(real.snp)} | {len(simulated.snp)} | too few | |"
    both = joined([real, simulated])
    is_real = np.arange(len(both.snp)) < len(real.snp)
    columns = [
        k for k, feature in enumerate(FEATURES) if not any(word in feature for word in OF_DEPTH)
    ]
    x = both.features[:, columns].astype(np.float32)
    told, lost = classified(x, is_real, both.block)
    low, high = interval(is_real, told, both.block)
    best = [k for k in np.argsort(-lost)[:SHOWN] if lost[k] > 0]
    words = "; ".join(
        f"{FEATURES[columns[k]]} ({lost[k]:.3f}; {np.median(x[is_real, k]):.0f}, "
        f"{np.median(x[~is_real, k]):.0f})"
        for k in best
    )
    score = roc_auc_score(is_real, told)
    return (
        f"| {name} | {len(real.snp)} | {len(simulated.snp)} | {score:.3f} [{low:.3f}, {high:.3f}] "
        f"| {words} |"
    )


def classified(
    x: npt.NDArray[np.float32], is_real: npt.NDArray[np.bool_], block: npt.NDArray[np.str_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Held-out scores (n,), and the AUROC that shuffling each feature costs, mean over folds."""
    random = np.random.default_rng(0)
    told, lost = np.zeros(len(x)), np.zeros(x.shape[1])
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=0).split(x, groups=block):
        model = HistGradientBoostingClassifier(
            max_iter=100, learning_rate=0.08, class_weight="balanced", random_state=0
        ).fit(x[train], is_real[train])
        told[test] = model.predict_proba(x[test])[:, 1]
        if not 0 < is_real[test].sum() < len(test):
            continue
        score = roc_auc_score(is_real[test], told[test])
        for k in range(x.shape[1]):
            shuffled = x[test].copy()
            random.shuffle(shuffled[:, k])
            without = model.predict_proba(shuffled)[:, 1]
            lost[k] += (score - roc_auc_score(is_real[test], without)) / FOLDS
    return told, lost


def interval(
    is_real: npt.NDArray[np.bool_], told: npt.NDArray[np.float64], block: npt.NDArray[np.str_]
) -> tuple[float, float]:
    """95 % interval of the AUROC, from blocks drawn with replacement."""
    random = np.random.default_rng(1)
    _, number = np.unique(block, return_inverse=True)
    rows = [np.flatnonzero(number == k) for k in range(number.max() + 1)]
    scores = []
    for _ in range(200):
        drawn = np.concatenate([rows[k] for k in random.integers(0, len(rows), len(rows))])
        if 0 < is_real[drawn].sum() < len(drawn):
            scores.append(roc_auc_score(is_real[drawn], told[drawn]))
    low, high = np.percentile(scores, (2.5, 97.5))
    return float(low), float(high)


if __name__ == "__main__":
    main()
