"""Accuracy of calls: seqcnn, bcftools, freebayes and the oracle, all with one comparator.

    sh benchmarks/setup_callers.sh
    python benchmarks/caller_accuracy.py FOLDER --model model.safetensors --json results.json
    python benchmarks/caller_accuracy.py FOLDER --quick --only simulated,ends

FOLDER holds real reads and references (`caller_sets.py` says which). Prints the tables of
docs/benchmarks.md: real slices, Mendelian violations of a trio, held-out simulated reads (built at
the first run, with bwa and ART), kinds of variants, ends of contigs, calibration. Sets marked
"test" and "held out" are for reporting only: nothing may be chosen by them. What does not depend on
the model is kept in --out, so that another model costs its own calls only; remove --out to make all
anew. Each caller has its defaults; "QUAL>=20" rows are the same calls filtered.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from caller_calibration import (
    Promises,
    calibration_text,
    deciles,
    draw_calibration,
    joined,
    phred_bins,
    promises,
)
from caller_judge import VERSION, genome_of, judge
from caller_programs import PROGRAMS, Called, Programs, version_of
from caller_sets import CallSet, asked, real_sets, simulated_sets
from caller_simulated import Workshop
from caller_tables import (
    KINDS,
    Result,
    bars,
    ends_table,
    kinds_table,
    real_table,
    simulated_table,
    trio_table,
)
from caller_trio import trio_rows

from seqcnn.atomic import write_text
from seqcnn.calling.compare import Verdict
from seqcnn.errors import InputError

SHOWN = "simulated 30x"  # the set whose kinds of variants are shown
OTHERS = "ART 30x"  # by another simulator


def main() -> None:
    options = _options()
    for program in PROGRAMS:
        print(version_of(program))
    models = {name: getattr(options, name) for name in ("counts", "hifi", "ont")}
    programs = Programs(options.out / "calls", {"seqcnn": options.model, **models}, options.threads)
    workshop = Workshop(options.data, options.out / "cache", quick=options.quick,
                        processes=max(1, options.threads))  # fmt: skip
    trio = []
    if asked("trio", "real", options.words):
        trio = trio_rows(options.data, programs)
    results, known = [], {}
    for one in chosen_sets(options, workshop):
        try:
            result, called = measured(one, programs)
        except (subprocess.CalledProcessError, RuntimeError, InputError, OSError) as error:
            print(f"{one.name}: failed: {error}", file=sys.stderr)
            continue
        results.append(result)
        ours = next((row for row in called if row.caller == "seqcnn"), None)
        if one.group == "simulated" and ours is not None:
            known[one.name] = promises(one, ours.calls)
        print(f"{one.name}: done", file=sys.stderr)
    picture = (options.json or options.out / "calibration").with_suffix(".png")
    calibration = calibrated(known, picture)
    show(results, trio, calibration)
    if options.json:
        kept = [{key: value for key, value in result.items() if key not in ("missed", "true")}
                for result in results]  # fmt: skip
        told = {"model": str(options.model or "released"), "sets": kept, "trio": trio,
                "calibration": calibration, "bars": list(bars(results))}  # fmt: skip
        write_text(options.json, json.dumps(told, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="default: the released one")
    parser.add_argument("--counts", type=Path, help="a counts-only model, for a row of its own")
    parser.add_argument("--hifi", type=Path, help="a model of HiFi reads; default: the released")
    parser.add_argument("--ont", type=Path, help="a model of Nanopore reads; default: the released")
    parser.add_argument("--out", type=Path, default=Path("runs/caller_accuracy"))
    parser.add_argument("--only", help="sets whose name or group holds one of A,B,…")
    parser.add_argument("--quick", action="store_true", help="0.3 Mb of simulated reads, 30x only")
    parser.add_argument("--threads", type=int, default=1, help="processes of seqcnn and simulation")
    parser.add_argument("--json", type=Path, help="write the numbers here, and a PNG beside")
    options = parser.parse_args()
    options.words = options.only.split(",") if options.only else []
    return options


def chosen_sets(options: argparse.Namespace, workshop: Workshop) -> list[CallSet]:
    """The sets that --only names, else all."""
    real = real_sets(options.data, options.out / "cache")
    return [
        *(one for one in real if asked(one.name, one.group, options.words)),
        *simulated_sets(workshop, quick=options.quick, words=options.words),
    ]


def measured(one: CallSet, programs: Programs) -> tuple[Result, list[Called]]:
    """The counts of all callers on a set, and which true variants each missed."""
    called = programs.called(one)
    result: Result = {"name": one.name, "group": one.group, "use": one.use,
                      "false_calls": one.false_calls, "callers": {}, "missed": {}}  # fmt: skip
    for row in called:
        kept = row.calls.with_name(f"{row.calls.name}.{one.name.replace(' ', '_')}.{VERSION}.json")
        fixed = row.caller.startswith(("bcftools", "freebayes"))
        if fixed and kept.exists():
            judged = json.loads(kept.read_text())
        else:
            judged = _judged(one, row)
            if fixed:
                write_text(kept, json.dumps(judged))
        result["callers"][row.caller] = judged["rows"]
        if one.group != "real":
            result["missed"][row.caller], result["true"] = judged["missed"], judged["true"]
    return result, called


def _judged(one: CallSet, row: Called) -> dict[str, Any]:
    compared, rows = judge(one, row)
    lengths = genome_of(one.reference).length_of
    pairs = zip(compared.comparison.truth, compared.comparison.truth_verdict.tolist(), strict=True)
    counted = [(v, verdict) for v, verdict in pairs
               if verdict in (Verdict.MATCH, Verdict.GENOTYPE, Verdict.FALSE)]  # fmt: skip
    return {
        "rows": rows,
        "missed": [(v.contig, v.pos) for v, verdict in counted if verdict != Verdict.MATCH],
        "true": [
            (v.contig, v.pos, min(v.pos, max(lengths[v.contig] - v.end, 0))) for v, _ in counted
        ],
    }


def calibrated(known: dict[str, dict[str, Promises]], picture: Path) -> dict[str, Any]:
    """Deciles and bins of GQ and QUAL, at 30x, over all depths, and by ART; drawn as a PNG."""
    ours = [found for name, found in known.items() if name != OTHERS]
    pools = {"30x": [known[SHOWN]] if SHOWN in known else [],
             "all depths": ours if len(ours) > 1 else [],
             OTHERS: [known[OTHERS]] if OTHERS in known else []}  # fmt: skip
    told: dict[str, Any] = {}
    for name, parts in pools.items():
        for score in ("GQ", "QUAL") if parts else ():
            whole = joined([part[score] for part in parts])
            told[f"{score}, {name}"] = {"deciles": deciles(whole), "bins": phred_bins(whole)}
    if told:
        pictures = {key: one["bins"] for key, one in told.items()}
        draw_calibration(pictures, picture)
    return told


def show(results: list[Result], trio: list[dict[str, Any]], calibration: dict[str, Any]) -> None:
    """Print all tables that have a row."""
    by_name = {result["name"]: result for result in results}
    real = [result for result in results if result["group"] == "real"]
    simulated = [result for result in results if result["group"] == "simulated"]
    cut, whole = by_name.get("short contigs 30x"), by_name.get(SHOWN)
    if real:
        print(f"\n{real_table(real)}")
    if trio:
        print(f"\n{trio_table(trio)}")
    if simulated:
        print(f"\n{simulated_table(simulated)}")
    if whole:
        for group in KINDS:
            print(f"\n{kinds_table(whole, group)}")
        if cut:
            print(f"\n{ends_table(cut, whole)}")
    for name, tables in calibration.items():
        for kind in ("deciles", "bins"):
            print(f"\n{calibration_text(f'{name}, {kind}', tables[kind])}")
    print("\n" + "\n".join(bars(results)))


if __name__ == "__main__":
    main()
