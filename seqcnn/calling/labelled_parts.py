"""Images with known genotypes of one part of a contig: drawn, and labelled by haplotype."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqcnn.calling.alleles import genotypes_of
from seqcnn.calling.confident import Confident
from seqcnn.calling.examine import ExamineSettings, examine
from seqcnn.calling.labels import explain_truth, recall_of
from seqcnn.calling.read_profile import ReadSums, sum_reads
from seqcnn.calling.sites import Site
from seqcnn.calling.thinned import Thinned
from seqcnn.data.alignments import Alignments
from seqcnn.data.call_regions import Region
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.references import FastaReference
from seqcnn.data.variants import Variant

PART = 50_000  # bp that a process draws at a time
REACH = 600  # bp beyond a part within which sites and truth decide on a label inside


@dataclass(frozen=True)
class Source:
    """A sample whose genotypes are known."""

    alignments: Alignments
    reference: FastaReference | RebuiltReference
    truth: list[Variant]  # of the regions' contigs, by position
    confident: pd.DataFrame  # contig, start, end
    regions: list[Region]
    truth_name: str


class Part(NamedTuple):
    """A part of a source's regions, with the true variants in and near it."""

    source: int
    region: Region
    truth: list[Variant]


class LabelledPart(NamedTuple):
    """Images with a label, in the order of sites, and what was seen on the way.

    `columns` are arrays (n, ...) by the names of `SiteTable`, and the class "target"; `text` holds
    contig, ref, alts and genotype of each image.
    """

    images: npt.NDArray[np.uint8]
    columns: dict[str, npt.NDArray[np.int64]]
    text: list[tuple[str, str, str, str]]  # contig, ref, alts, genotype
    recall: dict[str, tuple[int, int]]
    why: dict[str, int]
    reads: ReadSums


def parts_of(sources: Sequence[Source]) -> Iterator[Part]:
    """All regions of all sources in pieces of 50 kb."""
    for number, source in enumerate(sources):
        truth_of: dict[str, list[Variant]] = {}
        for variant in source.truth:
            truth_of.setdefault(variant.contig, []).append(variant)
        for region in source.regions:
            of_contig = truth_of.get(region.contig, [])
            starts = np.array([variant.pos for variant in of_contig], np.int64)
            for start in range(region.start, region.end, PART):
                part = region._replace(start=start, end=min(start + PART, region.end))
                first = np.searchsorted(starts, part.start - 2 * REACH)
                last = np.searchsorted(starts, part.end + 2 * REACH)
                yield Part(number, part, of_contig[first:last])


_state: dict[str, Any] = {}


def begin(sources: Sequence[Source], settings: ExamineSettings, seed: int) -> None:
    """Give a process what all its parts need."""
    _state["sources"], _state["settings"], _state["seed"] = sources, settings, seed
    _state["confident"] = [Confident(source.confident) for source in sources]


def draw_part(job: tuple[Part, float]) -> LabelledPart:
    """Images of a part, from this share of its fragments; needs `begin` once before."""
    part, share = job
    source: Source = _state["sources"][part.source]
    settings: ExamineSettings = _state["settings"]
    confident: Confident = _state["confident"][part.source]
    contig, start, end = part.region
    length = source.reference.length_of[contig]
    reads = source.alignments if share == 1 else Thinned(source.alignments, share, _state["seed"])
    # Sites beyond the part belong to other parts, but may share haplotypes with those inside.
    low, high = max(start - REACH, 0), min(end + REACH, length)
    examined = examine(reads, source.reference, contig, low, high, settings)  # type: ignore[arg-type]
    sites = examined.candidates.sites
    labelled = explain_truth(
        sites, part.truth, source.reference, confident, truth_name=source.truth_name
    )
    inside = np.array([start <= variant.pos < end for variant in part.truth], np.bool_)
    own = [variant for variant, mine in zip(part.truth, inside, strict=True) if mine]
    recall = recall_of(
        labelled._replace(alleles=labelled.alleles[inside], explained=labelled.explained[inside]),
        own,
        confident,
    )
    why: dict[str, int] = {}
    rows, targets, text = [], [], []
    drawn = examined.drawn
    for row, (number, shown) in enumerate(
        zip(drawn.site.tolist(), drawn.shown.tolist(), strict=True)
    ):
        site, label = sites[number], labelled.labels[number]
        if not start <= site.pos < end:
            continue
        if row == 0 or drawn.site[row - 1] != number:
            why[label.why] = why.get(label.why, 0) + 1
        target = class_of(label.genotype, shown, joint=settings.images.scheme == "joint")
        if label.genotype is None or target is None:
            continue
        rows.append(row)
        targets.append(target)
        text.append((contig, site.ref, ",".join(site.alts), "/".join(map(str, label.genotype))))
    chosen = [(sites[drawn.site[row]], drawn.shown[row].tolist()) for row in rows]
    return LabelledPart(
        drawn.images[rows],
        {
            "pos": np.array([site.pos for site, _ in chosen], np.int64),
            "shown": np.array([shown for _, shown in chosen], np.int64).reshape(-1, 2),
            "depths": np.array([_depths(*one) for one in chosen], np.int64).reshape(-1, 3),
            "source": np.full(len(rows), part.source, np.int64),
            "target": np.array(targets, np.int64),
        },
        text,
        {kind: (one.found, one.total) for kind, one in recall.items()},
        why,
        sum_reads(examined.prepared.reads, start, end),
    )


def class_of(genotype: tuple[int, int] | None, shown: Sequence[int], *, joint: bool) -> int | None:
    """The class of an image that shows `shown` alternative alleles (0 = none), or None.

    With the joint scheme it is the place of the genotype among those of the shown alleles, and a
    genotype of an allele that is not shown has none; else how many copies of any shown allele
    there are.
    """
    if genotype is None:
        return None
    if not joint:
        return sum(allele in shown for allele in genotype if allele)
    order = [0, *(allele for allele in shown if allele)]
    if any(allele not in order for allele in genotype):
        return None
    first, second = sorted(order.index(allele) for allele in genotype)
    return genotypes_of(3).index((first, second))


def _depths(site: Site, shown: Sequence[int]) -> tuple[int, int, int]:
    first, second = (site.allele_depths[k] if k else 0 for k in shown)
    return site.depth, first, second
