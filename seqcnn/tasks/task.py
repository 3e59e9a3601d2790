"""A task: which files it reads, what it makes of them, and how training starts by default."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.data import notebook
from seqcnn.data.check import Finding
from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.encoding import Encoding, SequenceEncoding
from seqcnn.tasks.target import Target

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Placed:
    """Where examples lie in a genome.

    `spans` (contig, start, end, split) say which stretches belong to which split, `windows` are the
    examples of each split that have a place: all but made sequences.
    """

    genome: Genome
    spans: pd.DataFrame
    windows: dict[str, Examples]


@dataclass(frozen=True)
class TaskData:
    """What a task read: named outputs, examples by split, and all that was noticed on the way."""

    target: Target
    outputs: tuple[str, ...]
    # Examples or Images: train, val, test; one may be missing when only evaluating.
    splits: dict[str, Any]
    encoding: Encoding
    files: tuple[Path, ...]
    findings: tuple[Finding, ...] = ()
    negatives: Any = None  # report of made negatives
    card: dict[str, Any] = field(default_factory=dict)  # what a bundle tells of the data besides
    placed: Placed | None = None  # None: the examples are not windows of a genome

    def __repr__(self) -> str:
        sizes = ", ".join(f"{split} {len(found):,}" for split, found in self.splits.items())
        return f"TaskData({len(self.outputs)} outputs, {self.encoding.words}; {sizes})"

    def _repr_html_(self) -> str:
        rows = [
            [split, f"{len(found):,}", notebook.labels(found.targets, self.outputs), _gc(found),
             found.origin()]
            for split, found in self.splits.items()
        ]  # fmt: skip
        columns = ("split", "examples", "labels", "GC", "from")
        said = [
            notebook.warning(one.message) if one.level != "note" else notebook.text(one.message)
            for one in self.findings
        ]
        title = f"{self.target.name} data: {len(self.outputs)} outputs, {self.encoding.words}"
        return notebook.shown(title, *said, notebook.grid(columns, rows, words=5))


@dataclass(frozen=True)
class Task:
    """One task of the registry; names, not numbers: `len()` of them gives channels and outputs."""

    name: str
    summary: str
    model: str
    model_arguments: dict[str, Any]  # of the default model
    defaults: dict[str, Any]  # settings that differ from the common defaults
    sources: tuple[str, ...]  # data flags, one of which is needed; none: the demo data
    demo: dict[str, Any]  # settings of the demo data, paths relative to the demo folder
    read: Callable[[DataSettings], TaskData]
    models: dict[str, str] = field(default_factory=dict)  # by encoder, where not the default one
    demo_words: str = "the demo data (an invented genome)"

    def demo_settings(self, given: dict[str, Any]) -> dict[str, Any]:
        """The demo data's settings where `given` settings name no data, else none."""
        if any(given.get(name) for name in self.sources):
            return {}
        folder = demo_folder()
        settings = dict(self.demo)
        for name, value in self.demo.items():
            if isinstance(value, Path):
                settings[name] = folder / value
            elif isinstance(value, tuple):
                settings[name] = [folder / file for file in value]
        return settings


def _gc(examples: Any) -> str:
    return f"{examples.gc():.1%}" if isinstance(examples, Examples) else ""


def by_split(
    genome: Genome,
    windows: pd.DataFrame,
    targets: np.ndarray,
    names: tuple[str, ...],
    split: np.ndarray,
    sampling: np.ndarray | None = None,
) -> dict[str, Examples]:
    """Examples of each split from windows, their targets and how often each is drawn.

    `split` (N,) holds "train", "val", "test", or "" for windows to leave out.

    Raises:
        InputError: a split gets no window.
    """
    examples = {}
    for name in SPLITS:
        rows = np.flatnonzero(split == name)
        if not len(rows):
            raise InputError(
                f"the {name} split is empty: none of {len(windows):,} windows lies in it; "
                "choose with --val-contigs and --test-contigs, or change the shares"
            )
        chosen = windows.iloc[rows].reset_index(drop=True)
        found = Examples.from_windows(genome, chosen, targets[rows], names=names)
        if sampling is not None and name == "train":
            found = replace(found, sampling=sampling[rows])
        examples[name] = found
    return examples


def task_data(
    settings: DataSettings,
    target: Target,
    outputs: tuple[str, ...],
    splits: dict[str, Examples],
    files: Iterable[Path | None],
    findings: Iterable[Finding] = (),
    negatives: Any = None,
    placed: Placed | None = None,
) -> TaskData:
    """What a task read of sequences, with their encoding.

    Raises:
        InputError: splits of a genome are given for sequences that have no place in one.
    """
    if settings.splits is not None and placed is None:
        raise InputError(
            f"--splits {settings.splits}: is for windows of a --genome, and these sequences have "
            "no place in one; leave it out"
        )
    files = (*files, settings.splits)
    return TaskData(
        target=target,
        outputs=outputs,
        splits=splits,
        encoding=SequenceEncoding(splits["train"].length, settings.ambiguous, settings.stranded),
        files=tuple(path for path in files if path is not None),
        findings=tuple(findings),
        negatives=negatives,
        placed=placed,
    )


def demo_folder() -> Path:
    """Where the demo data lies: inside the installed package, or in the source tree.

    Raises:
        InputError: it is in neither place.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "demo", package.parent / "data" / "demo"):
        if folder.is_dir():
            return folder
    raise InputError("the demo data is not installed; name your own data (see --help)")


def require_variety(data: TaskData) -> None:
    """Refuse splits in which every example has the same label.

    Raises:
        InputError: a split is empty, or a classification split holds one class.
    """
    for split, examples in data.splits.items():
        if len(examples) == 0:
            raise InputError(
                f"the {split} split is empty; change --{split}-contigs or --{split}-share"
                if split != "train"
                else "no training examples are left; give more contigs to training"
            )
        if data.target.probabilities and len(examples.targets) > 1:
            labels, _ = data.target.parts(len(data.outputs))[0]
            single = (examples.targets == examples.targets[0]).all(axis=0)[labels]
            if single.all():
                if data.negatives is not None:
                    raise InputError(
                        f"the {split} split got no negatives ({'; '.join(data.negatives.lines())})"
                        "; give a larger --genome, or --negatives shuffle or a file"
                    )
                raise InputError(
                    f"the {split} split holds one class only "
                    f"(every label is {examples.targets[0, 0]:g}); "
                    "add negatives (--negatives genomic) or choose other contigs for it"
                )
