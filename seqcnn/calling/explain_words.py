"""The verdict on a position, and notes on what else decided, as sentences."""

from seqcnn.calling.alleles import simplify
from seqcnn.calling.explain_counts import COUNT, FRACTION, AlleleSeen, Evidence, short_name
from seqcnn.calling.explained import Explained, place
from seqcnn.calling.genotype import MIN_GQ_REFERENCE, Call
from seqcnn.calling.vcf import genotype_text


def verdict_of(found: Explained, asked: list[tuple[int, str, str]]) -> str:
    """The answer in one line; `asked` is the allele as reads show it, where one was asked for."""
    where = place(found.at.contig, found.at.pos)
    words = [_asked(found, asked[0])] if asked else []
    if found.record is not None:
        return f"{where}: {'; '.join([*filter(None, words), _called(found.record)])}"
    if not any(words):
        words = [_why_none(found.at)]
    return f"{where}: not called: not a candidate: {words[0]}"


def _asked(found: Explained, asked: tuple[int, str, str]) -> str:
    """Why the asked allele is not called; empty where it is, or where there are no reads."""
    _, ref, alt = asked
    record = found.record
    if not found.at.fragments:
        return ""
    if record is not None:
        alleles = [simplify(record.pos, record.ref, (one,)) for one in record.alts]
        numbers = [i + 1 for i, (_, *one) in enumerate(alleles) if one == [ref, (alt,)]]
        if numbers and (numbers[0] in record.genotype or not record.is_variant):
            return ""
    seen = [one for one in found.at.alternatives if (one.ref, one.alt) == (ref, alt)]
    if not seen:
        return f"no fragment shows {short_name(ref, alt)}"
    if seen[0].gates:
        return f"{seen[0].name} has {gate_words(seen[0])}"
    return f"{seen[0].name} is a candidate, but in no called genotype"


def gate_words(allele: AlleleSeen) -> str:
    """Which gates refuse an allele, in words; empty where it passes."""
    words = []
    if COUNT in allele.gates:
        words.append(f"{allele.fragments} of the {allele.needed} fragments needed")
    if FRACTION in allele.gates:
        words.append(f"{allele.fraction:.3f} of the {allele.needed_fraction:g} share needed")
    if allele.gates and not words:
        words.append("too rare before mates are told apart")
    return ", ".join(words)


def notes_of(found: Explained, asked: list[tuple[int, str, str]], alone: Call | None) -> list[str]:
    """What else matters, one sentence each; `alone` is the record without its neighbours'."""
    question, at = found.question, found.at
    where = place(at.contig, at.pos)
    notes = []
    if at.pos != question.pos and asked:
        notes.append(f"{question} is looked for at {where}, where it stands left-aligned")
    elif at.pos != question.pos:
        what = at.alternatives[0].name if at.alternatives else "an indel"
        notes.append(
            f"{question} lies within reach of {what} of {where}: an indel is counted after the "
            "base before it, left-aligned, so that site is explained"
        )
    if len({pos for pos, _, _ in asked}) > 1:
        others = ", ".join(place(at.contig, pos) for pos, _, _ in asked if pos != at.pos)
        notes.append(f"{question} changes several places; see also {others}")
    if at.reference == "N":
        notes.append("positions where the reference is not A, C, G or T are never called")
    if found.moved:
        changes = ", ".join(f"{one.allele.name} {one.before} to {one.after}" for one in found.moved)
        notes.append(f"realignment changed the fragments of {changes}")
    if found.record is None and found.neighbours:
        nearest = min(found.neighbours, key=lambda one: (abs(one.pos - question.pos), one.pos))
        notes.append(
            f"the nearest record is {short_name(nearest.ref, ','.join(nearest.alts))} of "
            f"{place(nearest.contig, nearest.pos)} ({nearest.filter}); ask for it to see why"
        )
    notes += _record_notes(found, alone)
    if not found.settings.images.pictures:
        notes.append("the model reads counts of fragments, so there is no picture")
    elif at.fragments > found.settings.images.picture_rows:
        notes.append(
            f"the image shows {found.settings.images.picture_rows} of {at.fragments} fragments, "
            "drawn by chance; DP and AD count all"
        )
    return notes


def _record_notes(found: Explained, alone: Call | None) -> list[str]:
    notes: list[str] = []
    record = found.record
    if record is None or alone is None or found.site is None:
        return notes
    if record != alone:
        notes.append(
            f"overlaps with other calls, and is resolved with them; alone it would be "
            f"{_called(alone)}"
        )
    if len(found.site.alts) > len(record.alts):
        notes.append(
            f"of its {len(found.site.alts)} candidate alleles the record keeps the "
            f"{len(record.alts)} that are called or likely"
        )
    if not record.is_variant:
        notes.append("it is in the VCF only with --include-ref-calls")
    if record.filter == "RefCall" and min(record.genotype) < 0:
        notes.append(f"GT is ./. as GQ is below {MIN_GQ_REFERENCE}")
    return notes


def _called(call: Call) -> str:
    text = f"{call.ref}>{','.join(call.alts)}"
    quality = f"QUAL {call.quality:g}, GQ {call.gq}"
    genotype = genotype_text(call.genotype)
    if call.filter == "PASS":
        return f"called {text} {genotype}, {quality}, PASS"
    if call.filter == "LowQual":
        return f"called {text} {genotype}, but {quality} is below the threshold: LowQual"
    if call.filter == "NoCall":
        return f"candidate {text}, not called: no usable fragment shows an allele (NoCall)"
    return f"candidate {text}, called as the reference (GT {genotype}, {quality}): RefCall"


def _why_none(at: Evidence) -> str:
    if at.reference == "N":
        return "the reference has no A, C, G or T here"
    if not at.seen:
        return "no reads lie here"
    if not at.fragments:
        return f"none of the {at.seen} reads is usable"
    if at.alternatives:
        best = at.alternatives[0]
        return f"{best.name} has {gate_words(best)}"
    if at.deleted:
        return f"{at.deleted} of {at.fragments} fragments have it deleted, none another allele"
    return f"all {at.fragments} fragments show the reference"
