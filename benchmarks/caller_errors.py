"""The most confident errors of a call set, with their pileups, on one page.

    python benchmarks/caller_errors.py CALLS TRUTH --bam sample.bam --reference hg38.fa \\
        --confident confident.bed --copies copies.bed --model model.safetensors --out errors.html

CALLS are of `seqcnn call-variants --include-ref-calls` (what caller_accuracy.py leaves in
OUT/calls). False calls are ranked by QUAL, wrong genotypes by GQ, missed variants by the GQ of the
reference call in their place; missed ones that were no candidates have no confidence and come last.
The column "reason" is filled by simple rules, not by a person.
"""

import argparse
import base64
import html
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from caller_reasons import reasons

from seqcnn.api.compare import compare
from seqcnn.api.explain import Explanation, explain
from seqcnn.atomic import write_text
from seqcnn.calling.compare import Verdict
from seqcnn.calling.confident import Confident
from seqcnn.calling.strata import longest_run
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.variants import Variant
from seqcnn.report.pileup_figure import write_png

NEAR = 30  # bp within which another record may say the same in other words
COLUMNS = ("position", "error", "truth", "call", "confidence", "depth", "AD", "VAF",
           "MAPQ of alleles", "homopolymer", "copied", "reason (automatic)")  # fmt: skip
STYLE = """body{font:14px system-ui,sans-serif;margin:2em;color:#222}table{border-collapse:collapse}
td,th{border-bottom:1px solid #ddd;padding:3px 8px;text-align:left;vertical-align:top}
table{font-size:12px}td:nth-child(3),td:nth-child(4){overflow-wrap:anywhere}
img{max-width:100%;margin:.5em 0 2em}h2{font-size:16px}"""


class Mistake(NamedTuple):
    """An error: where, what is true, what was called, and how sure the caller was."""

    contig: str
    pos: int
    kind: str  # "false", "genotype" or "missed"
    truth: str
    call: str
    confidence: float | None  # None: it was no candidate
    variant: Variant
    near: bool  # other records that do not match stand within `NEAR` bp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("calls", type=Path)
    parser.add_argument("truth", type=Path)
    for name in ("bam", "reference", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("confident", "copies", "model"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--regions", nargs="*", default=[])
    options = parser.parse_args()
    found = mistakes(options)
    chosen = sorted(found, key=_rank)[: options.most]
    genome = Genome(options.reference)
    copies = _regions(options.copies)
    rows, pictures, why = [], [], Counter[str]()
    for one in chosen:
        told = explained(one, options)
        row, said = described(one, told, genome, copies)
        why.update(said)
        rows.append(row)
        pictures.append(png_of(told))
    write_text(options.out, page(options.calls.name, len(found), rows, pictures))
    print(f"{len(found)} errors: {dict(Counter(one.kind for one in found))}")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(f"\nreasons by rule: {dict(why.most_common())}")


def mistakes(options: argparse.Namespace) -> list[Mistake]:
    """All errors of the calls, one a place: the truth beside a false call is told with it."""
    compared = compare(
        options.truth, options.calls, reference=options.reference, confident=options.confident,
        regions=options.regions, pass_only=True,
    ).comparison  # fmt: skip
    wrong = (Verdict.GENOTYPE, Verdict.FALSE)
    missed = [v for v, verdict in zip(compared.truth, compared.truth_verdict, strict=True)
              if verdict in wrong]  # fmt: skip
    pairs = zip(compared.calls, compared.call_verdict.tolist(), strict=True)
    false = [(v, verdict) for v, verdict in pairs if verdict in wrong]
    found, told = [], set()
    for call, verdict in false:
        beside = [v for v in missed if v.contig == call.contig and abs(v.pos - call.pos) < NEAR]
        told.update(beside)
        same = [v for v in beside if v.pos == call.pos]
        shown = ", ".join(_written(v) for v in same or beside) or "reference"
        shared = any((v.ref, set(v.alts)) == (call.ref, set(call.alts)) for v in same)
        kind = "genotype" if shared or verdict == Verdict.GENOTYPE else "false"
        score = call.genotype_quality if kind == "genotype" else call.quality
        found.append(Mistake(call.contig, call.pos, kind, shown, _written(call), score, call,
                             bool(beside) and not same))  # fmt: skip
    refused = {(v.contig, v.pos): v for v in compared.calls}
    for variant in missed:
        if variant in told:
            continue
        call_there = refused.get((variant.contig, variant.pos))
        shown = "no record" if call_there is None else _written(call_there)
        score = None if call_there is None else call_there.genotype_quality
        near = any(v.contig == variant.contig and abs(v.pos - variant.pos) < NEAR
                   for v, _ in false)  # fmt: skip
        found.append(Mistake(variant.contig, variant.pos, "missed", _written(variant), shown,
                             score, variant, near))  # fmt: skip
    return found


def _rank(one: Mistake) -> tuple[bool, float, str, int]:
    return one.confidence is None, -(one.confidence or 0), one.contig, one.pos


def _written(variant: Variant) -> str:
    alleles = ">".join((_short(variant.ref), ",".join(map(_short, variant.alts))))
    genotype = "/".join("." if i < 0 else str(i) for i in variant.genotype or ())
    filters = f" {','.join(variant.filters)}" if variant.filters else ""
    return f"{alleles} {genotype}{filters}"


def _short(allele: str) -> str:
    return allele if len(allele) <= 12 else f"{allele[:4]}…{len(allele)} bp"


def explained(one: Mistake, options: argparse.Namespace) -> Explanation:
    """What `seqcnn explain` says of the place."""
    model: dict[str, Any] = {} if options.model is None else {"model": options.model}
    return explain(options.bam, f"{one.contig}:{one.pos + 1}", options.reference, **model)


def described(
    one: Mistake, told: Explanation, genome: Genome, copies: Confident | None
) -> tuple[list[str], list[str]]:
    """The cells of the table, and the reasons."""
    call = told.record or told.asked_call
    depth = told.at.fragments
    shown = call.allele_depths if call else tuple(a.fragments for a in told.at.alleles[:3])
    fractions = ", ".join(f"{n / max(depth, 1):.2f}" for n in shown[1:])
    quality = ", ".join(f"{a.mapping_quality:.0f}" for a in told.at.alternatives[:2])
    span = np.array([[one.pos, one.variant.end]], np.int64)
    run = int(longest_run(genome, one.contig, span)[0])
    copied = copies is not None and bool(copies.overlap(one.contig, one.pos, one.variant.end))
    said = reasons(one.variant, told, run=run, copied=copied, near=one.near)
    score = "-" if one.confidence is None else f"{one.confidence:.0f}"
    return [
        f"{one.contig}:{one.pos + 1:,}", one.kind, one.truth, one.call, score, str(depth),
        ",".join(map(str, shown)), fractions, quality, str(run), "yes" if copied else "no",
        "; ".join(said),
    ], said  # fmt: skip


def png_of(told: Explanation) -> bytes | None:
    """The pileup picture, where there is anything to draw."""
    if not told.has_figure:
        return None
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        write_png(told.figure(), Path(file.name))
        return Path(file.name).read_bytes()


def page(
    name: str, number: int, rows: Sequence[Sequence[str]], pictures: Sequence[bytes | None]
) -> str:
    """The page as HTML that needs no network; whatever the files say is escaped."""
    head = "".join(f"<th>{html.escape(column)}</th>" for column in COLUMNS)
    lines, parts = [], []
    for index, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        cells = [f'<a href="#e{index}">{html.escape(row[0])}</a>', *map(html.escape, row[1:])]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        title = html.escape(f"{row[0]}  {row[1]}: truth {row[2]}, call {row[3]} ({row[-1]})")
        image = "<p>nothing to draw</p>"
        if picture is not None:
            text = base64.b64encode(picture).decode()
            image = f'<img src="data:image/png;base64,{text}" alt="pileup">'
        parts.append(f'<h2 id="e{index}">{title}</h2>{image}')
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(name)}'
        f"</title><style>{STYLE}</style></head><body><h1>The {len(rows)} most confident of "
        f"{number} errors of {html.escape(name)}</h1><p>Reasons are given by rule, not by a "
        f"person.</p><table><tr>{head}</tr>{''.join(lines)}</table>{''.join(parts)}</body></html>\n"
    )


def _regions(bed: Path | None) -> Confident | None:
    if bed is None or not bed.read_text().strip():
        return None
    return Confident(read_bed(bed)[["contig", "start", "end"]])


if __name__ == "__main__":
    main()
