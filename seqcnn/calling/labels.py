"""Labels of candidate sites for training: the genotypes that, together, make the true haplotypes.

A site is labelled by haplotype, not by position: the truth may place an indel elsewhere in its
repeat, or write two candidates as one record. Of all genotypes of neighbouring sites those are
taken that explain most alleles of the truth (Poplin et al. 2018, doi:10.1038/nbt.4235, label so
too); among equals, those whose alleles have most reads, then those with fewest alleles.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.confident import Confident
from seqcnn.calling.events import Bases, bases_around, called, check_reference
from seqcnn.calling.haplotypes import Event, best_match
from seqcnn.calling.label_events import site_event, truth_event
from seqcnn.calling.placements import Spans, placements
from seqcnn.calling.sites import Site
from seqcnn.data.variants import Variant
from seqcnn.errors import InputError

MOST_STATES = 1000  # sites of noisy reads have many genotypes; see `best_match`
REACH = 500  # bp between a site and a truth record that may explain each other

Why = Literal["reference", "matched", "partial", "outside", "unresolved"]


class Label(NamedTuple):
    """The genotype of a site over its own alleles, smaller index first (0 = reference).

    None where it cannot be told: `why` is "outside" (of the confident regions) or "unresolved" (a
    true variant lies here that no genotypes of the sites make). Otherwise `why` is "matched",
    "partial" (one copy has a true allele that is not among the site's, which then counts as
    reference: 0/1 of an allele beside an unknown one) or "reference" (0/0).
    """

    genotype: tuple[int, int] | None
    why: Why


class Labelled(NamedTuple):
    """Labels of the sites, and what they explain of the truth.

    `alleles` counts the distinct alternative alleles of each truth record's genotype (0 where it
    has no variant), `explained` how many of them the sites can make; both int64 (T,).
    """

    labels: list[Label]
    alleles: npt.NDArray[np.int64]
    explained: npt.NDArray[np.int64]


def label_sites(
    sites: Sequence[Site],
    truth: Sequence[Variant],
    reference: Bases,
    confident: Confident | None = None,
) -> list[Label]:
    """The true genotype of each site, in the order of `sites`; see `explain_truth`."""
    return explain_truth(sites, truth, reference, confident).labels


def explain_truth(
    sites: Sequence[Site],
    truth: Sequence[Variant],
    reference: Bases,
    confident: Confident | None = None,
    *,
    truth_name: str = "truth",
) -> Labelled:
    """Label `sites` by `truth`, and say which alleles of the truth they can make.

    Args:
        sites: candidates, in any order.
        truth: sorted by position in each contig, with genotypes; what has a FILTER other than
            PASS is left out.
        reference: the genome both are of.
        confident: sites that are not wholly inside have no label; None = all are inside.
        truth_name: in errors.

    Raises:
        InputError: REF of a truth record is not the reference's, or its contig is not there.
    """
    labels = [Label((0, 0), "reference")] * len(sites)
    alleles = np.zeros(len(truth), np.int64)
    explained = np.zeros(len(truth), np.int64)
    sites_of: dict[str, list[int]] = {}
    truth_of: dict[str, list[int]] = {}
    for i, site in enumerate(sites):
        sites_of.setdefault(site.contig, []).append(i)
    for i, variant in enumerate(truth):
        if _is_true(variant):
            truth_of.setdefault(variant.contig, []).append(i)
    for contig in sites_of:
        if contig not in reference.length_of:
            raise InputError(f"sites on '{contig}', which the reference has not")
    for contig, rows in truth_of.items():
        if contig not in reference.length_of:
            raise InputError(f"{truth_name}: {truth[rows[0]]} is on a contig not in the reference")
        part = [truth[i] for i in rows]
        mine = sites_of.get(contig, [])
        near = _near([sites[i] for i in mine], part)
        mine = [i for i, is_near in zip(mine, near, strict=True) if is_near]
        found = _label_contig([sites[i] for i in mine], part, reference, contig, truth_name)
        for i, label in zip(mine, found.labels, strict=True):
            labels[i] = label
        alleles[rows], explained[rows] = found.alleles, found.explained
    if confident is not None:
        for i, site in enumerate(sites):
            if not confident.contain(site.contig, site.pos, _end(site)):
                labels[i] = Label(None, "outside")
    return Labelled(labels, alleles, explained)


def _is_true(variant: Variant) -> bool:
    return not variant.filters and called(variant) is not None


def _end(site: Site) -> int:
    """One past what must be confident: of an indel, the base after it too."""
    indel = any(len(text) != len(site.ref) for text in site.alts)
    return site.pos + len(site.ref) + indel


def _near(sites: Sequence[Site], truth: Sequence[Variant]) -> npt.NDArray[np.bool_]:
    start = np.array([variant.pos for variant in truth], np.int64)
    end = np.maximum.accumulate(np.array([variant.end for variant in truth], np.int64))
    pos = np.array([site.pos for site in sites], np.int64)
    stop = pos + np.array([len(site.ref) for site in sites], np.int64)
    first = np.searchsorted(end, pos - REACH, side="left")
    last = np.searchsorted(start, stop + REACH, side="right")
    return np.asarray(last > first)


def _label_contig(
    sites: Sequence[Site],
    truth: Sequence[Variant],
    reference: Bases,
    contig: str,
    truth_name: str,
) -> Labelled:
    spans = [(variant.pos, variant.end) for variant in truth]
    spans += [(site.pos, site.pos + len(site.ref)) for site in sites]
    bases, offset = bases_around(reference, contig, spans)
    check_reference(truth, contig, bases, offset, reference.length_of[contig], truth_name)
    first, rows = _sorted([truth_event(variant) for variant in truth])
    second, columns = _sorted([site_event(site) for site in sites])
    match = best_match(first, second, bases, offset=offset, most_states=MOST_STATES)
    alleles = np.array([len(set(called(v) or ()) - {0}) for v in truth], np.int64)
    explained = np.zeros(len(truth), np.int64)
    partial = set()
    for i, tag, stretch in zip(rows, match.first, match.first_stretch, strict=True):
        explained[i] = tag or 0
        if 0 < explained[i] < alleles[i]:
            partial.add(stretch)
    missed = [v for v, n, m in zip(truth, explained, alleles, strict=True) if n < m]
    blurred = Spans([span for v in missed for span in placements(v, reference)])
    labels = [Label((0, 0), "reference")] * len(sites)
    for i, tag, stretch in zip(columns, match.second, match.second_stretch, strict=True):
        if tag is not None:
            labels[i] = Label(tag, "partial" if stretch in partial else "matched")
        elif blurred.overlap(sites[i].pos, sites[i].pos + len(sites[i].ref)):
            labels[i] = Label(None, "unresolved")
    return Labelled(labels, alleles, explained)


def _sorted(events: Sequence[Event]) -> tuple[list[Event], list[int]]:
    order = sorted(
        (i for i, event in enumerate(events) if event.options),
        key=lambda i: (events[i].start, events[i].end, i),
    )
    return [events[i] for i in order], order


class Recall(NamedTuple):
    """Of `total` true alleles inside the confident regions, `found` can be called."""

    found: int
    total: int

    @property
    def share(self) -> float:
        """NaN where there is none."""
        return self.found / self.total if self.total else float("nan")


def candidate_recall(
    sites: Sequence[Site],
    truth: Sequence[Variant],
    reference: Bases,
    confident: Confident | None = None,
) -> dict[str, Recall]:
    """What a perfect classifier of these sites would find, for "snp" and "indel" alleles.

    An allele is an alternative allele of a true genotype; longer substitutions count as "snp".
    """
    return recall_of(explain_truth(sites, truth, reference, confident), truth, confident)


def recall_of(
    labelled: Labelled, truth: Sequence[Variant], confident: Confident | None = None
) -> dict[str, Recall]:
    """`candidate_recall` of what `explain_truth` found."""
    counts = {"snp": [0, 0], "indel": [0, 0]}
    for variant, explained, alleles in zip(
        truth, labelled.explained.tolist(), labelled.alleles.tolist(), strict=True
    ):
        if not alleles or not (
            confident is None or confident.overlap(variant.contig, variant.pos, variant.end)
        ):
            continue
        used = set(called(variant) or ()) - {0}
        indel = any(len(variant.alleles[index]) != len(variant.ref) for index in used)
        counts["indel" if indel else "snp"][0] += explained
        counts["indel" if indel else "snp"][1] += alleles
    return {kind: Recall(*count) for kind, count in counts.items()}
