"""Read data as training would, and say what they are and what is wrong with them."""

from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from seqcnn.api import folder as files
from seqcnn.api.out_file import require_room
from seqcnn.api.split_summary import SplitSummary, TrackSummary, findings_of, summarise
from seqcnn.api.train import NO_LEAKAGE, read_data, resolve_settings
from seqcnn.atomic import write_text
from seqcnn.data.check import Finding
from seqcnn.data.leakage import LeakageReport
from seqcnn.report.checked import checked_html
from seqcnn.report.records import Finding as Said
from seqcnn.report.words import percent, plain
from seqcnn.version import __version__

SHOWN_TRACKS = 20  # printed; check.json and the page have all
LEVELS = {"note": "note", "warning": "warning", "ok": "good", "bad": "bad"}


@dataclass(frozen=True)
class Checked:
    """What data are, and what was found; `str()` is what the command prints.

    `severity` is the worst of all findings: "ok", "warning" or "bad".
    """

    task: str
    words: str
    splits: tuple[SplitSummary, ...]
    findings: tuple[Finding, ...]
    negatives: tuple[str, ...]
    leakage: LeakageReport
    files: tuple[Path, ...]
    settings: dict[str, Any]

    @property
    def severity(self) -> str:
        worst = self.leakage.severity
        warned = any(finding.level == "warning" for finding in self.findings)
        return "warning" if worst == "ok" and warned else worst

    def said(self) -> list[Said]:
        """All findings with their weight, the gravest first; in one line that nothing leaks."""
        leaks = [leak for leak in self.leakage.findings if leak.severity != "ok"]
        clean = bool(self.leakage.findings) and not leaks
        found = [
            *((finding.level, finding.message) for finding in self.findings),
            *(("note", line) for line in self.negatives),
            *((leak.severity, f"leakage: {leak.sentence}") for leak in leaks),
            *([("ok", NO_LEAKAGE)] if clean else []),
            *(("note", f"leakage: {note}") for note in self.leakage.notes),
        ]
        order = ("bad", "warning", "note", "good")
        said = [(LEVELS[level], text) for level, text in found]
        said.sort(key=lambda pair: order.index(pair[0]))
        return [Said(level, text) for level, text in said]  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able values."""
        return {
            "seqcnn": __version__,
            "task": self.task,
            "severity": self.severity,
            "inputs": self.words,
            "splits": [asdict(split) for split in self.splits],
            "findings": [asdict(finding) for finding in self.findings],
            "negatives": list(self.negatives),
            "leakage": self.leakage.to_dict(),
            "files": [str(path) for path in self.files],
            "settings": self.settings,
        }

    def split_rows(self) -> tuple[list[str], list[list[str]]]:
        """Names of the columns, and a row a split."""
        rows = [
            [
                split.name, plain(split.examples), plain(_known(split.contigs)),
                percent(split.gc), percent(split.unknown),
            ]
            for split in self.splits
        ]  # fmt: skip
        return ["split", "examples", "contigs", "GC", "N"], rows

    def track_rows(self) -> tuple[list[str], list[list[str]]]:
        """Names of the columns, and a row a track: positives of each split, or the mean signal."""
        by_name: dict[str, list[str]] = {}
        for split in self.splits:
            for track in split.tracks:
                by_name.setdefault(track.name, []).append(_amount(track))
        rows = [[name, *cells] for name, cells in by_name.items()]
        return ["track", *(f"in {split.name}" for split in self.splits)], rows

    def __str__(self) -> str:
        text = StringIO()
        console = Console(file=text, highlight=False, width=100)
        columns, rows = self.track_rows()
        console.print(f"{self.task}: {self.words}; {len(rows)} outputs", soft_wrap=True)
        for header, body in (self.split_rows(), (columns, rows[:SHOWN_TRACKS])):
            table = Table(box=None, pad_edge=False)
            for number, name in enumerate(header):
                table.add_column(name, justify="right" if number else "left", no_wrap=True)
            for row in body:
                table.add_row(*row)
            console.print("", table)
        if len(rows) > SHOWN_TRACKS:
            console.print(f"… and {len(rows) - SHOWN_TRACKS} more", "")
        console.print()
        for finding in self.said():
            level = "ok" if finding.level == "good" else finding.level
            console.print(f"{level:<8}{finding.text}", soft_wrap=True, markup=False)
        return text.getvalue().rstrip("\n")


def check(*, config: Path | None = None, quiet: bool = True, **flags: Any) -> Checked:
    """Read data as `seqcnn train` would with these settings, and look at them without training.

    `config` may be a file of training: all its settings are checked. With `out` the findings are
    written to `check.json` and `check.html` in that folder.

    Raises:
        InputError: what `train` would refuse.
    """
    out = flags.pop("out", None)
    settings, task, is_demo = resolve_settings(config, {**flags, **({"out": out} if out else {})})
    if out:
        require_room(Path(out))
    console = Console(quiet=quiet, stderr=True, highlight=False)
    if is_demo:
        console.print(f"No data was named: this is {task.demo_words}.")
    data = read_data(task, settings, Console(quiet=True))
    summaries = [summarise(data, split) for split in data.splits]
    checked = Checked(
        task=task.name,
        words=data.encoding.words,
        splits=tuple(summaries),
        findings=(*data.findings, *findings_of(summaries)),
        negatives=() if data.negatives is None else tuple(data.negatives.lines()),
        leakage=data.encoding.leakage(data.splits),
        files=data.files,
        settings={
            name: value
            for name, value in settings.model_dump(mode="json").items()
            if name in settings.model_fields_set
        },
    )
    if out:
        files.make_folder(Path(out))
        files.write_json(Path(out) / files.CHECKED, checked.to_dict())
        page = checked_html(
            task=checked.task,
            words=checked.words,
            severity=checked.severity,
            findings=checked.said(),
            splits=checked.split_rows(),
            tracks=checked.track_rows(),
            files=[path.name for path in checked.files],
            created=files.now(),
        )
        write_text(Path(out) / "check.html", page)
    return checked


def _known(value: int | None) -> float:
    return float("nan") if value is None else float(value)


def _amount(track: TrackSummary) -> str:
    if track.positives is None:
        return f"mean {track.mean:.4g}"
    return f"{track.positives:,} ({percent(track.mean)})"
