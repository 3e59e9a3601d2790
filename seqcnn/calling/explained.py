"""An explanation as plain data."""

from dataclasses import dataclass
from typing import NamedTuple

from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.explain_basis import Basis
from seqcnn.calling.explain_counts import AlleleSeen, Evidence
from seqcnn.calling.genotype import Call
from seqcnn.calling.images import Drawn
from seqcnn.calling.sites import Site


class Question(NamedTuple):
    """A position, 0-based, and optionally an allele there, as a VCF record would have it."""

    contig: str
    pos: int
    ref: str | None = None
    alt: str | None = None

    def __str__(self) -> str:
        text = place(self.contig, self.pos)
        return text if self.ref is None else f"{text} {self.ref}>{self.alt}"


class Genotype(NamedTuple):
    """A genotype of the explained site with its probability before and after calibration."""

    name: str  # as 0/1
    alleles: str  # as A/G
    raw: float
    calibrated: float


class Moved(NamedTuple):
    """Fragments that show an allele before and after reads are realigned."""

    allele: AlleleSeen
    before: int
    after: int


@dataclass(frozen=True)
class Explained:
    """What happened at a position.

    Attributes:
        question: what was asked.
        verdict: the answer in one line.
        notes: what else matters, one sentence each.
        at: the reads over the explained position, which is the anchor of an indel where the
            asked position lies inside of one.
        asked_at: the reads over the asked position, where that is another.
        around: other alleles within 10 bp, or over the position.
        candidate: whether the explained position is a candidate site.
        site: the site that was judged; of a position that is no candidate, its best refused
            allele. None where no read shows any.
        record: as call-variants makes it (RefCall ones are left out of its VCF by default);
            of a position that is no candidate, None.
        asked_call: what `call-variants --sites` would say of a site that is no candidate.
        genotypes: in VCF order; of `site`.
        drawn: the images of the position; none where the reference has no A, C, G or T.
        inserted: their columns for inserted bases.
        neighbours: other records within 10 bp, or over the position.
        context: the reference from `context_start` on, around the explained position.
        moved: alleles at the explained position whose fragments realignment changed.
        settings: of candidates and images.
        model: name of the model.
        bases: what the answer to each image rests on; empty where that was not asked.
    """

    question: Question
    verdict: str
    notes: tuple[str, ...]
    at: Evidence
    asked_at: Evidence | None
    around: tuple[AlleleSeen, ...]
    candidate: bool
    site: Site | None
    record: Call | None
    asked_call: Call | None
    genotypes: tuple[Genotype, ...]
    drawn: Drawn
    inserted: int
    neighbours: tuple[Call, ...]
    context: str
    context_start: int
    moved: tuple[Moved, ...]
    settings: ExamineSettings
    model: str
    bases: tuple[Basis, ...] = ()


def place(contig: str, pos: int) -> str:
    """A 0-based position as people write it."""
    return f"{contig}:{pos + 1:,}"
