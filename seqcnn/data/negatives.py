"""Negatives: genomic windows matched in GC content, and dinucleotide shuffles."""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from seqcnn.data.candidates import composition, grid_windows, join_intervals, taken_intervals
from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.matching import MatchReport, match_nearest
from seqcnn.data.shuffle import dinucleotide_shuffle
from seqcnn.encoders.dna import Codes
from seqcnn.errors import InputError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# More candidates than this for each negative wanted would not bring the match closer.
CANDIDATES_PER_NEGATIVE = 50
ROUNDS = 8


def gc_matched_windows(
    genome: Genome,
    positives: pd.DataFrame,
    *,
    length: int,
    seed: int,
    exclude: pd.DataFrame | None = None,
    per_positive: int = 1,
    within_contig: bool = True,
    margin: int = 1000,
    tolerance: float = 0.02,
    max_n_share: float = 0.0,
    seconds: float = 60.0,
) -> tuple[pd.DataFrame, MatchReport]:
    """Windows away from the positives, each with the GC content of one of them.

    Candidates are the windows of a grid with a random offset on each contig, so they do not
    overlap; each negative wanted takes the free candidate nearest in GC. What remains is sought on
    further grids, at most 8, none begun after `seconds`. Fewer windows than wanted are reported,
    never repeated.

    Args:
        genome: that the regions are of.
        positives: contig, start, end; GC is taken over `length` bases around their middles.
        length: bases a window.
        seed: of the offsets and the order in which positives choose.
        exclude: further regions (contig, start, end) that negatives must not touch.
        per_positive: negatives for each positive.
        within_contig: take them from the positive's contig, so that a split by contig stays one.
        margin: bases kept free on both sides of positives.
        tolerance: largest GC difference of a pair.
        max_n_share: largest share of letters other than ACGT in a window.
        seconds: after which no further grid is begun.

    Returns:
        contig, start, end, gc, and positive (row number in `positives`), sorted by that; and how
        well they match.

    Raises:
        InputError: a positive's contig is not in the genome.
    """
    began = time.monotonic()
    rng = np.random.default_rng(seed)
    unknown = positives["contig"][~positives["contig"].isin(genome.index_of)]
    if len(unknown):
        raise InputError(f"{genome.path} has no contig '{unknown.iloc[0]}'; pass --contig-alias")
    contig = positives["contig"].map(genome.index_of).to_numpy().astype(np.int64)
    middle = (positives["start"].to_numpy() + positives["end"].to_numpy()) // 2
    positive_gc = np.repeat(
        composition(genome, contig, middle - length // 2, length)[0], per_positive
    )
    # One row for each negative wanted; a positive of N alone has no GC to match.
    wanted = np.repeat(np.arange(len(positives)), per_positive)
    open_rows = rng.permutation(np.flatnonzero(~np.isnan(positive_gc)))
    taken = taken_intervals(genome, positives, margin, exclude)
    found: list[pd.DataFrame] = []
    offered: list[Floats] = []
    complete = True
    for _ in range(ROUNDS):
        if not len(open_rows):
            break
        if time.monotonic() - began > seconds:
            complete = False
            break
        allowed = np.unique(contig[wanted[open_rows]]) if within_contig else None
        limit = CANDIDATES_PER_NEGATIVE * len(open_rows)
        places = grid_windows(genome, length, allowed, taken, limit, rng)
        gc, n_share = composition(genome, places[0], places[1], length)
        usable = (n_share <= max_n_share) & ~np.isnan(gc)
        places, gc = places[:, usable], gc[usable]
        offered.append(gc)
        rows, candidates = _pair(
            open_rows, positive_gc, gc, tolerance, contig[wanted], places[0], within_contig
        )
        chosen = places[:, candidates]
        found.append(_table(genome, chosen, length, gc[candidates], wanted[rows]))
        open_rows = open_rows[~np.isin(open_rows, rows)]
        taken = join_intervals(taken, chosen[0], chosen[1], chosen[1] + length)
    empty = _table(genome, np.empty((2, 0), np.int64), length, np.empty(0), np.empty(0, np.int64))
    windows = pd.concat(found or [empty], ignore_index=True)
    windows = windows.sort_values(["positive", "contig", "start"], ignore_index=True)
    own_gc = positive_gc[:: max(per_positive, 1)]
    report = MatchReport.of(
        requested=len(wanted),
        positive_gc=own_gc[~np.isnan(own_gc)],
        offered_gc=np.concatenate(offered) if offered else np.empty(0),
        negative_gc=windows["gc"].to_numpy(),
        differences=windows["gc"].to_numpy() - own_gc[windows["positive"].to_numpy()],
        complete=complete,
    )
    return windows, report


@dataclass(frozen=True)
class ShuffleReport:
    """How many shuffles were made, and how many came out as their source."""

    requested: int
    identical: int

    @property
    def identical_share(self) -> float:
        """Share of shuffles identical to their source: such negatives are mislabelled."""
        return self.identical / self.requested if self.requested else 0.0

    def lines(self) -> list[str]:
        """The report as lines to print."""
        return [
            f"{self.requested} dinucleotide shuffles, {self.identical} "
            f"({self.identical_share:.2%}) identical to their source"
        ]


def shuffled_negatives(
    examples: Examples, per_positive: int, seed: int
) -> tuple[Codes, ShuffleReport]:
    """Dinucleotide shuffles (N * per_positive, L) of all `examples`, source by source in order."""
    source = np.repeat(examples.take(np.arange(len(examples))), per_positive, axis=0)
    codes = dinucleotide_shuffle(source, seed=seed)
    identical = int((codes == source).all(axis=1).sum())
    return codes, ShuffleReport(len(codes), identical)


def _pair(
    open_rows: Integers,
    wanted_gc: Floats,
    offered_gc: Floats,
    tolerance: float,
    wanted_contig: Integers,
    offered_contig: Integers,
    within_contig: bool,
) -> tuple[Integers, Integers]:
    """Pairs (row, candidate) of nearest GC, each row and candidate used once."""
    if not within_contig:
        wanted_contig, offered_contig = np.zeros_like(wanted_contig), np.zeros_like(offered_contig)
    offers = _by_value(offered_contig)
    rows, candidates = [], []
    for contig, part in _by_value(wanted_contig[open_rows]).items():
        here, choice = open_rows[part], offers.get(contig, np.empty(0, np.int64))
        match = match_nearest(wanted_gc[here], offered_gc[choice], tolerance)
        rows.append(here[match >= 0])
        candidates.append(choice[match[match >= 0]])
    return np.concatenate(rows), np.concatenate(candidates)


def _by_value(values: Integers) -> dict[int, Integers]:
    """Indices of each value, in order."""
    order = np.argsort(values, kind="stable")
    distinct, begins = np.unique(values[order], return_index=True)
    return (
        dict(zip(distinct.tolist(), np.split(order, begins[1:]), strict=True))
        if len(values)
        else {}
    )


def _table(
    genome: Genome, places: Integers, length: int, gc: Floats, positive: Integers
) -> pd.DataFrame:
    names = np.array(genome.names, dtype=object)
    return pd.DataFrame(
        {
            "contig": pd.Series(names[places[0]], dtype="str"),
            "start": places[1],
            "end": places[1] + length,
            "gc": gc,
            "positive": positive,
        }
    )
