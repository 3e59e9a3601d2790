"""What a call rests on: every image of a site, explained by hiding its parts and by gradients."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch

from seqcnn.calling.alleles import Scheme, genotypes_of
from seqcnn.calling.candidates import Candidates
from seqcnn.calling.examine import Examined, Prepared
from seqcnn.calling.explain_basis import Basis, Gradients, Occlusion
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_gradients import integrate
from seqcnn.calling.explain_occlusion import occlude
from seqcnn.calling.explain_redraw import draw_without, fragments_of, only_site
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.sites import Site
from seqcnn.data.alignments import Alignments

BESIDE = 200  # bp to either side of a site from which names of reads are taken


def bases_of(
    voices: Voices, examined: Examined, index: int, names: Mapping[int, str]
) -> tuple[Basis, ...]:
    """What the answer to each image of a site rests on; `names` of reads are by their hash."""
    prepared, candidates = examined.prepared, only_site(examined.candidates, index)
    return tuple(basis_of(case, names) for case in cases_of(voices, prepared, candidates))


def cases_of(voices: Voices, prepared: Prepared, candidates: Candidates) -> list[Case]:
    """The images of a site, each with its most probable genotype."""
    drawers = {name: voice.images for name, voice in voices.by_name.items()}
    drawn = draw_without(prepared, candidates, drawers, [np.empty(0, np.uint64)])
    images = drawers[voices.main]
    shown = images.draw(
        prepared.reads, prepared.reference, prepared.reference_start, candidates
    ).shown
    cases = []
    for number, alts in enumerate(shown):
        possible, names = named_genotypes(candidates.sites[0], images.scheme, alts)
        own = {name: found[0, number] for name, found in drawn.items()}
        said = voices.answer({name: one[None] for name, one in own.items()}, possible)
        genotype = int(said.calibrated[0].argmax())
        deciding = voices.deciding(possible, genotype, settled=bool(said.settled[0]))
        cases.append(
            Case(
                voices, deciding, prepared, candidates, number, alts, own, possible, genotype,
                names,
            )
        )  # fmt: skip
    return cases


def basis_of(case: Case, names: Mapping[int, str]) -> Basis:
    """Explain one image."""
    images = case.voices.by_name[case.voices.main].images
    fragments = fragments_of(case.prepared, case.candidates, images, case.shown)
    occlusion = occlude(case, fragments, names)
    pictures = "picture" in case.deciding.voices
    gradients = tuple(
        integrate(case, baseline)
        for baseline in (("empty", "reference") if pictures else ("empty",))
    )
    inputs = case.voices.inputs({name: case.single[name] for name in case.deciding.voices})
    with torch.no_grad():
        whole = float(case.deciding(inputs)[0])
        alone = {name: float(one[0]) for name, one in case.deciding.alone(inputs).items()}
    return Basis(
        *case.genotypes[case.genotype],
        tier=case.deciding.tier,
        log_odds=whole,
        alone=alone,
        occlusion=occlusion,
        gradients=gradients,
        agreement=_agreement(occlusion, gradients[0]),
    )


def named_genotypes(
    site: Site, scheme: Scheme, shown: npt.NDArray[np.int64]
) -> tuple[list[bool], tuple[tuple[str, str], ...]]:
    """Which of a network's classes an image's site can have, and their names: 0/1 and A/G."""
    alleles = [site.ref, *(site.alts[alt - 1] for alt in shown.tolist() if alt)]
    if scheme == "joint":
        numbers = genotypes_of(3)
        possible = [max(pair) < len(alleles) for pair in numbers]
        return possible, tuple(
            (f"{a}/{b}", f"{alleles[a]}/{alleles[b]}" if possible[k] else "")
            for k, (a, b) in enumerate(numbers)
        )
    either = " or ".join(alleles[1:])
    copies = ((site.ref, site.ref), (site.ref, either), (either, either))
    names = ("0/0", "0/1", "1/1")
    return [True] * 3, tuple((name, f"{a}/{b}") for name, (a, b) in zip(names, copies, strict=True))


def read_names(alignments: Alignments, site: Site) -> dict[int, str]:
    """Names of the reads around a site, by the hash that `Reads.fragment` holds."""
    found = {
        segment.query_name or ""
        for segment in alignments.segments(
            site.contig, max(site.pos - BESIDE, 0), site.pos + len(site.ref) + BESIDE
        )
    }
    return {_hashed(name): name for name in found}


def _hashed(name: str) -> int:
    """FNV-1a, as `seqcnn.data.bam_records` makes it of a name's bytes."""
    hashed = 0xCBF29CE484222325
    for byte in name.encode():
        hashed = ((hashed ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return hashed


def _agreement(occlusion: Occlusion, gradients: Gradients) -> float | None:
    """Correlation of what fragments do by occlusion and by the gradients of their rows."""
    if not gradients.picture.size:
        return None
    by_row = gradients.picture.sum((1, 2), dtype=np.float64)
    pairs = [(one.effect, by_row[list(one.rows)].sum()) for one in occlusion.fragments if one.rows]
    if len(pairs) < 3 or not np.ptp(pairs, axis=0).all():
        return None
    return float(np.corrcoef(np.array(pairs).T)[0, 1])
