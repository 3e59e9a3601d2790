"""Candidates of a set with their true genotypes: what a perfect classifier of them would call."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from seqcnn.calling.caller import read_caller_card
from seqcnn.calling.confident import Confident
from seqcnn.calling.examine import ExamineSettings, examine
from seqcnn.calling.labels import Label, explain_truth
from seqcnn.calling.sites import Site
from seqcnn.data.call_inputs import CallInputs, open_inputs
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import Variant, read_variants, write_variants

if TYPE_CHECKING:
    from caller_sets import CallSet

PART = 50_000  # bp examined at a time
REACH = 600  # bp beyond a part whose sites and variants decide on labels inside


def write_oracle(one: "CallSet", model: Path, regions: Path, out: Path) -> None:
    """Write the candidates that the truth makes variants, with those genotypes, as a VCF."""
    inputs = open_inputs(one.bam, reference=one.reference, regions=[str(regions)])
    calls = [
        Variant(site.contig, site.pos, site.ref, site.alts, label.genotype, 50.0, ())
        for site, label in labelled(inputs, one, read_caller_card(model).settings)
        if label.genotype is not None and any(label.genotype)
    ]
    lengths = inputs.reference.length_of
    contigs = {name: lengths[name] for name in dict.fromkeys(r.contig for r in inputs.regions)}
    write_variants(out, calls, contigs, "oracle")


def labelled(
    inputs: CallInputs, one: "CallSet", settings: ExamineSettings
) -> Iterator[tuple[Site, Label]]:
    """All candidates of the regions, in order, with their labels by the set's truth."""
    truth = read_variants(one.truth, sample=one.truth_sample)
    confident = None if one.confident is None else Confident(trusted(one.confident))
    by_contig: dict[str, list[Variant]] = {}
    for variant in truth:
        by_contig.setdefault(variant.contig, []).append(variant)
    for contig, first, last in inputs.regions:
        near = by_contig.get(contig, [])
        for start in range(first, last, PART):
            end = min(start + PART, last)
            low, high = max(start - REACH, 0), min(end + REACH, inputs.reference.length_of[contig])
            found = examine(inputs.alignments, inputs.reference, contig, low, high, settings)
            sites = found.candidates.sites
            known = within(near, low - REACH, high + REACH)
            labels = explain_truth(sites, known, inputs.reference, confident).labels
            for site, label in zip(sites, labels, strict=True):
                if start <= site.pos < end:
                    yield site, label


def within(variants: Sequence[Variant], start: int, end: int) -> list[Variant]:
    """The variants of one contig that begin in [start, end)."""
    starts = np.array([variant.pos for variant in variants], np.int64)
    return list(variants[np.searchsorted(starts, start) : np.searchsorted(starts, end)])


def trusted(bed: Path) -> pd.DataFrame:
    """A BED as contig, start, end."""
    return read_bed(bed)[["contig", "start", "end"]]
