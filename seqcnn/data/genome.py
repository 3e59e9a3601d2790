"""A genome: the contigs of a FASTA as codes, out of a packed copy on the disk."""

import hashlib
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqcnn.data.packed import (
    PackedIndex,
    Progress,
    Source,
    gather,
    map_bases,
    pack_fasta,
    read_index,
)
from seqcnn.encoders.dna import COMPLEMENT, Codes
from seqcnn.errors import InputError

SUFFIX = ".seqcnn"


class Genome:
    """The contigs of a FASTA (plain, gzip or bgzip), read at random; no .fai is needed.

    The first use packs the FASTA to four bits a base, in `$SEQCNN_CACHE` where that is set, else
    beside it, or in ~/.cache/seqcnn where its folder cannot be written; later uses map that file
    into memory. It is made anew when the FASTA has changed. Lower case (soft masking) is not kept.

    Args:
        fasta: path of the FASTA.
        cache: folder for the packed copy, in place of those above.
        progress: called with bytes read and total while packing.

    Attributes:
        names: contigs in the order of the FASTA.
        lengths: int64, in bases, one a contig.
        digest: sha256 of names and bases, independent of case, line breaks and compression.

    Raises:
        InputError: the FASTA is missing or unsound, or no folder takes the packed copy.
    """

    def __init__(
        self, fasta: Path | str, *, cache: Path | None = None, progress: Progress | None = None
    ) -> None:
        self.path = Path(fasta)
        if not self.path.is_file():
            found = "is a folder" if self.path.is_dir() else "no such file"
            raise InputError(f"{self.path}: {found}; expected a FASTA file")
        place, index = _open_or_pack(self.path, cache, progress)
        self.names = index.names
        self.lengths = np.array(index.lengths, np.int64)
        self.digest = index.digest
        self.index_of = {name: i for i, name in enumerate(self.names)}
        self.length_of = dict(zip(self.names, index.lengths, strict=True))
        self._offsets = np.array(index.offsets, np.int64)
        self._packed = map_bases(place)

    def fetch(self, contig: str, start: int, end: int) -> Codes:
        """Codes (end - start,) of a contig; positions off its ends are N. KeyError if unknown."""
        index = np.array([self.index_of[contig]])
        return self.windows(index, np.array([start]), end - start)[0]

    def windows(
        self,
        contig: npt.NDArray[np.integer],
        start: npt.NDArray[np.integer],
        length: int,
        reverse: npt.NDArray[np.bool_] | None = None,
    ) -> Codes:
        """Codes (n, length) of windows, each the reverse complement where `reverse` says so.

        Args:
            contig: indices into `names`, (n,).
            start: 0-based starts on the forward strand, (n,); positions off the contig are N.
            length: bases a window.
            reverse: (n,); None is forward for all.
        """
        index: npt.NDArray[np.int64] = np.ascontiguousarray(contig, np.int64)
        first: npt.NDArray[np.int64] = np.ascontiguousarray(start, np.int64)
        if reverse is None:
            reverse = np.zeros(len(first), np.bool_)
        flip: npt.NDArray[np.bool_] = np.ascontiguousarray(reverse, np.bool_)
        # The kernel does not look: a wrong index would read memory that is not ours.
        if not index.shape == first.shape == flip.shape == (len(first),) or length < 0:
            raise ValueError("contig, start and reverse must be (n,), length 0 or more")
        if len(index) and not 0 <= index.min() <= index.max() < len(self.names):
            raise IndexError(f"contig indices run from 0 to {len(self.names) - 1}")
        out = np.empty((len(first), length), np.uint8)
        gather(self._packed, self._offsets, self.lengths, COMPLEMENT, index, first, flip, out)
        return out


def _open_or_pack(
    fasta: Path, cache: Path | None, progress: Progress | None
) -> tuple[Path, PackedIndex]:
    source = Source.of(fasta)
    places = _places(fasta, cache)
    for place in places:
        index = read_index(place, source)
        if index is not None:
            return place, index
    for place in places:
        if _takes_files(place.parent):
            pack_fasta(fasta, place, progress)
            index = read_index(place, source)
            if index is None:
                raise InputError(f"{fasta}: changed while it was read; run again when it is whole")
            return place, index
    folders = " or ".join(str(place.parent) for place in places)
    raise InputError(
        f"{fasta}: its packed copy cannot be written in {folders}; "
        "set SEQCNN_CACHE to a folder that can be written"
    )


def _places(fasta: Path, cache: Path | None) -> list[Path]:
    # The path's hash keeps two files of one name apart in a shared folder.
    mark = hashlib.sha256(str(fasta.resolve()).encode()).hexdigest()[:12]
    shared = f"{fasta.name}.{mark}{SUFFIX}"
    if cache is not None:
        return [Path(cache) / shared]
    chosen = os.environ.get("SEQCNN_CACHE")
    if chosen:
        return [Path(chosen) / shared]
    return [fasta.with_name(fasta.name + SUFFIX), Path.home() / ".cache" / "seqcnn" / shared]


def _takes_files(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
