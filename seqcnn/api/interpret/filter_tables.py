"""What was found of a bundle's filters, and the tables of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.interpret.filter_silencing import Contrast, Fall, Importance
from seqcnn.data.motifs import Motif
from seqcnn.interpret.filters import FEWEST_SITES, FilterMotif, information, probabilities, trimmed
from seqcnn.interpret.tomtom import Match

UNKNOWN = float("nan")


@dataclass(frozen=True)
class Filter:
    """One filter: its network and number in it, both from 1, and what it reads.

    `counts` (4, w) are of its columns without the ends that tell little, `share` is the share of
    sequences that have a site. `name` is its number, after the network's where there are several.
    """

    name: str
    member: int
    number: int
    counts: np.ndarray
    sites: int
    share: float

    @classmethod
    def of(cls, motif: FilterMotif, *, member: int, members: int, bits: float) -> "Filter":
        """The filter of a motif, with the columns at its ends below `bits` cut off."""
        number = motif.number + 1
        name = f"{member}.{number}" if members > 1 else str(number)
        counts = motif.counts[:, trimmed(motif.counts, bits=bits)]
        return cls(name, member, number, counts, motif.sites, motif.share)

    @property
    def known(self) -> bool:
        """Whether it has sites enough for a motif."""
        return self.sites >= FEWEST_SITES

    @property
    def information(self) -> float:
        """Bits of all its columns together."""
        return information(self.counts) if self.known else UNKNOWN

    @cached_property
    def motif(self) -> Motif:
        """Its motif as `filters.meme` has it."""
        return Motif(f"filter_{self.name}", probabilities(self.counts), sites=self.sites)


@dataclass(frozen=True)
class Found:
    """All that was found; filters are numbered through, `order` has the most important first.

    `groups` are numbers of filters alike, their first the most important; `matches` are of each
    filter among `database`, best first.
    """

    filters: Sequence[Filter]
    order: Sequence[int]
    worth: Importance
    told: Contrast
    groups: Sequence[Sequence[int]]
    matches: Sequence[Sequence[Match]]
    database: Sequence[Motif]

    @property
    def explained(self) -> float:
        """Logits of the margin that the filters have together."""
        return self.worth.margin - self.worth.rest

    def part(self, numbers: Sequence[int]) -> float:
        """The share of the margin, 0 to 1, that these filters have together; NaN where the high
        sequences do not score higher.
        """
        margin = self.worth.margin
        return float(self.worth.shares[list(numbers)].sum()) / margin if margin > 0 else UNKNOWN


def filter_table(found: Found) -> pd.DataFrame:
    """A row a filter, the most important first; `channel` counts from 0, as that of activations."""
    group_of = {one: row for row, group in enumerate(found.groups, 1) for one in group}
    rows = []
    for rank, number in enumerate(found.order, 1):
        one = found.filters[number]
        rows.append(
            {
                "rank": rank,
                "filter": one.name,
                "channel": one.number - 1,
                "consensus": one.motif.consensus if one.known else "",
                "sites": one.sites,
                "fires": one.share,
                "information": one.information,
                "importance": float(found.worth.shares[number]),
                "share": found.part([number]),
                **fall_columns(found.worth.falls.get((number,))),
                "group": group_of.get(number, 0),
                **(match_columns(found, number) if found.database else {}),
            }
        )
    return pd.DataFrame(rows)


def group_table(found: Found) -> pd.DataFrame:
    """A row a group of filters alike, in the order of their first ones."""
    rows = []
    for row, group in enumerate(found.groups, 1):
        leader = found.filters[group[0]]
        rows.append(
            {
                "group": row,
                "filters": ",".join(found.filters[number].name for number in group),
                "consensus": leader.motif.consensus if leader.known else "",
                "size": len(group),
                "importance": float(found.worth.shares[list(group)].sum()),
                "share": found.part(group),
                **fall_columns(found.worth.falls.get(tuple(group))),
                **(match_columns(found, group[0]) if found.database else {}),
            }
        )
    told = ("group", "filters", "consensus", "size", "importance", "share", *fall_columns(None))
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=told)


def match_table(found: Found) -> pd.DataFrame:
    """A row a match, the most important filter's first, best first."""
    rows = [
        {"filter": found.filters[number].name, "order": order, **_match(match, found.database)}
        for number in found.order
        for order, match in enumerate(found.matches[number], 1)
    ]
    columns = ["filter", "order", *_match(None, found.database)]
    return pd.DataFrame(rows, columns=columns)


def fall_columns(fall: Fall | None) -> dict[str, float]:
    """What silencing costs, NaN where it was not tried."""
    auroc = (UNKNOWN, UNKNOWN, UNKNOWN) if fall is None else fall.auroc
    names = ("auroc_fall", "auroc_fall_low", "auroc_fall_high")
    return {
        **dict(zip(names, auroc, strict=True)),
        "logit_fall": UNKNOWN if fall is None else fall.logit,
    }


def match_columns(found: Found, number: int) -> dict[str, Any]:
    """The best match of a filter, empty where it has none."""
    matches = found.matches[number]
    return _match(matches[0] if matches else None, found.database)


def _match(match: Match | None, database: Sequence[Motif]) -> dict[str, Any]:
    if match is None:
        empty = dict.fromkeys(("p", "e", "q", "offset", "overlap"), UNKNOWN)
        return {"match": "", **empty, "strand": ""}
    return {
        "match": database[match.target].label,
        "p": match.p,
        "e": match.e,
        "q": match.q,
        "offset": match.offset,
        "overlap": match.overlap,
        "strand": match.strand,
    }
