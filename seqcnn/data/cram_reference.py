"""A CRAM and the FASTA that it was made with: can its reads be decoded, and if not, why?"""

import hashlib
import os
from pathlib import Path

import pysam

from seqcnn.data.alignment_files import opened
from seqcnn.data.reference_paths import Header, find_fasta
from seqcnn.data.textfiles import GZIP_MAGIC
from seqcnn.errors import InputError

GIVE = "give the FASTA it was made with: --reference"


def decoding_fasta(path: Path, header: Header, given: Path | str | None) -> Path | None:
    """The FASTA that a CRAM is decoded with; None where it needs none.

    Raises:
        InputError: its reads cannot be decoded; says why.
    """
    found = find_fasta(header, given)
    fasta = None if found is None else usable_fasta(found.path)
    with opened(path, reference=fasta) as file:
        check_decodes(path, file, header, fasta)
    return fasta


def usable_fasta(fasta: Path) -> Path:
    """The FASTA, if htslib can read it at random: plain or bgzip, with a .fai or room for one.

    Raises:
        InputError: it is gzip but not bgzip, or has no .fai and its folder cannot be written.
    """
    with fasta.open("rb") as file:
        start = file.read(14)
    if start.startswith(GZIP_MAGIC) and start[12:14] != b"BC":
        raise InputError(
            f"{fasta}: is gzip; to decode a CRAM it must be plain or bgzip: "
            f"gunzip -c {fasta.name} | bgzip > {fasta.stem}.bgz"
        )
    index = fasta.with_name(fasta.name + ".fai")
    if not index.is_file() and not os.access(fasta.parent, os.W_OK):
        raise InputError(
            f"{fasta}: has no {index.name} and none can be written beside it; decoding a CRAM "
            f"needs one: copy the FASTA and run 'samtools faidx' on it"
        )
    return fasta


def check_decodes(
    path: Path, file: pysam.AlignmentFile, header: Header, fasta: Path | None
) -> None:
    """Decode the first read of a CRAM.

    Raises:
        InputError: it fails; says whether the FASTA is absent, another one, or the file damaged.
    """
    try:
        next(file.fetch(until_eof=True), None)
    except OSError:
        raise InputError(f"{path}: {_why(header, fasta)}") from None


def _why(header: Header, fasta: Path | None) -> str:
    if fasta is None:
        return f"a CRAM's reads cannot be decoded without their reference; {GIVE}"
    lines = header.get("SQ", ())
    with pysam.FastaFile(str(fasta)) as bases:
        shared = [line for line in lines if line.get("SN") in bases.references]
        if not shared:
            return f"no contig of it is in {fasta}; {GIVE}"
        for line in shared:
            checksum = line.get("M5", "").lower()
            name = line["SN"]
            if checksum and checksum != md5_of(bases.fetch(name)):
                return (
                    f"{fasta} is not the reference it was made with: contig '{name}' has another "
                    f"MD5 than M5 of the header, {checksum}; {GIVE}"
                )
    return f"its first reads cannot be decoded with {fasta}; {GIVE}, or copy the file again"


def md5_of(bases: str) -> str:
    """M5 of the SAM specification: MD5 of the bases in upper case."""
    return hashlib.md5(bases.upper().encode("ascii"), usedforsecurity=False).hexdigest()
