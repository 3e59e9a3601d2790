"""The reference that reads are held against: a FASTA, or rebuilt from the reads' MD tags."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from seqcnn.data.alignments import Alignments
from seqcnn.data.genome import Genome
from seqcnn.data.md_reference import RebuiltReference, reads_have_md
from seqcnn.data.packed import Progress
from seqcnn.data.reference_paths import VARIABLE, find_fasta, header_paths
from seqcnn.encoders.alphabet import LETTER_OF_CODE, N_CODE, Codes
from seqcnn.errors import InputError

CHUNK = 1 << 24  # bases at a time for a checksum


class Reference(Protocol):
    """Bases by contig and position. Pickled, it is opened anew.

    `source` says for the log and the header where the bases come from; `path` is the FASTA, None
    where there is none.
    """

    source: str
    path: Path | None

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def length_of(self) -> Mapping[str, int]: ...

    def fetch(self, contig: str, start: int, end: int) -> Codes:
        """Codes (end - start,): A C G T = 0..3, all else and positions off the ends = 4."""
        ...


class FastaReference:
    """The contigs of a FASTA; IUPAC letters other than A C G T are N.

    Args:
        fasta: its path.
        names: the contigs to have, by the name to have them under; None is all, under their own.
        progress: see `Genome`.

    Raises:
        InputError: the FASTA is missing or unsound.
    """

    def __init__(
        self,
        fasta: Path | str,
        names: Mapping[str, str] | None = None,
        *,
        progress: Progress | None = None,
    ) -> None:
        self.path: Path | None = Path(fasta)
        self.source = str(fasta)
        self._genome = Genome(fasta, progress=progress)
        self._named = dict(names or zip(self._genome.names, self._genome.names, strict=True))
        self._lengths = {
            name: int(self._genome.length_of[theirs]) for name, theirs in self._named.items()
        }
        self._checksums: dict[str, str] = {}

    def __reduce__(self) -> tuple[type, tuple[str, dict[str, str]]]:
        return FastaReference, (self.source, self._named)

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._named)

    @property
    def length_of(self) -> Mapping[str, int]:
        return self._lengths

    def fetch(self, contig: str, start: int, end: int) -> Codes:
        """See `Reference`. KeyError for an unknown contig."""
        return np.minimum(self._genome.fetch(self._named[contig], start, end), N_CODE)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole FASTA's names and bases; see `Genome`."""
        return self._genome.digest

    def checksum(self, contig: str) -> str:
        """M5 of the SAM specification: MD5 of the contig's letters in upper case; kept."""
        if contig not in self._checksums:
            checksum = hashlib.md5(usedforsecurity=False)
            name = self._named[contig]
            for start in range(0, self._lengths[contig], CHUNK):
                end = min(start + CHUNK, self._lengths[contig])
                checksum.update(LETTER_OF_CODE[self._genome.fetch(name, start, end)].data)
            self._checksums[contig] = checksum.hexdigest()
        return self._checksums[contig]

    def renamed(self, names: Mapping[str, str]) -> "FastaReference":
        """The same bases under other names: new name to this one's."""
        again = FastaReference(self.source, {new: self._named[old] for new, old in names.items()})
        again._checksums = {
            new: self._checksums[old] for new, old in names.items() if old in self._checksums
        }
        return again


def find_reference(
    alignments: Alignments, given: Path | str | None, *, progress: Progress | None = None
) -> tuple[FastaReference | RebuiltReference, list[str]]:
    """The reference of a BAM or CRAM, and notes about where it was found.

    Tried in turn: `given`, `$SEQCNN_REFERENCE`, a FASTA that the header names and this machine
    has, the MD tags where the reads have them.

    Raises:
        InputError: none of these.
    """
    found = find_fasta(alignments.header, given)
    if found is not None:
        notes = [] if given is not None else [f"reference: {found.path} (from {found.source})"]
        return FastaReference(found.path, progress=progress), notes
    if reads_have_md(alignments):
        note = f"reference: none given; rebuilt from the MD tags of {alignments.path.name}"
        return RebuiltReference(alignments.spec), [note]
    named = header_paths(alignments.header)
    absent = f"; its header names {named[0]}, which is not on this machine" if named else ""
    raise InputError(
        f"{alignments.path}: has no reference: its reads have no MD tags to rebuild it from"
        f"{absent}; give the FASTA with --reference or ${VARIABLE}"
    )
