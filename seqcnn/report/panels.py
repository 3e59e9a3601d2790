"""Panels: what a verb of `seqcnn interpret` shows, kept as JSON, and the page of all of them."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqcnn.atomic import write_text
from seqcnn.errors import InputError
from seqcnn.report.figures import Picture
from seqcnn.report.pages import template
from seqcnn.report.records import Finding
from seqcnn.settings.interpret.verbs import VERBS
from seqcnn.version import __version__

ENDING = ".panel.json"
WIDTH = 545  # CSS pixels of a picture that does not say its own
LEVEL_WORDS = {"good": "Good", "warning": "Warning", "bad": "Problem"}


@dataclass(frozen=True)
class PanelTable:
    """A table of a panel; its first `text_columns` columns are words, the others numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    text_columns: int = 1


@dataclass(frozen=True)
class Panel:
    """One section of the page: a lead that says what is shown and when to worry, few numbers as
    `tiles` (label, value, note), findings, pictures and tables. `files` are the names of those
    written beside it."""

    verb: str
    title: str
    lead: str
    tiles: Sequence[tuple[str, str, str]] = ()
    findings: Sequence[Finding] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[PanelTable] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    bundle: str = ""  # folder and file
    network: str = ""
    created: str = ""
    files: Sequence[str] = ()

    def save(self, folder: Path) -> Path:
        """Write the panel into `folder`, in place of an earlier one of the same verb."""
        path = folder / f"{self.verb}{ENDING}"
        write_text(path, json.dumps(asdict(self), default=str))
        return path


def load_panels(folder: Path) -> list[Panel]:
    """The panels in `folder`, in the order of the page.

    Raises:
        InputError: one cannot be read.
    """
    panels = [_load(path) for path in sorted(folder.glob(f"*{ENDING}"))]
    place = {verb: number for number, verb in enumerate(VERBS)}
    return sorted(panels, key=lambda panel: (place.get(panel.verb, len(VERBS)), panel.verb))


def write_panels_page(folder: Path) -> Path:
    """Write `report.html` of all panels in `folder`: one file that needs no network."""
    path = folder / "report.html"
    write_text(path, panels_html(load_panels(folder)))
    return path


def panels_html(panels: Sequence[Panel]) -> str:
    """The page as HTML text; whatever files and users named is escaped."""
    bundles = dict.fromkeys((panel.bundle, panel.network) for panel in panels if panel.bundle)
    return template("panels.html.j2").render(
        panels=panels,
        bundles=list(bundles),
        level_words=LEVEL_WORDS,
        width_of=_width,
        created=max((panel.created for panel in panels), default=""),
        version=__version__,
    )


def _width(picture: Picture) -> int:
    """The width in CSS pixels that an SVG was drawn for, so that letters keep their size."""
    kind, _, encoded = picture.uri.partition(";base64,")
    if not kind.endswith("svg+xml"):
        return WIDTH
    head = base64.b64decode(encoded[:4096]).decode("utf-8", errors="ignore")
    points = re.search(r'<svg[^>]*? width="([0-9.]+)pt"', head)
    return round(float(points[1]) * 4 / 3) if points else WIDTH


def _load(path: Path) -> Panel:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return Panel(
            **{
                **read,
                "tiles": [tuple(tile) for tile in read["tiles"]],
                "findings": [Finding(**one) for one in read["findings"]],
                "pictures": [Picture(**one) for one in read["pictures"]],
                "tables": [PanelTable(**one) for one in read["tables"]],
                "files": tuple(read["files"]),
            }
        )
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not a panel of this seqcnn; remove the file") from None
