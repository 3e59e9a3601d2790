"""The truth of a simulation: VCF and BED, whole or not at all."""

from pathlib import Path

import pandas as pd
import pysam

from seqcnn.atomic import whole_file
from seqcnn.calling.simulate.variants import Phased
from seqcnn.data.genome import Genome
from seqcnn.data.whole_vcf import whole_vcf
from seqcnn.version import __version__


def write_truth(path: Path, variants: dict[str, list[Phased]], genome: Genome, sample: str) -> None:
    """Write phased genotypes as a bgzipped VCF at `path` and its index beside it."""
    header = pysam.VariantHeader()
    header.add_line('##FILTER=<ID=PASS,Description="All filters passed">')
    header.add_line(f"##source=seqcnn simulate {__version__}")
    for name, length in zip(genome.names, genome.lengths, strict=True):
        header.contigs.add(name, length=int(length))
    header.formats.add("GT", 1, "String", "Genotype")
    header.add_sample(sample)
    with whole_vcf(path, int(max(genome.lengths, default=0))) as temporary:
        with pysam.VariantFile(str(temporary), "wz", header=header) as opened:
            for name in genome.names:
                for variant in variants.get(name, []):
                    record = opened.new_record(
                        contig=name, start=variant.pos, alleles=(variant.ref, *variant.alts),
                        filter="PASS",
                    )  # fmt: skip
                    record.samples[0]["GT"] = variant.alleles
                    record.samples[0].phased = True
                    opened.write(record)


def write_bed(path: Path, regions: pd.DataFrame) -> None:
    """Write regions (contig, start, end) as BED3."""
    with whole_file(path) as temporary:
        regions[["contig", "start", "end"]].to_csv(temporary, sep="\t", header=False, index=False)
