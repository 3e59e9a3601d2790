"""Print what it takes to plan the calling of whole human genomes, without running anything.

    python benchmarks/plan_speed.py [--samples 1] [--shard-size 1000000] [--runs 3]

A dry run of workflows/call-variants over GRCh38's 24 chromosomes, on files that are empty but for
the index of the reference. Wall clock is only worth reading on an idle machine.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SNAKEFILE = Path(__file__).parents[1] / "workflows" / "call-variants" / "Snakefile"
# bp of chr1 to chr22, X and Y (GRCh38).
LENGTHS = (
    248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
    138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441,
    80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
)  # fmt: skip


def write_files(folder: Path, samples: int, shard_size: int) -> None:
    """A configuration, a sheet of `samples` rows, and the files that they name."""
    names = [f"chr{name}" for name in (*range(1, 23), "X", "Y")]
    fai = "".join(f"{n}\t{length}\t0\t60\t61\n" for n, length in zip(names, LENGTHS, strict=True))
    (folder / "x.fa.fai").write_text(fai)
    rows = ["sample\tbam"]
    for number in range(samples):
        rows.append(f"s{number}\t{folder}/s{number}.bam")
        for ending in ("bam", "bam.bai"):
            (folder / f"s{number}.{ending}").touch()
    (folder / "x.fa").touch()
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    (folder / "mine.yaml").write_text(
        f"samples: {folder}/samples.tsv\nreference: {folder}/x.fa\nshard_size: {shard_size}\n"
    )


def plan(folder: Path) -> tuple[int, float, float]:
    """Jobs of a dry run, and its seconds of wall clock and of processor."""
    command = [sys.executable, "-m", "snakemake", "-s", SNAKEFILE, "--directory", folder]
    command += ["--configfile", folder / "mine.yaml", "--dry-run", "--quiet", "rules"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command], text=True, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )  # fmt: skip
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    jobs = int(re.findall(r"^total\s+(\d+)", done.stdout, re.MULTILINE)[-1])
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return jobs, wall, spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1)
    parser.add_argument("--shard-size", type=int, default=1_000_000, help="bp of a job")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    for _ in range(chosen.runs):
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), chosen.samples, chosen.shard_size)
            jobs, wall, spent = plan(Path(folder))
        print(f"{jobs:,} jobs: {wall:.1f} s wall clock, {spent:.1f} s of processor", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{peak:,.0f} MB at most")


if __name__ == "__main__":
    main()
