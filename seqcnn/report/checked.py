"""The page of `seqcnn check`: findings first, then the tables."""

from collections.abc import Sequence

from seqcnn.report.pages import template
from seqcnn.report.panels import PanelTable
from seqcnn.report.records import Finding
from seqcnn.version import __version__

LEVEL_WORDS = {"good": "Good", "note": "Note", "warning": "Warning", "bad": "Problem"}
HEADLINES = {
    "ok": "Nothing was found that would spoil training or measuring.",
    "warning": "Training will run; read the warnings first.",
    "bad": "Training will run, and its numbers will not be worth believing: see the problems.",
}
Rows = tuple[list[str], list[list[str]]]


def checked_html(
    *,
    task: str,
    words: str,
    severity: str,
    findings: Sequence[Finding],
    splits: Rows,
    tracks: Rows,
    files: Sequence[str],
    created: str,
) -> str:
    """The page as HTML text; whatever files and users named is escaped."""
    return template("checked.html.j2").render(
        task=task,
        words=words,
        headline=HEADLINES[severity],
        level={"ok": "good"}.get(severity, severity),
        findings=findings,
        level_words=LEVEL_WORDS,
        tables=[PanelTable("Splits", *splits), PanelTable("Labels", *tracks)],
        files=files,
        created=created,
        version=__version__,
    )
