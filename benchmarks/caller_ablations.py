"""Ablations of the variant caller: each default beside what could have stood in its place.

    python benchmarks/caller_ablations.py samples.json --out runs/ablations

`samples.json` names simulated samples, each with the files that training needs; those held out are
of another sequence than the others:

    {"name": "chr20", "train": [{"bam": ..., "reference": ..., "truth": ..., "confident": ...}],
     "held_out": {"30x": {"bam": ..., ...}}}

All runs draw the same number of training examples, or cost the same CPU time where networks differ.
Results are appended to --out/NAME.jsonl and what stands there is not run again, so that a stopped
run goes on, and two may share the work (--groups). Markdown tables are printed at the end, or alone
with --tables.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from caller_ablation_run import Bench, Run
from caller_ablation_tables import print_tables

from seqcnn.encoders.pileup import CHANNELS

# Widths at which a training step costs about as much as one of the default network.
NETWORKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("resnet18", {"width": 0.25}),
    ("densenet121", {"width": 0.25, "depth": 0.5}),
    ("googlenet", {"width": 0.25}),
    ("pileup", {"width": 1.5}),
    ("pileup", {"depth": 2.0}),
    ("vgg11_bn", {"width": 0.125}),
    ("fcn_resnet18", {"width": 0.1563}),
    ("resnext50_32x4d", {"width": 0.125}),
    ("pileup", {"width": 0.5}),
    ("lenet5", {"width": 2.0}),
    ("nin", {"width": 0.125}),
)
FIRST, SECOND = 5, 7  # so many of these before other runs, and early
# Without normalisation a network may diverge, or learn nothing, at the default learning rate.
GENTLE = {"lenet5": 5e-4, "nin": 5e-4}


def plan(steps: int) -> list[Run]:
    """All runs, the most useful first; those that need images of their own cost twice as much."""
    seeds = [Run("seeds", f"default, seed {n}", {"seed": n}, steps=steps) for n in range(3)]
    networks = [network(name, arguments, steps) for name, arguments in NETWORKS]
    return [
        *seeds,
        *networks[:FIRST],
        Run("size", "48 rows x 31", columns=31, steps=steps),
        Run("realigner", "no realignment", {"realign": False}, steps=steps),
        *channels(steps),
        *networks[FIRST:SECOND],
        *amounts(steps),
        *deepvariant(steps),
        *sizes(steps),
        *networks[SECOND:],
    ]


def network(name: str, arguments: dict[str, Any], steps: int) -> Run:
    """Another network for as much CPU time as the default takes."""
    flags: dict[str, Any] = {"model": name, "model_arguments": arguments}
    if name in GENTLE:
        flags["lr"] = GENTLE[name]
    told = " ".join(f"{key}={value:g}" for key, value in arguments.items())
    return Run("networks", f"{name} {told}", flags, cost=steps)


def channels(steps: int) -> list[Run]:
    """Images without one channel, and with one alone."""
    allele = CHANNELS.index("allele")
    others = tuple(channel for channel in range(len(CHANNELS)) if channel != allele)
    runs = [Run("channels", "allele alone", zeroed=others, steps=steps)]
    for channel in (allele, *others):
        runs.append(Run("channels", f"without {CHANNELS[channel]}", zeroed=(channel,), steps=steps))
    return runs


def sizes(steps: int) -> list[Run]:
    """Images of other sizes."""
    return [
        Run("size", "24 rows x 61", {"rows": 24}, steps=steps),
        Run("size", "48 rows x 121", {"columns": 121}, steps=steps),
        Run("size", "96 rows x 61", {"rows": 96}, steps=steps),
    ]


def amounts(steps: int) -> list[Run]:
    """Less to learn from, for as many steps."""
    return [
        Run("data", f"1/{part} of the sequence", share=1 / part, steps=steps) for part in (8, 4, 2)
    ]


def deepvariant(steps: int) -> list[Run]:
    """Inception-v3 on DeepVariant's images, at the default's CPU time."""
    flags = {"encoder": "deepvariant", "scheme": "pairs", "model": "inception_v3", "batch_size": 32}
    return [
        Run("deepvariant", "inception_v3 on 100 x 221", flags, cost=steps, first=True),
        Run("deepvariant", "default, that sample alone", steps=steps, first=True),
    ]


def main() -> None:
    """Run what is not yet there, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/ablations"))
    parser.add_argument("--steps", type=int, default=800, help="of the default, 64 images each")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--groups", nargs="*", help="only these")
    parser.add_argument("--tables", action="store_true", help="print what is there, run nothing")
    options = parser.parse_args()
    samples = json.loads(options.samples.read_text())
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / f"{samples['name']}.jsonl"
    folder = options.out / f"{samples['name']} images"
    folder.mkdir(exist_ok=True)
    recipe = {
        "threads": options.threads,
        "processes": options.threads,
        "downsample": [0.5, 0.2],
    }
    bench = Bench(samples, folder, recipe)
    for run in [] if options.tables else plan(options.steps):
        # Looked up anew each time: another process may write to the same file.
        done = {one["name"] for one in read(results)}
        if run.name in done or (options.groups and run.group not in options.groups):
            continue
        found = bench.train_and_judge(run)
        with results.open("a") as out:
            out.write(json.dumps(found) + "\n")
        print(f"{run.name}: {found['steps']} steps, {found['cpu_seconds']} s", flush=True)
    print_tables(read(results))


def read(path: Path) -> list[dict[str, Any]]:
    """Finished runs."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
