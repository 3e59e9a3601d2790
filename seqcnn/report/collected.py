"""A page over many results as one self-contained HTML file."""

from collections.abc import Mapping, Sequence

from seqcnn.report import collected_runs_part as of_runs
from seqcnn.report import collected_samples_part as of_samples
from seqcnn.report.collected_records import Collection, Scores, StrongVariant
from seqcnn.report.pages import template
from seqcnn.version import __version__

LEVEL_WORDS = {"good": "Good", "warning": "Warning", "bad": "Problem"}
FEW_TRACKS, FEW_EACH, MANY = 6, 5, 24  # tracks shown one by one, variants of each, and in all


def collected_html(collection: Collection, files: Sequence[str] = ()) -> str:
    """The page as HTML text that needs no network; whatever files and users named is escaped.

    `files` are the names of the tables beside it.
    """
    return template("collected.html.j2").render(
        collection=collection,
        counts=_counts(collection),
        parts_of_runs=of_runs.parts(collection.runs),
        samples=of_samples.part(collection.samples),
        scores=[(one, _strongest(one)) for one in collection.scores],
        folders=_folders(collection),
        files=files,
        level_words=LEVEL_WORDS,
        version=__version__,
    )


def _counts(collection: Collection) -> str:
    """What is on the page, in a few words."""
    compared = sum(bool(one.accuracy) for one in collection.samples)
    found = {
        "run": sum(not run.evaluation for run in collection.runs),
        "evaluation": sum(run.evaluation for run in collection.runs),
        "sample": len(collection.samples),
        "file of scored variants": len(collection.scores),
        "interpretation": len({one.folder for one in collection.interpretations}),
        "other file": len(collection.links),
    }
    words = [f"{number} {_plural(name, number)}" for name, number in found.items() if number]
    if compared:
        words.append(f"{compared} compared with a truth")
    return " · ".join(words)


def _plural(name: str, number: int) -> str:
    first, space, rest = name.partition(" of ")
    return name if number == 1 else f"{first}s{space}{rest}"


def _strongest(one: Scores) -> list[StrongVariant]:
    """The strongest of each of few tracks; of many tracks the strongest of all."""
    if len(one.tracks) <= FEW_TRACKS:
        rank: dict[str, int] = {}
        shown = []
        for found in one.strongest:
            rank[found.track] = rank.get(found.track, 0) + 1
            if rank[found.track] <= FEW_EACH:
                shown.append(found)
        return shown
    return sorted(one.strongest, key=lambda found: -abs(found.difference))[:MANY]


def _folders(collection: Collection) -> Mapping[str, list[object]]:
    """Interpretations by folder, in the order given."""
    found: dict[str, list[object]] = {}
    for one in collection.interpretations:
        found.setdefault(one.folder, []).append(one)
    return found
