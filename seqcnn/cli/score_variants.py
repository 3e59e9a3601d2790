"""`seqcnn score-variants`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings import read_config
from seqcnn.settings.score_variants import ScoreVariantsSettings

EPILOG = """Examples:

seqcnn score-variants model.safetensors --genome hg38.fa --vcf in.vcf.gz --out scored.vcf.gz

seqcnn score-variants model.safetensors -g hg38.fa -v in.vcf.gz -o scored.tsv.gz --track HepG2

seqcnn score-variants model.safetensors -g hg38.fa -v in.vcf.gz --background common.vcf.gz

seqcnn score-variants model.safetensors -g hg38.fa -v in.vcf.gz --ref-mismatch swap --shifts 0
"""
PANELS = {
    "Main": ("bundle", "genome", "vcf", "out", "track"),
    "Scores": ("shifts", "background", "seed"),
    "Input": ("ref_mismatch", "max_n", "contig_alias"),
    "Machine": ("batch_size", "device", "precision", "resume", "config"),
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.score_variants import score_variants

    told = {**read_config(config), **flags}
    if not told.get("out") and told.get("vcf"):
        name = Path(told["vcf"]).name
        for ending in (".gz", ".bgz", ".vcf", ".bcf"):
            name = name.removesuffix(ending)
        flags["out"] = Path(f"{name}.scored.vcf.gz")
    print(score_variants(config=config, quiet=False, **flags))


command = settings_command(
    ScoreVariantsSettings,
    run,
    PANELS,
    short={"out": "-o", "genome": "-g", "vcf": "-v"},
    arguments=("bundle",),
)
