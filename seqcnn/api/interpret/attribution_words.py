"""What was found of attributions in words: lines for the terminal, findings, a refusal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.api.interpret.attribution_tables import METHOD_NAMES, Found
from seqcnn.interpret.gate import CONVERGENCE, MUTAGENESIS, RANDOMISED, Gate
from seqcnn.interpret.modisco import FEWEST, Pattern
from seqcnn.report.records import Finding
from seqcnn.report.words import DASH, percent

TOLD = 8  # patterns of a track in the text


def attributions_text(found: Found, out: Path | None) -> str:
    """A few lines for the terminal: the gate first."""
    of = f"{len(found.inputs):,} sequences for {', '.join(found.tracks)}"
    lines = [f"attributions of {of} by {found.method}; gate: {found.gate.level}"]
    for track, name in enumerate(found.tracks):
        told = f" ({name})" if len(found.tracks) > 1 else ""
        lines += [f"  {line}{told}" for line in _test_lines(found.gate, track)]
    lines += [finding.text for finding in findings_of(found)[1:]]
    for track, motifs in enumerate(found.motifs):
        for number, pattern in enumerate(motifs.patterns[:TOLD]):
            lines.append(f"  {_pattern_words(found, track, number, pattern)}")
    if out is not None:
        lines.append(f"{out / 'report.html'}")
    return "\n".join(lines)


def findings_of(found: Found) -> list[Finding]:
    """The gate's verdict first, then what else must be known."""
    level: Any = found.gate.level
    words = {
        "good": "passes all tests of the gate",
        "warning": "passes the gate with a warning; see its tests",
        "bad": "fails a test of the gate, so read the attributions with care",
    }
    findings = [Finding(level, f"{found.method} {words[level]}.")]
    for gate in found.passed_over:
        findings.append(
            Finding("warning", f"{METHOD_NAMES[gate.method]} was passed over: {failed(gate)}.")
        )
    if len(found.tracks) < found.of:
        findings.append(
            Finding(
                "good", f"Of {found.of} tracks, {', '.join(found.tracks)}; choose with --track."
            )
        )
    for track, motifs in enumerate(found.motifs):
        if not motifs.patterns:
            findings.append(
                Finding(
                    "warning",
                    f"TF-MoDISco found no pattern for {found.tracks[track]}: it needs more than "
                    f"{FEWEST} stretches that stand out, and {len(found.inputs):,} sequences gave "
                    "too few; pass more, of the positives",
                )
            )
    return findings


def failed(gate: Gate) -> str:
    """Which test a gate fails, in words, of the track where it is worst."""
    for test in ("convergence", "mutagenesis", "randomised"):
        for track in range(len(gate.mutagenesis)):
            if gate.levels(track).get(test) != "bad":
                continue
            if test == "convergence":
                bad = CONVERGENCE[gate.method][1]
                return (
                    f"its sums are off by {percent(gate.convergence[track])} of the change that "
                    f"they explain ({percent(bad, 0)} is too much)"
                )
            if test == "mutagenesis":
                return f"its correlation with mutagenesis is {gate.mutagenesis[track]:.2f}"
            value = gate.likeness[track]
            return f"it resembles that of networks with shuffled weights (|Spearman| {value:.2f})"
    return "no test fails"


def refusal(gate: Gate, others: Sequence[str]) -> str:
    """The one line that refuses a method whose sums are wrong."""
    missing = "this network has an operation that it has no rule for"
    why = missing if gate.method == "deeplift" else "too few --steps, or jumps in the network"
    return (
        f"--method {gate.method}: refused, as {failed(gate)}: {why}; use --method "
        f"{' or '.join(others)}"
    )


def _test_lines(gate: Gate, track: int) -> list[str]:
    levels = gate.levels(track)
    lines = []
    if "convergence" in levels:
        value, bad = gate.convergence[track], CONVERGENCE[gate.method][1]
        lines.append(
            f"convergence difference   {value:8.2%}  {levels['convergence']:7}  of the change; "
            f"refused at {percent(bad, 0)}"
        )
    else:
        lines.append(f"convergence difference   {DASH:>8}           saliency promises no sum")
    lines.append(
        f"mutagenesis correlation  {gate.mutagenesis[track]:8.2f}  {levels['mutagenesis']:7}  "
        f"good from {MUTAGENESIS[0]}"
    )
    lines.append(
        f"randomised weights       {_known(gate.likeness[track]):>8}  {levels['randomised']:7}  "
        f"|Spearman|, good below {RANDOMISED[0]}"
    )
    return lines


def _known(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else DASH


def _pattern_words(found: Found, track: int, number: int, pattern: Pattern) -> str:
    words = f"{pattern.name}: {len(pattern):,} seqlets"
    best = found.best(track, number)
    if best is not None:
        words += f", most like {found.database[best.target].label} (q {best.q:.1e})"
    return words
