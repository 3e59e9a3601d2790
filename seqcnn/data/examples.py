"""Sequences with their targets, in memory or as windows of a genome."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from seqcnn.data import notebook
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import COMPLEMENT, N_CODE, Codes, encode
from seqcnn.errors import InputError


@dataclass(frozen=True)
class Examples:
    """N sequences of one length with T targets each.

    The sequences are either `codes`, or windows given by `genome`, `contig` and `start`.

    Attributes:
        targets: float32 (N, T); T is 0 where there is nothing to learn, as at prediction.
        length: bases a sequence.
        names: of the T outputs.
        codes: uint8 (N, L), or None.
        genome: that the windows are of, or None.
        contig: int32 (N,), indices into `genome.names`.
        start: int64 (N,), 0-based, on the forward strand; a window may leave its contig (N).
        stranded: int8 (N,), -1 where the window is read from the reverse strand.
        identifiers: of the N sequences, or None.
        weights: float32 (N,), of their losses, or None.
        sampling: float32 (N,), how often each is drawn in training relative to others, or None.
    """

    targets: npt.NDArray[np.float32]
    length: int
    names: tuple[str, ...]
    codes: Codes | None = None
    genome: Genome | None = None
    contig: npt.NDArray[np.int32] | None = None
    start: npt.NDArray[np.int64] | None = None
    stranded: npt.NDArray[np.int8] | None = None
    identifiers: tuple[str, ...] | None = None
    weights: npt.NDArray[np.float32] | None = None
    sampling: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(self.targets)
        if self.targets.shape != (count, len(self.names)):
            raise ValueError(f"targets are {self.targets.shape}, names are {len(self.names)}")
        windows = (self.genome, self.contig, self.start)
        if (self.codes is None) == any(part is None for part in windows):
            raise ValueError("give either codes, or genome, contig and start")
        if self.codes is not None and self.codes.shape != (count, self.length):
            raise ValueError(f"codes are {self.codes.shape}, wanted {(count, self.length)}")
        if self.codes is not None and self.stranded is not None:
            raise ValueError("stranded is for windows of a genome; codes are read as they are")
        per_row = (self.contig, self.start, self.stranded, self.identifiers, self.weights)
        for part in (*per_row, self.sampling):
            if part is not None and len(part) != count:
                raise ValueError(f"{len(part)} values for {count} sequences")

    def __len__(self) -> int:
        return len(self.targets)

    @classmethod
    def from_sequences(
        cls,
        sequences: Sequence[str] | Codes,
        targets: npt.ArrayLike,
        *,
        names: Sequence[str],
        identifiers: Sequence[str] | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> "Examples":
        """Examples in memory, from strings of one length or codes (N, L); targets (N,) or (N, T).

        Raises:
            InputError: none, several lengths, or a character that is no nucleotide code.
        """
        codes = sequences if isinstance(sequences, np.ndarray) else _encode_all(sequences)
        return cls(
            targets=_columns(targets, len(codes), len(names)),
            length=codes.shape[1],
            names=tuple(names),
            codes=codes,
            identifiers=None if identifiers is None else tuple(identifiers),
            weights=None if weights is None else np.asarray(weights, np.float32),
        )

    @classmethod
    def from_windows(
        cls,
        genome: Genome,
        regions: pd.DataFrame,
        targets: npt.ArrayLike,
        *,
        names: Sequence[str],
        weights: npt.ArrayLike | None = None,
        use_strand: bool = False,
    ) -> "Examples":
        """Examples from regions (contig, start, end) of one length; with `use_strand`, "-" is
        read from the reverse strand.

        Raises:
            InputError: no regions, several lengths, or a contig that the genome lacks.
        """
        if not len(regions):
            raise InputError("no regions to make windows of")
        lengths = (regions["end"] - regions["start"]).to_numpy()
        if (lengths != lengths[0]).any():
            other = int((lengths != lengths[0]).argmax())
            raise InputError(
                f"region {other + 1} has {lengths[other]} bases, the first has {lengths[0]}; "
                "windows must be of one length"
            )
        contig = regions["contig"].map(genome.index_of)
        if contig.isna().any():
            lost = regions["contig"][contig.isna()].iloc[0]
            raise InputError(
                f"{genome.path} has no contig '{lost}' (it has {', '.join(genome.names[:3])}, …); "
                "pass --contig-alias"
            )
        return cls(
            targets=_columns(targets, len(regions), len(names)),
            length=int(lengths[0]),
            names=tuple(names),
            genome=genome,
            contig=contig.to_numpy().astype(np.int32),
            start=regions["start"].to_numpy().astype(np.int64),
            stranded=_strands(regions) if use_strand else None,
            weights=None if weights is None else np.asarray(weights, np.float32),
        )

    def take(
        self,
        rows: npt.NDArray[Any],
        *,
        shift: npt.NDArray[np.integer] | None = None,
        reverse: npt.NDArray[np.bool_] | None = None,
    ) -> Codes:
        """Codes (n, length) of the sequences `rows` (integers, or a mask over all).

        Args:
            rows: (n,) indices or (N,) mask.
            shift: (n,) bases to begin further downstream, in the sequence's own direction; a
                genome gives the true flank, sequences in memory are filled with N.
            reverse: (n,) take the reverse complement, after the shift.
        """
        rows = _indices(rows, len(self))
        moved = np.zeros(len(rows), np.int64) if shift is None else shift.astype(np.int64)
        flip = np.zeros(len(rows), np.bool_) if reverse is None else reverse.astype(np.bool_)
        if not moved.shape == flip.shape == rows.shape:
            raise ValueError(f"shift {moved.shape} and reverse {flip.shape} for {rows.shape} rows")
        if self.genome is None or self.contig is None or self.start is None:
            assert self.codes is not None  # kept by __post_init__
            out = np.empty((len(rows), self.length), np.uint8)
            _take(self.codes, rows, moved, flip, COMPLEMENT, out)
            return out
        if self.stranded is not None:
            minus = self.stranded[rows] < 0
            moved, flip = np.where(minus, -moved, moved), flip ^ minus
        return self.genome.windows(self.contig[rows], self.start[rows] + moved, self.length, flip)

    def subset(self, rows: npt.NDArray[Any]) -> "Examples":
        """The examples `rows` (integers, or a mask over all), in that order."""
        rows = _indices(rows, len(self))
        kept: dict[str, Any] = {"targets": self.targets[rows]}
        for name in ("codes", "contig", "start", "stranded", "weights", "sampling"):
            values = getattr(self, name)
            kept[name] = None if values is None else values[rows]
        if self.identifiers is not None:
            kept["identifiers"] = tuple(self.identifiers[row] for row in rows)
        return replace(self, **kept)

    def groups(self, block: int = 12_000) -> npt.NDArray[np.int64]:
        """Ids (N,) of blocks that can be resampled as if independent.

        Windows of one `block` of bases share an id, as neighbours are correlated; sequences in
        memory have one each.
        """
        if self.contig is None or self.start is None:
            return np.arange(len(self), dtype=np.int64)
        places = np.stack([self.contig.astype(np.int64), self.start // block])
        return np.unique(places, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def distinct(self) -> int:
        """How many sequences these are worth: windows that overlap share their bases, and those
        that are seldom drawn count less (Kish's effective sample size).
        """
        if self.sampling is not None:
            weight = self.sampling.astype(np.float64)
            return max(1, round(weight.sum() ** 2 / (weight**2).sum()))
        if self.contig is None or self.start is None or not len(self):
            return len(self)
        order = np.lexsort((self.start, self.contig))
        contig, start = self.contig[order], self.start[order]
        new = np.minimum(np.diff(start), self.length)
        new = np.where(np.diff(contig) != 0, self.length, new)
        return max(1, round((int(new.sum()) + self.length) / self.length))

    def origin(self) -> str:
        """The contigs that they come from, in words; "given" where there are none."""
        if self.genome is None or self.contig is None:
            return "given"
        found = [self.genome.names[index] for index in np.unique(self.contig)]
        return " ".join(found[:12]) + (f" … ({len(found)})" if len(found) > 12 else "")

    def gc(self) -> float:
        """Share of G and C of the bases of at most 500 sequences, evenly chosen; NaN of none."""
        rows = np.unique(np.linspace(0, max(len(self) - 1, 0), min(len(self), 500)).astype(int))
        codes = self.take(rows)
        known = int((codes < N_CODE).sum())
        return int(((codes == 1) | (codes == 2)).sum()) / known if known else float("nan")

    def __repr__(self) -> str:
        return f"Examples({len(self):,} of {self.length} bp, {len(self.names)} outputs)"

    def _repr_html_(self) -> str:
        known = {
            "sequences": f"{len(self):,} of {self.length:,} bp, {self.origin()}",
            "labels": notebook.labels(self.targets, self.names),
            "GC": f"{self.gc():.1%}",
        }
        return notebook.shown("Examples", notebook.facts(known))

    def locations(self) -> list[str]:
        """A name for each sequence: its identifier, else "chr1:100-700" (0-based, half-open)."""
        if self.identifiers is not None:
            return list(self.identifiers)
        if self.genome is None or self.contig is None or self.start is None:
            return [f"sequence_{row + 1}" for row in range(len(self))]
        names = self.genome.names
        return [
            f"{names[contig]}:{start}-{start + self.length}"
            for contig, start in zip(self.contig.tolist(), self.start.tolist(), strict=True)
        ]


@njit(cache=True, nogil=True)
def _take(
    codes: Codes,
    rows: npt.NDArray[np.int64],
    shift: npt.NDArray[np.int64],
    reverse: npt.NDArray[np.bool_],
    complement: Codes,
    out: Codes,
) -> None:
    length = out.shape[1]
    for i in range(len(rows)):
        source, target, offset = codes[rows[i]], out[i], shift[i]
        for j in range(length):
            at = j + offset
            code = source[at] if 0 <= at < length else np.uint8(N_CODE)
            if reverse[i]:
                target[length - 1 - j] = complement[code]
            else:
                target[j] = code


def _indices(rows: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
    rows = np.asarray(rows)
    if rows.dtype == np.bool_:
        rows = np.flatnonzero(rows)
    rows = rows.astype(np.int64)
    if len(rows) and not 0 <= rows.min() <= rows.max() < count:
        raise IndexError(f"rows run from 0 to {count - 1}")
    return rows


def _encode_all(sequences: Sequence[str]) -> Codes:
    if not sequences:
        raise InputError("no sequences")
    length = len(sequences[0])
    codes = np.empty((len(sequences), length), np.uint8)
    for row, sequence in enumerate(sequences):
        if len(sequence) != length:
            raise InputError(
                f"sequence {row + 1} has {len(sequence)} letters, the first has {length}; "
                "sequences must be of one length: pad them with N or cut them"
            )
        try:
            codes[row] = encode(sequence)
        except InputError as error:
            raise InputError(f"sequence {row + 1}, {error}") from None
    return codes


def _columns(targets: npt.ArrayLike, count: int, outputs: int) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(np.asarray(targets, np.float32).reshape(count, outputs))


def _strands(regions: pd.DataFrame) -> npt.NDArray[np.int8]:
    return np.where(regions["strand"] == "-", -1, 1).astype(np.int8)
