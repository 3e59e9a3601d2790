"""Sites of a BAM, drawn by chance, with all that a caller sees of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from seqcnn.api.calling_inputs import Calling, open_calling
from seqcnn.calling.call import chunks_of
from seqcnn.calling.candidates import Candidates
from seqcnn.calling.examine import Prepared, examine
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_redraw import only_site
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explain_weigh import cases_of
from seqcnn.data.alignments import CorruptRegion
from seqcnn.data.reads import TooManyReads
from seqcnn.errors import InputError
from seqcnn.settings.calling import ReadsSettings
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings
from seqcnn.training.device_choice import resolve_device

STRETCH = 10_000  # bp looked at together
MOST_STRETCHES = 100
CANDIDATES = 3  # for each site that is drawn


@dataclass(frozen=True)
class Sampled:
    """The networks of a caller, and the first image of each site that was drawn, in order."""

    voices: Voices
    cases: list[Case]


def sampled_cases(
    settings: WeaknessesSettings,
    number: int,
    console: Console,
    advance: Callable[[int], None] = lambda done: None,
) -> Sampled:
    """So many candidate sites of the BAM `settings.input`, by `settings.seed`.

    Raises:
        InputError: no BAM, it or the reference cannot be used, or it has no candidate site.
    """
    if settings.input is None:
        raise InputError("INPUT is needed: a sorted, indexed BAM or CRAM, with --genome FASTA")
    if not Path(settings.bundle).is_file():
        raise InputError(f"{settings.bundle}: no such bundle; pass the path of a caller's file")
    reads = ReadsSettings.model_validate(
        {
            "bam": settings.input,
            "reference": settings.genome,
            "model": settings.bundle,
            "contig_alias": settings.contig_alias,
        }
    )
    calling = open_calling(reads, settings.regions, console)
    generator = np.random.default_rng(settings.seed)
    found = _candidates(calling, CANDIDATES * number, generator)
    if not found:
        raise InputError(f"{settings.input}: no candidate site; is it of the caller's kind?")
    chosen = np.sort(generator.permutation(len(found))[:number])
    voices = Voices(calling.card.path, device=str(resolve_device(settings.device)))
    cases = []
    for row in chosen.tolist():
        cases.append(cases_of(voices, *found[row])[0])
        advance(1)
    return Sampled(voices, cases)


def _candidates(
    calling: Calling, wanted: int, generator: np.random.Generator
) -> list[tuple[Prepared, Candidates]]:
    """Candidate sites of stretches in random order, then sorted by place."""
    stretches = chunks_of(calling.regions, STRETCH)
    found: list[tuple[Prepared, Candidates]] = []
    looked = 0
    for number in generator.permutation(len(stretches)).tolist():
        if len(found) >= wanted or looked >= MOST_STRETCHES:
            break
        stretch = stretches[number]
        if next(calling.alignments.segments(*stretch), None) is None:
            continue
        looked += 1
        try:
            examined = examine(
                calling.alignments,
                calling.reference,
                stretch.contig,
                stretch.start,
                stretch.end,
                calling.settings,
                bounded=True,
                draw=False,
            )
        except (TooManyReads, CorruptRegion):
            continue
        sites = range(len(examined.candidates.sites))
        found += [(examined.prepared, only_site(examined.candidates, site)) for site in sites]
    return sorted(found, key=lambda one: (one[1].sites[0].contig, one[1].sites[0].pos))
