"""A handle of pysam's on a BAM or CRAM: silent, offline, its header as plain text."""

import os
import re
import warnings
from pathlib import Path

import pysam

from seqcnn.data.alignment_checks import damaged_header

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


def local_places(search: str) -> str:
    """A REF_PATH without its addresses."""
    places = re.split(r"(?<!:):(?!:|//)", search)
    kept = [place for place in places if place and "://" not in place]
    return ":".join(kept) or NOWHERE


def header_lines(file: pysam.AlignmentFile) -> dict[str, list[dict[str, str]]]:
    """Lines of the header by kind (SQ, RG, PG, …), each its fields."""
    lines: dict[str, list[dict[str, str]]] = {}
    for text in str(file.header).splitlines():
        kind, *fields = text.split("\t")
        if kind != "@CO":
            pairs = (field.partition(":") for field in fields)
            lines.setdefault(kind[1:], []).append({name: value for name, _, value in pairs})
    return lines
