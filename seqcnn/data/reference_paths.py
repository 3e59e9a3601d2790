"""Where the FASTA of a BAM or CRAM may lie: the variable of the user's, and the file's header."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqcnn.errors import InputError

VARIABLE = "SEQCNN_REFERENCE"
ENDINGS = tuple(
    ending + packed for ending in (".fa", ".fasta", ".fna") for packed in ("", ".gz", ".bgz")
)

Header = Mapping[str, Sequence[Mapping[str, str]]]


class FoundFasta(NamedTuple):
    """A FASTA and how it was found, for the log: ``"--reference"``, ``"$SEQCNN_REFERENCE"``, …"""

    path: Path
    source: str


def find_fasta(header: Header, given: Path | str | None) -> FoundFasta | None:
    """The FASTA to use: the given one, `$SEQCNN_REFERENCE`, or the first of the header's.

    Of the header count @SQ UR and every word of @PG CL that ends as a FASTA does, where such a
    file exists on this machine and, if it has a .fai, shares a contig's name and length.

    Raises:
        InputError: the given one or that of the variable is no file.
    """
    if given is not None:
        return FoundFasta(_existing(Path(given), "--reference"), "--reference")
    named = os.environ.get(VARIABLE, "")
    if named:
        return FoundFasta(_existing(Path(named), f"${VARIABLE}"), f"${VARIABLE}")
    lengths = {line.get("SN", ""): line.get("LN", "") for line in header.get("SQ", ())}
    for path in header_paths(header):
        if path.is_file() and _may_fit(path, lengths):
            return FoundFasta(path, "the header")
    return None


def header_paths(header: Header) -> list[Path]:
    """Every FASTA that the header names, each once; whether it exists is not looked at."""
    names: dict[str, None] = {}
    for line in header.get("SQ", ()):
        address = line.get("UR", "")
        if address.startswith("file:"):
            address = "/" + address.removeprefix("file:").removeprefix("//localhost").lstrip("/")
        if address and "://" not in address:
            names[address] = None
    for line in header.get("PG", ()):
        for word in _words(line.get("CL", "")):
            name = word.rpartition("=")[2].strip("[],;")
            if name.endswith(ENDINGS) and "://" not in name:
                names[name] = None
    return [Path(name) for name in names]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _existing(path: Path, source: str) -> Path:
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "no such file"
        raise InputError(f"{source} {path}: {found}; a FASTA file was wanted")
    return path


def _may_fit(path: Path, lengths: Mapping[str, str]) -> bool:
    index = path.with_name(path.name + ".fai")
    if not index.is_file():
        return True
    rows = (line.split("\t") for line in index.read_text(errors="replace").splitlines())
    return any(len(row) > 1 and lengths.get(row[0]) == row[1] for row in rows)
