"""Speed of `seqcnn call-variants` beside bcftools on the same file, in one run.

    seqcnn simulate --reference ref.fa --regions chr20:1000001-7000000 --coverage 30 --out sim
    python benchmarks/call_speed.py sim/sample.bam ref.fa --regions chr20:1000001-7000000

Rounds are interleaved; each number is the median over rounds with the least and the most. Every
program may use all cores: bcftools runs as its usual pipe of two processes, and once more as one
pipe a core over equal shares of the regions.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from seqcnn.api.calling_inputs import released_model
from seqcnn.calling.call import chunks_of, cores
from seqcnn.calling.caller import Caller, read_caller_card
from seqcnn.calling.examine import examine
from seqcnn.data.call_inputs import open_inputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bam", type=Path)
    parser.add_argument("reference", type=Path, help="uncompressed FASTA with .fai, for bcftools")
    parser.add_argument("--model", type=Path, help="default: the released one")
    parser.add_argument("--regions", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options, Path(folder))


def measure(options: argparse.Namespace, folder: Path) -> None:
    inputs = open_inputs(options.bam, reference=options.reference, regions=options.regions)
    total = sum(region.end - region.start for region in inputs.regions)
    print(f"{options.bam}: {total:,} bp, {cores()} cores")
    one_core(options, inputs)
    shares = equal_shares(inputs.regions, cores())
    contestants: dict[str, Callable[[], None]] = {
        "seqcnn call-variants": lambda: seqcnn(options, folder),
    }
    if shutil.which("bcftools"):
        contestants["bcftools mpileup | call"] = lambda: bcftools(options, [inputs.regions])
        contestants[f"bcftools, {len(shares)} pipes"] = lambda: bcftools(options, shares)
    else:
        print("bcftools is not installed: nothing to compare with")
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, run in contestants.items():
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    for name, found in seconds.items():
        ratio = statistics.median(
            other / own for own, other in zip(found, seconds["seqcnn call-variants"], strict=True)
        )
        print(
            f"| {name} | {statistics.median(found):.2f} s ({min(found):.2f}-{max(found):.2f}) | "
            f"seqcnn takes {ratio:.2f} of it |"
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:,.0f} MB")
    print(f"first run, nothing compiled yet: {first_run(options, folder):.1f} s")


def one_core(options: argparse.Namespace, inputs: object) -> None:
    """Reading, candidates and images, and the network, in this process on one thread."""
    import torch

    torch.set_num_threads(1)
    caller = Caller(read_caller_card(options.model or released_model("illumina")))
    settings = caller.card.settings
    for _ in range(2):  # the first compiles
        inputs.alignments.dropped.clear()
        drawing = calling = 0.0
        images = 0
        for chunk in chunks_of(inputs.regions):
            began = time.perf_counter()
            found = examine(inputs.alignments, inputs.reference, *chunk, settings)
            drawn = time.perf_counter()
            caller.calls(found)
            drawing += drawn - began
            calling += time.perf_counter() - drawn
            images += len(found.drawn.site)
    reads = inputs.alignments.dropped["kept"]
    print(f"| one core: reading, candidates, images | {reads / drawing:,.0f} reads/s |")
    print(f"| one core: network and genotypes | {images / max(calling, 1e-9):,.0f} images/s |")
    print(f"{reads:,} reads, {images:,} images")


def equal_shares(regions: list, parts: int) -> list[list]:
    """The regions in `parts` shares of equal length."""
    total = sum(region.end - region.start for region in regions)
    size = -(-total // parts)
    shares: list[list] = [[]]
    room = size
    for region in regions:
        start = region.start
        while start < region.end:
            end = min(region.end, start + room)
            shares[-1].append(region._replace(start=start, end=end))
            room -= end - start
            start = end
            if room == 0 and len(shares) < parts:
                shares.append([])
                room = size
    return shares


def seqcnn(options: argparse.Namespace, folder: Path, **environment: str) -> None:
    command = [
        *(sys.executable, "-m", "seqcnn", "call-variants", str(options.bam)),
        *(
            "--reference",
            str(options.reference),
            *(["--model", str(options.model)] if options.model else []),
        ),
        *("--out", str(folder / "calls.vcf.gz"), "--no-resume"),
        *(["--regions", *options.regions] if options.regions else []),
    ]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})


def bcftools(options: argparse.Namespace, shares: list[list]) -> None:
    pipes = []
    for share in shares:
        where = ",".join(f"{r.contig}:{r.start + 1}-{r.end}" for r in share)
        pileup = subprocess.Popen(
            [
                *("bcftools", "mpileup", "-f", str(options.reference), "-r", where),
                *("-Ou", str(options.bam)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        call = subprocess.Popen(
            ["bcftools", "call", "-mv", "-Oz", "-o", os.devnull],
            stdin=pileup.stdout,
            stderr=subprocess.DEVNULL,
        )
        pipes += [pileup, call]
    for process in pipes:
        if process.wait():
            raise SystemExit(f"bcftools failed: {' '.join(map(str, process.args))}")


def first_run(options: argparse.Namespace, folder: Path) -> float:
    began = time.perf_counter()
    seqcnn(options, folder, NUMBA_CACHE_DIR=str(folder / "numba"))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
