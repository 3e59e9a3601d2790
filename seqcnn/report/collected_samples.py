"""Called samples beside each other: their numbers in words, and which stand apart."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from seqcnn.report import words
from seqcnn.report.collected_records import Sample
from seqcnn.report.records import Finding

FEWEST = 5  # samples among which one can stand apart
FAR = 3.5  # scaled median absolute deviations; Iglewicz and Hoaglin (1993)
SCALE = 1.4826  # makes the median absolute deviation the standard deviation of a normal one
RULE = (
    f"A number is marked (▲ high, ▼ low) when it lies more than {FAR:g} scaled median absolute "
    f"deviations ({SCALE} MAD) from the median of all samples, and differs from it enough to "
    "matter: by 10 %, or F1 by 0.5 percentage points"
)
MOST_NOTES = 12


class Measure(NamedTuple):
    """A number of a sample, how it is written, and the least difference that matters.

    `least` is a share of the median, or a difference where `absolute`.
    """

    key: str
    title: str
    value: Callable[[Sample], float]
    text: Callable[[float], str]
    least: float = 0.1
    absolute: bool = False


def _two(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else words.DASH


def _hundredths(value: float) -> str:
    return f"{100 * value:.2f}" if np.isfinite(value) else words.DASH


def _count(value: int | None) -> float:
    return float("nan") if value is None else float(value)


def _f1(kind: str) -> Callable[[Sample], float]:
    def value(sample: Sample) -> float:
        found = sample.accuracy.get(kind)
        return found.f1[0] if found else float("nan")

    return value


MEASURES = (
    Measure("snps", "SNPs", lambda one: _count(one.snps), words.whole),
    Measure("indels", "Indels", lambda one: _count(one.indels), words.whole),
    Measure("filtered", "Filtered", lambda one: _count(one.filtered), words.whole, 0.5),
    Measure("ts_tv", "Ts/Tv", lambda one: one.ts_tv, _two),
    Measure("het_hom", "Het/hom", lambda one: one.het_hom, _two),
    Measure("depth", "DP", lambda one: one.depth[2] if one.depth else float("nan"), words.whole),
    Measure("gq", "GQ", lambda one: one.quality[2] if one.quality else float("nan"), words.whole),
    Measure("f1_snp", "F1 of SNPs, %", _f1("SNP"), _hundredths, 0.005, True),
    Measure("f1_indel", "F1 of indels, %", _f1("INDEL"), _hundredths, 0.005, True),
)


def apart(samples: Sequence[Sample], measure: Measure) -> list[int]:
    """1 for a sample that is high, -1 for one that is low, 0 for the others, by `RULE`."""
    values = np.array([measure.value(one) for one in samples], np.float64)
    known = values[np.isfinite(values)]
    if len(known) < FEWEST:
        return [0] * len(values)
    middle = float(np.median(known))
    spread = SCALE * float(np.median(np.abs(known - middle)))
    least = measure.least if measure.absolute else measure.least * abs(middle)
    away = np.nan_to_num(values - middle)
    far = (np.abs(away) > FAR * spread) & (np.abs(away) > least)
    return [int(side) for side in np.sign(away) * far]


def sample_findings(samples: Sequence[Sample]) -> list[Finding]:
    """Who stands apart, whose callers warned, and what is not known."""
    findings = []
    known = [one for one in samples if one.records is not None]
    named: dict[str, list[str]] = {}
    for measure in MEASURES:
        for sample, side in zip(samples, apart(samples, measure), strict=True):
            if side:
                sign = "▲" if side > 0 else "▼"
                title, percent = measure.title.removesuffix(", %"), measure.title.endswith("%")
                text = measure.text(measure.value(sample)) + " %" * percent
                said = f"{title} {text} {sign}"
                named.setdefault(sample.name, []).append(said)
    shown = list(named.items())[:MOST_NOTES]
    findings += [Finding("warning", f"{name}: {'; '.join(said)}") for name, said in shown]
    if len(named) > MOST_NOTES:
        findings.append(Finding("warning", f"{len(named) - MOST_NOTES} more samples stand apart."))
    warned: dict[str, list[str]] = {}
    for sample in samples:
        for note in sample.notes:
            warned.setdefault(note, []).append(sample.name)
    for note, names in list(warned.items())[:MOST_NOTES]:
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        findings.append(Finding("warning", f"{', '.join(names[:4])}{more}: {note}"))
    if len(warned) > MOST_NOTES:
        findings.append(Finding("warning", "More warnings are in the table of samples (.tsv)."))
    empty = [one.name for one in known if not one.variants]
    if empty:
        findings.append(Finding("bad", f"No variant that passes: {', '.join(empty[:8])}."))
    if not findings and len(known) >= FEWEST:
        findings.append(Finding("good", "No sample stands apart from the others."))
    return findings
