"""Invented inputs of `seqcnn report`: runs, calls, comparisons and scored variants."""

import json
from collections.abc import Sequence
from pathlib import Path

HEADER = (
    "##fileformat=VCFv4.2\n##seqcnn_model=counting\n"
    '##FILTER=<ID=LowQual,Description="x">\n##FILTER=<ID=RefCall,Description="x">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="x">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">\n'
)
CALLS = (
    # REF, ALT, FILTER, genotype, GQ, DP
    ("A", "G", "PASS", "0/1", 40, 30),  # transition, het
    ("C", "T", "PASS", "1/1", 50, 20),  # transition, hom
    ("A", "C", "PASS", "0|1", 30, 25),  # transversion, het
    ("A", "C,G", "PASS", "1/2", 20, 35),  # one of each, het
    ("AT", "A", "PASS", "1/1", 60, 40),  # deletion, hom
    ("G", "GAC", "LowQual", "0/1", 2, 5),  # does not pass
    ("G", ".", "RefCall", "0/0", 50, 30),
    ("T", "C", "PASS", "0/0", 50, 30),  # another sample's
)


def write_run(
    folder: Path, *, network: str = "duplex", seed: int = 0, auroc: float = 0.9,
    baseline: float = 0.8, peaks: str = "liver.bed", leakage: str = "ok", half: float = 0.01,
    **settings: object,
) -> Path:  # fmt: skip
    """A run folder without its bundle, with the numbers told."""
    folder.mkdir(parents=True)

    def found(value: float) -> dict[str, object]:
        mean = {"auroc": [value, value - half, value + half], "auprc": [value - 0.1, 0.5, 0.9]}
        return {"names": ["output 0"], "tracks": [mean], "mean": mean, "rows": 100,
                "counts": [{"rows": 100, "positives": 40}]}  # fmt: skip

    gain = auroc - baseline
    results = {
        "split": "test", "CNN": found(auroc),
        "baselines": {"GC content": found(0.6), "6-mer regression": found(baseline)},
        "gains": {"GC content": {"auroc": [auroc - 0.6, 0.1, 0.4]},
                  "6-mer regression": {"auroc": [gain, gain - half, gain + half]}},
        "calibration_error": {"before": 0.06, "after": 0.02},
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results))
    told = {"task": "accessibility", "model": network, "seed": seed, "peaks": [f"/d/{peaks}"],
            "out": str(folder), **settings}  # fmt: skip
    (folder / "run.yaml").write_text(json.dumps(told))  # JSON is YAML
    report = {"severity": leakage, "findings": [{"kind": "overlap"}], "notes": []}
    (folder / "leakage.json").write_text(json.dumps(report))
    (folder / "metrics.csv").write_text(
        "step,val_loss,val_auroc,seconds\n10,0.7,0.6,30\n20,0.5,0.8,90\n"
    )
    (folder / "report.html").write_text("<!doctype html>")
    return folder


def write_calls(
    path: Path, sample: str = "S", calls: Sequence[tuple[object, ...]] = CALLS, more: str = ""
) -> Path:
    """A VCF of one sample, with its calls 100 bp apart."""
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + sample
    lines = [
        f"chr1\t{100 * row}\t.\t{ref}\t{alt}\t30\t{passed}\t.\tGT:GQ:DP\t{genotype}:{gq}:{depth}"
        for row, (ref, alt, passed, genotype, gq, depth) in enumerate(calls, 1)
    ]
    contig = "##contig=<ID=chr1,length=100000>\n"
    path.write_text("\n".join([HEADER + more + contig + columns, *lines]) + "\n")
    return path


def write_comparison(folder: Path, calls: Path, f1: float = 0.99) -> Path:
    """A folder of `seqcnn compare`, of which `calls` were judged."""
    folder.mkdir(parents=True)
    rows = []
    for kind, total in (("all", 1100), ("SNP", 1000), ("INDEL", 100)):
        row = {"group": "type", "type": kind, "name": kind, "tp_truth": total - 3, "fn": 3,
               "tp_calls": total - 3, "fp": 2}  # fmt: skip
        for name in ("recall", "precision", "f1"):
            row |= {name: f1, f"{name}_low": f1 - 0.005, f"{name}_high": min(1, f1 + 0.004)}
        rows.append(row)
    summary = {"settings": {"calls": str(calls), "sample": None}, "rows": rows, "roc": []}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "report.html").write_text("<!doctype html>")
    return folder


SCORED = (
    # pos, ref, alt, {track: difference}
    (10, "A", "G", {"liver": 0.5, "blood": -0.1}),
    (20, "C", "T", {"liver": -2.5, "blood": 0.2}),
    (30, "G", "T", {"liver": 1.5, "blood": -3.0}),
)


def write_scores_table(path: Path) -> Path:
    """What score-variants writes as TSV."""
    names = "contig pos id ref alt track difference quantile status".split()
    rows = [
        ("chr1", pos, ".", ref, alt, track, value, 0.9, "scored")
        for pos, ref, alt, found in SCORED
        for track, value in found.items()
    ]
    text = "\n".join("\t".join(map(str, row)) for row in (names, *rows))
    path.write_text(
        text + "\nchr1\t40\t.\tN\tA\tliver\t\t\tmany_n\nchr1\t40\t.\tN\tA\tblood\t\t\tmany_n\n"
    )
    return path


def write_scores_vcf(path: Path) -> Path:
    """What score-variants writes as VCF."""
    head = (
        '##fileformat=VCFv4.2\n##seqcnn_score_variants=<ID=run,bundle="m">\n'
        '##seqcnn_track=<ID=1,Name="liver",Value="probability">\n'
        '##seqcnn_track=<ID=2,Name="blood",Value="probability">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    lines = [
        f"chr1\t{pos}\t.\t{ref}\t{alt}\t.\t.\tSEQCNN_DIFF={found['liver']}|{found['blood']};"
        "SEQCNN_QUANTILE=0.9|0.9;SEQCNN_STATUS=scored\n"
        for pos, ref, alt, found in SCORED
    ]
    lines.append("chr1\t40\t.\tN\tA\t.\t.\tSEQCNN_DIFF=.;SEQCNN_STATUS=many_n\n")
    path.write_text(head + "".join(lines))
    return path
