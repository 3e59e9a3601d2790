"""What is wrong on held-out sites, in sums by block of sequence, for caller_ablations.py."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np

from seqcnn.calling.alleles import genotype_probabilities, genotypes_of, kept_alts
from seqcnn.calling.labelled_parts import begin, draw_part, parts_of
from seqcnn.data.call_regions import Region
from seqcnn.data.pileups import Pileups

BLOCK = 20_000  # bp that are resampled together
LEAST = 1e-6  # probability of the true genotype, in the log-loss


def missed_alleles(sources: Sequence[Any], examine: Any, share: float) -> dict[str, int]:
    """True alleles that no candidates make, by block."""
    missed: dict[str, int] = {}
    cut = [
        replace(source, regions=[one for region in source.regions for one in blocks_of(region)])
        for source in sources
    ]
    begin(cut, examine, 0)
    for part in parts_of(cut):
        found = draw_part((part, share)).recall.values()
        name = f"{part.region.contig}:{part.region.start // BLOCK}"
        missed[name] = missed.get(name, 0) + sum(total - there for there, total in found)
    return missed


def blocks_of(region: Region) -> list[Region]:
    """A region cut at multiples of 20 kb."""
    cuts = [region.start, *range((region.start // BLOCK + 1) * BLOCK, region.end, BLOCK)]
    return [
        region._replace(start=start, end=end)
        for start, end in zip(cuts, [*cuts[1:], region.end], strict=True)
    ]


def every_fourth(examples: Pileups, missed: dict[str, int]) -> tuple[Pileups, dict[str, int]]:
    """What lies in every fourth block."""
    inside = examples.sites.pos // BLOCK % 4 == 0
    return examples.subset(inside), {
        block: number for block, number in missed.items() if int(block.split(":")[1]) % 4 == 0
    }


def judged(
    examples: Pileups, chances: np.ndarray, missed: dict[str, int], scheme: Any
) -> dict[str, list[float]]:
    """Six sums by block: sites of SNPs and of indels with another genotype than the true one, false
    candidates called, alleles missed; log-loss of the true genotype, and sites.
    """
    sites, indel = examples.sites, examples.sites.indel()
    sums = {block: [0, 0, 0, number, 0.0, 0] for block, number in missed.items()}

    def place(row: int) -> tuple[str, int, str, str]:
        return str(sites.contig[row]), int(sites.pos[row]), sites.ref[row], sites.alts[row]

    for (contig, pos, _, alts), group in groupby(range(len(sites)), place):
        rows = list(group)
        number = len(alts.split(","))
        each = genotype_probabilities(scheme, number, chances[rows])
        genotypes = genotypes_of(kept_alts(number, scheme) + 1)
        first, second = (int(allele) for allele in sites.genotype[rows[0]].split("/"))
        true = genotypes.index((min(first, second), max(first, second)))
        kind = 2 if true == 0 else int(indel[rows].any())
        counts = sums.setdefault(f"{contig}:{pos // BLOCK}", [0, 0, 0, 0, 0.0, 0])
        counts[kind] += int(each.argmax() != true)
        counts[4] -= float(np.log(max(each[true], LEAST)))
        counts[5] += 1
    return sums
