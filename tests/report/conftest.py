"""Made-up reports that look like real ones: one output, ten tracks, many tracks, a signal."""

from collections.abc import Callable

import numpy as np
import pytest

from seqcnn.report.records import (
    Agreement,
    Calibration,
    Curves,
    DataFile,
    Filter,
    Finding,
    HistoryRow,
    Interval,
    Kernels,
    Member,
    Mistake,
    Negatives,
    Nouns,
    ReportData,
    Reproducibility,
    Split,
    Table,
    Track,
)

TISSUES = ("K562", "HepG2", "GM12878", "H1-hESC", "keratinocyte, female",
           "cardiac muscle cell", "right lobe of liver, male adult (32 years)", "CD14+ monocyte",
           "A549", "fetal brain")  # fmt: skip
GC, KMER = "GC content", "6-mer logistic regression"


def around(value: float, half: float) -> Interval:
    return (value, value - half, value + half)


def track(name: str, rng: np.random.Generator, shift: float = 0.03) -> Track:
    auroc = rng.uniform(0.75, 0.93)
    auprc = rng.uniform(0.15, 0.5)
    drop = max(-0.03, rng.normal(shift, 0.02))
    metrics = {"auroc": auroc, "auprc": auprc, "mcc": auprc * 0.8, "f1": auprc * 0.9}
    return Track(
        name, 48_211, int(rng.integers(400, 3000)),
        {key: around(value, 0.012) for key, value in metrics.items()},
        {GC: {key: around(value * 0.6, 0.008) for key, value in metrics.items()},
         KMER: {key: around(value - drop, 0.011) for key, value in metrics.items()}},
    )  # fmt: skip


def mean_of(tracks: list[Track]) -> Track:
    def mean(each: list[Interval]) -> Interval:
        return around(float(np.mean([value for value, _, _ in each])), 0.004)

    metrics = {key: mean([t.metrics[key] for t in tracks]) for key in tracks[0].metrics}
    baselines = {
        name: {key: mean([t.baselines[name][key] for t in tracks]) for key in metrics}
        for name in tracks[0].baselines
    }
    return Track("mean of tracks", tracks[0].n, None, metrics, baselines)


def curves(name: str, rng: np.random.Generator) -> Curves:
    truth = rng.random(1500) < 0.1
    score = rng.normal(size=1500) + rng.uniform(1.0, 2.2) * truth
    truth = truth[np.argsort(-score)]
    hits, misses = np.cumsum(truth), np.cumsum(~truth)
    keep = np.linspace(0, 1499, 120).astype(int)
    return Curves(
        name, misses[keep] / misses[-1], hits[keep] / hits[-1],
        hits[keep] / hits[-1], hits[keep] / (hits + misses)[keep], 0.1,
    )  # fmt: skip


def calibration(name: str, rng: np.random.Generator, top: float = 0.5) -> Calibration:
    predicted = np.linspace(0.01, top, 10)
    count = np.geomspace(30_000, 60, 10).round()
    before = np.column_stack([predicted, predicted**1.3 * rng.uniform(0.6, 0.9), count])
    after = np.column_stack([predicted, predicted * rng.normal(1, 0.05, 10), count])
    kind = "isotonic" if rng.random() < 0.3 else "temperature 1.38"
    return Calibration(name, kind, before, after, rng.uniform(0.02, 0.08), rng.uniform(0.002, 0.02))


def member(name: str, rng: np.random.Generator, floor: float = 0.16) -> Member:
    rows = []
    for index in range(1, 21):
        step = 200 * index
        fall = float(np.exp(-index / 5))
        rate = 1e-3 * 0.5 * (1 + np.cos(np.pi * index / 20))
        rows.append(HistoryRow(
            step, step / 900, floor - 0.02 + 0.3 * fall - 0.001 * index,
            floor + 0.25 * fall + 0.0001 * index**2 + rng.normal(0, 0.002),
            0.42 - 0.3 * fall - 0.0002 * index**2 + rng.normal(0, 0.004), float(rate),
        ))  # fmt: skip
    return Member(name, rows, min(rows, key=lambda row: row.val_loss or 9).step)


def filters(rng: np.random.Generator, count: int) -> list[Filter]:
    shown = []
    for index in range(count):
        matrix = rng.dirichlet(np.full(4, 0.25), 19).T
        sharp = np.exp(-((np.arange(19) - rng.uniform(4, 14)) ** 2) / 12)
        matrix = sharp * matrix + (1 - sharp) * 0.25
        bits = 2 * 19 + float((matrix * np.log2(matrix + 1e-9)).sum())
        shown.append(Filter(f"filter {index}", matrix, bits, float(rng.uniform(0.02, 0.6))))
    return shown


def whole_report(
    names: list[str], kind: str = "multilabel", members: int = 1, count: int = 64
) -> ReportData:
    rng = np.random.default_rng(7)
    tracks = [track(name, rng) for name in names]
    signal = kind == "signal"
    if signal:
        tracks = [_signal(name, rng) for name in names]
    return ReportData(
        title="Accessibility of ten human tissues" if len(names) > 1 else "CTCF binding in K562",
        task="accessibility" if len(names) > 1 else "binding",
        kind=kind,  # type: ignore[arg-type]
        model="compact",
        model_description="Residual dilated 1-D network, both strands averaged, 600 bp windows.",
        parameters=1_204_362,
        created="2026-11-20 21:40",
        command="seqcnn train --task accessibility --peaks peaks/*.bed.gz --genome hg38.fa "
        "--test-contigs chr8 chr9 --val-contigs chr7 --seed 1 --out runs/compact",
        outputs=names,
        verdict=[
            Finding("good", "The CNN beats 6-mer regression by .031 [.024, .038] mean AUPRC."),
            Finding("warning", "On 3 of 10 tracks the gain is within its interval: undecided."),
            Finding("bad", "The CNN does not beat the 6-mer baseline on fetal brain."),
        ],
        members=[member(f"seed {index}", rng, 0.16 + 0.004 * index) for index in range(members)],
        val_metric_name="validation Pearson" if signal else "validation AUPRC",
        tracks=tracks,
        mean=mean_of(tracks) if len(names) > 1 else None,
        curves=[] if signal else [curves(name, rng) for name in names],
        agreement=[_agreement(name, rng) for name in names] if signal else [],
        calibration=[]
        if signal
        else [calibration(name, rng, 0.95 if len(names) == 1 else 0.45) for name in names],
        splits=[
            Split("training", 412_880, None if signal else 0.031, "chr1-chr6, chr10-chr22, chrX"),
            Split("validation", 30_122, None if signal else 0.029, "chr7"),
            Split("test", 48_211, None if signal else 0.033, "chr8, chr9"),
        ],
        preflight=[
            Finding("good", "All contig names of the 10 peak files are in hg38.fa."),
            Finding("warning", "brain.bed.gz: 3 regions reach off the end of chrM and were cut."),
        ],
        leakage=[
            Finding("good", "No window of one split overlaps a window of another."),
            Finding("warning", "112 test windows (0.2 %) are near copies of training windows."),
        ],
        leakage_table=Table(
            ["Between", "overlaps", "exact copies", "near copies", "share of the smaller split"],
            [["training and validation", 0, 2, 88, "0.3 %"],
             ["training and test", 0, 0, 112, "0.2 %"],
             ["validation and test", 0, 0, 4, "0.0 %"]],
        ),
        negatives=Negatives(
            ["48,211 GC-matched genomic windows, at least 2,000 bp from any positive.",
             "Mean GC 46.1 % against 46.3 % in positives; 120 fewer than asked for."],
            rng.beta(12, 14, 20_000), rng.beta(11.5, 14, 20_000),
        ),
        filters=filters(rng, count),
        reproducibility=Reproducibility(
            {"seqcnn": "0.1.0", "torch": "2.13.0", "numpy": "2.4.1", "python": "3.11.2"},
            "cpu (AVX-512 bf16)", "bf16", 2, 1, 4_321.0,
            "task: accessibility\nmodel: compact\nbatch_size: 64\nlr: 0.001\nmax_steps: 4000\n",
            [DataFile("hg38.fa", "a3f5" * 16, 3_209_286_105),
             DataFile("peaks/k562.bed.gz", "09be" * 16, 1_204_551)],
        ),
    )  # fmt: skip


def _signal(name: str, rng: np.random.Generator) -> Track:
    pearson = rng.uniform(0.3, 0.6)
    metrics = {"pearson": around(pearson, 0.01), "spearman": around(pearson * 0.9, 0.01)}
    return Track(
        name, 48_211, None, metrics,
        {GC: {key: around(value[0] * 0.4, 0.01) for key, value in metrics.items()},
         "6-mer ridge regression": {
             key: around(value[0] - rng.normal(0.04, 0.02), 0.01) for key, value in metrics.items()
         }},
    )  # fmt: skip


def _agreement(name: str, rng: np.random.Generator) -> Agreement:
    observed = rng.gamma(1.2, 0.5, 20_000)
    predicted = 0.4 * observed + rng.gamma(2, 0.15, 20_000)
    return Agreement(name, observed, predicted, "log signal")


def _class(name: str, rng: np.random.Generator) -> Track:
    """One class against the others: it has no accuracy of its own."""
    metrics = {key: around(rng.uniform(0.8, 0.95), 0.01) for key in ("auroc", "auprc", "f1")}
    lower = {key: around(value[0] - 0.1, 0.01) for key, value in metrics.items()}
    return Track(name, 2_000, int(rng.integers(20, 300)), metrics, {"1-NN on pixels": lower})


def image_report(classes: int = 10, channels: int = 3, side: int = 32) -> ReportData:
    rng = np.random.default_rng(5)
    names = [f"class {number}" for number in range(classes)]
    tracks = [_class(name, rng) for name in names]
    mean = mean_of(tracks)
    whole = {"accuracy": 0.912, "mcc": 0.9, "top1_error": 0.088, "top5_error": 0.021}
    ours = {key: around(value, 0.01) for key, value in whole.items()}
    theirs = {key: around(value + 0.05, 0.01) for key, value in whole.items()}
    counts = rng.poisson(0.2, (classes, classes)) + np.diag(rng.integers(20, 60, classes))
    return ReportData(
        title="images: lenet5",
        task="the class of an image",
        kind="multiclass",
        model="lenet5",
        model_description="default arguments",
        parameters=61_706,
        created="2026-11-21 01:04",
        command="seqcnn train --task images --out runs/images",
        outputs=names,
        nouns=Nouns("images", "class", "classes", "likeness of pixels"),
        tracks=tracks,
        mean=Track(
            "mean of all", 2_000, None, {**mean.metrics, **ours},
            {name: {**found, **theirs} for name, found in mean.baselines.items()},
        ),
        primary="accuracy",
        confusion=counts,
        mistakes=[
            Mistake(
                rng.integers(0, 256, (side, side, channels)).astype(np.uint8),
                f"{number}.png", names[0], names[1], 0.9, 0.05,
            )
            for number in range(12)
        ],
        splits=[Split("train", 1_259, None, "", "120 to 126"), Split("test", 359, None, "", "36")],
        leakage=[Finding("good", "No image is in two splits, pixel for pixel.")],
        leakage_words="pixel for pixel",
        kernels=Kernels(rng.random((96, 11, 11, channels)), 96),
    )  # fmt: skip


def named(count: int) -> list[str]:
    return [TISSUES[i % 10] + (f" {i // 10}" if i >= 10 else "") for i in range(count)]


@pytest.fixture(scope="session")
def make_report() -> Callable[..., ReportData]:
    def make(
        tracks: int = 10, kind: str = "multilabel", members: int = 1, count: int = 2
    ) -> ReportData:
        return whole_report(named(tracks), kind, members, count)

    return make


@pytest.fixture(scope="session")
def make_image_report() -> Callable[..., ReportData]:
    return image_report
