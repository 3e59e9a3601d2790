"""Where to look: the anchor at which what lies at a position is counted and called."""

import numpy as np

from seqcnn.calling.candidates import Thresholds, Wanted, weigh
from seqcnn.calling.examine import Prepared
from seqcnn.calling.explain_counts import AlleleSeen, alleles_between, written
from seqcnn.calling.explain_record import NEAR
from seqcnn.calling.explained import Question, place
from seqcnn.calling.sites import Site
from seqcnn.data.alignments import Alignments
from seqcnn.data.references import Reference
from seqcnn.encoders.dna import decode
from seqcnn.encoders.evidence import LONGEST, collect_evidence
from seqcnn.encoders.left_align import FARTHEST, write_same_bases
from seqcnn.errors import InputError


def asked_alleles(
    question: Question, prepared: Prepared, thresholds: Thresholds
) -> list[tuple[int, str, str]]:
    """The asked allele as reads show it: position, REF and ALT, left-aligned; or several.

    Raises:
        InputError: it does not fit the reference, or is none that is looked for.
    """
    if question.ref is None or question.alt is None:
        return []
    _, reference, start = prepared
    at = question.pos - start
    seen = decode(np.minimum(reference[at : at + len(question.ref)], 4))
    if seen != question.ref:
        raise InputError(
            f"{question}: the reference has {seen} there, not {question.ref}; "
            "is the allele of another genome build?"
        )
    wanted = Wanted(question.pos, question.ref, question.alt)
    found = weigh(*prepared, start, start + len(reference), thresholds, [wanted]).possible
    rows = np.flatnonzero(found.wanted).tolist()
    if not rows:
        raise InputError(
            f"{question}: is no allele that reads are searched for; wanted another one than the "
            f"reference's, of A, C, G, T, with at most {LONGEST} bases inserted or deleted"
        )
    return [(int(found.position[row]), *written(found, row, prepared)) for row in rows]


def alleles_near(prepared: Prepared, pos: int, thresholds: Thresholds) -> list[AlleleSeen]:
    """Alternative alleles that are anchored within 10 bp of `pos`, or can lie over it."""
    gaps = collect_evidence(
        *prepared,
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    ).gaps
    # A repeat may carry a gap as far as `FARTHEST`; each allele's own end says how far it does.
    reach = gaps.position + np.maximum(-gaps.length, 0) + FARTHEST
    over = gaps.position[(gaps.position < pos) & (reach > pos)]
    first = max(min([pos - NEAR, *over.tolist()]), 0)
    return [
        one
        for one in alleles_between(prepared, first, pos + NEAR + 1, thresholds)
        if one.pos >= pos - NEAR or (one.end > pos and len(one.ref) != len(one.alt))
    ]


def anchor_of(pos: int, sites: list[Site], near: list[AlleleSeen], thresholds: Thresholds) -> int:
    """The anchor to explain `pos` at: itself, or that of an indel that can lie over it.

    A candidate comes before what is none, and `pos` itself before another of the same rank.
    """
    candidates = {site.pos for site in sites}
    here = max((one.fragments for one in near if one.pos == pos), default=0)
    over = [one for one in near if one.pos < pos < one.end]
    called = [one for one in over if one.pos in candidates and not one.gates]
    if pos in candidates or not over:
        return pos
    best = max(called or over, key=lambda one: (one.fragments, one.pos))
    if called or best.fragments > max(here, thresholds.min_count_indel - 1):
        return best.pos
    return pos


def shifted_gaps(
    alignments: Alignments, reference: Reference, question: Question, thresholds: Thresholds
) -> list[str]:
    """A note of each gap that the file's alignments have at the position, and we elsewhere."""
    contig, pos = question.contig, question.pos
    low = max(pos - LONGEST - FARTHEST, 0)
    codes = reference.fetch(contig, low, min(pos + 2 * LONGEST, reference.length_of[contig]))
    before = alignments.dropped.copy()
    reads = write_same_bases(alignments.reads(contig, pos, pos + 1), codes, low)
    alignments.dropped = before
    gaps = collect_evidence(
        reads, codes, low,
        min_mapping_quality=thresholds.min_mapping_quality,
        min_base_quality=thresholds.min_base_quality,
    ).gaps  # fmt: skip
    written = gaps.position + gaps.turn
    # A viewer shows a deletion at its first base, an insertion between two.
    here = ((written == pos) | (written == pos - 1)) & (gaps.turn > 0)
    shifts, counts = np.unique(
        np.stack([gaps.position[here], gaps.length[here]]), axis=1, return_counts=True
    )
    return [
        f"{_reads(count)} with {_gap(length)} here as the file has it; left-aligned it lies at "
        f"{place(contig, anchor)}"
        for (anchor, length), count in zip(shifts.T.tolist(), counts.tolist(), strict=True)
    ]


def _reads(count: int) -> str:
    return f"{count:,} read{'s' * (count != 1)}"


def _gap(length: int) -> str:
    what = "an insertion" if length > 0 else "a deletion"
    return f"{what} of {abs(length)} base{'s' * (abs(length) != 1)}"
