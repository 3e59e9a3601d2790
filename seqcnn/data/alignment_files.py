"""A handle of pysam's on a BAM or CRAM: silent, offline, its header as plain text."""

import gzip
import os
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pysam

from seqcnn.data.alignment_checks import damaged_header
from seqcnn.errors import InputError

NOWHERE = "/nowhere/%s"  # a REF_PATH where nothing is found


def open_file(
    path: Path, *, index: Path | None = None, reference: Path | None = None
) -> pysam.AlignmentFile:
    """A handle of pysam's that prints nothing and never asks the network.

    Silences htslib and takes addresses out of REF_PATH for the whole process, since it has
    no other way.

    Raises:
        InputError: the header is damaged.
        OSError: the index is.
    """
    pysam.set_verbosity(0)
    os.environ["REF_PATH"] = local_places(os.environ.get("REF_PATH", ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the end mark, which was looked at before
        try:
            return pysam.AlignmentFile(
                str(path), "r", check_sq=False, ignore_truncation=True,
                index_filename=None if index is None else str(index),
                reference_filename=None if reference is None else str(reference),
            )  # fmt: skip
        except ValueError:
            raise damaged_header(path) from None


@contextmanager
def opened(
    path: Path, *, index: Path | None = None, reference: Path | None = None
) -> Iterator[pysam.AlignmentFile]:
    """The handle of `open_file` for a while."""
    file = open_file(path, index=index, reference=reference)
    try:
        yield file
    finally:
        close(file)


def close(file: pysam.AlignmentFile) -> None:
    """Close a handle; one that met a damaged block reports that once more, which is passed over."""
    with suppress(OSError):
        file.close()


def local_places(search: str) -> str:
    """A REF_PATH without its addresses."""
    places = re.split(r"(?<!:):(?!:|//)", search)
    kept = [place for place in places if place and "://" not in place]
    return ":".join(kept) or NOWHERE


def header_lines(path: Path, file: pysam.AlignmentFile) -> dict[str, list[dict[str, str]]]:
    """Lines of the header by kind (SQ, RG, PG, …), each its fields.

    Raises:
        InputError: the header is damaged.
    """
    lines: dict[str, list[dict[str, str]]] = {}
    for text in _header_text(path, file).splitlines():
        kind, *fields = text.split("\t")
        if kind != "@CO":
            pairs = (field.partition(":") for field in fields)
            lines.setdefault(kind[1:], []).append({name: value for name, _, value in pairs})
    return lines


def _header_text(path: Path, file: pysam.AlignmentFile) -> str:
    try:
        return str(file.header)
    except UnicodeDecodeError:
        pass
    # Old files have names of people and places in other encodings; pysam takes only UTF-8.
    if not file.is_bam:
        raise InputError(
            f"{path}: its header is not UTF-8 text; write it anew with samtools reheader"
        )
    with gzip.open(path) as data:
        (length,) = struct.unpack("<4xi", data.read(8))
        return data.read(length).rstrip(b"\0").decode("utf-8", errors="replace")


def contigs_of_crai(index: Path) -> set[int]:
    """Numbers of the contigs that have reads by the index of a CRAM."""
    with gzip.open(index, "rt") as text:
        found = {int(line.split("\t", 1)[0]) for line in text}
    return found - {-1}
