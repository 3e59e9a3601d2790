"""Means over backgrounds with 95 % bootstrap intervals, as tidy rows."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from seqcnn.training.bootstrap import dense_groups

REPLICATES = 1000


def mean_with_interval(
    values: np.ndarray, sources: np.ndarray, *, seed: int, replicates: int = REPLICATES
) -> np.ndarray:
    """Mean over backgrounds, low and high (3, ...) of values (N, ...).

    A cluster bootstrap: backgrounds of one source (N,) are drawn together. NaN bounds where there
    is only one source.
    """
    groups, number = dense_groups(sources, len(values))
    flat = values.reshape(len(values), -1).astype(np.float64)
    sums = np.zeros((number, flat.shape[1]))
    np.add.at(sums, groups, flat)
    sizes = np.bincount(groups, minlength=number).astype(np.float64)
    mean = flat.mean(axis=0)
    if number < 2:
        bounds = np.full((2, len(mean)), np.nan)
    else:
        generator = np.random.default_rng(seed)
        drawn = generator.multinomial(number, np.full(number, 1 / number), size=replicates)
        means = (drawn @ sums) / (drawn @ sizes)[:, None]
        bounds = np.quantile(means, (0.025, 0.975), axis=0)
    return np.concatenate([mean[None], bounds]).reshape(3, *values.shape[1:])


class Summary:
    """Rows of effects for the chosen tracks: `values` turns logits (N, K) into the user's units."""

    def __init__(
        self,
        outputs: Sequence[str],
        tracks: Sequence[int],
        values: Callable[[np.ndarray], np.ndarray],
        sources: np.ndarray,
        seed: int,
    ) -> None:
        self.names = [outputs[track] for track in tracks]
        self._tracks = list(tracks)
        self._values = values
        self._sources = sources
        self._seed = seed

    def effect(self, after: np.ndarray, before: np.ndarray) -> pd.DataFrame:
        """One row a track: mean logit and value without and with, and the difference of both with
        its interval (`effect`, `effect_low`, `effect_high`; `value_effect`, …).
        """
        shown = self._table(self.interval(after - before), "effect", "effect_low", "effect_high")
        values = [self._values(logits)[:, self._tracks] for logits in (before, after)]
        change = self._means(values[1] - values[0])
        shown["logit_without"] = before[:, self._tracks].mean(axis=0)
        shown["logit_with"] = after[:, self._tracks].mean(axis=0)
        shown["value_without"], shown["value_with"] = (part.mean(axis=0) for part in values)
        shown["value_effect"], shown["value_effect_low"], shown["value_effect_high"] = change
        return shown

    def difference(self, added: np.ndarray, name: str) -> pd.DataFrame:
        """One row a track: the mean of `added` (N, K) as columns name, name_low and name_high."""
        return self._table(self.interval(added), name, f"{name}_low", f"{name}_high")

    def interval(self, added: np.ndarray) -> np.ndarray:
        """Mean, low and high (3, T) of differences of logits (N, K) in the chosen tracks."""
        return self._means(added[:, self._tracks])

    def _means(self, chosen: np.ndarray) -> np.ndarray:
        return mean_with_interval(chosen, self._sources, seed=self._seed)

    def _table(self, numbers: np.ndarray, *columns: str) -> pd.DataFrame:
        return pd.DataFrame({"track": self.names, **dict(zip(columns, numbers, strict=True))})


def side_by_side(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the same tracks as one, the track named once."""
    return pd.concat([tables[0], *(table.drop(columns="track") for table in tables[1:])], axis=1)
