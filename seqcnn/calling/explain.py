"""Why a position is, or is not, called: what reads show, which gate refused it, and the record."""

from dataclasses import replace

import numpy as np

from seqcnn.calling.alleles import genotypes_of, kept_alts
from seqcnn.calling.caller import Caller
from seqcnn.calling.candidates import Wanted, find_candidates, weigh
from seqcnn.calling.examine import Examined, ExamineSettings, Prepared, prepare
from seqcnn.calling.explain_basis import Basis
from seqcnn.calling.explain_counts import (
    LETTERS,
    AlleleSeen,
    Evidence,
    alleles_of,
    evidence_at,
    no_thresholds,
)
from seqcnn.calling.explain_record import NEAR, call_around
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explain_weigh import bases_of, read_names
from seqcnn.calling.explain_where import alleles_near, anchor_of, asked_alleles, shifted_gaps
from seqcnn.calling.explain_words import notes_of, verdict_of
from seqcnn.calling.explained import Explained, Genotype, Moved, Question
from seqcnn.calling.genotype import Call, call_site
from seqcnn.calling.images import Drawn
from seqcnn.calling.sites import Site
from seqcnn.data.alignments import Alignments
from seqcnn.data.references import Reference
from seqcnn.encoders.dna import decode
from seqcnn.encoders.pileup import MOST_INSERTED

MOST_AROUND = 12  # alleles nearby that are told of


def explain_position(
    alignments: Alignments,
    reference: Reference,
    caller: Caller,
    settings: ExamineSettings,
    question: Question,
    *,
    min_quality: float,
    voices: Voices | None = None,
) -> Explained:
    """Explain a position of a contig that reads and reference have.

    With `voices`, the caller's networks, it is told what the answer rests on, too.

    Raises:
        CorruptRegion: the file is damaged here.
        InputError: the asked allele does not fit the reference.
    """
    contig, pos = question.contig, question.pos
    limits = settings.thresholds
    around = call_around(alignments, reference, caller, settings, contig, pos, min_quality)
    prepared, sites = around.examined.prepared, around.examined.candidates.sites
    asked = asked_alleles(question, prepared, limits)
    near = alleles_near(prepared, pos, limits)
    focus = asked[0][0] if asked else anchor_of(pos, sites, near, limits)
    at = evidence_at(alignments, prepared, contig, focus, limits)
    index = next((i for i, site in enumerate(sites) if site.pos == focus), None)
    examined, number = around.examined, index or 0
    shows = index is not None or bool(asked or at.alternatives)
    if index is None:
        examined = _forced(asked, at, prepared, settings)
    site, drawn, inserted = _site_of(examined, number)
    if settings.images.encoder == "deepvariant":
        inserted = 0  # drawn in the column before them
    genotypes: tuple[Genotype, ...] = ()
    bases: tuple[Basis, ...] = ()
    settled = False
    if site and shows:
        judged = caller.judge(examined)
        genotypes = _genotypes(caller, site, judged.raw[number], judged.calibrated[number])
        settled = bool(judged.settled[number])
        if voices is not None:
            bases = bases_of(voices, examined, number, read_names(alignments, site))
    record, alone, asked_call = None, None, None
    if index is not None:
        record, alone = around.resolved[index], around.alone[index]
    elif site and genotypes:
        values = np.array([one.calibrated for one in genotypes])
        asked_call = call_site(site, values, min_quality=min_quality, keep_alleles=True)
    side = settings.images.reach // 2
    low = max(focus - side, 0)
    codes = reference.fetch(contig, low, min(focus + side + 1, reference.length_of[contig]))
    found = Explained(
        question=question,
        verdict="",
        notes=(),
        at=at,
        asked_at=evidence_at(alignments, prepared, contig, pos, limits) if focus != pos else None,
        around=_worth_telling(near, pos, focus),
        candidate=index is not None,
        site=site if shows else None,
        record=record,
        asked_call=asked_call,
        genotypes=genotypes,
        drawn=drawn,
        inserted=inserted,
        neighbours=tuple(
            one for one in around.resolved if one is not record and _touches(one, pos)
        ),
        context=decode(np.minimum(codes, 4)),
        context_start=low,
        moved=_moved(alignments, reference, settings, at),
        settings=settings,
        model=caller.card.name,
        bases=bases,
    )
    notes = notes_of(found, asked, alone)
    if settled and caller.cascade is not None:
        notes.append(
            f"counts of fragments settle it, with a GQ of {caller.cascade.gq:g} at least; its "
            "image is not looked at"
        )
    notes += shifted_gaps(alignments, reference, question, limits)
    return replace(found, verdict=verdict_of(found, asked), notes=tuple(notes))


def _site_of(examined: Examined, index: int) -> tuple[Site | None, Drawn, int]:
    """A site, its images, and their columns for inserted bases."""
    drawn = examined.drawn
    mine = drawn.site == index
    images = Drawn(drawn.images[mine], np.zeros(int(mine.sum()), np.int64), drawn.shown[mine])
    if index >= len(examined.candidates.sites):
        return None, images, 0
    inserted = min(int(examined.candidates.inserted[index]), MOST_INSERTED)
    return examined.candidates.sites[index], images, inserted


def _forced(
    asked: list[tuple[int, str, str]],
    at: Evidence,
    prepared: Prepared,
    settings: ExamineSettings,
) -> Examined:
    """The position as if it were a candidate: with the asked, else the best refused allele.

    Where reads show the reference alone, any base stands in, so that they can be drawn.
    """
    if asked:
        wanted = Wanted(*asked[0])
    elif at.alternatives:
        best = at.alternatives[0]
        wanted = Wanted(at.pos, best.ref, best.alt)
    else:
        other = next(base for base in LETTERS if base != at.reference)
        wanted = Wanted(at.pos, at.reference, other)
    candidates = find_candidates(
        *prepared, at.contig, at.pos, at.pos + 1, settings.thresholds, [wanted]
    )
    return Examined(prepared, candidates, settings.images.draw(*prepared, candidates))


def _genotypes(
    caller: Caller, site: Site, raw: np.ndarray, calibrated: np.ndarray
) -> tuple[Genotype, ...]:
    scheme = caller.card.settings.images.scheme
    alleles = (site.ref, *site.alts)
    return tuple(
        Genotype(f"{a}/{b}", f"{alleles[a]}/{alleles[b]}", float(one), float(two))
        for (a, b), one, two in zip(
            genotypes_of(kept_alts(len(site.alts), scheme) + 1), raw, calibrated, strict=True
        )
    )


def _worth_telling(near: list[AlleleSeen], pos: int, focus: int) -> tuple[AlleleSeen, ...]:
    """Alleles elsewhere that make candidates or that two fragments show, those nearest first."""
    told = [
        one for one in near if one.pos not in (pos, focus) and (not one.gates or one.fragments > 1)
    ]
    ranked = sorted(told, key=lambda one: (bool(one.gates), abs(one.pos - pos), one.pos, one.alt))
    return tuple(sorted(ranked[:MOST_AROUND], key=lambda one: (one.pos, one.alt)))


def _touches(call: Call, pos: int) -> bool:
    return call.pos - NEAR <= pos < call.pos + len(call.ref) + NEAR


def _moved(
    alignments: Alignments, reference: Reference, settings: ExamineSettings, at: Evidence
) -> tuple[Moved, ...]:
    if not settings.realign or at.reference == "N":
        return ()
    dropped = alignments.dropped.copy()
    where = (at.contig, at.pos, at.pos + 1)
    plain = prepare(alignments, reference, *where, replace(settings, realign=False))
    alignments.dropped = dropped
    limits = no_thresholds(settings.thresholds)
    found = alleles_of(weigh(*plain, *where[1:], limits), plain, settings.thresholds)
    before = {(one.ref, one.alt): one for one in found}
    after = {(one.ref, one.alt): one for one in at.alleles}
    return tuple(
        Moved(after.get(key, before.get(key)), one, other)  # type: ignore[arg-type]
        for key in sorted({*before, *after})
        for one, other in [
            (
                before[key].fragments if key in before else 0,
                after[key].fragments if key in after else 0,
            )
        ]
        if one != other and key[0] != key[1]
    )
