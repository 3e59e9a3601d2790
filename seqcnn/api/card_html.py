"""How a bundle shows itself in a notebook."""

from typing import Any

from seqcnn.api.describe import describe
from seqcnn.data import notebook
from seqcnn.report.words import metric_name


def card_html(card: dict[str, Any], name: str) -> str:
    """What a bundle predicts, its network, data, metrics, calibration and licence, and what its
    card warns of."""
    told = describe(card)
    warned = {key: told.pop(key, "") for key in ("note", "not for")}
    metrics = card.get("metrics", {})
    for split in metrics:
        told.pop(f"{split} metrics", None)
    told = {"calibration" if key == "licence" else key: _calibration(card) if key == "licence"
            else value for key, value in told.items()} | {"licence": told["licence"]}  # fmt: skip
    parts = [notebook.facts(told)]
    for split, found in metrics.items():
        columns = [split, *(metric_name(one) for one in found)]
        parts.append(
            notebook.grid(columns, [["mean", *(notebook.interval(one) for one in found.values())]])
        )
    if warned["not for"]:
        parts.append(notebook.warning(f"not for: {warned['not for']}"))
    if warned["note"]:
        parts.append(notebook.warning(warned["note"]))
    return notebook.shown(name or card["architecture"]["name"], *parts)


def _calibration(card: dict[str, Any]) -> str:
    saved = card.get("calibration")
    if not saved:
        return "none"
    kinds = [str(track["kind"]) for track in saved["tracks"]]
    told = [f"{kind} ({kinds.count(kind)})" if len(kinds) > 1 else kind
            for kind in dict.fromkeys(kinds)]  # fmt: skip
    return ", ".join(told).replace("none", "no correction needed")
