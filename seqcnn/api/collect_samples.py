"""The samples of `seqcnn report`: numbers of called VCFs, and how they compare with a truth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from seqcnn.api.collect_paths import Given, read_json
from seqcnn.api.collect_runs import Address, short_names
from seqcnn.api.progress import read_progress
from seqcnn.calling.tally import Tally, quantiles, tally
from seqcnn.errors import InputError
from seqcnn.report.collected_records import Accuracy, Sample
from seqcnn.report.records import Interval

WARNED = "##seqcnn_warnings="


def read_samples(given: Sequence[Given], address: Address, console: Console) -> list[Sample]:
    """A `Sample` of each sample of each called VCF, with the comparison of its file where given.

    Raises:
        InputError: a VCF or a comparison cannot be read.
    """
    files = [one.path for one in given if one.kind == "calls"]
    samples: list[Sample] = []
    for path, name in zip(files, short_names(files), strict=True):
        samples += _called(path, name, address, console)
    samples = _told_apart(samples)
    compared = [one.path for one in given if one.kind == "comparison"]
    for path, name in zip(compared, short_names(compared), strict=True):
        _join(samples, path, name, files, address)
    return samples


def _called(path: Path, name: str, address: Address, console: Console) -> list[Sample]:
    with read_progress(console, f"reading {name}") as advance:
        counts, header = tally(path, advance)
    warned = [line.removeprefix(WARNED) for line in header if line.startswith(WARNED)]
    notes = [sentence for line in warned for sentence in line.split("; ")]
    if not counts:
        notes.append("the file has no sample columns, so no genotypes")
    return [
        _sample(sample, name, one, notes, address(path))
        for sample, one in (counts or {path.name.partition(".")[0]: Tally()}).items()
    ]


def _sample(name: str, file: str, one: Tally, notes: Sequence[str], link: str | None) -> Sample:
    return Sample(
        name=name, file=file, link=link, records=one.records, variants=one.variants,
        snps=one.snps, indels=one.indels, transitions=one.transitions,
        transversions=one.transversions, het=one.het, hom=one.hom, filtered=one.filtered,
        depth=quantiles(one.depth), quality=quantiles(one.quality), notes=notes,
    )  # fmt: skip


def _told_apart(samples: Sequence[Sample]) -> list[Sample]:
    """Samples of one name in several files carry the file's name too."""
    names = [sample.name for sample in samples]
    return [
        replace(one, name=f"{one.name} ({one.file})") if names.count(one.name) > 1 else one
        for one in samples
    ]


def _join(
    samples: list[Sample], path: Path, name: str, files: Sequence[Path], address: Address
) -> None:
    """Put what a comparison found to its sample, or at the end where its VCF was not given."""
    file = path / "summary.json" if path.is_dir() else path
    content = read_json(file)
    try:
        settings = content["settings"]
        calls, asked = Path(settings["calls"]), settings.get("sample")
        accuracy = {
            row["type"]: _accuracy(row)
            for row in content["rows"]
            if row["group"] == "type" and row["type"] != "all"
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{file}: not as this seqcnn writes it ({type(error).__name__}: {error}); compare again"
        ) from None
    page = path / "report.html" if path.is_dir() else path
    place = _place(samples, calls, asked, files)
    if place is None:
        samples.append(Sample(name, str(calls.name), address(page), accuracy=accuracy))
    else:
        samples[place] = replace(
            samples[place], accuracy=accuracy, link=address(page) or samples[place].link
        )


def _place(
    samples: Sequence[Sample], calls: Path, asked: str | None, files: Sequence[Path]
) -> int | None:
    """Which sample a comparison is of: by the place of its file, else by the file's name."""
    same = [file for file in files if file.resolve() == calls.resolve()]
    same = same or [file for file in files if file.name == calls.name]
    if len(same) != 1:
        return None
    name = dict(zip(files, short_names(files), strict=True))[same[0]]
    rows = [
        row
        for row, sample in enumerate(samples)
        if sample.file == name and not sample.accuracy
        and (asked is None or sample.name.partition(" (")[0] == asked)
    ]  # fmt: skip
    return rows[0] if len(rows) == 1 else None


def _accuracy(row: Mapping[str, Any]) -> Accuracy:
    return Accuracy(
        tp_truth=int(row["tp_truth"]),
        fn=int(row["fn"]),
        tp_calls=int(row["tp_calls"]),
        fp=int(row["fp"]),
        recall=_measure(row, "recall"),
        precision=_measure(row, "precision"),
        f1=_measure(row, "f1"),
    )


def _measure(row: Mapping[str, Any], name: str) -> Interval:
    found = (row.get(name + part) for part in ("", "_low", "_high"))
    value, low, high = (float("nan") if one is None else float(one) for one in found)
    return value, low, high
