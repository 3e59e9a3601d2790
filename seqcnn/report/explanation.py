"""An explanation as text for the terminal, and as numbers for JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from seqcnn.calling.explain_counts import AlleleSeen, Evidence
from seqcnn.calling.explain_words import gate_words
from seqcnn.calling.explained import Explained, place
from seqcnn.calling.genotype import Call
from seqcnn.calling.vcf import genotype_text
from seqcnn.report.basis_words import basis_dicts, basis_lines
from seqcnn.version import __version__

FORMAT = "GT:GQ:DP:AD:VAF:PL"
INDENT = "  "
CONTEXT = 20  # bases of the reference on either side


def explanation_text(found: Explained) -> str:
    """The verdict, then what led to it, step by step, in aligned columns."""
    parts = [[found.verdict], _context(found)]
    if found.asked_at is not None:
        parts += [_reads(found.asked_at), _alleles(found.asked_at)]
    parts += [_reads(found.at), _alleles(found.at), _genotypes(found)]
    parts += [basis_lines(found), _records(found)]
    if found.around:
        rows = [(place(found.at.contig, one.pos), *_seen(one)) for one in found.around]
        parts.append(["other alleles near", *_table([("position", *_SEEN), *rows], left=2)])
    if found.notes:
        parts.append(["notes", *(f"{INDENT}{note}" for note in found.notes)])
    return "\n\n".join("\n".join(part) for part in parts if part)


def record_line(call: Call) -> str:
    """The record as a line of VCF."""
    values = (
        genotype_text(call.genotype),
        str(call.gq),
        str(call.depth),
        _joined(call.allele_depths),
        _joined(call.fractions),
        _joined(call.likelihoods),
    )
    return "\t".join(
        (
            *(call.contig, str(call.pos + 1), ".", call.ref, ",".join(call.alts)),
            *(f"{call.quality:g}", call.filter, ".", FORMAT, ":".join(values)),
        )
    )


def explanation_dict(found: Explained) -> dict[str, Any]:
    """All numbers; positions are 1-based, as in VCF."""
    question, site = found.question, found.site
    return {
        "seqcnn": __version__,
        "model": found.model,
        "contig": question.contig,
        "position": question.pos + 1,
        "allele": None if question.ref is None else f"{question.ref}>{question.alt}",
        "verdict": found.verdict,
        "candidate": found.candidate,
        "called": found.record is not None and found.record.is_variant,
        "reads": _evidence_dict(found.at),
        "reads_at_position": found.asked_at and _evidence_dict(found.asked_at),
        "other_alleles": [_allele_dict(one) for one in found.around],
        "site": None if site is None else {**site._asdict(), "pos": site.pos + 1},
        "genotypes": [one._asdict() for one in found.genotypes],
        "rests_on": basis_dicts(found),
        "record": found.record and _call_dict(found.record),
        "record_if_asked": found.asked_call and _call_dict(found.asked_call),
        "neighbours": [_call_dict(one) for one in found.neighbours],
        "realigned": [
            {"allele": one.allele.name, "before": one.before, "after": one.after}
            for one in found.moved
        ],
        "notes": list(found.notes),
        "settings": asdict(found.settings),
    }


_SEEN = ("allele", "fragments", "fraction", "needed", "+/-", "base Q", "map Q", "")


def _context(found: Explained) -> list[str]:
    at = found.at.pos - found.context_start
    before, after = found.context[max(at - CONTEXT, 0) : at], found.context[at + 1 :][:CONTEXT]
    return [f"reference  {before}[{found.context[at : at + 1]}]{after}"]


def _reads(at: Evidence) -> list[str]:
    rows = [(f"{at.seen:,}", "in the file")]
    rows += [
        (f"{'-' if count > 0 else '+'}{abs(count):,}", rule) for rule, count in at.dropped.items()
    ]
    last = "fragments counted"
    if at.deleted:
        last += f"; {at.deleted:,} of them have the position deleted"
    rows.append((f"={at.fragments:,}", last))
    width = max(len(count) for count, _ in rows)
    lines = [f"{INDENT}{count:>{width}}  {text}" for count, text in rows]
    return [f"reads over {place(at.contig, at.pos)}", *lines]


def _alleles(at: Evidence) -> list[str]:
    if not at.alleles:
        return []
    rows = [_seen(one) for one in at.alleles]
    return [f"alleles at {place(at.contig, at.pos)}", *_table([_SEEN, *rows], left=1)]


def _seen(one: AlleleSeen) -> tuple[str, ...]:
    if one.is_reference:
        name, needed, verdict = f"{one.name} (reference)", "", ""
    else:
        name, needed = one.name, f"{one.needed} and {one.needed_fraction:g}"
        verdict = f"refused: {gate_words(one)}" if one.gates else "candidate"
    qualities = (f"{one.base_quality:.1f}", f"{one.mapping_quality:.1f}")
    if not one.fragments:
        qualities = ("", "")
    return (
        *(name, f"{one.fragments:,}", f"{one.fraction:.3f}", needed),
        *(f"{one.forward:,}/{one.reverse:,}", *qualities, verdict),
    )


def _genotypes(found: Explained) -> list[str]:
    if not found.genotypes:
        return []
    rows = [
        (one.name, one.alleles, f"{one.raw:.5f}", f"{one.calibrated:.5f}")
        for one in found.genotypes
    ]
    head = f"network ({found.model})"
    if not found.candidate:
        head += ", if it were asked (call-variants --sites)"
    return [head, *_table([("genotype", "alleles", "raw", "calibrated"), *rows], left=2)]


def _records(found: Explained) -> list[str]:
    lines = []
    if found.record is not None:
        lines += ["record", INDENT + record_line(found.record)]
    else:
        lines += ["record", f"{INDENT}none"]
        if found.asked_call is not None:
            lines += ["if it were asked", INDENT + record_line(found.asked_call)]
    if found.neighbours:
        lines += ["records near", *(INDENT + record_line(one) for one in found.neighbours)]
    return lines


def _table(rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    """Columns aligned, the first `left`, and those without a head, to the left; indented."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    to_left = [i < left or not head for i, head in enumerate(rows[0])]
    lines = []
    for row in rows:
        cells = zip(row, widths, to_left, strict=True)
        texts = [cell.ljust(width) if first else cell.rjust(width) for cell, width, first in cells]
        lines.append((INDENT + "  ".join(texts)).rstrip())
    return lines


def _joined(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _evidence_dict(at: Evidence) -> dict[str, Any]:
    alleles = [_allele_dict(one) for one in at.alleles]
    return {**at._asdict(), "pos": at.pos + 1, "alleles": alleles}


def _allele_dict(one: AlleleSeen) -> dict[str, Any]:
    told = one._asdict()
    told["refused_by"] = list(told.pop("gates"))
    return {**told, "pos": one.pos + 1}


def _call_dict(call: Call) -> dict[str, Any]:
    return {
        **call._asdict(),
        "pos": call.pos + 1,
        "genotype": genotype_text(call.genotype),
        "vcf": record_line(call),
    }
