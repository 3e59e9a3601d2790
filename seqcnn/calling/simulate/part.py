"""One part of the genome, simulated by one process: fragments, reads, alignments, a sorted BAM."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.calling.simulate.copies import Copy
from seqcnn.calling.simulate.fragments import Fragments, Source, draw_fragments
from seqcnn.calling.simulate.haplotypes import build_haplotype
from seqcnn.calling.simulate.long_reads import LONG_PROFILES, at_level, sequence_long
from seqcnn.calling.simulate.pool import Pool, make_chemistry, make_pool
from seqcnn.calling.simulate.profile import Profile
from seqcnn.calling.simulate.reads import sequence_pairs
from seqcnn.calling.simulate.variants import Phased
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import LETTERS

_LETTER = np.frombuffer(LETTERS.encode(), np.uint8)


class Run(NamedTuple):
    """What all parts of one simulation share."""

    preset: str
    profile: Profile
    coverage: float
    seed: int
    contamination: float
    duplicates: float
    marked: float
    chimeras: float
    dispersion: float
    gc_bias: float
    errors: float
    stutter: float
    hotspots: float


class Part(NamedTuple):
    """Fragments that begin in [start, end) of a contig; `reach` bp more may be read."""

    number: int
    contig: str
    start: int
    end: int
    reach: int
    variants: list[Phased]
    others: list[Phased]  # of the contaminating person
    copies: list[Copy]


class Outcome(NamedTuple):
    """What a part gave."""

    number: int
    fragments: int
    records: int
    duplicates: int
    unmapped: int


def part_sources(run: Run, part: Part, genome: Genome) -> list[Source]:
    """The haplotypes, those of the contaminating person, and the diverged copies."""
    last = min(part.end + part.reach, genome.length_of[part.contig])
    codes = genome.fetch(part.contig, part.start, last)
    sources = []
    for people, share, kinds in (
        (part.variants, 1 - run.contamination, "01"),
        (part.others, run.contamination, "xx"),
    ):
        for haplotype in (0, 1) if share > 0 else ():
            sequence = build_haplotype(codes, part.start, people, haplotype)
            sources.append(Source(sequence, run.coverage * share / 2, kinds[haplotype]))
    for copy in part.copies:
        sources.append(Source(copy.sequence, run.coverage * copy.depth, "c"))
    return sources


def simulate_part(run: Run, part: Part, genome: Genome, mapper: Any, out: Path) -> Outcome:
    """Write the sorted BAM of one part to `out`.

    What is drawn depends on the run's seed and the part's number alone.
    """
    random = np.random.default_rng([run.seed, part.number])
    sources = part_sources(run, part, genome)
    profile = run.profile
    long = LONG_PROFILES.get(run.preset)
    percentiles = profile.fragment_lengths
    each = 2.0 * profile.read_length if long is None else float(percentiles[1:100].mean())
    fragments = draw_fragments(
        sources, random, bases_a_fragment=each, percentiles=percentiles,
        gc=1 + run.gc_bias * (profile.gc - 1), dispersion=run.dispersion,
        wave_seed=run.seed, chimeras=0.0 if long else run.chimeras,
        duplicates=0.0 if long else run.duplicates, marked=run.marked,
    )  # fmt: skip
    fragments = _begun_inside(fragments, sources, part)
    pool = make_pool(sources)
    names = read_names(part, sources, pool, fragments)
    if long is not None:
        long = at_level(long, errors=run.errors, stutter=run.stutter, hotspots=run.hotspots)
        bases, qualities, starts = sequence_long(
            pool, long, fragments, int(random.integers(2**63)), run.seed
        )
        records = mapper.singles(names, _LETTER[bases], qualities, starts)
    else:
        bases, qualities = _pairs(run, pool, fragments, random)
        records = mapper.pairs(names, _LETTER[bases], qualities, fragments.marked)
    write_sorted(records, mapper.header, out)
    unmapped = sum(record.is_unmapped for record in records)
    return Outcome(part.number, len(names), len(records), int(fragments.marked.sum()), unmapped)


def _pairs(
    run: Run, pool: Pool, fragments: Fragments, random: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    profile = run.profile
    share = (profile.classes / profile.classes.sum()).ravel()
    kinds = random.choice(len(share), len(fragments.start), p=share)
    classes = np.stack(np.divmod(kinds, len(profile.classes)), axis=1).astype(np.uint8)
    chemistry = make_chemistry(
        profile, errors=run.errors, stutter=run.stutter, hotspots=run.hotspots
    )
    return sequence_pairs(
        pool, chemistry, fragments, classes, profile.read_length,
        int(random.integers(2**63)), run.seed,
    )  # fmt: skip


def _begun_inside(fragments: Fragments, sources: list[Source], part: Part) -> Fragments:
    """Only fragments that begin in the part: those past its end are the next one's."""
    keep = np.ones(len(fragments.start), np.bool_)
    for index, source in enumerate(sources):
        if source.kind == "c":
            continue
        rows = np.flatnonzero(fragments.source == index)
        keep[rows] = source.sequence.position[fragments.start[rows]] < part.end
    # Duplicates name their template by its row, which is only a seed from here on.
    kept: list[Any] = [column[keep] for column in fragments]
    return Fragments(*kept)


def read_names(part: Part, sources: list[Source], pool: Pool, fragments: Fragments) -> list[str]:
    """Names that say where each fragment is from: part, row, source, 1-based position."""
    place = pool.position[pool.offset[fragments.source] + fragments.start] + 1
    kinds = [source.kind for source in sources]
    return [
        f"s{part.number}:{row}:{kinds[source]}:{at}"
        for row, (source, at) in enumerate(zip(fragments.source, place, strict=True))
    ]


def write_sorted(
    records: list[pysam.AlignedSegment], header: pysam.AlignmentHeader, out: Path
) -> None:
    """Write records by position; at one position in the order given; unplaced ones last."""
    far = 1 << 40
    places = np.array(
        [(record.reference_id if record.reference_id >= 0 else far, record.reference_start)
         for record in records], np.int64,
    ).reshape(-1, 2)  # fmt: skip
    with pysam.AlignmentFile(str(out), "wb", header=header) as opened:
        for row in np.lexsort((places[:, 1], places[:, 0])):
            opened.write(records[row])
