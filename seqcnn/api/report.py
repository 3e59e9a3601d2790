"""The report of a training run, put together from its results."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from lightning_fabric import Fabric

from seqcnn.api import report_classes, report_sites
from seqcnn.api.doctor import versions
from seqcnn.api.evaluation import Evaluation
from seqcnn.data.leakage import LeakageReport
from seqcnn.interpret.filters import filter_motifs
from seqcnn.report import page
from seqcnn.report.records import (
    Agreement,
    Calibration,
    Curves,
    DataFile,
    Filter,
    Finding,
    HistoryRow,
    Level,
    Member,
    Negatives,
    Nouns,
    ReportData,
    Reproducibility,
    Split,
    Table,
    Track,
)
from seqcnn.report.words import metric_name
from seqcnn.settings import TrainSettings
from seqcnn.tasks.target import part_targets
from seqcnn.tasks.task import Task, TaskData
from seqcnn.training import calibrate
from seqcnn.training.curves import pr_points, roc_points
from seqcnn.training.devices import precision_of
from seqcnn.training.metrics import Interval, Metrics

if TYPE_CHECKING:
    from seqcnn.api.members import Trained

SHOWN_METRICS = ("auroc", "auprc", "mcc", "f1", "pearson", "spearman")
FILTER_SEQUENCES = 2_000
SCATTER_POINTS = 20_000
LEAKAGE_WORDS = "as overlaps, copies or near copies"
LEVELS: dict[str, Level] = {"ok": "good", "note": "good", "warning": "warning", "bad": "bad"}


def write_report(
    path: Path,
    *,
    task: Task,
    data: TaskData,
    settings: TrainSettings,
    settings_text: str,
    card: dict[str, Any],
    members: "list[Trained]",
    logits: np.ndarray,
    evaluation: Evaluation,
    calibration: calibrate.Calibration | None,
    leakage: LeakageReport,
    fabric: Fabric,
    threads: int,
    seconds: float,
) -> None:
    """Write the report of a run as one HTML file."""
    monitor = data.target.monitor
    page.render_report(
        ReportData(
            title=f"{task.name}: {settings.model}",
            task=task.summary,
            kind=_kind(data),
            model=settings.model,
            model_description=_describe_network(card),
            parameters=card["parameters"],
            created=card["created"],
            command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            outputs=data.outputs,
            nouns=_nouns(data),
            verdict=[Finding(level, text) for level, text in evaluation.verdicts()],  # type: ignore[arg-type]
            members=[_member(number, one, monitor) for number, one in enumerate(members, 1)],
            val_metric_name=f"validation {metric_name(monitor)}",
            tracks=_tracks(data, evaluation),
            mean=_mean_track(data, evaluation),
            primary=data.target.primary,
            curves=_curves(data, evaluation),
            agreement=_agreement(data, evaluation),
            confusion=report_classes.confusion(data, evaluation),
            mistakes=report_classes.mistakes(data, evaluation),
            sections=report_sites.sections(data, evaluation),
            calibration=_calibration(data, evaluation, logits, calibration),
            splits=_splits(data),
            preflight=[Finding(LEVELS[found.level], found.message) for found in data.findings],
            leakage=_leakage_findings(data, leakage),
            leakage_table=_leakage_table(data, leakage),
            leakage_words=_leakage_words(data),
            negatives=_negatives(data),
            filters=_filters(data, members),
            letters="ACGT",
            kernels=report_classes.kernels(data, members[0].network),
            reproducibility=Reproducibility(
                versions=versions(),
                device=str(fabric.device),
                precision=precision_of(fabric),
                threads=threads,
                seed=settings.seed,
                wall_seconds=seconds,
                settings=settings_text,
                files=[DataFile(f["name"], f["sha256"], f["bytes"]) for f in card["data"]],
            ),
        ),
        path,
    )


def _kind(data: TaskData) -> Any:
    if data.target.baselines == "binary":
        return "multilabel" if len(data.outputs) > 1 else "binary"
    return "multiclass" if data.target.baselines == "multiclass" else "signal"


def _images(data: TaskData) -> bool:
    return data.encoding.kind in ("image", "pileup")


def _sites(data: TaskData) -> bool:
    return data.encoding.kind == "pileup"


def _leakage_words(data: TaskData) -> str:
    if _sites(data):
        return "by position"
    return "pixel for pixel" if _images(data) else LEAKAGE_WORDS


def _nouns(data: TaskData) -> Nouns:
    nouns = Nouns()
    if _images(data):
        simple = "counts of alleles" if _sites(data) else "likeness of pixels"
        nouns = replace(nouns, examples="images", simple=simple)
    if _kind(data) == "multiclass":
        nouns = replace(nouns, output="class", outputs="classes")
    return nouns


def _describe_network(card: dict[str, Any]) -> str:
    arguments = ", ".join(
        f"{name} {value}" for name, value in card["architecture"]["arguments"].items()
    )
    count = f"{card['members']} networks averaged" if card.get("members", 1) > 1 else ""
    return "; ".join(part for part in (arguments, count) if part) or "default arguments"


def _member(number: int, member: "Trained", monitor: str) -> Member:
    rows = [
        HistoryRow(
            step=int(row["step"]),
            epoch=row["epoch"],
            train_loss=row.get("train_loss"),
            val_loss=row.get("val_loss"),
            val_metric=row.get(f"val_{monitor}"),
            lr=row.get("lr"),
        )
        for row in member.fit.history
    ]
    return Member(f"network {number}", rows, member.fit.best_step)


def _shown(
    found: dict[str, Interval], names: tuple[str, ...] = SHOWN_METRICS
) -> dict[str, tuple[float, float, float]]:
    return {name: tuple(found[name]) for name in names if name in found}  # type: ignore[misc]


def _tracks(data: TaskData, evaluation: Evaluation) -> list[Track]:
    tracks = []
    for index, name in enumerate(data.outputs):
        counts = evaluation.metrics.counts[index]
        tracks.append(
            Track(
                name=name,
                n=counts.get("rows", counts.get("n", evaluation.metrics.rows)),
                positives=counts.get("positives"),
                metrics=_shown(evaluation.metrics.tracks[index]),
                baselines={
                    baseline: _shown(found.tracks[index])
                    for baseline, found in evaluation.baselines.items()
                },
            )
        )
    return tracks


def _mean_track(data: TaskData, evaluation: Evaluation) -> Track | None:
    if len(data.outputs) == 1:
        return None

    shown: tuple[str, ...] = SHOWN_METRICS
    if _kind(data) == "multiclass":
        shown = (*shown, "accuracy", "top1_error")
        # Among five classes or fewer every call is right.
        shown = (*shown, "top5_error") if len(data.outputs) > 5 else shown

    def mean(found: Metrics) -> dict[str, tuple[float, float, float]]:
        return _shown(found.mean, shown)

    gains = [found[data.target.primary] for found in evaluation.gains.values()]
    return Track(
        name="mean of all",
        n=evaluation.metrics.rows,
        positives=None,
        metrics=mean(evaluation.metrics),
        baselines={name: mean(found) for name, found in evaluation.baselines.items()},
        gain=tuple(min(gains)) if gains else None,  # type: ignore[arg-type]
    )


def _curves(data: TaskData, evaluation: Evaluation) -> list[Curves]:
    if not data.target.probabilities:
        return []
    curves = []
    for index, name in enumerate(data.outputs):
        labels, scores = evaluation.targets[:, index : index + 1], evaluation.values[:, index]
        if data.target.baselines == "multiclass":
            labels = evaluation.targets == index
        labels = labels[:, 0].astype(np.float32)
        if len(np.unique(labels)) < 2:
            continue
        false_positive, true_positive = roc_points(scores, labels)
        recall, precision = pr_points(scores, labels)
        curves.append(
            Curves(name, false_positive, true_positive, recall, precision, float(labels.mean()))
        )
    return curves


def _agreement(data: TaskData, evaluation: Evaluation) -> list[Agreement]:
    found = []
    rows = np.linspace(0, len(evaluation.values) - 1, SCATTER_POINTS).astype(int)
    rows = np.unique(rows)
    for columns, part in data.target.parts(len(data.outputs)):
        if part.baselines != "regression":
            continue
        predicted, observed = part.comparable(
            evaluation.values[rows, columns], evaluation.targets[rows, columns]
        )
        found += [
            Agreement(name, observed[:, index], predicted[:, index], unit="log(1 + signal)")
            for index, name in enumerate(data.outputs)
        ]
    return found


def _calibration(
    data: TaskData,
    evaluation: Evaluation,
    logits: np.ndarray,
    calibration: calibrate.Calibration | None,
) -> list[Calibration]:
    if calibration is None:
        return []
    columns, part = data.target.parts(len(data.outputs))[0]
    mean = logits.mean(axis=0)[:, columns]
    observed = part_targets(evaluation.targets, columns)
    _, targets = part.comparable(mean, observed)
    names = data.outputs if part.baselines == "binary" else ("called class",)
    return [
        Calibration(
            name,
            found["kind"],
            _points(found["before"]),
            _points(found["after"]),
            found["before"]["ece"],
            found["after"]["ece"],
        )
        for name, found in zip(names, calibration.report(mean, targets), strict=True)
    ]


def _points(found: dict[str, Any]) -> np.ndarray:
    return np.stack([found["predicted"], found["seen"], found["count"]], axis=1)


def _splits(data: TaskData) -> list[Split]:
    splits = []
    for name, examples in data.splits.items():
        share = None
        if data.target.baselines == "binary":
            share = float(np.nanmean(examples.targets[:, : len(data.outputs)]))
        each = report_classes.per_class(data, examples) if _kind(data) == "multiclass" else ""
        origin = "" if _images(data) and not _sites(data) else examples.origin()
        splits.append(Split(name, len(examples), share, origin, each))
    return splits


def _leakage_findings(data: TaskData, leakage: LeakageReport) -> list[Finding]:
    """What is wrong, or one sentence that nothing is; the table has every check."""
    wrong = [
        Finding(LEVELS[found.severity], found.sentence)
        for found in leakage.findings
        if found.severity != "ok"
    ]
    if not leakage.findings:
        return [Finding("warning", f"{note[:1].upper()}{note[1:]}.") for note in leakage.notes]
    nothing = "No overlaps, duplicates or near duplicates between the splits."
    if _sites(data):
        nothing = "No images of two splits overlap."
    elif _images(data):
        nothing = "No image is in two splits, pixel for pixel."
    return wrong or [Finding("good", nothing)]


def _leakage_table(data: TaskData, leakage: LeakageReport) -> Table | None:
    if not leakage.findings:
        return None
    kinds = {
        "overlap": "images that overlap" if _sites(data) else "windows that overlap",
        "exact": "the same pixels" if _images(data) else "the same sequence",
        "near": "half of the minimizers shared",
        "conflict": "copies with other labels",
    }
    return Table(
        ("Check", f"{_nouns(data).examples.capitalize()} of", "Against", "Found", "Of", "Share"),
        [
            (
                kinds.get(found.kind, found.kind),
                found.splits[-1],
                found.splits[0] if len(found.splits) > 1 else "itself",
                found.count,
                found.total,
                f"{found.share:.2%}",
            )
            for found in leakage.findings
        ],
    )


def _negatives(data: TaskData) -> Negatives | None:
    if data.negatives is None:
        return None
    return Negatives(data.negatives.lines())


def _filters(data: TaskData, members: "list[Trained]") -> list[Filter]:
    if _images(data):
        return []
    examples = data.splits["val"]
    rows = np.unique(np.linspace(0, len(examples) - 1, FILTER_SEQUENCES).astype(int))
    motifs = filter_motifs(
        members[0].network.cpu(),
        examples.take(rows),
        inputs=data.encoding.inputs,
    )
    return [
        Filter(f"filter {motif.number + 1}", motif.counts, motif.information, motif.share)
        for motif in motifs[:24]
    ]
