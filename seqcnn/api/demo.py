"""The demo data: where they lie, what each file is, and a copy of them."""

import shutil
from pathlib import Path

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError
from seqcnn.tasks.task import demo_folder

# File of the demo data -> what it is. All of it is invented: nothing comes from a real organism.
FILES = {
    "genome.fa.gz": "genome of eight contigs of 400 kb, demo1 to demo8",
    "liver.bed.gz": "peaks of open chromatin in an invented liver",
    "muscle.bed.gz": "peaks in an invented muscle",
    "blood.bed.gz": "peaks in invented blood",
    "factor.bed.gz": "binding sites of one factor",
    "motifs.meme": "motif database: those planted in the genome, and 25 decoys",
    "variants.vcf.gz": "240 variants of the genome, half of them in binding sites",
    "variants.vcf.gz.tbi": "its index",
    "caller.fa.gz": "reference of one contig of 20 kb, for calling variants",
    "caller.bam": "reads of one sample on it, 2 x 150 bases, 25x",
    "caller.bam.bai": "their index",
    "caller_truth.vcf.gz": "the variants that the sample has",
    "caller_truth.vcf.gz.tbi": "their index",
    "caller_confident.bed": "where all its variants are known",
}


def demo(out: Path | str | None = None) -> Path:
    """The folder of the demo data: where they are installed, or `out`, into which they are copied.

    `FILES` says what each file is. Files of `out` that are the demo's own stay as they are.

    Raises:
        InputError: the data are not installed, or `out` holds another file of the same name.
    """
    installed = demo_folder()
    if out is None:
        return installed
    out = Path(out)
    wanted = [name for name in FILES if not _is_copied(installed / name, out / name)]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--out {out}: cannot make this folder ({error.strerror}); name another"
        ) from error
    for name in wanted:
        with whole_file(out / name) as temporary:
            shutil.copyfile(installed / name, temporary)
    return out


def _is_copied(source: Path, target: Path) -> bool:
    if not target.exists():
        return False
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return True
    raise InputError(
        f"{target}: is there and is not the demo's file of this name; name another folder with "
        "--out"
    )
