"""Is an alignment file whole, indexed and in order? What is looked at before its reads are used."""

import gzip
import re
import struct
import zlib
from itertools import islice, pairwise
from pathlib import Path

import pysam

from seqcnn.atomic import whole_file
from seqcnn.data.textfiles import BGZIP_END
from seqcnn.errors import InputError

# The containers that end a CRAM, by its major version (CRAM specification, section 9).
CRAM_ENDS = {
    2: bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
    3: bytes.fromhex(
        "0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"
    ),
}
INDEXES = {"BAM": (".bai", ".csi"), "CRAM": (".crai",)}
ADDRESS = re.compile(r"(https?|ftp|s3|gs):/")
PROBED = 10_000  # records looked at to see whether a file is in order
LONGEST_BAI = 2**29  # bp; a .bai cannot point further


def kind_of(path: Path) -> str:
    """``"BAM"`` or ``"CRAM"``, by content.

    Raises:
        InputError: there is no such file, it cannot be read, or it is neither.
    """
    # A Path has one slash of an address's two.
    if ADDRESS.match(str(path)) or str(path) == "-":
        raise InputError(f"{path}: is not a file on this machine; a BAM or CRAM was wanted")
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == b"CRAM":
                return "CRAM"
            if start[:2] == b"\x1f\x8b":
                start = gzip.GzipFile(fileobj=file).read(4)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, a BAM or CRAM file was wanted") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path}: its first bytes are damaged; copy the file again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if start == b"BAM\x01":
        return "BAM"
    if start[:3] in (b"@HD", b"@SQ", b"@RG", b"@PG", b"@CO"):
        raise InputError(
            f"{path}: is SAM text, a BAM or CRAM was wanted: samtools sort -o "
            f"{path.stem}.bam {path.name} && samtools index {path.stem}.bam"
        )
    raise InputError(f"{path}: is neither BAM nor CRAM" + ("" if start else ": the file is empty"))


def check_whole(path: Path, kind: str, *, allow_truncated: bool) -> list[str]:
    """Look for the mark that ends a whole file; notes.

    Raises:
        InputError: it is absent and `allow_truncated` is false.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        major = file.read(5)[4]
        # CRAM 1 and 2.0 have no such mark; nobody has written them since 2014.
        mark = BGZIP_END if kind == "BAM" else CRAM_ENDS.get(major, b"")
        file.seek(max(0, size - len(mark)))
        if file.read() == mark or not mark:
            return []
    if allow_truncated:
        return [f"{path.name}: is cut short (its end mark is absent); read as far as it goes"]
    raise InputError(
        f"{path}: is cut short: the mark that ends a whole {kind} is absent; copy or make it "
        "again, or pass --allow-truncated to use what is there"
    )


def check_header(path: Path) -> None:
    """Read the header of a BAM to its end.

    pysam, given half a header, prints a complaint that cannot be caught.

    Raises:
        InputError: it is cut short or damaged.
    """
    try:
        with gzip.open(path) as file:
            (length,) = struct.unpack("<4xi", file.read(8))
            file.read(length)
            (contigs,) = struct.unpack("<i", file.read(4))
            for _ in range(contigs):
                (length,) = struct.unpack("<i", file.read(4))
                struct.unpack(f"<{length}xi", file.read(length + 4))
    except (struct.error, OSError, EOFError, zlib.error, OverflowError, ValueError):
        raise damaged_header(path) from None


def damaged_header(path: Path) -> InputError:
    """What to say of a header that cannot be read."""
    return InputError(f"{path}: its header is damaged or cut short; copy the file again")


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


def missing_index(path: Path, kind: str) -> InputError:
    """What to say where there is none."""
    names = index_names(path, kind)
    looked = ", ".join(name.name for name in names[:-1]) + f" or {names[-1].name}"
    return InputError(
        f"{path}: has no index (looked for {looked}): run 'samtools index {path}', "
        "or pass --make-index"
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
                f"{path}: no index can be made: the file is not sorted or is damaged; {_sort(path)}"
            ) from None
    return place


def check_order(path: Path, file: pysam.AlignmentFile, *, indexed: bool) -> list[str]:
    """Look whether the reads are in order of position, in the header and in the first 10,000.

    Raises:
        InputError: they are not.
    """
    said = str(file.header.to_dict().get("HD", {}).get("SO", ""))
    if said == "coordinate" and indexed:
        return []
    try:
        places = [_place(read) for read in islice(file.fetch(until_eof=True), PROBED)]
    except OSError:
        return []  # reading it for calling says where it is damaged
    if any(second < first for first, second in pairwise(places)):
        header = f" (its header says {said})" if said else ""
        raise InputError(f"{path}: is not sorted by position{header}; {_sort(path)}")
    if said in ("", "unknown", "coordinate"):
        return []
    return [f"{path.name}: the header says {said}, but the reads are in order of position"]


def _place(read: pysam.AlignedSegment) -> tuple[int, int]:
    contig = read.reference_id
    return (contig if contig >= 0 else 1 << 31, read.reference_start)


def _sort(path: Path) -> str:
    name = f"{path.stem}.sorted.bam"
    return f"run 'samtools sort -o {name} {path.name}' and 'samtools index {name}'"
