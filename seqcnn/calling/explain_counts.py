"""What the reads show at one position, before anything is required of them."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.candidates import Thresholds, Wanted, Weighed, weigh
from seqcnn.calling.examine import Prepared
from seqcnn.calling.possible import Possible
from seqcnn.data.alignments import Alignments
from seqcnn.encoders.dna import decode
from seqcnn.encoders.observations import CONFLICT, OTHER, SECOND, UNKNOWN
from seqcnn.encoders.reads import DELETION, REVERSE

LETTERS = "ACGT"
# Gates that refuse an allele.
COUNT, FRACTION, FIRST_SIGHT = "count", "fraction", "first sight"


class AlleleSeen(NamedTuple):
    """An allele and the fragments that show it; `alt` equals `ref` for the reference.

    `pos` is 0-based; an indel stands after its anchor base, left-aligned, and `end` is one past
    the last position that it can be placed at.
    """

    pos: int
    end: int
    ref: str
    alt: str
    fragments: int
    fraction: float  # of all fragments over the position
    needed: int
    needed_fraction: float
    forward: int
    reverse: int
    base_quality: float  # mean Phred at the position
    mapping_quality: float  # mean
    gates: tuple[str, ...]  # that refuse it; none: it makes a candidate

    @property
    def is_reference(self) -> bool:
        return self.ref == self.alt

    @property
    def name(self) -> str:
        """As `short_name`; of the reference, its base."""
        return self.ref if self.is_reference else short_name(self.ref, self.alt)


class Evidence(NamedTuple):
    """All reads over a position: what became of each, and what those left show.

    `dropped` are reads by rule, in the order in which the rules apply; their sum and `fragments`
    make `seen` (reads that realignment moved here count as less than none). What `fragments` show
    is in `alleles`, the reference first, but for the `deleted`: fragments in which a deletion that
    begins elsewhere covers the position.
    """

    contig: str
    pos: int
    reference: str  # its letter, N for any but A, C, G and T
    seen: int
    dropped: dict[str, int]
    fragments: int
    deleted: int
    alleles: tuple[AlleleSeen, ...]

    @property
    def alternatives(self) -> tuple[AlleleSeen, ...]:
        """All but the reference, the best supported first."""
        return tuple(allele for allele in self.alleles if not allele.is_reference)


def evidence_at(
    alignments: Alignments, prepared: Prepared, contig: str, pos: int, thresholds: Thresholds
) -> Evidence:
    """Follow the reads over `pos` through all rules."""
    reads, reference, start = prepared
    letter = decode(np.minimum(reference[pos - start : pos - start + 1], 4))
    from_file = _by_flag(alignments, contig, pos)
    kept = from_file.pop("kept", 0)
    from_file.pop("without qualities", 0)
    seen = kept + sum(from_file.values())
    over = (reads.start <= pos) & (reads.end > pos)
    low = int((over & (reads.mapping_quality < thresholds.min_mapping_quality)).sum())
    dropped = {**from_file, f"mapping quality below {thresholds.min_mapping_quality}": low}
    if letter == "N":
        return Evidence(contig, pos, letter, seen, _some(dropped), 0, 0, ())
    others = [Wanted(pos, letter, base) for base in LETTERS if base != letter]
    asked = weigh(*prepared, pos, pos + 1, thresholds, others)
    every = weigh(*prepared, pos, pos + 1, no_thresholds(thresholds), others)
    found = asked.observations
    observed = len(found.read)
    dropped["in a skipped stretch (N in CIGAR)"] = int(over.sum()) - low - observed
    moved = kept - int(over.sum())
    dropped[f"moved {'away' if moved > 0 else 'here'} by realignment"] = moved
    unknown = found.counted == UNKNOWN
    # The rule that says UNKNOWN: quality first, then the letter, then the end in a repeat.
    weak = unknown & (reads.qualities[found.query] < thresholds.min_base_quality)
    odd = unknown & ~weak & (reads.bases[found.query] > 3)
    dropped[f"base quality below {thresholds.min_base_quality}"] = int(weak.sum())
    dropped["a letter other than A, C, G, T"] = int(odd.sum())
    dropped["ends inside the repeat"] = int((unknown & ~weak & ~odd).sum())
    dropped["second mate of a fragment"] = int((found.counted == SECOND).sum())
    dropped["mates that contradict each other"] = int((found.counted == CONFLICT).sum())
    gone = (found.counted == OTHER) & (reads.cigar[found.operation] & 15 == DELETION)
    alleles = alleles_of(asked, prepared, thresholds)
    known = {(one.ref, one.alt) for one in alleles}
    alleles += [
        one._replace(gates=(*one.gates, FIRST_SIGHT)) if not one.gates else one
        for one in alleles_of(every, prepared, thresholds)
        if (one.ref, one.alt) not in known
    ]
    ordered = sorted(alleles, key=lambda one: (not one.is_reference, -one.fragments, one.name))
    return Evidence(
        contig, pos, letter, seen, _some(dropped), int((found.counted >= 0).sum()),
        int(gone.sum()), tuple(ordered),
    )  # fmt: skip


def alleles_between(
    prepared: Prepared, start: int, end: int, thresholds: Thresholds
) -> list[AlleleSeen]:
    """All alternative alleles anchored in `[start, end)`, also those that a single read shows."""
    every = weigh(*prepared, start, end, no_thresholds(thresholds))
    return [one for one in alleles_of(every, prepared, thresholds) if not one.is_reference]


def alleles_of(weighed: Weighed, prepared: Prepared, thresholds: Thresholds) -> list[AlleleSeen]:
    """What fragments show at the sites of `weighed`, the reference's first at each."""
    found = []
    alleles = weighed.alleles
    for site, pos in enumerate(alleles.position.tolist()):
        rows = range(alleles.first[site], alleles.first[site + 1])
        for code, row in enumerate([None, *rows]):
            one = _allele(weighed, prepared, thresholds, site, int(pos), code, row)
            if one.fragments or row is None:
                found.append(one)
    return found


def _allele(
    weighed: Weighed,
    prepared: Prepared,
    thresholds: Thresholds,
    site: int,
    pos: int,
    code: int,
    row: int | None,
) -> AlleleSeen:
    reads, reference, start = prepared
    observations = weighed.observations
    inside = slice(observations.first[site], observations.first[site + 1])
    mine = observations.counted[inside] == code
    read, query = observations.read[inside][mine], observations.query[inside][mine]
    ref = alt = LETTERS[reference[pos - start]]
    end, longer = pos + 1, 0
    if row is not None:
        ref, alt = written(weighed.possible, row, prepared)
        longer = len(alt) - len(ref)
    if row is not None and longer:
        end = int(weighed.alleles.reach[row]) + max(0, -longer)
    total, fragments = int(weighed.support.total[site]), int(mine.sum())
    share = fragments / total if total else 0.0
    needed = thresholds.min_count_indel if longer else thresholds.min_count_snp
    part = thresholds.min_fraction_indel if longer else thresholds.min_fraction_snp
    gates = [COUNT] * (fragments < needed) + [FRACTION] * (fragments < part * total)
    reverse = int((reads.flag[read] & REVERSE > 0).sum())
    return AlleleSeen(
        pos, end, ref, alt, fragments, share, needed, part, fragments - reverse, reverse,
        _mean(reads.qualities[query]), _mean(reads.mapping_quality[read]),
        () if row is None else tuple(gates),
    )  # fmt: skip


def written(possible: Possible, row: int, prepared: Prepared) -> tuple[str, str]:
    """REF and ALT of an allele by itself, with no more bases than it needs."""
    _, reference, start = prepared
    at, length = int(possible.position[row]) - start, int(possible.length[row])
    ref = decode(np.minimum(reference[at : at + 1 + max(0, -length)], 4))
    if possible.base[row] >= 0:
        return ref, LETTERS[possible.base[row]]
    return ref, ref[0] + decode(possible.inserted[row])


def no_thresholds(thresholds: Thresholds) -> Thresholds:
    """The same floors of quality; one fragment is enough."""
    return replace(
        thresholds, min_count_snp=1, min_count_indel=1, min_fraction_snp=0, min_fraction_indel=0
    )


def _by_flag(alignments: Alignments, contig: str, pos: int) -> Counter[str]:
    """Records over a position by what becomes of them as they are read."""
    before = alignments.dropped
    alignments.dropped = Counter()
    alignments.reads(contig, pos, pos + 1)
    found, alignments.dropped = alignments.dropped, before
    return found


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def _mean(values: npt.NDArray[np.uint8]) -> float:
    return round(float(values.mean()), 1) if len(values) else 0.0


def short_name(ref: str, alt: str) -> str:
    """`A>G`; long sequences are cut."""
    return f"{_cut(ref)}>{_cut(alt)}"


def _cut(sequence: str, most: int = 24) -> str:
    if len(sequence) <= most:
        return sequence
    return f"{sequence[: most // 2]}…{sequence[-4:]} ({len(sequence)} bases)"
