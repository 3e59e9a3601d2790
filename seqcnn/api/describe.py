"""A bundle's card in words."""

from typing import Any

from seqcnn.tasks.encodings import encoding_from


def describe(card: dict[str, Any]) -> dict[str, str]:
    """A card in a few lines of words, as `seqcnn info` prints it."""
    architecture = card["architecture"]
    encoding = encoding_from(card["encoder"])
    arguments = ", ".join(f"{name}={value}" for name, value in architecture["arguments"].items())
    outputs = card["outputs"]
    shown = ", ".join(outputs[:8]) + (f", … ({len(outputs)} in all)" if len(outputs) > 8 else "")
    lines = {
        "task": f"{card['task']['name']} ({card['task']['target']['name']})",
        "network": architecture["name"] + (f" ({arguments})" if arguments else ""),
        "parameters": f"{card.get('parameters', 0):,}"
        + (f" x {card['members']} networks" if card["members"] > 1 else ""),
        "input": f"{encoding.words}, channels {', '.join(encoding.channels)}, {encoding.averaged}",
        "outputs": shown,
    }
    for split, found in card.get("metrics", {}).items():
        means = ", ".join(
            f"{name} {low_value_high[0]:.3f} [{low_value_high[1]:.3f}, {low_value_high[2]:.3f}]"
            for name, low_value_high in found.items()
            if low_value_high[0] is not None
        )
        lines[f"{split} metrics"] = means
    for compared in card.get("accuracy", []):
        lines[compared["name"]] = "; ".join(_errors(row) for row in compared["rows"])
    lines["data"] = ", ".join(file["name"] for file in card.get("data", [])[:6])
    lines["made"] = f"{card.get('created', '?')} by seqcnn {card['seqcnn']}"
    lines["licence"] = card.get("licence", "not stated")
    lines["not for"] = "; ".join(card.get("not_for", []))
    lines["note"] = card.get("note", "")
    return {name: value for name, value in lines.items() if value}


def _errors(row: dict[str, Any]) -> str:
    true = row["tp_truth"] + row["fn"]
    return f"{row['type']} {row['fn']} of {true:,} missed, {row['fp']} false"
