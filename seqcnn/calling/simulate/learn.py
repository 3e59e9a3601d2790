"""A profile learned from a BAM of paired reads; no reference is needed."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.calling.simulate.estimates import (
    SeenRead,
    clipped_share,
    cumulative,
    dispersion_of,
    gc_bias,
    indel_rates,
    quality_model,
    spread_of,
)
from seqcnn.calling.simulate.observed import (
    Aligned,
    consensus_of,
    count_bases,
    count_errors,
)
from seqcnn.calling.simulate.profile import Profile
from seqcnn.errors import InputError

MOST_READS = 400_000
FEWEST_READS = 2_000
LONGEST_STRETCH = 5_000_000
# Of strand positions: share, least and most of their error rate. Counted by eye in two runs: false
# candidates whose reads are clean otherwise, and those in clusters of low quality on one strand.
HOTSPOTS = np.array([0.0003, 0.01, 0.3])
BURSTS = np.array([1.4e-3, 0.1, 0.9])


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
    first, steps, classes = quality_model(reads, qualities)
    deletion, insertion, repeat = indel_rates(aligned, consensus, counts)
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
        substitution=cumulative(read_as + (1 - np.eye(4))),
        deletion=deletion,
        insertion=insertion,
        repeat=repeat,
        gc=gc_bias(reads, consensus, lengths),
        dispersion=dispersion_of(counts, consensus),
        duplicates=shares[0],
        chimeras=shares[1],
        spread=spread_of(aligned, consensus, mismatch, qualities),
        # Chimeras clip reads too; a slice's own ends may, without end.
        clipped=min(max(clipped_share(reads) - shares[1], 0.0), 0.03),
        hotspots=HOTSPOTS,
        bursts=BURSTS,
    )


def _collect(path: Path) -> tuple[list[SeenRead], tuple[float, float], npt.NDArray[np.float64]]:
    """Primary reads, the shares of duplicates and of chimeric pairs, fragment lengths."""
    code = np.full(256, 4, np.uint8)
    code[np.frombuffer(b"ACGT", np.uint8)] = np.arange(4)
    reads: list[SeenRead] = []
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
                reads.append(SeenRead(
                    record.query_name or "", bool(record.flag & 0x80), record.is_reverse,
                    record.reference_start + shift, record.cigartuples,
                    code[np.frombuffer((record.query_sequence or "").encode(), np.uint8)],
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


def _flatten(reads: list[SeenRead]) -> Aligned:
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
