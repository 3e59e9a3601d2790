"""Variants scored a second, against what the network alone could do.

    python benchmarks/score_speed.py model.safetensors --genome genome.fa [--number 2000]

Draws substitutions (nine in ten) and short indels of a genome, writes them as a VCF, and times in
turns `seqcnn.score_variants` on them, file to file, and the bare network on as many one-hot
sequences that lie ready on its device, in batches of the same size and on the same strands. Prints
both rates in variants a second and their ratio, the median of the turns; on a CPU that others use
too, the ratio of processor seconds tells more than that of seconds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from seqcnn.api.model import Model, load
from seqcnn.api.score_variants import score_variants
from seqcnn.data.genome import Genome
from seqcnn.effects.score import VariantScorer
from seqcnn.encoders.dna import LETTERS, decode
from seqcnn.training.predict import autocast, evaluating

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--genome", type=Path, required=True)
    parser.add_argument("--number", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--shifts", default="-1,0,1")
    parser.add_argument("--precision", default="32")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--ending", default="vcf.gz")
    chosen = parser.parse_args()
    print("| bundle | bp | tracks | variants/s | network alone | ratio | of processor time |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        vcf = Path(folder) / "in.vcf"
        vcf.write_text(HEAD + "".join(records(Genome(chosen.genome), chosen.number)))
        for bundle in chosen.bundles:
            model = load(bundle, device=chosen.device, precision=chosen.precision)
            print(row(bundle, model, vcf, chosen), flush=True)


def row(bundle: Path, model: Model, vcf: Path, chosen: argparse.Namespace) -> str:
    out = vcf.with_name(f"out.{chosen.ending}")
    windows = counted_windows(model, vcf, chosen, out)
    scored, alone = [], []
    for _ in range(chosen.turns):
        scored.append(timed(lambda: scores(model, vcf, chosen, out)))
        alone.append(forward(model, windows, chosen))
    seconds = np.median(np.array([scored, alone]), axis=1)
    ratios = np.median(np.array(alone) / np.array(scored), axis=0)
    rates = chosen.number / seconds[:, 0]
    return (
        f"| {bundle.parent.name} | {model.length} | {len(model.outputs)} | {rates[0]:,.0f} | "
        f"{rates[1]:,.0f} | {ratios[0]:.2f} | {ratios[1]:.2f} |"
    )


def scores(model: Model, vcf: Path, chosen: argparse.Namespace, out: Path) -> None:
    score_variants(
        model, vcf, chosen.genome, out=out, background="none", shifts=chosen.shifts,
        batch_size=chosen.batch_size, precision=chosen.precision,
    )  # fmt: skip


def counted_windows(model: Model, vcf: Path, chosen: argparse.Namespace, out: Path) -> int:
    """Windows that the scorer shows the networks; the run also warms everything up."""
    seen = []
    launch = VariantScorer.launch

    def counted(self: VariantScorer, windows):  # type: ignore[no-untyped-def]
        seen.append(len(windows.codes))
        return launch(self, windows)

    VariantScorer.launch = counted  # type: ignore[method-assign]
    try:
        scores(model, vcf, chosen, out)
    finally:
        VariantScorer.launch = launch  # type: ignore[method-assign]
    return sum(seen)


def forward(model: Model, windows: int, chosen: argparse.Namespace) -> tuple[float, float]:
    """Seconds of the networks on so many windows, on each strand, of random one-hot."""
    codes = torch.randint(0, 4, (chosen.batch_size, model.length), device=model.device)
    x = torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float().contiguous()
    sizes = [chosen.batch_size] * (windows // chosen.batch_size)
    sizes += [windows % chosen.batch_size] * bool(windows % chosen.batch_size)

    def run() -> None:
        for size in sizes:
            for network in model.networks:
                for _ in range(strands(model)):
                    network(x[:size])
        if model.device.type == "cuda":
            torch.cuda.synchronize()

    with (
        evaluating(model.networks, model.device),
        torch.inference_mode(),
        autocast(model.device, chosen.precision),
    ):
        return timed(run)


def strands(model: Model) -> int:
    return 1 if getattr(model.encoding, "stranded", False) else 2


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Seconds, and seconds of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - began, time.process_time() - busy


def records(genome: Genome, number: int) -> list[str]:
    """Lines of a VCF, sorted: nine substitutions to one insertion or deletion of 1 to 6 bp."""
    random = np.random.default_rng(0)
    index = random.choice(len(genome.names), 4 * number, p=genome.lengths / genome.lengths.sum())
    pos = (random.random(len(index)) * (genome.lengths[index] - 10)).astype(np.int64)
    codes = genome.windows(index, pos, 7)
    good = np.flatnonzero((codes < 4).all(axis=1))[:number]
    good = good[np.lexsort((pos[good], index[good]))]
    lines = []
    for row in good:
        text, size = decode(codes[row]), int(random.integers(1, 7))
        ref, alt = text[0], LETTERS[(codes[row, 0] + random.integers(1, 4)) % 4]
        kind = random.random()
        if kind < 0.05:
            alt = ref + "".join(random.choice(list("ACGT"), size))
        elif kind < 0.1:
            ref, alt = text[: size + 1], text[0]
        place = f"{genome.names[index[row]]}\t{pos[row] + 1}"
        lines.append(f"{place}\trs{row}\t{ref}\t{alt}\t.\tPASS\tAF=0.1\n")
    return lines


if __name__ == "__main__":
    main()
