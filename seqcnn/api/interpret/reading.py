"""What a verb of `seqcnn interpret` found: a table, figures, arrays and a panel of the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from seqcnn.api import folder as files
from seqcnn.api.model import Model
from seqcnn.atomic import whole_file, write_text
from seqcnn.report.panels import Panel, load_panels, write_panels_page
from seqcnn.report.style import styled
from seqcnn.settings.interpret.base import InterpretSettings


@dataclass(frozen=True)
class Reading:
    """The result of one verb; `str()` is what the command prints.

    `table` is tidy, one row a thing; `tables`, `figures` and `arrays` have the names of the files
    that `write` makes of them, `texts` whole file names and what is written into each.
    """

    verb: str
    table: pd.DataFrame
    panel: Panel
    figures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        figures = f"; figures {', '.join(self.figures)}" if self.figures else ""
        return f"Reading({self.verb!r}: {len(self.table):,} rows{figures})"

    def _repr_html_(self) -> str:
        from seqcnn.report.reading_html import reading_html

        return reading_html(self.panel, self.text, self.table, self.figures)

    def write(self, folder: Path | str) -> list[Path]:
        """Write `<verb>.tsv`, a TSV a further table, a PNG a figure, `<verb>.npz`, and the page of
        all verbs' panels in `folder`; each whole or not at all.

        Raises:
            InputError: the folder cannot be made or written.
        """
        folder = Path(folder)
        files.make_folder(folder)
        paths = [_write_table(folder / f"{self.verb}.tsv", self.table)]
        for name, table in self.tables.items():
            paths.append(_write_table(folder / f"{self.verb}_{name}.tsv", table))
        for name, text in self.texts.items():
            write_text(folder / name, text)
            paths.append(folder / name)
        for stem, figure in self.figures.items():
            path = folder / f"{stem}.png"
            with whole_file(path) as temporary, styled():
                figure.savefig(temporary, format="png", dpi=150)
            paths.append(path)
        if self.arrays:
            path = folder / f"{self.verb}.npz"
            with whole_file(path) as temporary, temporary.open("wb") as opened:
                np.savez_compressed(opened, allow_pickle=False, **self.arrays)
            paths.append(path)
        written = [path.name for path in paths]
        for earlier in load_panels(folder):
            # A figure of another layer or sequence would seem to be of this run.
            for name in set(earlier.files) - set(written) if earlier.verb == self.verb else ():
                (folder / Path(name).name).unlink(missing_ok=True)
        replace(self.panel, files=written).save(folder)
        return [*paths, write_panels_page(folder)]


def finished(
    reading: Reading, model: Model, settings: InterpretSettings, *, write: bool
) -> Reading:
    """The reading with bundle, time and settings in its panel; written to `out` where asked."""
    shown = files.names_only(settings.model_dump(mode="json", exclude={"out", "bundle"}))
    told = {name: value for name, value in shown.items() if value not in (None, [], "")}
    panel = replace(
        reading.panel,
        bundle=_with_folder(model.name, settings.bundle),
        network=model.card["architecture"]["name"],
        created=files.now(),
        settings=told,
    )
    reading = replace(reading, panel=panel)
    if write:
        reading.write(settings.out)
    return reading


def _with_folder(name: str, bundle: Path) -> str:
    """The bundle's name after its folder's, where that is known: many are a model.safetensors."""
    return f"{bundle.resolve().parent.name}/{name}" if len(bundle.parts) > 1 else name


def _write_table(path: Path, table: pd.DataFrame) -> Path:
    write_text(path, table.to_csv(sep="\t", index=False, float_format="%.6g"))
    return path
