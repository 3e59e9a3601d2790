"""Is an alignment file whole and in order? What is looked at before its reads are used."""

import gzip
import re
import struct
import zlib
from itertools import islice, pairwise
from pathlib import Path

import pysam

from seqcnn.data.textfiles import BGZIP_END
from seqcnn.errors import InputError

# The containers that end a CRAM, by its major version (CRAM specification, section 9).
CRAM_ENDS = {
    2: bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
    3: bytes.fromhex(
        "0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"
    ),
}
ADDRESS = re.compile(r"(https?|ftp|s3|gs):/")
PROBED = 10_000  # records looked at to see whether a file is in order


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


def check_whole(
    path: Path, kind: str, *, allow_truncated: bool, name_options: bool = False
) -> list[str]:
    """Look for the mark that ends a whole file; notes. Arguments as of `open_alignments`.

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
    otherwise = ", or pass --allow-truncated to use what is there" if name_options else ""
    raise InputError(
        f"{path}: is cut short: the mark that ends a whole {kind} is absent; copy or make it "
        f"again{otherwise}"
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


def check_order(path: Path, file: pysam.AlignmentFile, said: str, *, indexed: bool) -> list[str]:
    """Look whether the first 10,000 reads are in order of position; notes.

    `said` is the order that the header claims (SO), ``""`` where it is silent. Where it claims
    the right one of an indexed file, no read is looked at.

    Raises:
        InputError: they are not.
    """
    if said == "coordinate" and indexed:
        return []
    try:
        places = [_place(read) for read in islice(file.fetch(until_eof=True), PROBED)]
    except OSError:
        return []  # reading it for calling says where it is damaged
    if any(second < first for first, second in pairwise(places)):
        header = f" (its header says {said})" if said else ""
        raise InputError(f"{path}: is not sorted by position{header}; {sort_command(path)}")
    if said in ("", "unknown", "coordinate"):
        return []
    return [f"{path.name}: the header says {said}, but the reads are in order of position"]


def _place(read: pysam.AlignedSegment) -> tuple[int, int]:
    contig = read.reference_id
    return (contig if contig >= 0 else 1 << 31, read.reference_start)


def sort_command(path: Path) -> str:
    """What to run on a file that is not in order."""
    name = f"{path.stem}.sorted.bam"
    return f"run 'samtools sort -o {name} {path.name}' and 'samtools index {name}'"
