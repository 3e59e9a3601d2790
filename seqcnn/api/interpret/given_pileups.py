"""Candidate sites of a region of a BAM as the examples of a bundle that reads pileups."""

from typing import Any

import numpy as np
from rich.console import Console

from seqcnn.api.calling_inputs import open_calling
from seqcnn.api.interpret.given import Given
from seqcnn.api.model import Model
from seqcnn.calling.examine import Examined, examine
from seqcnn.data.pileups import Pileups, SiteTable
from seqcnn.errors import InputError
from seqcnn.settings.calling import ReadsSettings
from seqcnn.settings.interpret.base import InterpretSettings

LONGEST = 500_000  # bp of a region


def read_sites(
    model: Model,
    settings: InterpretSettings,
    region: str | None,
    *,
    console: Console,
) -> Given:
    """The images of the candidate sites of a region of `settings.input`, at most `max_sequences`.

    Raises:
        InputError: no BAM or region, one that is too long, or no candidate in it.
    """
    if settings.input is None or region is None:
        raise InputError(
            f"{model.name}: reads pileups of aligned reads: pass the BAM as INPUT, its reference "
            "as --genome, and --site chr20:10,000,001-10,050,000"
        )
    wanted: dict[str, Any] = {
        "bam": settings.input,
        "reference": settings.genome,
        "model": settings.bundle,
    }
    reads = ReadsSettings(**wanted | {"contig_alias": settings.contig_alias})
    try:
        calling = open_calling(reads, [region], console)
    except InputError as error:
        # The region is checked as those of calling are, but nobody has passed --regions.
        raise InputError(str(error).replace("--regions ", "--site ", 1)) from None
    found = []
    for place in calling.regions:
        end = min(place.end, calling.reference.length_of[place.contig])
        if end - place.start > LONGEST:
            raise InputError(f"--site {region}: is longer than {LONGEST:,} bp; pass a shorter one")
        found.append(
            examine(
                calling.alignments, calling.reference, place.contig, place.start, end,
                calling.settings,
            )
        )  # fmt: skip
    sites = [_site_table(one) for one in found]
    images = np.concatenate([one.drawn.images for one in found])
    if not len(images):
        raise InputError(f"--site {region}: no candidate site lies there")
    table = SiteTable(
        contig=np.concatenate([one.contig for one in sites]),
        pos=np.concatenate([one.pos for one in sites]),
        ref=[ref for one in sites for ref in one.ref],
        alts=[alts for one in sites for alts in one.alts],
        genotype=[""] * len(images),
        shown=np.concatenate([one.shown for one in sites]),
        depths=np.zeros((len(images), 3), np.int64),
        source=np.zeros(len(images), np.int64),
    )
    examples = Pileups(
        images, np.arange(len(images)), np.zeros((len(images), 0), np.float32), model.outputs, table
    )
    if len(examples) > settings.max_sequences:
        generator = np.random.default_rng(settings.seed)
        rows = generator.choice(len(examples), settings.max_sequences, replace=False)
        examples = examples.subset(np.sort(rows))
    return Given(examples, tuple(examples.locations()))


def _site_table(examined: Examined) -> SiteTable:
    """Where the images of one region come from."""
    sites = [examined.candidates.sites[number] for number in examined.drawn.site]
    return SiteTable(
        contig=np.array([site.contig for site in sites], np.str_),
        pos=np.array([site.pos for site in sites], np.int64),
        ref=[site.ref for site in sites],
        alts=[",".join(site.alts) for site in sites],
        genotype=[""] * len(sites),
        shown=examined.drawn.shown,
        depths=np.zeros((len(sites), 3), np.int64),
        source=np.zeros(len(sites), np.int64),
    )
