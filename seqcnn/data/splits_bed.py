"""Splits as a BED file: contig, start, end, and in column 4 train, val or test."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.intervals import read_bed
from seqcnn.data.splits import FAR, SPLITS
from seqcnn.errors import InputError


def read_splits(
    path: Path, lengths: Mapping[str, int], *, genome: Path, alias: ContigAlias | None = None
) -> pd.DataFrame:
    """Spans (contig, start, end, split) as `split_spans` gives them, from a file of them.

    `lengths` are those of the contigs of `genome`. Lines of one split that touch or overlap become
    one span; a span that reaches an end of its contig holds windows that leave the contig there.

    Raises:
        InputError: with file and line: an unknown split or contig, an end beyond the contig, lines
            of different splits that overlap; a split that no line names.
    """
    table = read_bed(path)
    if alias is not None:
        table["contig"] = table["contig"].map(alias.translate(set(table["contig"]), lengths))
    for contig, end, split, line in table[["contig", "end", "name", "line"]].itertuples(
        index=False
    ):
        _check_line(f"{path}:{line}", str(contig), int(end), str(split), lengths, genome)
    missing = [split for split in SPLITS if split not in set(table["name"])]
    if missing:
        raise InputError(
            f"{path}: no line names {' or '.join(missing)}; wanted lines of train, val and test"
        )
    spans = _joined(table.sort_values(["contig", "start"], kind="stable"), path)
    ends = spans["contig"].map(lengths)
    return spans.assign(
        start=spans["start"].where(spans["start"] > 0, -FAR),
        end=spans["end"].where(spans["end"] < ends, FAR),
    )


def splits_text(spans: pd.DataFrame, lengths: Mapping[str, int]) -> str:
    """The lines of a file that `read_splits` reads as these spans, in the genome's order."""
    order = {contig: number for number, contig in enumerate(lengths)}
    ends = np.minimum(spans["end"], spans["contig"].map(lengths))
    clipped = spans.assign(start=spans["start"].clip(lower=0), end=ends)
    clipped = clipped.assign(order=clipped["contig"].map(order))
    clipped = clipped[clipped["end"] > clipped["start"]].sort_values(["order", "start"])
    columns = clipped[["contig", "start", "end", "split"]]
    return columns.to_csv(sep="\t", header=False, index=False)


def _check_line(
    where: str, contig: str, end: int, split: str, lengths: Mapping[str, int], genome: Path
) -> None:
    if split not in SPLITS:
        found = f"split is '{split}'" if split else "there is no column 4"
        raise InputError(f"{where}: {found}; wanted train, val or test in column 4")
    if contig not in lengths:
        has = ", ".join(list(lengths)[:3]) + ", …" * (len(lengths) > 3)
        raise InputError(
            f"{where}: contig '{contig}' is not in {genome.name} (it has {has}); pass "
            "--contig-alias, or give the splits of this genome"
        )
    if end > lengths[contig]:
        raise InputError(
            f"{where}: end {end} is beyond '{contig}' of {genome.name}, {lengths[contig]} bp; "
            "give the splits of this genome"
        )


def _joined(ordered: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Spans of lines in order, joined where lines of one split touch."""
    rows: list[list[object]] = []
    columns = ["contig", "start", "end", "name", "line"]
    lines = [tuple(row) for row in ordered[columns].itertuples(index=False)]
    for before, now in pairwise([None, *lines]):
        assert now is not None
        contig, start, end, split, line = now
        last = rows[-1] if rows and rows[-1][0] == contig else None
        if last is not None and last[3] == split and start <= last[2]:
            last[2] = max(int(last[2]), int(end))  # type: ignore[call-overload]
            continue
        if last is not None and start < last[2]:
            assert before is not None
            raise InputError(
                f"{path}:{line}: {split} overlaps {last[3]} of line {before[4]} on '{contig}'; "
                "a base can be in one split only"
            )
        rows.append([contig, int(start), int(end), split])
    return pd.DataFrame(rows, columns=["contig", "start", "end", "split"])
