"""The numbers of a profile, estimated from reads and their consensus."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
from sklearn.isotonic import IsotonicRegression

from seqcnn.calling.simulate.observed import (
    Aligned,
    count_by_read,
    count_loose_indels,
    count_tract_sizes,
    count_transitions,
)
from seqcnn.calling.simulate.profile import LONGEST_TRACT
from seqcnn.calling.simulate.tracts import find_tracts

CLASSES, BINS = 4, 8
PSEUDO = 30  # reads' worth of the rates below, added to each tract length

# Of homopolymers of 0 … 24 bases where a BAM shows too few: rates of a read, by eye from several
# Illumina runs; [0] is a base outside of tracts.
DELETION = np.array([
    5e-6, 0, 0, 0, 2e-5, 3e-5, 5e-5, 1e-4, 3e-4, 8e-4, 2e-3, 4e-3, 8e-3,
    0.014, 0.022, 0.035, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19, 0.2,
])  # fmt: skip


class SeenRead(NamedTuple):
    """A primary read; codes and qualities as in the BAM, forward on the reference."""

    name: str
    second: bool
    reverse: bool
    start: int
    cigar: list[tuple[int, int]]
    codes: npt.NDArray[np.uint8]
    qualities: npt.NDArray[np.uint8]


def cumulative(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    total = np.cumsum(weights, axis=-1, dtype=np.float64)
    return total / np.maximum(total[..., -1:], 1e-12)


def quality_model(
    reads: list[SeenRead], qualities: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """First and following qualities by class of read, and how the classes of mates go together."""
    level = np.zeros(256, np.uint8)
    level[qualities] = np.arange(len(qualities))
    strings = [level[read.qualities[::-1] if read.reverse else read.qualities] for read in reads]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in strings])]).astype(np.int64)
    second = np.array([read.second for read in reads], np.int64)
    mean = np.array([read.qualities.mean() for read in reads])
    kind = np.zeros(len(reads), np.int64)
    for mate in (0, 1):
        rows = np.flatnonzero(second == mate)
        if len(rows):
            cuts = np.quantile(mean[rows], (0.05, 0.2, 0.5))
            kind[rows] = (mean[rows, None] > cuts).sum(axis=1)
    first, steps = count_transitions(
        np.concatenate(strings), second, kind, starts, BINS, CLASSES, len(qualities)
    )
    classes = np.zeros((CLASSES, CLASSES))
    waiting: dict[str, tuple[int, bool]] = {}
    for read, one in zip(reads, kind.tolist(), strict=True):
        other = waiting.pop(read.name, None)
        if other is None:
            waiting[read.name] = (one, read.second)
        elif other[1] != read.second:
            pair = (other[0], one) if read.second else (one, other[0])
            classes[pair] += 1
    # A level that was never left goes where its class goes on the whole.
    usual = steps.sum(axis=(2, 3))[:, :, None, None, :] + 1e-6
    return (
        cumulative(first + 1e-9),
        cumulative(steps + 0.01 * usual / usual.sum(-1, keepdims=True)),
        classes,
    )


def indel_rates(
    aligned: Aligned, consensus: npt.NDArray[np.uint8], counts: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rates of deletion and insertion by homopolymer length, and by copies of longer units."""
    # Bases within a repeat may be unsure themselves: the most common base serves here.
    depth = counts.sum(axis=1)
    filled = np.where(depth >= 8, counts[:, :4].argmax(axis=1), 4).astype(np.uint8)
    tracts = find_tracts(filled)
    sizes = count_tract_sizes(aligned, tracts.start, tracts.unit, tracts.length)
    total = sizes.sum(axis=1)
    mode = sizes.argmax(axis=1)
    # A heterozygous tract has two common sizes; a second one this common is no stutter.
    copies = np.minimum(tracts.length // tracts.unit, LONGEST_TRACT)
    second = np.sort(sizes, axis=1)[:, -2]
    homozygous = (total >= 10) & (second <= np.maximum(0.2, 3 * DELETION[copies]) * total)
    column = np.arange(sizes.shape[1])
    fewer = (sizes * (column[None] < mode[:, None])).sum(axis=1)
    more = (sizes * (column[None] > mode[:, None])).sum(axis=1)
    seen = np.zeros((2, 3, LONGEST_TRACT + 1))
    for row, chosen in enumerate((tracts.unit == 1, tracts.unit > 1)):
        rows = np.flatnonzero(chosen & homozygous)
        for number, column_of in enumerate((total, fewer, more)):
            np.add.at(seen[row, number], copies[rows], column_of[rows])
    deletion, insertion = _rising(seen[0, 1], seen[0, 0], 1.0), _rising(seen[0, 2], seen[0, 0], 0.4)
    repeat = np.stack(
        [_rising(seen[1, 1], seen[1, 0], 1.0), _rising(seen[1, 2], seen[1, 0], 0.4)], axis=1
    )
    in_tract = np.zeros(len(consensus), np.bool_)
    for start, length in zip(tracts.start, tracts.length, strict=True):
        in_tract[max(0, start - 1) : start + length + 1] = True
    inserted, deleted, bases = count_loose_indels(aligned, in_tract, counts).tolist()
    deletion[0], insertion[0] = deleted / max(1, bases), inserted / max(1, bases)
    return deletion, insertion, repeat


def _rising(
    events: npt.NDArray[np.float64], total: npt.NDArray[np.float64], factor: float
) -> npt.NDArray[np.float64]:
    """Rates that never fall with the length of the tract, steadied by the usual ones."""
    weight = total + PSEUDO
    rate = (events + PSEUDO * factor * DELETION) / weight
    order = np.arange(1, len(rate))
    fitted = IsotonicRegression().fit(order, rate[1:], weight[1:]).predict(order)
    return np.concatenate([rate[:1], fitted])


def gc_bias(
    reads: list[SeenRead], consensus: npt.NDArray[np.uint8], lengths: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Relative coverage by GC per cent of the fragment, (101,): 1 where little is seen."""
    size = int(np.median(lengths))
    strong = np.concatenate([[0], np.cumsum((consensus == 1) | (consensus == 2))])
    called = np.concatenate([[0], np.cumsum(consensus < 4)])
    begin = np.arange(0, max(1, len(consensus) - size))
    known = called[begin + size] - called[begin]
    share = np.round(100 * (strong[begin + size] - strong[begin]) / np.maximum(known, 1))
    share = np.where(known > 0.9 * size, share, -1).astype(np.int64)
    starts = np.array([read.start for read in reads if not read.reverse], np.int64)
    at = share[starts[starts < len(share)]]
    expected = np.bincount(share[share >= 0], minlength=101)[:101].astype(np.float64)
    observed = np.bincount(at[at >= 0], minlength=101)[:101].astype(np.float64)
    x = np.arange(101)
    kernel = np.exp(-0.5 * ((x[:, None] - x[None]) / 2.5) ** 2)
    expected *= observed.sum() / max(1.0, expected.sum())
    # Two thousand fragments' worth of no bias.
    return (kernel @ observed + 500) / (kernel @ expected + 500)


def dispersion_of(counts: npt.NDArray[np.int32], consensus: npt.NDArray[np.uint8]) -> float:
    """Standard deviation of log coverage beyond chance, from the variance of the depth."""
    depth = np.sort(counts.sum(axis=1)[consensus < 4]).astype(np.float64)
    depth = depth[len(depth) // 100 : len(depth) - len(depth) // 100]
    if len(depth) < 10_000:
        return 0.1
    # By chance alone the variance is the mean, a little more as mates overlap, a little less
    # as the extremes were cut.
    extra = depth.var() / depth.mean() - 1.0
    return float(np.sqrt(max(extra / depth.mean(), 0.0004)))


def spread_of(
    aligned: Aligned,
    consensus: npt.NDArray[np.uint8],
    mismatch: npt.NDArray[np.float64],
    qualities: npt.NDArray[np.uint8],
) -> float:
    """How unlike reads are in their errors: the log-normal spread that gives the share without."""
    rate = np.zeros(256)
    rate[qualities] = mismatch
    expected, wrong = count_by_read(aligned, consensus, rate)
    clean = float((wrong == 0).mean())
    z = np.linspace(-4, 4, 81)
    weight = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    levels = np.quantile(expected, np.linspace(0.0025, 0.9975, 200))
    for spread in np.arange(0.0, 3.01, 0.05):
        factor = np.exp(spread * z - spread**2 / 2)
        without = (np.exp(-levels[:, None] * factor[None]) @ weight).mean()
        if without >= clean:
            return float(round(spread, 2))
    return 3.0


def clipped_share(reads: list[SeenRead]) -> float:
    """Share of reads with five soft-clipped bases or more."""
    clipped = sum(
        any(kind == pysam.CSOFT_CLIP and length >= 5 for kind, length in read.cigar)
        for read in reads
    )
    return clipped / len(reads)
