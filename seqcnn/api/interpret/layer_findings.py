"""What the strongest inputs of a network's layers say, in sentences."""

import numpy as np
import pandas as pd

from seqcnn.api.interpret.strongest import Strongest
from seqcnn.report.records import Finding
from seqcnn.report.words import percent

MANY_SILENT = 0.2
FEW_ABOVE = 0.2


def layer_findings(found: Strongest) -> list[Finding]:
    """Whether deeper layers see and ask for more, and which layers say nothing."""
    if not found.depths:
        return []
    findings = [Finding("good", _growth(found))] if len(found.depths) > 1 else []
    for name, share in found.silent.items():
        if share > MANY_SILENT:
            text = f"{percent(share, 0)} of the channels of {name} are the same for every input"
            findings.append(Finding("warning", text))
    for depth in found.depths:
        share = float(depth.above.mean()) if len(depth.shared) else 1.0
        if share < FEW_ABOVE:
            text = (
                f"{depth.name}: only {percent(share, 0)} of its channels are excited by windows "
                "that share more than random ones do"
            )
            findings.append(Finding("warning", text))
    return findings


def _growth(found: Strongest) -> str:
    first, last = found.depths[0], found.depths[-1]
    if first.span is None or last.span is None:
        return (
            f"The nine strongest patches of a channel are of one class in "
            f"{percent(_middle(first.shared), 0)} at {first.name} and in "
            f"{percent(_middle(last.shared), 0)} at {last.name} (medians)"
        )
    best = max(found.depths, key=lambda one: float(one.shared.max(initial=0)))
    spans = [_middle(one.span[one.above]) for one in (first, last) if one.span is not None]
    return (
        f"Channels answer to stretches of {spans[0]:.0f} bp at {first.name} and of {spans[1]:.0f} "
        f"bp at {last.name} (medians, of those above chance); the windows of one channel of "
        f"{best.name} share most, {best.shared.max(initial=0):.1f} bits"
    )


def _middle(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def layer_text(layers: pd.DataFrame, found: Strongest) -> str:
    """The table of layers, and the findings, for the terminal."""
    if not len(found.layers):
        return layers.to_string(index=False)
    chosen = [
        name for name in layers.columns if name not in ("kind", "positions", "stride")
        and "quartile" not in name
    ]  # fmt: skip
    table = layers[chosen].to_string(index=False, float_format=lambda value: f"{value:.3g}")
    return "\n".join([table, *(finding.text for finding in layer_findings(found))])
