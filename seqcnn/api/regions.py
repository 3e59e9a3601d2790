"""The regions of a BED as a genome has them."""

from pathlib import Path
from typing import Literal

import pandas as pd
from rich.console import Console

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.check import check_regions
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed


def read_regions(
    path: Path,
    genome: Genome,
    *,
    contig_alias: str | None,
    off_end: Literal["error", "drop"],
    console: Console | None,
) -> pd.DataFrame:
    """The regions of a BED, as `read_bed` gives them, by the genome's names; `console` is told what
    was found.

    Raises:
        InputError: the file cannot be used, or does not fit the genome.
    """
    alias = ContigAlias.parse(contig_alias) if contig_alias else None
    regions, findings = check_regions(
        read_bed(path),
        genome.length_of,
        path=path,
        genome_path=genome.path,
        alias=alias,
        off_end=off_end,
    )
    if console is not None:
        for finding in findings:
            console.print(f"{finding.level}: {finding.message}", soft_wrap=True)
    return regions
