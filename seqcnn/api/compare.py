"""Compare a call set with a truth set by the haplotypes they make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api import folder as files
from seqcnn.api.out_file import require_room
from seqcnn.atomic import write_text
from seqcnn.calling.compare import Comparison, Verdict
from seqcnn.calling.compare import compare as compare_variants
from seqcnn.calling.compare_counts import Row, count_rows
from seqcnn.calling.compare_files import CALL_FILES, TRUTH_FILES, write_by_verdict
from seqcnn.calling.compare_roc import Roc, roc
from seqcnn.calling.confident import Confident
from seqcnn.calling.strata import kinds
from seqcnn.data import notebook
from seqcnn.data.aliases import suggest_alias
from seqcnn.data.call_regions import parse_regions
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.regions import subtract
from seqcnn.data.variants import Variant, read_variants
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.compare import CompareSettings
from seqcnn.training.bootstrap import Interval
from seqcnn.version import __version__

MEASURES = ("recall", "precision", "f1")
POINTS = 1000  # of a curve, at most, in files and figures


@dataclass(frozen=True)
class Compared:
    """A comparison with its counts, curves and settings; `str()` is a table for the terminal."""

    comparison: Comparison
    rows: list[Row]
    curves: list[Roc]
    settings: CompareSettings

    def row(self, type_name: str) -> Row:
        """The counts of all records of a type: "SNP", "INDEL" or "all"."""
        return next(row for row in self.rows if row.group == "type" and row.type == type_name)

    @property
    def best_quality(self) -> Roc | None:
        """The curve of all records by QUAL, whose `best` point has the best F1; None without."""
        found = (one for one in self.curves if one.score == "QUAL" and one.type == "all")
        return next(found, None)

    def table(self) -> pd.DataFrame:
        """All counts and measures, one row a kind of variant."""
        return pd.DataFrame([_flat(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for JSON."""
        given = self.settings.model_dump(mode="json", exclude={"out", "json_out"})
        ignored = {
            name: int((verdict == Verdict.IGNORED).sum())
            for name, verdict in (
                ("truth", self.comparison.truth_verdict),
                ("calls", self.comparison.call_verdict),
            )
        }
        return {
            "seqcnn": __version__,
            "settings": given,
            "rows": [_flat(row) for row in self.rows],
            "ignored": ignored,
            "not_exact": [f"{contig}:{pos + 1}" for contig, pos in self.comparison.cut],
            "best": [_point(curve, curve.best) for curve in self.curves],
            "roc": [_curve(curve) for curve in self.curves],
        }

    def __repr__(self) -> str:
        return f"Compared({self.settings.calls.name!r} with {self.settings.truth.name!r})"

    def _repr_html_(self) -> str:
        types = [row for row in self.rows if row.group == "type"]
        columns = ("records", "F1", "recall", "precision", "missed", "false")
        rows = [
            [row.name, *(notebook.interval(found) for found in (row.f1, row.recall, row.precision)),
             f"{row.fn:,}", f"{row.fp:,}"]
            for row in types
        ]  # fmt: skip
        lead = f"95 % intervals: {types[0].by}. Records match when their haplotypes do."
        table = notebook.grid(columns, rows)
        title = f"{self.settings.calls.name} compared with {self.settings.truth.name}"
        return notebook.shown(title, table, notebook.text(lead))

    def __str__(self) -> str:
        from seqcnn.report.comparison_text import text_table

        return text_table(self.rows, self.curves, self.comparison)


def compare(
    truth: Path | str, calls: Path | str, *, config: Path | None = None, **flags: Any
) -> Compared:
    """Compare `calls` with `truth`; with `out`, write the report, the tables and the records.

    Raises:
        InputError: a file cannot be read or used, contigs or REF do not fit the reference, a
            record has no genotype, or the folder cannot be written.
    """
    given = {**flags, "truth": Path(truth), "calls": Path(calls)}
    settings = resolve(CompareSettings, config, given, {})
    if settings.out is not None:
        require_room(settings.out)
    true = read_variants(settings.truth, sample=settings.truth_sample, flag="--truth-sample")
    called = read_variants(settings.calls, sample=settings.sample, flag="--sample")
    reference = Genome(settings.reference)
    check_contigs(settings, true, called)
    confident = counted_regions(settings, reference, true)
    comparison = compare_variants(
        true,
        called,
        reference,
        confident=confident,
        match=settings.match,
        overlap=settings.overlap,
        pass_only=settings.pass_only,
        truth_name=str(settings.truth),
        calls_name=str(settings.calls),
    )
    judged = [
        verdict != Verdict.IGNORED
        for verdict in (comparison.truth_verdict, comparison.call_verdict)
    ]
    known = [
        keep & np.array([variant.contig in reference.length_of for variant in variants], np.bool_)
        for keep, variants in zip(judged, (true, called), strict=True)
    ]
    truth_kinds, call_kinds = kinds(true, reference, known[0]), kinds(called, reference, known[1])
    compared = Compared(
        comparison,
        count_rows(comparison, truth_kinds, call_kinds, seed=settings.seed),
        [c for s in ("QUAL", "GQ") for c in roc(comparison, truth_kinds, call_kinds, s)],
        settings,
    )
    if settings.json_out is not None:
        files.write_json(settings.json_out, compared.to_dict())
    if settings.out is not None:
        files.make_folder(settings.out)
        write_results(compared, settings.out, reference.length_of)
    return compared


def check_contigs(
    settings: CompareSettings, truth: Sequence[Variant], calls: Sequence[Variant]
) -> None:
    """Refuse files that have no contig in common, which is always a mistake.

    Raises:
        InputError: naming a contig of each, and how to rename them.
    """
    ours, theirs = ({variant.contig for variant in one} for one in (truth, calls))
    _refuse_strangers(settings.truth, ours, settings.calls, theirs)


def _refuse_strangers(
    first: Path, ours: Iterable[str], second: Path, theirs: Iterable[str]
) -> None:
    ours, theirs = sorted(set(ours)), sorted(set(theirs))
    if not ours or not theirs or set(ours) & set(theirs):
        return
    hint = ""
    if suggest_alias(theirs, ours):
        hint = "; rename them first (bcftools annotate --rename-chrs)"
    raise InputError(
        f"{second} has contig '{theirs[0]}', {first} has '{ours[0]}', and none in common{hint}"
    )


def counted_regions(
    settings: CompareSettings, reference: Genome, truth: Sequence[Variant]
) -> Confident | None:
    """The confident regions within `--regions`; None where every record counts."""
    table = None
    if settings.confident is not None:
        table = read_bed(settings.confident)[["contig", "start", "end"]]
        contigs = {variant.contig for variant in truth}
        _refuse_strangers(settings.truth, contigs, settings.confident, table["contig"])
    if settings.regions:
        lengths = [reference.length_of[name] for name in reference.names]
        asked = pd.DataFrame(parse_regions(settings.regions, reference.names, lengths))
        table = asked if table is None else subtract(asked, subtract(asked, table))
    return None if table is None else Confident(table)


def write_results(compared: Compared, folder: Path, lengths: Mapping[str, int]) -> None:
    """Write everything that `--out` promises, each file whole or not at all."""
    from seqcnn.report.comparison import comparison_html

    comparison, settings = compared.comparison, compared.settings
    for path, variants, verdict, names in (
        (settings.truth, comparison.truth, comparison.truth_verdict, TRUTH_FILES),
        (settings.calls, comparison.calls, comparison.call_verdict, CALL_FILES),
    ):
        contigs = dict.fromkeys(variant.contig for variant in variants)
        known = {name: lengths[name] for name in contigs if name in lengths}
        write_by_verdict(path, verdict, names, folder, known)
    table = compared.table()
    write_text(folder / "summary.tsv", table.to_csv(sep="\t", index=False, float_format="%.6g"))
    points = [point for curve in compared.curves for point in _curve(curve)]
    columns = ["score", "type", "threshold", "tp_truth", "fn", "tp_calls", "fp", *MEASURES]
    curves = pd.DataFrame(points, columns=columns)
    write_text(folder / "roc.tsv", curves.to_csv(sep="\t", index=False, float_format="%.6g"))
    files.write_json(folder / "summary.json", compared.to_dict())
    page = comparison_html(
        compared.rows, compared.curves, comparison, settings, files.now(), __version__
    )
    write_text(folder / "report.html", page)


def _flat(row: Row) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row._asdict().items():
        if isinstance(value, Interval):
            for part, number in zip(("", "_low", "_high"), value, strict=True):
                flat[name + part] = None if np.isnan(number) else float(number)
        else:
            flat[name] = value
    return flat


def _point(curve: Roc, index: int) -> dict[str, Any]:
    threshold = float(curve.threshold[index])
    return {
        "score": curve.score,
        "type": curve.type,
        "threshold": threshold if np.isfinite(threshold) else None,
        "tp_truth": round(float(curve.tp_truth[index]), 3),
        "fn": round(float(curve.fn[index]), 3),
        "tp_calls": int(curve.tp_calls[index]),
        "fp": int(curve.fp[index]),
        **{name: round(float(getattr(curve, name)[index]), 6) for name in MEASURES},
    }


def _curve(curve: Roc) -> list[dict[str, Any]]:
    """Points of a curve, at most 1,000, evenly spread over it; its best and last among them."""
    number = len(curve.threshold)
    chosen = np.unique(np.linspace(0, number - 1, min(number, POINTS)).astype(int))
    return [_point(curve, i) for i in sorted({*chosen.tolist(), curve.best})]
