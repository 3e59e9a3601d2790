"""Genotypes of candidate sites, from the reads of samples whose genotypes are known."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from seqcnn.calling.candidates import Thresholds
from seqcnn.calling.drawn_files import Drawn
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.images import SIZES, PileupImages
from seqcnn.calling.labelled_parts import Source
from seqcnn.calling.training_images import draw_training_images
from seqcnn.data.blocks import split_positions
from seqcnn.data.check import Finding
from seqcnn.data.pileups import Pileups
from seqcnn.encoders.deepvariant import REFERENCE_ROWS
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.genotypes import Genotype
from seqcnn.tasks.known_samples import open_sources
from seqcnn.tasks.pileup_encoding import PileupEncoding
from seqcnn.tasks.task import SPLITS, Task, TaskData
from seqcnn.training.bar import Bar

MOST = 20.0  # times that an example is drawn for one of the commonest kind
# DeepVariant's, where they differ from those of short reads.
THRESHOLDS = {
    "illumina": Thresholds(),
    "hifi": Thresholds(min_fraction_indel=0.12, min_mapping_quality=1),
    "ont": Thresholds(min_fraction_snp=0.08, min_fraction_indel=0.12),
}


def read(settings: DataSettings) -> TaskData:
    """Labelled images of the candidates of all samples, split by region.

    Raises:
        InputError: a file cannot be used, or files do not belong together.
    """
    examine = examine_settings(settings)
    images = examine.images
    if (not images.pictures or images.number_rows) and getattr(settings, "thin", False):
        raise InputError(
            f"--thin leaves out rows of pictures, and --encoder {settings.encoder} counts "
            "fragments; pass --downsample for sites at a lower depth"
        )
    if images.number_rows and getattr(settings, "model", "pileup") != "pileup":
        raise InputError(
            f"--encoder {settings.encoder} has numbers below its picture, which only the network "
            "'pileup' reads; pass --encoder compact"
        )
    natural(settings)  # before anything takes long
    sources, findings = open_sources(settings)
    with _progress() as advance:
        drawn = draw_training_images(
            sources,
            examine,
            images_folder(settings),
            shares=[1.0, *settings.downsample],
            seed=settings.split_seed,
            processes=settings.processes,
            advance=advance,
        )
    findings += told(drawn)
    encoding = PileupEncoding(examine, settings.preset)
    names = examine.images.genotypes
    examples = Pileups(
        drawn.images,
        np.arange(len(drawn.images)),
        drawn.targets[:, None].astype(np.float32),
        names,
        drawn.sites,
        reference_rows=REFERENCE_ROWS if settings.encoder == "deepvariant" else 0,
        number_rows=images.number_rows,
    )
    if not len(examples):
        raise InputError("no candidate site of the BAM lies in the confident regions")
    splits = _split(examples, sources, settings, examine.images.reach)
    _require_classes(splits, names)
    train = splits["train"]
    splits["train"] = replace(train, sampling=sampling(train, settings.balance))
    return TaskData(
        target=Genotype(),
        outputs=names,
        splits=splits,
        encoding=encoding,
        files=(*settings.bam, *settings.reference, *settings.truth, *settings.confident),
        findings=tuple(findings),
        card={
            "reads": {**pooled(drawn.reads), "samples": drawn.reads},
            "candidate_recall": {
                kind: {"found": found, "of": total} for kind, (found, total) in drawn.recall.items()
            },
        },
    )


def examine_settings(settings: DataSettings) -> ExamineSettings:
    """How sites are found and drawn, as the flags say."""
    rows, columns = SIZES[settings.encoder]
    images = PileupImages(
        settings.encoder, settings.scheme, settings.rows or rows, settings.columns or columns
    )
    return ExamineSettings(
        thresholds=THRESHOLDS[settings.preset],
        images=images,
        realign=settings.realign,
    )


def images_folder(settings: DataSettings) -> Path:
    """Where drawn images are kept; a folder that goes with the process where none is named."""
    chosen = settings.images_folder or os.environ.get("SEQCNN_CACHE")
    if chosen:
        return Path(chosen)
    out: Path | None = getattr(settings, "out", None)
    return out / "pileups" if out else Path(tempfile.mkdtemp(prefix="seqcnn-pileups-"))


def told(drawn: Drawn) -> list[Finding]:
    """What the user should know of the sites before any network sees them."""
    findings = []
    for kind, (found, total) in drawn.recall.items():
        share = f"{found / total:.2%}" if total else "none"
        findings.append(
            Finding(
                "note",
                f"candidate recall, {kind}: {found:,} of {total:,} true alleles ({share}); "
                "no network can call more",
            )
        )
    left = {name: drawn.why.get(name, 0) for name in ("unresolved", "outside")}
    findings.append(
        Finding(
            "note",
            f"{sum(drawn.why.values()):,} sites; without a label and left out: "
            f"{left['outside']:,} outside of the confident regions, {left['unresolved']:,} where "
            "no genotypes of the sites make the truth",
        )
    )
    return findings


def _split(
    examples: Pileups, sources: list[Source], settings: DataSettings, reach: int
) -> dict[str, Pileups]:
    lengths: dict[str, int] = {}
    for source in sources:
        for region in source.regions:
            lengths[region.contig] = source.alignments.length_of[region.contig]
    split = split_positions(
        examples.sites.contig,
        examples.sites.pos,
        lengths,
        val=settings.val_contigs,
        test=settings.test_contigs,
        shares=(settings.val_share, settings.test_share),
        gap=reach,
        seed=settings.split_seed,
    )
    split[(split != "train") & ~np.isin(examples.sites.source, natural(settings))] = ""
    return {name: examples.subset(split == name) for name in SPLITS}


def natural(settings: DataSettings) -> list[int]:
    """Numbers of the samples that --val-bam names; of all without.

    Raises:
        InputError: a name that is not one of --bam.
    """
    unknown = [str(path) for path in settings.val_bam if path not in settings.bam]
    if unknown:
        raise InputError(f"--val-bam {unknown[0]}: is none of --bam; name it as it stands there")
    if not settings.val_bam:
        return list(range(len(settings.bam)))
    return [settings.bam.index(path) for path in settings.val_bam]


def _require_classes(splits: dict[str, Pileups], names: tuple[str, ...]) -> None:
    """Refuse to train without the genotypes that every sample has."""
    for split, found in splits.items():
        if not len(found):
            raise InputError(
                f"the {split} split is empty; name contigs with --val-contigs and --test-contigs, "
                "or give more regions"
            )
    counts = Counter(splits["train"].targets[:, 0].astype(int).tolist())
    missing = [names[number] for number in range(3) if not counts[number]]
    if missing:
        raise InputError(
            f"no training image has genotype {' or '.join(missing)}; give more regions, or data "
            "with such sites (false candidates come from sequencing errors)"
        )


def sampling(examples: Pileups, balance: float) -> npt.NDArray[np.float64] | None:
    """Relative probability (n,) of being drawn: a factor of the genotype times one of SNP or indel.

    Each is its number to the power of `-balance`, at most 20 times that of the commonest. A
    product, so that only the genotype's part shifts what the network takes for likely.
    """
    if not balance:
        return None
    classes = examples.targets[:, 0].astype(np.int64)
    weights = np.ones(len(examples))
    for kinds in (classes, examples.sites.indel().astype(np.int64)):
        counts = np.bincount(kinds)
        factor = (counts.max() / np.maximum(counts, 1)) ** balance
        weights *= np.minimum(factor, MOST)[kinds]
    return weights


def pooled(profiles: list[dict[str, Any]]) -> dict[str, Any]:
    """The range of each figure over all samples: least and most, and their mean."""
    found: dict[str, Any] = {}
    for name in ("read_length", "base_quality", "mapping_quality", "fragment_length"):
        values = [one[name] for one in profiles if one[name] is not None]
        found[name] = (
            {"least": min(values), "most": max(values), "mean": round(float(np.mean(values)), 2)}
            if values
            else None
        )
    coverages = [one["coverage"] for one in profiles]
    found["coverage"] = {
        "mean": round(float(np.mean([one["mean"] for one in coverages])), 2),
        "least": min(one["p5"] for one in coverages),
        "most": max(one["p95"] for one in coverages),
    }
    return found


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar of the bp drawn, as `advance(done, total)`."""
    bar = Bar(
        TextColumn("drawing images"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} bp"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("bp", total=0)
        yield lambda done, total: bar.update(task, completed=done, total=total)


TASK = Task(
    name="variants",
    summary="the genotype of a candidate site, from its reads",
    model="pileup",
    model_arguments={},
    models={"counts": "counts"},
    defaults={
        "batch_size": 64,
        "lr": 2e-3,
        "passes": 8,
        "ema_decay": 0.999,
        "val_share": 0.1,
        "test_share": 0.1,
    },
    sources=("bam", "truth", "confident"),
    demo={},
    read=read,
)
