"""Which stretches of a genome's contigs train, validate and test."""

import pandas as pd

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.check import Finding
from seqcnn.data.genome import Genome
from seqcnn.data.splits import split_spans
from seqcnn.data.splits_bed import read_splits
from seqcnn.settings import DataSettings


def contig_spans(
    settings: DataSettings, genome: Genome, regions: pd.DataFrame, findings: list[Finding]
) -> pd.DataFrame:
    """Which stretches of the contigs belong to which split: as `--splits` says, else by contigs
    and shares; a note on cut contigs is added."""
    if settings.splits is not None:
        return _given_spans(settings, genome, regions, findings)
    spans, note = split_spans(
        regions,
        val=settings.val_contigs,
        test=settings.test_contigs,
        shares=(settings.val_share, settings.test_share),
        seed=settings.split_seed,
    )
    if note is not None:
        findings.append(Finding("note", note))
    return spans


def _given_spans(
    settings: DataSettings, genome: Genome, regions: pd.DataFrame, findings: list[Finding]
) -> pd.DataFrame:
    assert settings.splits is not None
    alias = ContigAlias.parse(settings.contig_alias) if settings.contig_alias else None
    spans = read_splits(settings.splits, genome.length_of, genome=genome.path, alias=alias)
    if settings.val_contigs or settings.test_contigs:
        said = f"splits are those of {settings.splits}, not of --val-contigs and --test-contigs"
        findings.append(Finding("note", said))
    absent = ~regions["contig"].isin(spans["contig"])
    if absent.any():
        contigs = regions["contig"][absent]
        findings.append(
            Finding(
                "warning" if absent.mean() > 0.5 else "note",
                f"{absent.sum():,} of {len(regions):,} regions lie on {contigs.nunique()} contigs "
                f"that {settings.splits} does not name (first '{contigs.iloc[0]}'): left out",
            )
        )
    return spans
