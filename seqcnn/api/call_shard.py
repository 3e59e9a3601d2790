"""A call of a part of a genome written as a shard, which `seqcnn gather` joins with others."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seqcnn.api.call_header import header_parts, told_settings
from seqcnn.api.calling_inputs import Calling
from seqcnn.calling.genotype import Call
from seqcnn.calling.shard_files import ShardHead, content_identity, write_shard
from seqcnn.calling.store import Store
from seqcnn.data.call_regions import Region
from seqcnn.data.references import FastaReference
from seqcnn.settings.calling import CallSettings
from seqcnn.version import __version__

# Settings that are told by what they name, or that shards of one call may differ in.
BY_CONTENT = {"bam", "reference", "model", "sites", "contig_alias", "regions"}
GENOTYPE, FILTER = Call._fields.index("genotype"), Call._fields.index("filter")


def write_called(
    settings: CallSettings,
    calling: Calling,
    chunks: Sequence[Region],
    store: Store,
    counts: Counter[str],
    check_stop: Callable[[], None],
) -> Counter[str]:
    """Write `chunks` of `store` to `settings.out`; adds up `counts`.

    Returns how many records there are of each FILTER, before overlaps are resolved.
    """
    assert settings.out is not None
    filters: Counter[str] = Counter()
    every = keeps_all(settings)

    def finished() -> Iterator[tuple[list[Any], dict[str, int]]]:
        for calls, numbers in store.read(chunks):
            check_stop()
            counts.update(numbers)
            # A call of the reference changes no other: see `seqcnn.calling.overlaps`.
            rows = [call for call in calls if every or max(call[GENOTYPE]) > 0]
            filters.update(row[FILTER] for row in rows)
            yield rows, numbers

    header = {
        **header_parts(settings, calling),
        "other_names": dict(calling.other_names),
        "called": list(calling.called),
        "min_quality": settings.min_quality,
        "every": every,
    }
    head = ShardHead(_run_of(settings, calling), tuple(chunks))
    write_shard(settings.out, head, header, finished())
    return filters


def keeps_all(settings: CallSettings) -> bool:
    """Whether records of the reference genotype are kept too."""
    return settings.include_ref_calls or settings.sites is not None


def _run_of(settings: CallSettings, calling: Calling) -> dict[str, Any]:
    """What shards of one call have in common, wherever they were made."""
    told = told_settings(settings)
    reference = calling.reference
    names = [list(calling.alignments.length_of.items()), sorted(calling.other_names.items())]
    return {
        "version of seqcnn": __version__,
        "reads": content_identity(calling.alignments.path),
        "sample": calling.alignments.sample,
        "contigs": _digest(names),
        "reference": reference.digest[:16] if isinstance(reference, FastaReference) else "MD tags",
        "model": calling.card.sha256[:16],
        "settings": {name: value for name, value in told.items() if name not in BY_CONTENT},
        "sites": None if settings.sites is None else content_identity(settings.sites),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
