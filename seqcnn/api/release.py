"""Make a run's bundle ready for others: its card complete, and nothing in it of this machine."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqcnn.api import folder as files
from seqcnn.api.card_page import card_page
from seqcnn.atomic import whole_file
from seqcnn.calling.compare_counts import jeffreys
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.release import ReleaseSettings
from seqcnn.training.bundle import load_bundle

MOST_BYTES = 8_000_000
MEASURES = ("recall", "precision", "f1")
GQ_BINS = (0, 10, 20, 30, 40, 50, 60, 99)  # the lower ends; 99 is the cap
# A path from the root or a home folder, at the start or after what may stand before one.
PLACE = re.compile(r"(?:^|[\s=:,;'\"(\[])((?:/|~/|[A-Za-z]:\\)\w[^\s,;'\")\]]*)")


@dataclass(frozen=True)
class Released:
    """The bundle written, and its card; `str()` is the card as a page of Markdown."""

    path: Path
    card: dict[str, Any]

    def __str__(self) -> str:
        return card_page(self.card, self.path.stem)


def release(run: Path | str, *, config: Path | None = None, **flags: Any) -> Released:
    """Write the bundle of a run, or a bundle, for others; keywords are those of `ReleaseSettings`.

    Example: `release("runs/caller", out="x.safetensors", comparison=["simulated=compared"])`.

    Raises:
        InputError: no finished run or comparison lies there, the bundle is too large, or its card
            would hold a path of this machine.
    """
    settings = resolve(ReleaseSettings, config, {**flags, "run": Path(run)}, {})
    if not settings.out.name.endswith(".safetensors"):
        raise InputError(f"--out {settings.out}: a bundle's name ends in .safetensors")
    bundle = load_bundle(settings.run if settings.run.is_file() else settings.run / files.BUNDLE)
    card = released_card(bundle.card, settings)
    if (found := next(places(card), None)) is not None:
        raise InputError(
            f"the card's {found[0]} holds '{found[1]}', a place on this machine; name no folders "
            "there"
        )
    with whole_file(settings.out) as temporary:
        replace(bundle, card=card).save(temporary)
        size = temporary.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{settings.run}: its bundle has {size / 1e6:.1f} MB, and a released one has "
                f"{MOST_BYTES / 1e6:.0f} MB at most; train a smaller network or fewer of them"
            )
    return Released(settings.out, card)


def released_card(card: dict[str, Any], settings: ReleaseSettings) -> dict[str, Any]:
    """The card of a run with what was measured and told of it besides."""
    told = {
        "note": settings.note,
        "not_for": settings.not_for,
        "sources": settings.source,
        "licence": settings.licence,
        "accuracy": [_comparison(words) for words in settings.comparison],
    }
    task = {**card["task"], "settings": files.names_only(card["task"]["settings"])}
    return {**card, "task": task, **{name: value for name, value in told.items() if value}}


def places(entry: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Paths of this machine in a card, each with the entry that holds it."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            yield from places(str(key), where or "names")
            yield from places(value, f"{where}.{key}".lstrip("."))
    elif isinstance(entry, list):
        for value in entry:
            yield from places(value, where)
    elif isinstance(entry, str):
        yield from ((where, path) for path in PLACE.findall(entry))


def _comparison(words: str) -> dict[str, Any]:
    """What a card keeps of the results of `seqcnn compare`, from `name=folder`."""
    name, equals, folder = words.partition("=")
    if not (name and equals and folder):
        raise InputError(f"--comparison: expected name=folder, got '{words}'")
    file = Path(folder) / "summary.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        rows = [row for row in found["rows"] if row["group"] == "type"]
        curves = [one for one in found["roc"] if one and one[0]["score"] == "GQ"]
        given = files.names_only(found["settings"])
        return {
            "name": name,
            **{key: given[key] for key in ("truth", "confident", "reference", "regions", "match")},
            "rows": [_row(row) for row in rows],
            "calibration": _calibration(next((c for c in curves if c[0]["type"] == "all"), [])),
        }
    except OSError as error:
        raise InputError(
            f"--comparison {name}: {file} cannot be read ({error.strerror}); name a folder of "
            "`seqcnn compare --out`"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"--comparison {name}: {file} is not of `seqcnn compare`") from None


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Counts, and measures as [value, low, high]."""
    counts = {name: row[name] for name in ("type", "tp_truth", "fn", "tp_calls", "fp", "by")}
    return counts | {name: [row[name + end] for end in ("", "_low", "_high")] for name in MEASURES}


def _calibration(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Errors promised by GQ and errors seen, by GQ, from a curve whose thresholds fall.

    Calls of GQ 99 promise at most what is said: GQ is capped there.
    """
    bins: list[dict[str, Any]] = [
        {"from": low, "calls": 0, "expected": 0.0, "errors": 0} for low in GQ_BINS
    ]
    before = {"tp_calls": 0, "fp": 0}
    for point in curve:
        if point["threshold"] is None:
            continue
        errors = point["fp"] - before["fp"]
        calls = point["tp_calls"] - before["tp_calls"] + errors
        chosen = bins[sum(low <= point["threshold"] for low in GQ_BINS[1:])]
        chosen["calls"] += calls
        chosen["errors"] += errors
        chosen["expected"] += calls * 10 ** (-point["threshold"] / 10)
        before = point
    for one in bins:
        one["expected"] = round(one["expected"], 3)
        if one["calls"]:
            share = jeffreys(one["errors"], one["calls"] - one["errors"], 0, 0)[0]
            one["share"] = [round(float(value), 6) for value in share]
    return [one for one in bins if one["calls"]]
