"""A bundle's card as a page of Markdown: data, recipe, accuracy, calibration, limits."""

from collections.abc import Iterable
from typing import Any

from seqcnn.api.describe import describe
from seqcnn.settings import TrainSettings
from seqcnn.tasks import get_task

# Settings that say where or how fast, or that the page tells elsewhere.
UNTOLD = {
    "task",
    "out",
    "images_folder",
    "threads",
    "processes",
    "device",
    "tensorboard",
    "val_bam",
}
UNTOLD |= {"bam", "truth", "confident", "reference", "model", "model_arguments", "baselines"}
SHA_SHOWN = 12
MOST_ROWS = 12  # of samples or files; of more, a summary


def card_page(card: dict[str, Any], name: str) -> str:
    """The page of the model called `name`."""
    told = describe(card)
    parts = [f"## {name}", card.get("note", "")]
    short = ("task", "network", "parameters", "input", "outputs", "made", "licence")
    parts.append(_table(("", ""), [(key, told[key]) for key in short if key in told]))
    parts += _section("Must not be used for", _list(card.get("not_for", [])))
    parts += _section("Data", _data(card))
    parts += _section("Recipe", _recipe(card))
    parts += _section("Accuracy", _accuracy(card, told))
    parts += _section("Calibration", _calibration(card))
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, text: str) -> list[str]:
    return [f"### {title}", text] if text else []


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in row) + " |" for row in cells)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|")


def _data(card: dict[str, Any]) -> str:
    parts = [_list(card.get("sources", []))]
    sizes = ", ".join(f"{split} {number:,}" for split, number in card.get("split", {}).items())
    parts.append(f"Examples: {sizes}." if sizes else "")
    recall = card.get("candidate_recall", {})
    parts.append(
        "".join(
            f"Of the true {kind} alleles {found['found']:,} of {found['of']:,} are candidates. "
            for kind, found in recall.items()
        ).strip()
    )
    parts.append(_reads(card.get("reads", {})))
    parts.append(_files(card.get("data", [])))
    return "\n\n".join(part for part in parts if part)


def _reads(reads: dict[str, Any]) -> str:
    """A row a sample, or what the reads of many samples span."""
    samples = reads.get("samples", [])
    if len(samples) > MOST_ROWS:
        spans = [
            f"{words} {span['least']:,.0f} to {span['most']:,.0f}"
            for key, words in (
                ("read_length", "bp"),
                ("base_quality", "base quality"),
                ("fragment_length", "fragments, bp"),
                ("coverage", "coverage of a kilobase (5 % to 95 %)"),
            )
            if (span := reads.get(key))
        ]
        return f"Reads of {len(samples)} samples: {'; '.join(spans)}."
    rows = [
        (
            f"{one['reads']:,}",
            *(one[key] and f"{one[key]:.0f}" for key in ("read_length", "base_quality")),
            one["fragment_length"] and f"{one['fragment_length']:.0f}",
            "{p50:.0f}x [{p5:.0f}, {p95:.0f}]".format(**one["coverage"]),
        )
        for one in samples
    ]
    head = ("reads", "bp", "base quality", "fragment, bp", "coverage, median [5 %, 95 %]")
    return _table(head, rows) if rows else ""


def _files(held: list[dict[str, Any]]) -> str:
    if len(held) > MOST_ROWS:
        size = sum(one["bytes"] for one in held)
        words = f"{len(held)} files, {size / 1e6:,.0f} MB"
        return f"{words}; `seqcnn info --json` has the SHA-256 of each."
    rows = [(one["name"], f"{one['bytes']:,}", f"`{one['sha256'][:SHA_SHOWN]}`") for one in held]
    return _table(("file", "bytes", "SHA-256 begins"), rows) if rows else ""


def _recipe(card: dict[str, Any]) -> str:
    """What was told to `seqcnn train` that differs from its defaults."""
    task = get_task(card["task"]["name"])
    usual = {name: field.default for name, field in TrainSettings.model_fields.items()}
    usual |= task.defaults
    words = []
    for name, value in card["task"].get("settings", {}).items():
        if name in UNTOLD or name not in usual or value == usual[name]:
            continue
        shown = " ".join(map(str, value)) if isinstance(value, list) else value
        words.append(f"`--{name.replace('_', '-')} {shown}`")
    what = f"`seqcnn train --task {task.name}`"
    return f"{what} with {', '.join(words)}." if words else f"{what} with its defaults."


def _accuracy(card: dict[str, Any], told: dict[str, str]) -> str:
    parts = [f"{key}: {value}." for key, value in told.items() if key.endswith(" metrics")]
    rows = [
        (
            compared["name"], row["type"], row["tp_truth"] + row["fn"], row["fn"], row["fp"],
            *(_interval(row[measure]) for measure in ("recall", "precision", "f1")),
        )
        for compared in card.get("accuracy", [])
        for row in compared["rows"]
    ]  # fmt: skip
    if rows:
        head = ("compared with", "kind", "true", "missed", "false", "recall", "precision", "F1")
        parts.append(_table(head, rows))
        parts.append("Brackets are 95 % intervals.")
    return "\n\n".join(parts)


def _interval(measure: list[float | None]) -> str:
    value, low, high = measure
    return "" if value is None else f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _calibration(card: dict[str, Any]) -> str:
    """Errors promised by GQ and errors seen."""
    rows = [
        (
            compared["name"],
            f"{one['from']}+",
            f"{one['calls']:,}",
            f"{one['expected']:.2f}",
            one["errors"],
            _interval(one["share"]),
        )
        for compared in card.get("accuracy", [])
        for one in compared["calibration"]
    ]
    if not rows:
        return ""
    head = ("compared with", "GQ", "calls", "errors promised", "errors seen", "share wrong")
    return _table(head, rows)
