"""The index of a BAM or CRAM: found, checked against its file, or made."""

import gzip
import struct
import zlib
from pathlib import Path

import pysam

from seqcnn.atomic import whole_file
from seqcnn.data.alignment_checks import sort_command
from seqcnn.errors import InputError

INDEXES = {"BAM": (".bai", ".csi"), "CRAM": (".crai",)}
LONGEST_BAI = 2**29  # bp; a .bai cannot point further


def index_of(path: Path, kind: str, longest: int, *, make: bool) -> Path | None:
    """The index of a file, or None; with `make`, made where there is none or it is older.

    `longest` is the longest contig in bp.

    Raises:
        InputError: none can be made, as the file is not sorted or its folder cannot be written.
    """
    index = find_index(path, kind)
    if make and (index is None or is_older(index, path)):
        return write_index(path, kind, longest)
    return index


def find_index(path: Path, kind: str) -> Path | None:
    """The index of a file by either naming, x.bam.bai or x.bai, or None."""
    return next((name for name in index_names(path, kind) if name.is_file()), None)


def index_names(path: Path, kind: str) -> list[Path]:
    """Every name an index may have, in the order they are looked for."""
    return [
        name
        for suffix in INDEXES[kind]
        for name in (path.with_name(path.name + suffix), path.with_suffix(suffix))
    ]


def missing_index(path: Path, kind: str, *, name_options: bool = False) -> InputError:
    """What to say where there is none; `name_options` as of `open_alignments`."""
    names = index_names(path, kind)
    looked = ", ".join(name.name for name in names[:-1]) + f" or {names[-1].name}"
    return InputError(
        f"{path}: has no index (looked for {looked}): run 'samtools index {path}'"
        + (", or pass --make-index" if name_options else "")
    )


def check_index(path: Path, index: Path, contigs: int) -> list[str]:
    """Compare an index with its file; notes.

    One of more contigs than the file can be read with, but is not of this file: see
    `foreign_index`, to be asked once the reads themselves have been looked at.

    Raises:
        InputError: the index is damaged or has fewer contigs than the file. htslib would read
            outside its memory there.
    """
    found = _contigs_of(index)
    if found is not None and found < contigs:
        what = "cannot be read as an index" if found < 0 else f"is not the index of {path.name}"
        raise InputError(f"{index}: {what}; {_again(path)}")
    if is_older(index, path):
        return [f"{index.name} is older than {path.name}; if reads are missing, {_again(path)}"]
    return []


def foreign_index(path: Path, index: Path, contigs: int) -> InputError | None:
    """What to say of an index that was made for other contigs than those of the file, or None."""
    found = _contigs_of(index)
    if found is None or found == contigs:
        return None
    return InputError(
        f"{index}: is not the index of {path.name}: it has {found} contigs, the file {contigs}; "
        f"{_again(path)}"
    )


def is_older(index: Path, path: Path) -> bool:
    """Whether the file was changed after its index; to the second, as copies keep no more."""
    return int(index.stat().st_mtime) < int(path.stat().st_mtime)


def unreadable_index(path: Path, index: Path) -> InputError:
    """What to say of an index that htslib refuses."""
    return InputError(f"{index}: cannot be read as an index; {_again(path)}")


def _again(path: Path) -> str:
    return f"make it again: samtools index {path}"


def _contigs_of(index: Path) -> int | None:
    """How many contigs an index has; None where its format does not say (.crai)."""
    try:
        if index.suffix == ".bai":
            with index.open("rb") as file:
                magic, count = struct.unpack("<4si", file.read(8))
        elif index.suffix == ".csi":
            with gzip.open(index) as text:
                magic, extra = struct.unpack("<4s8xi", text.read(16))
                text.read(extra)
                (count,) = struct.unpack("<i", text.read(4))
        else:
            return None
    except (struct.error, OSError, EOFError, zlib.error):
        return -1
    return count if magic in (b"BAI\x01", b"CSI\x01") else -1


def write_index(path: Path, kind: str, longest: int) -> Path:
    """Write the index of a sorted file beside it: .bai, .csi for contigs over 512 Mb, or .crai.

    Raises:
        InputError: the file is not sorted or damaged, or its folder cannot be written.
    """
    suffix = ".crai" if kind == "CRAM" else ".csi" if longest > LONGEST_BAI else ".bai"
    place = path.with_name(path.name + suffix)
    with whole_file(place) as temporary:
        flags = ["-c"] if suffix == ".csi" else []
        try:
            pysam.index(*flags, "-o", str(temporary), str(path))
        except pysam.SamtoolsError:
            raise InputError(
                f"{path}: no index can be made: the file is not sorted or is damaged; "
                f"{sort_command(path)}"
            ) from None
    return place
