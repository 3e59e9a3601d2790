"""`seqcnn call-variants`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings import read_config
from seqcnn.settings.calling import CallSettings

EPILOG = """Examples:

seqcnn call-variants sample.bam --reference hg38.fa --out sample.vcf.gz

seqcnn call-variants sample.cram -g hg38.fa --regions chr20 --out chr20.vcf.gz

seqcnn call-variants sample.bam -g hg38.fa --regions exons.bed --threads 8

seqcnn call-variants sample.bam -g hg38.fa --sites known.vcf.gz --out genotypes.vcf.gz

seqcnn call-variants sample.bam -g hg38.fa --shard chr20:1-10,000,000 --out a.calls   (to gather)
"""
PANELS = {
    "Main": ("bam", "reference", "out", "regions", "shard", "model", "preset", "sites", "sample"),
    "Candidates": (
        *("min_mapping_quality", "min_base_quality", "min_count_snp", "min_count_indel"),
        *("min_fraction_snp", "min_fraction_indel"),
    ),
    "Output": ("include_ref_calls", "min_quality"),
    "Input": ("contig_alias", "allow_truncated", "make_index"),
    "Machine": ("threads", "device", "precision", "cascade", "chunk_size", "resume", "config"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.call_variants import call_variants

    if not flags.get("out") and "out" not in read_config(config):
        flags["out"] = Path(Path(flags["bam"]).stem + ".vcf.gz")
    result = call_variants(flags.pop("bam"), config=config, quiet=False, **flags)
    print("\n".join([*result.lines(), str(result.path)]))


command = settings_command(
    CallSettings, run, PANELS, short={"out": "-o", "reference": "-g"}, arguments=("bam",)
)
