"""The output of score-variants while it grows, beside the journal that says how far it is sound."""

import os
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import pandas as pd
import pysam

from seqcnn.api.out_file import check_ending
from seqcnn.atomic import whole_file
from seqcnn.calling.journal import Journal
from seqcnn.data.bgzip import END, bgzip_blocks
from seqcnn.data.whole_vcf import silent_htslib
from seqcnn.effects.variant_background import VariantBackground
from seqcnn.errors import InputError

ENDINGS = (".vcf.gz", ".vcf", ".bcf", ".tsv.gz", ".tsv", ".parquet")
BACKGROUND = "background"
_ROWS = 1 << 17  # of a table that are turned into Parquet at a time


def ending_of(out: Path) -> str:
    """Which of `ENDINGS` a name has.

    Raises:
        InputError: none of them; no such folder; Parquet without pyarrow.
    """
    found = check_ending(out, ENDINGS)
    if found == ".parquet":
        _arrow()
    return found


@dataclass
class Part:
    """`out`, written block by block into `out`.part; `journal` knows the blocks that are in it.

    Text is cut at the end of a block when a run is gone on with, so that the whole is byte for
    byte what an uninterrupted run writes. `counts` add up what was said of the blocks.
    """

    out: Path
    ending: str
    journal: Journal
    counts: Counter[str] = field(default_factory=Counter)
    blocks: int = 0

    @property
    def path(self) -> Path:
        """Where the text is until it is whole."""
        return self.out.with_name(self.out.name + ".part")

    @property
    def packed(self) -> bool:
        """Whether the text is written as bgzip."""
        return self.ending in (".vcf.gz", ".tsv.gz", ".bcf", ".parquet")

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._opened()
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()
        # Without one finished block there is nothing to go on with.
        if not self.blocks:
            self.discard()
        self.journal.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self.path.unlink(missing_ok=True)
        self.journal.remove()

    def write(self, text: str) -> None:
        """Add text; it is kept once `finish_block` was called."""
        data = text.encode("utf-8", "surrogateescape")
        try:
            self._file.write(bgzip_blocks(data) if self.packed else data)
        except OSError as error:
            raise InputError(f"{self.path}: could not be written ({error.strerror})") from error

    def finish_block(self, counts: Counter[str]) -> None:
        """Note that the text up to here is of whole blocks."""
        self._file.flush()
        self.journal.append(str(self.blocks), {"end": self._file.tell(), "counts": dict(counts)})
        self.blocks += 1
        self.counts.update(counts)

    def kept_background(self) -> VariantBackground | None:
        """The background that an earlier run scored."""
        if BACKGROUND not in self.journal.done:
            return None
        (sizes,) = self.journal.read_in_order([BACKGROUND])
        return VariantBackground(np.array(sizes, np.float32))

    def keep_background(self, background: VariantBackground) -> None:
        """Score the background once, however often the run is stopped."""
        self.journal.append(BACKGROUND, background.sizes.tolist())

    def finish(self) -> str | None:
        """Move the whole text to `out`, with its index or as BCF or Parquet; a note if any.

        Raises:
            InputError: the disk is full, or the header does not do for BCF.
        """
        if self.packed:
            self._file.write(END)
        self._file.close()
        note = None
        with silent_htslib():
            if self.ending == ".parquet":
                _to_parquet(self.path, self.out)
            elif self.ending == ".bcf":
                _to_bcf(self.path, self.out)
            elif self.ending == ".vcf.gz":
                note = _indexed(self.path, self.out)
            else:
                with whole_file(self.out) as temporary:
                    self.path.replace(temporary)
        self.path.unlink(missing_ok=True)
        self.journal.remove()
        return note

    def _opened(self) -> BinaryIO:
        size = self.path.stat().st_size if self.path.exists() else 0
        end = 0
        while str(self.blocks) in self.journal.done:
            (payload,) = self.journal.read_in_order([str(self.blocks)])
            if payload["end"] > size:
                break
            end = payload["end"]
            self.blocks += 1
            self.counts.update(payload["counts"])
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            file = os.fdopen(descriptor, "r+b")
            file.truncate(end)
            file.seek(end)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written ({error.strerror})") from error
        return file


def _indexed(part: Path, out: Path) -> str | None:
    """Move a VCF to its place, then its index, so that none stands beside another's file."""
    indices = [out.with_name(out.name + ending) for ending in (".tbi", ".csi")]
    with ExitStack() as stack:
        temporary = stack.enter_context(whole_file(out))
        part.replace(temporary)
        for old in indices:
            old.unlink(missing_ok=True)
    for index, csi in zip(indices, (False, True), strict=True):
        # Beyond 512 Mb only a .csi can be made; of an unsorted file neither.
        with suppress(InputError), whole_file(index) as temporary:
            pysam.tabix_index(
                str(out), preset="vcf", index=str(temporary), force=True, keep_original=True,
                csi=csi,
            )  # fmt: skip
            return None
    return f"{out}: is not sorted, as its VCF is not, so it has no index"


def _to_bcf(part: Path, out: Path) -> None:
    with whole_file(out) as temporary:
        try:
            with (
                pysam.VariantFile(str(part)) as source,
                pysam.VariantFile(str(temporary), "wb", header=source.header) as target,
            ):
                for record in source:
                    target.write(record)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{out}: the VCF cannot be turned into BCF ({error}); write a .vcf.gz"
            ) from None


def _to_parquet(part: Path, out: Path) -> None:
    arrow, parquet = _arrow()
    text = dict.fromkeys(("contig", "id", "ref", "alt", "track", "status"), str)
    tables = pd.read_csv(
        part, sep="\t", compression="gzip", chunksize=_ROWS, dtype=text | {"pos": "int64"},
        keep_default_na=False, na_values={},
    )  # fmt: skip
    with whole_file(out) as temporary:
        writer = None
        for table in tables:
            numeric = [name for name in table.columns if name not in (*text, "pos")]
            numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in numeric}
            typed = table.assign(**{name: n.astype(np.float32) for name, n in numbers.items()})
            rows = arrow.Table.from_pandas(typed, preserve_index=False)
            writer = writer or parquet.ParquetWriter(temporary, rows.schema)
            writer.write_table(rows)
        if writer is not None:
            writer.close()


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            "a .parquet needs pyarrow: pip install 'seqcnn[parquet]', or write a .tsv.gz"
        ) from None
    return pyarrow, pyarrow.parquet
