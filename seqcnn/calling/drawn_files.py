"""Drawn images and their labels in two files: pixels to be mapped into memory, and a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from seqcnn.atomic import whole_file
from seqcnn.calling.labelled_parts import LabelledPart
from seqcnn.calling.read_profile import profile_of
from seqcnn.data.pileups import SiteTable

COLUMNS = ("pos", "shown", "depths", "source", "target")
TEXT = ("contig", "ref", "alts", "genotype")


class Drawn(NamedTuple):
    """All images with a label, and what was seen on the way.

    `recall` maps "snp" and "indel" to true alleles that candidates can make and all of them;
    `why` counts sites by what their label came from.
    """

    images: npt.NDArray[np.uint8]  # (N, H, W, C), mapped
    sites: SiteTable
    targets: npt.NDArray[np.int64]  # (N,) class numbers
    recall: dict[str, tuple[int, int]]
    why: dict[str, int]
    reads: list[dict[str, Any]]  # profile of each source


class DrawnFiles(NamedTuple):
    """Where the two files lie."""

    pixels: Path
    table: Path

    @classmethod
    def named(cls, folder: Path, name: str) -> Self:
        return cls(folder / f"pileups-{name}.images", folder / f"pileups-{name}.npz")

    def exist(self) -> bool:
        return self.pixels.exists() and self.table.exists()


class Table(NamedTuple):
    """What is known of images besides their pixels: of those of a sample, or of several."""

    shape: list[int]  # of one image: H, W, C
    columns: dict[str, npt.NDArray[np.int64]]  # by COLUMNS
    text: dict[str, list[str]]  # by TEXT
    recall: dict[str, list[int]]
    why: dict[str, int]
    reads: list[dict[str, Any]]


def table_of_parts(parts: Sequence[LabelledPart], alignments: str) -> Table:
    """The table of the parts of one sample, drawn from one share of its fragments."""
    recall, why = _counted(
        [{kind: list(counts) for kind, counts in part.recall.items()} for part in parts],
        [part.why for part in parts],
    )
    rows = [row for part in parts for row in part.text]
    return Table(
        list(parts[0].images.shape[1:]),
        {name: np.concatenate([part.columns[name] for part in parts]) for name in COLUMNS},
        {name: [row[place] for row in rows] for place, name in enumerate(TEXT)},
        recall,
        why,
        [profile_of(alignments, [part.reads for part in parts])],
    )


def joined(tables: Sequence[Table], sources: Sequence[int], samples: int) -> Table:
    """One table of those of several samples and shares, whose samples have these numbers.

    What was seen on the way is that of the first `samples` of them, which are of all fragments.
    """
    whole = tables[:samples]
    recall, why = _counted([one.recall for one in whole], [one.why for one in whole])
    columns = {
        name: np.concatenate([one.columns[name] for one in tables])
        for name in COLUMNS
        if name != "source"
    }
    counts = [len(one.columns["pos"]) for one in tables]
    columns["source"] = np.repeat(np.array(sources, np.int64), counts)
    return Table(
        tables[0].shape,
        columns,
        {name: [cell for one in tables for cell in one.text[name]] for name in TEXT},
        recall,
        why,
        [profile for one in whole for profile in one.reads],
    )


def _counted(
    recalls: Sequence[dict[str, list[int]]], whys: Sequence[dict[str, int]]
) -> tuple[dict[str, list[int]], dict[str, int]]:
    recall = {"snp": [0, 0], "indel": [0, 0]}
    for one in recalls:
        for kind, counts in one.items():
            recall[kind] = [a + b for a, b in zip(recall[kind], counts, strict=True)]
    why: dict[str, int] = {}
    for counted in whys:
        for name, number in counted.items():
            why[name] = why.get(name, 0) + number
    return recall, why


def write_table(path: Path, table: Table) -> None:
    """Write all of `table` to an .npz; text is packed into bytes, so that no pickle is needed."""
    facts = {name: getattr(table, name) for name in ("shape", "recall", "why", "reads")}
    arrays: dict[str, Any] = {"facts": _packed([json.dumps(facts)])}
    arrays |= {name: _packed(table.text[name]) for name in TEXT}
    arrays |= {name: table.columns[name] for name in COLUMNS}
    with whole_file(path) as temporary, open(temporary, "wb") as out:
        np.savez(out, **arrays)


def read_table(path: Path) -> Table:
    """What `write_table` wrote."""
    with np.load(path) as held:
        return Table(
            columns={name: held[name] for name in COLUMNS},
            text={name: _lines(held[name]) for name in TEXT},
            **json.loads(_lines(held["facts"])[0]),
        )


def load(files: DrawnFiles) -> Drawn:
    """The images, mapped, with their sites and labels."""
    table = read_table(files.table)
    columns, text = table.columns, table.text
    shape = (len(columns["pos"]), *table.shape)
    images = (
        np.memmap(files.pixels, np.uint8, "r", shape=shape)
        if shape[0]
        else np.zeros(shape, np.uint8)
    )
    sites = SiteTable(
        contig=np.array(text["contig"], np.str_),
        pos=columns["pos"],
        ref=text["ref"],
        alts=text["alts"],
        genotype=text["genotype"],
        shown=columns["shown"],
        depths=columns["depths"],
        source=columns["source"],
    )
    recall = {kind: (found, total) for kind, (found, total) in table.recall.items()}
    return Drawn(images, sites, columns["target"], recall, table.why, table.reads)


def _packed(lines: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _lines(packed: npt.NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n") if len(packed) else []
