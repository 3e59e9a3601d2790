"""What kind of variant a record is: type, zygosity, length, and the homopolymer it stands in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.events import Bases, called, change_of
from seqcnn.data.variants import Variant

TYPES = ("SNP", "INDEL")
ZYGOSITIES = ("het", "hom", "hetalt")
LENGTHS = ("I 1-5", "I 6-15", "I 16+", "D 1-5", "D 6-15", "D 16+")
HOMOPOLYMERS = ("1-3", "4-6", "7-11", "12+")
_EDGES = (1, 6, 16)  # bp at which the length bins begin
_RUNS = (4, 7, 12)  # bp at which the homopolymer bins begin
REACH = 20  # a homopolymer is measured up to so many bp to either side


class Kinds(NamedTuple):
    """Kinds of N records, each an int8 `(N,)` of indices into the names above; -1 = none.

    `type`: INDEL where a called allele differs from REF in length, else SNP (so substitutions of
    several bases are SNPs). `length`: of the called allele that differs most, INDELs only.
    `homopolymer`: the longest run of one base that the change lies in or touches.
    """

    type: npt.NDArray[np.int8]
    zygosity: npt.NDArray[np.int8]
    length: npt.NDArray[np.int8]
    homopolymer: npt.NDArray[np.int8]


def kinds(variants: Sequence[Variant], reference: Bases, counted: npt.NDArray[np.bool_]) -> Kinds:
    """Kinds of the records that `counted` says; -1 in all fields for the others."""
    found = Kinds(*(np.full(len(variants), -1, np.int8) for _ in Kinds._fields))
    spans = np.zeros((len(variants), 2), np.int64)
    rows_of: dict[str, list[int]] = {}
    for i in np.flatnonzero(counted).tolist():
        variant = variants[i]
        rows_of.setdefault(variant.contig, []).append(i)
        one, two = called(variant) or (0, 0)
        longest = max(
            (len(variant.alleles[j]) - len(variant.ref) for j in {one, two} - {0}), key=abs
        )
        found.type[i] = longest != 0
        found.zygosity[i] = 1 if one == two else 2 if one and two else 0
        if longest:
            found.length[i] = int(np.searchsorted(_EDGES, abs(longest), "right")) - 1
            found.length[i] += 0 if longest > 0 else 3
        changes = [change_of(variant.pos, variant.ref, variant.alleles[j]) for j in (one, two)]
        touched = [change for change in changes if change is not None]
        if touched:
            spans[i] = min(c.start for c in touched), max(c.end for c in touched)
        else:
            spans[i] = variant.pos, variant.end
    for contig, rows in rows_of.items():
        runs = longest_run(reference, contig, spans[rows])
        found.homopolymer[rows] = np.searchsorted(_RUNS, runs, "right")
    return found


def longest_run(
    reference: Bases, contig: str, spans: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The longest run of one base at the edges of each span `(N, 2)`, or just outside: int64 (N,).

    Runs are measured up to 20 bp to either side; runs of N count as none.
    """
    start, end = spans[:, 0], spans[:, 1]
    first = int(start.min()) - REACH - 1
    codes = reference.fetch(contig, first, int(end.max()) + REACH + 1)
    longest = np.zeros(len(spans), np.int64)
    for probe in (start - 1, start, np.maximum(end - 1, start), end):
        around = codes[(probe - first)[:, None] + np.arange(-REACH, REACH + 1)]
        same = (around == around[:, REACH : REACH + 1]) & (around < 4)
        left = np.cumprod(same[:, REACH - 1 :: -1], axis=1).sum(1)
        right = np.cumprod(same[:, REACH + 1 :], axis=1).sum(1)
        longest = np.maximum(longest, same[:, REACH] + left + right)
    return longest
