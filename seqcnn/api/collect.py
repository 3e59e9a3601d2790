"""One page over many results: runs, called samples, scored variants, interpretations."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from seqcnn.api import collect_tables as tables
from seqcnn.api.collect_paths import Given, look
from seqcnn.api.collect_runs import Address, read_runs, short_names
from seqcnn.api.collect_samples import read_samples
from seqcnn.api.collect_scores import read_scores
from seqcnn.api.out_file import check_out_file, refuse_input
from seqcnn.atomic import write_text
from seqcnn.data.notebook import shown, text
from seqcnn.errors import InputError
from seqcnn.report.collected import collected_html
from seqcnn.report.collected_records import Collection, Interpretation
from seqcnn.report.collected_runs import same_data
from seqcnn.report.panels import load_panels
from seqcnn.settings import resolve
from seqcnn.settings.report import ReportSettings

TABLES = ("runs", "metrics", "networks", "samples", "accuracy", "variants", "findings")
FIRST = 8  # rows of a table in a notebook


@dataclass(frozen=True, repr=False)
class Collected:
    """What was found, as tables, and where the page is (None where none was asked for).

    Attributes:
        path: the page.
        runs, metrics, networks: a row a run; a run, model and metric; a network with its spread.
        samples, accuracy: a row a called sample; a compared sample and kind of variant.
        variants: the strongest scored variants of each track.
        findings: what interpretations found.
    """

    path: Path | None
    runs: pd.DataFrame
    metrics: pd.DataFrame
    networks: pd.DataFrame
    samples: pd.DataFrame
    accuracy: pd.DataFrame
    variants: pd.DataFrame
    findings: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that have rows, by name."""
        found = {name: getattr(self, name) for name in TABLES}
        return {name: table for name, table in found.items() if len(table)}

    def __str__(self) -> str:
        counts = (
            ", ".join(
                f"{len(table):,} {name.removesuffix('s') if len(table) == 1 else name}"
                for name, table in self.tables.items()
            )
            or "nothing that has rows"
        )
        return f"{self.path}: {counts}" if self.path else counts

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [
            text(f"{name}: {len(table):,} rows")
            + table.head(FIRST).to_html(index=False, float_format="{:.4g}".format, na_rep="")
            for name, table in self.tables.items()
            if name != "metrics"
        ]
        return shown(str(self), *parts)


def report(
    paths: Sequence[Path | str] | Path | str,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Collected:
    """Read what `paths` hold and, with `out`, write the page and its tables beside it.

    Example: `seqcnn.api.collect.report(["runs/a", "runs/b"], out="report.html").runs`.

    Raises:
        InputError: a path is missing or is nothing known, a file in it cannot be read, or the
            page cannot be written.
    """
    several = [paths] if isinstance(paths, (str, Path)) else paths
    given = {**flags, "paths": [Path(path) for path in several]}
    settings = resolve(ReportSettings, config, given, {})
    console = Console(quiet=quiet, stderr=True, highlight=False)
    found = look(settings.paths)
    if settings.out is not None:
        _check_out(settings.out, found)
    address = _addresses(settings.out)
    collection = _collect(settings.title, found, address, console)
    letters = same_data(collection.runs)
    collected = Collected(
        settings.out,
        tables.runs_frame(collection.runs, letters),
        tables.metrics_frame(collection.runs),
        tables.networks_frame(collection.runs, letters),
        tables.samples_frame(collection.samples),
        tables.accuracy_frame(collection.samples),
        tables.variants_frame(collection.scores),
        tables.findings_frame(collection.interpretations),
    )
    if settings.out is not None:
        files = []
        for name in TABLES:
            path = _beside(settings.out, name)
            if name not in collected.tables:
                path.unlink(missing_ok=True)  # of an earlier page of this name
                continue
            table = collected.tables[name]
            write_text(path, table.to_csv(sep="\t", index=False, float_format="%.6g"))
            files.append(path.name)
        write_text(settings.out, collected_html(collection, files))
    return collected


def _collect(title: str, found: Sequence[Given], address: Address, console: Console) -> Collection:
    scored = [one.path for one in found if one.kind == "scores"]
    folders = [one.path for one in found if one.kind == "panels"]
    links = [one for one in found if one.kind == "link"]
    names = short_names([one.path for one in links])
    return Collection(
        title=title,
        runs=read_runs(found, address),
        samples=read_samples(found, address, console),
        scores=[
            read_scores(path, name, address(path), console)
            for path, name in zip(scored, short_names(scored), strict=True)
        ],
        interpretations=[
            Interpretation(
                name, address(path / "report.html"), panel.verb, panel.title, panel.bundle,
                panel.tiles, panel.findings,
            )
            for path, name in zip(folders, short_names(folders), strict=True)
            for panel in load_panels(path)
        ],
        links=[
            (name, address(one.path), one.words) for one, name in zip(links, names, strict=True)
        ],
    )  # fmt: skip


def _check_out(out: Path, found: Sequence[Given]) -> None:
    """Refuse a page that is none, or that would replace the report of what it is made of."""
    if out.suffix != ".html":
        raise InputError(f"--out {out}: the page is one .html file; name it so")
    check_out_file(out)
    for written in (out, *(_beside(out, name) for name in TABLES)):
        refuse_input(written, [one.path for one in found])
    for one in found:
        if one.path.resolve() == out.resolve().parent and out.name == "report.html":
            raise InputError(f"--out {out}: is the report of a given folder; name another file")


def _beside(out: Path, table: str) -> Path:
    """Where a table of the page is written."""
    return out.with_suffix(f".{table}.tsv")


def _addresses(out: Path | None) -> Address:
    """Links from the page to files, relative, so that all can be moved together."""

    def address(path: Path) -> str | None:
        if out is None or not path.exists():
            return None
        return Path(os.path.relpath(path.resolve(), out.resolve().parent)).as_posix()

    return address
