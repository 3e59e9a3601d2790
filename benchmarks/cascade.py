"""Would a cascade pay? Counts settle a site when they are sure, images and counts the rest.

    python benchmarks/cascade.py counts.safetensors images.safetensors --reference chr11.fa \
        --bam h30/sample.bam --truth h30/truth.vcf.gz --confident h30/confident.bed

Prints Markdown tables for the samples given, on which neither model was trained. First errors and
log-loss over thresholds of GQ: a site is judged by the counts where their calibrated GQ reaches the
threshold, else by the images alone, or by the mean of both. One calibration of everything is fitted
on every other block of 100 kb and measured on the rest, and the other way round. Then what each
step of a call takes, in CPU seconds on one thread, interleaved region by region, and what whole
calls take at each threshold. `seqcnn.api.cascade.join_runs` makes the bundle.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from seqcnn.api.calling_inputs import released_model
from seqcnn.api.cascade import open_callers
from seqcnn.calling.alleles import genotype_probabilities
from seqcnn.calling.call import chunks_of
from seqcnn.calling.caller import Caller
from seqcnn.calling.candidates import find_candidates
from seqcnn.calling.cascade import LEAST, settled
from seqcnn.calling.examine import prepare
from seqcnn.calling.genotype import call_site
from seqcnn.calling.labelled_parts import Source
from seqcnn.calling.tiers import Tiers, judge_tiers
from seqcnn.calling.training_images import draw_training_images
from seqcnn.data.pileups import Pileups
from seqcnn.settings import DataSettings
from seqcnn.tasks.known_samples import open_sources
from seqcnn.training.calibrate import fit_calibration

THRESHOLDS = (5, 10, 15, 20, 25, 30, 40)
ALL, NONE = -1.0, 1e9  # thresholds that settle every site, and none
STEPS = ("reads and candidates", "counts: draw", "counts: network", "images: draw",
         "images: network", "genotypes")  # fmt: skip


@dataclass
class Errors:
    """Of all sites, judged by blocks on which nothing was fitted."""

    snp: int
    indel: int
    loss: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", type=Path, help="a bundle of --encoder counts")
    parser.add_argument("images", type=Path, nargs="?", default=released_model("illumina"))
    for name in ("bam", "truth", "confident", "reference"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    parser.add_argument("--rounds", type=int, default=3, help="of timing; 0 = none")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = DataSettings(
        bam=options.bam, truth=options.truth, confident=options.confident,
        reference=options.reference, processes=1,
    )  # fmt: skip
    callers = open_callers(options.counts, options.images)
    sources, _ = open_sources(settings)
    shares = accuracy_table(judge_tiers(callers, [drawn(sources, one) for one in callers]))
    if options.rounds:
        for source in sources:
            speed_table(source, callers, shares, options.rounds)


def drawn(sources: list[Source], caller: Caller) -> Pileups:
    """All sites of the samples, as a caller reads them."""
    settings = caller.card.settings
    with tempfile.TemporaryDirectory() as folder:
        found = draw_training_images(sources, settings, Path(folder), processes=1)
        images = np.array(found.images)
    targets = found.targets[:, None].astype(np.float32)
    return Pileups(images, np.arange(len(images)), targets, settings.images.genotypes, found.sites)


def accuracy_table(tiers: Tiers) -> dict[float, float]:
    """Print errors by threshold; returns the share of sites that each settles."""
    n, indels = len(tiers.truth), int(tiers.sites.indel().sum())
    print(f"{n:,} sites, {n - indels:,} of SNPs, {indels:,} of indels\n")
    print("| settled by counts | share | judge of the others | SNP | indel | log-loss |")
    print("|---|--:|---|--:|--:|--:|")
    shares = {}
    for threshold in (ALL, *THRESHOLDS, NONE):
        sure = settled(tiers.counts, threshold)
        shares[threshold] = float(sure.mean())
        images = np.log(np.maximum(np.where(sure[:, None], tiers.counts, tiers.images), LEAST))
        ways = {"images": images, "images and counts": tiers.joined(threshold)}
        for name, logs in ways.items():
            found = errors(tiers, logs)
            judge = "-" if threshold == ALL else name
            print(
                f"| {words(threshold)} | {shares[threshold]:.1%} | {judge} | {found.snp} | "
                f"{found.indel} | {found.loss:.4f} |"
            )
            if threshold == ALL:
                break
    return shares


def words(threshold: float) -> str:
    return {ALL: "all", NONE: "none"}.get(threshold, f"GQ {threshold:g} and more")


def errors(tiers: Tiers, logs: np.ndarray) -> Errors:
    """Errors of log-probabilities (n, 6), calibrated on the other half of the blocks."""
    calibrated = np.empty_like(logs)
    for half in (0, 1):
        fitted = tiers.blocks % 2 == half
        one = fit_calibration(logs[fitted], tiers.truth[fitted], kind="temperature")
        calibrated[~fitted] = one.apply(logs[~fitted])
    wrong = calibrated.argmax(1) != tiers.truth
    given = calibrated[np.arange(len(logs)), tiers.truth]
    indel = tiers.sites.indel()
    return Errors(
        int((wrong & ~indel).sum()),
        int((wrong & indel).sum()),
        float(-np.log(np.maximum(given, LEAST)).mean()),
    )


def speed_table(
    source: Source, callers: list[Caller], shares: dict[float, float], rounds: int
) -> None:
    """Print CPU seconds of each step, and of whole calls by threshold; medians of rounds."""
    taken = [time_steps(source, callers) for _ in range(rounds + 1)][1:]  # the first compiles
    steps = {name: float(np.median([one[name] for one in taken])) for name in STEPS}
    sites = taken[0]["sites"]
    print(f"\n{source.alignments.path}: {sites:,.0f} sites\n\n| step | CPU s | µs a site |")
    print("|---|--:|--:|")
    for name, seconds in steps.items():
        print(f"| {name} | {seconds:.3f} | {1e6 * seconds / sites:.0f} |")
    common = steps["reads and candidates"] + steps["genotypes"]
    drawing = steps["images: draw"] + steps["images: network"]
    counting = steps["counts: draw"] + steps["counts: network"]
    print("\n| settled by counts | images | CPU s of a call | of that without cascade |")
    print("|---|--:|--:|--:|")
    for threshold, share in shares.items():
        whole = common + (1 - share) * drawing + (0 if threshold == NONE else counting)
        print(
            f"| {words(threshold)} | {(1 - share):.1%} | {whole:.2f} | "
            f"{whole / (common + drawing):.2f} |"
        )


def time_steps(source: Source, callers: list[Caller]) -> dict[str, float]:
    taken: dict[str, float] = defaultdict(float)
    clock = time.process_time
    settings = callers[1].card.settings
    for contig, start, end in chunks_of(source.regions):
        where = (source.alignments, source.reference, contig, start, end)
        at = clock()
        prepared = prepare(*where, settings)
        found = find_candidates(*prepared, contig, start, end, settings.thresholds)
        taken["reads and candidates"] += clock() - at
        for name, caller in zip(("counts", "images"), callers, strict=True):
            at = clock()
            drawn = caller.networks.images.draw(*prepared, found)
            middle = clock()
            each = caller.networks.probabilities(caller.networks.logits(drawn.images))
            taken[f"{name}: draw"] += middle - at
            taken[f"{name}: network"] += clock() - middle
        at = clock()
        for number, site in enumerate(found.sites):
            values = each[number : number + 1]
            call_site(site, genotype_probabilities("joint", len(site.alts), values))
        taken["genotypes"] += clock() - at
        taken["sites"] += len(found.sites)
    return taken


if __name__ == "__main__":
    main()
