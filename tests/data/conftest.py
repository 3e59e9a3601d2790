"""BAM files drawn as SAM text."""

from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

MakeBam = Callable[..., Path]
HEADER = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:1000\n@RG\tID:g\tSM:Ann\n"


@pytest.fixture
def make_bam(tmp_path: Path) -> MakeBam:
    """`make_bam(records, header=HEADER, name="x.bam", index=True)`: SAM text to an indexed BAM.

    A record is one line; where it has no tab, its fields stand between spaces.
    """

    def make(
        records: str = "", *, header: str = HEADER, name: str = "x.bam", index: bool = True,
        encoding: str = "utf-8",
    ) -> Path:  # fmt: skip
        lines = [line.strip() for line in records.splitlines() if line.strip()]
        text = "\n".join(line if "\t" in line else "\t".join(line.split()) for line in lines)
        sam = tmp_path / f"{name}.sam"
        sam.write_text(header + text + "\n" * bool(text), encoding)
        path = tmp_path / name
        pysam.set_verbosity(0)
        pysam.view("-b", "-o", str(path), str(sam), catch_stdout=False)
        sam.unlink()
        if index:
            pysam.index(str(path))
        return path

    return make
