"""The truth of a simulation: VCF and BED, whole or not at all."""

from pathlib import Path

import pandas as pd

from seqcnn.atomic import whole_file
from seqcnn.calling.simulate.variants import Phased
from seqcnn.data.genome import Genome
from seqcnn.data.variants import Variant, write_variants


def write_truth(path: Path, variants: dict[str, list[Phased]], genome: Genome, sample: str) -> None:
    """Write phased genotypes as a bgzipped VCF at `path` and its index beside it."""
    records = [
        Variant(
            name, variant.pos, variant.ref, variant.alts, variant.alleles, None, (), phased=True
        )
        for name in genome.names
        for variant in variants.get(name, [])
    ]
    lengths = {name: int(n) for name, n in zip(genome.names, genome.lengths, strict=True)}
    command = "##seqcnn_command=seqcnn simulate"
    write_variants(path, records, lengths, sample, header_lines=[command])


def write_bed(path: Path, regions: pd.DataFrame) -> None:
    """Write regions (contig, start, end) as BED3."""
    with whole_file(path) as temporary:
        regions[["contig", "start", "end"]].to_csv(temporary, sep="\t", header=False, index=False)
