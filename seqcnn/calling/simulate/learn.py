"""A profile learned from a BAM of paired reads; no reference is needed."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pysam
from sklearn.isotonic import IsotonicRegression

from seqcnn.calling.simulate.observed import (
    Aligned,
    consensus_of,
    count_bases,
    count_errors,
    count_loose_indels,
    count_tract_sizes,
    count_transitions,
)
from seqcnn.calling.simulate.profile import LONGEST_TRACT, Profile
from seqcnn.calling.simulate.tracts import find_tracts
from seqcnn.errors import InputError

MOST_READS = 400_000
FEWEST_READS = 2_000
CLASSES, BINS = 4, 8
LONGEST_STRETCH = 5_000_000
PSEUDO = 30  # reads' worth of the rates below, added to each tract length

# Of homopolymers of 0 … 24 bases where a BAM shows too few: rates of a read, by eye from several
# Illumina runs; [0] is a base outside of tracts.
DELETION = np.array([5e-6, 0, 0, 0, 2e-5, 3e-5, 5e-5, 1e-4, 3e-4, 8e-4, 2e-3, 4e-3, 8e-3, 0.014,
                     0.022, 0.035, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15, 0.17, 0.19, 0.2])  # fmt: skip
HOTSPOTS = np.array([0.004, 0.01, 0.25])


class _Read(NamedTuple):
    name: str
    second: bool
    reverse: bool
    start: int
    cigar: list[tuple[int, int]]
    codes: npt.NDArray[np.uint8]
    qualities: npt.NDArray[np.uint8]


def learn_profile(path: Path) -> Profile:
    """The profile of the paired reads in a BAM or CRAM: its first 400,000 primary reads.

    Errors are told from variants by the consensus of the reads themselves: where nearly all
    agree, who differs is wrong.

    Raises:
        InputError: it cannot be read, is not sorted, or holds too few paired reads.
    """
    reads, shares, lengths = _collect(path)
    if len(reads) < FEWEST_READS:
        raise InputError(
            f"{path}: has {len(reads):,} usable paired reads; a profile needs "
            f"{FEWEST_READS:,}: name a larger BAM, or a built-in profile"
        )
    read_length = int(np.bincount([len(read.codes) for read in reads]).argmax())
    aligned = _flatten(reads)
    span = int(aligned.start.max()) + 2000
    counts = count_bases(aligned, span)
    consensus = consensus_of(counts)
    by_quality, read_as = count_errors(aligned, consensus)
    qualities = np.flatnonzero(by_quality[0]).astype(np.uint8)
    first, steps, classes = _quality_model(reads, qualities)
    deletion, insertion, repeat = _indels(aligned, consensus, counts)
    gc = _gc_bias(reads, consensus, lengths)
    # One error and a thousandth of the bases stand for what Phred promises.
    promised = 10 ** (-qualities.astype(np.float64) / 10)
    mismatch = (by_quality[1, qualities] + 1000 * promised) / (by_quality[0, qualities] + 1000)
    np.fill_diagonal(read_as, 0)
    return Profile(
        name=path.name,
        read_length=read_length,
        fragment_lengths=np.percentile(lengths, np.arange(101)),
        qualities=qualities,
        classes=classes,
        first_quality=first,
        next_quality=steps,
        mismatch=mismatch,
        substitution=_cumulative(read_as + (1 - np.eye(4))),
        deletion=deletion,
        insertion=insertion,
        repeat=repeat,
        gc=gc,
        dispersion=_dispersion(aligned, consensus),
        duplicates=shares[0],
        chimeras=shares[1],
        hotspots=HOTSPOTS,
    )


def _collect(path: Path) -> tuple[list[_Read], tuple[float, float], npt.NDArray[np.float64]]:
    """Primary reads, the shares of duplicates and of chimeric pairs, fragment lengths."""
    code = np.full(256, 4, np.uint8)
    code[np.frombuffer(b"ACGT", np.uint8)] = np.arange(4)
    reads: list[_Read] = []
    lengths: list[int] = []
    seen = duplicates = firsts = odd = 0
    shift, contig, last = 0, -1, 0
    try:
        with pysam.AlignmentFile(str(path), check_sq=False) as opened:
            for record in opened.fetch(until_eof=True):
                if record.flag & 0xB04 or not record.flag & 0x1 or record.cigartuples is None:
                    continue
                seen += 1
                if record.flag & 0x400:
                    duplicates += 1
                    continue
                if record.mapping_quality < 20 or record.query_qualities is None:
                    continue
                if record.reference_id != contig or record.reference_start > last + 100_000:
                    contig, base = record.reference_id, record.reference_start
                    shift = (reads[-1].start + 5000 if reads else 0) - base
                last = record.reference_start
                reads.append(_Read(
                    record.query_name or "", bool(record.flag & 0x80), record.is_reverse,
                    record.reference_start + shift, record.cigartuples,
                    code[np.frombuffer(record.query_sequence.encode(), np.uint8)],
                    np.array(record.query_qualities, np.uint8),
                ))  # fmt: skip
                if record.template_length > 0 and record.is_proper_pair:
                    lengths.append(record.template_length)
                firsts += 1
                far = record.next_reference_id != record.reference_id
                same = record.is_reverse == record.mate_is_reverse
                odd += not record.mate_is_unmapped and (far or same)
                if len(reads) >= MOST_READS or reads[-1].start > LONGEST_STRETCH:
                    break
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as BAM ({error}); check --profile") from None
    share = duplicates / max(1, seen), odd / max(1, firsts)
    return reads, share, np.array(lengths or [400], np.float64)


def _flatten(reads: list[_Read]) -> Aligned:
    operations = [len(read.cigar) for read in reads]
    sizes = [len(read.codes) for read in reads]
    cigar = [length << 4 | kind for read in reads for kind, length in read.cigar]
    return Aligned(
        np.array([read.start for read in reads], np.int64),
        np.array([read.reverse for read in reads], np.bool_),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([read.codes for read in reads]),
        np.concatenate([read.qualities for read in reads]),
        np.concatenate([[0], np.cumsum(operations)]).astype(np.int64),
        np.array(cigar, np.uint32),
    )


def _cumulative(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    total = np.cumsum(weights, axis=-1, dtype=np.float64)
    return total / np.maximum(total[..., -1:], 1e-12)


def _quality_model(
    reads: list[_Read], qualities: npt.NDArray[np.uint8]
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
    return _cumulative(first + 1e-9), _cumulative(steps + 0.01 * usual / usual.sum(-1, keepdims=True)), classes


def _indels(
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
    homozygous = (total >= 10) & (second <= np.maximum(0.12, 3 * DELETION[copies]) * total)
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


def _gc_bias(
    reads: list[_Read], consensus: npt.NDArray[np.uint8], lengths: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Relative coverage by GC per cent of the fragment, (101,), shrunk to 1 where little is seen."""
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


def _dispersion(aligned: Aligned, consensus: npt.NDArray[np.uint8]) -> float:
    """Standard deviation of log coverage beyond chance, from read starts in 500-bp bins."""
    starts = np.bincount(aligned.start // 500)
    called = np.add.reduceat(consensus < 4, np.arange(0, len(consensus), 500))[: len(starts)]
    kept = np.sort(starts[: len(called)][called > 450]).astype(np.float64)
    kept = kept[len(kept) // 50 : len(kept) - len(kept) // 50]
    if len(kept) < 20:
        return 0.1
    # Mates fall into one bin or its neighbour, so reads count as halves of a fragment.
    extra = kept.var() / kept.mean() ** 2 - 1.5 / kept.mean()
    return float(np.sqrt(max(extra, 0.0004)))
