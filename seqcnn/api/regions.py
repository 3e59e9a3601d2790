"""The regions of a BED as a genome has them."""

from pathlib import Path
from typing import Literal

import pandas as pd
from rich.console import Console

from seqcnn.data.check import checked_bed
from seqcnn.data.genome import Genome
from seqcnn.errors import InputError


def read_regions(
    path: Path,
    genome: Path | None,
    *,
    contig_alias: str | None,
    off_end: Literal["error", "drop"],
    console: Console | None,
) -> tuple[Genome, pd.DataFrame]:
    """The genome, and the regions of a BED, as `read_bed` gives them, by the genome's names;
    `console` is told what was found.

    Raises:
        InputError: no genome is named, the file cannot be used, or does not fit the genome.
    """
    if genome is None:
        raise InputError(f"{path}: regions need their sequence: pass --genome FASTA")
    opened = Genome(genome)
    regions, findings = checked_bed(path, opened, contig_alias=contig_alias, off_end=off_end)
    if console is not None:
        for finding in findings:
            console.print(f"{finding.level}: {finding.message}", soft_wrap=True)
    return opened, regions
