"""Which channels of a layer's maps to show, and in which order, so that like stands by like."""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage


def strongest_channels(maps: np.ndarray, most: int) -> np.ndarray:
    """At most `most` channels of maps (n, C, …), those that vary most, in the layer's order."""
    flat = np.moveaxis(maps, 1, 0).reshape(maps.shape[1], -1)
    reach = flat.max(1) - flat.min(1)
    return np.sort(np.argsort(-reach, kind="stable")[:most])


def clustered(maps: np.ndarray) -> np.ndarray:
    """An order of the channels of maps (n, C, …) that puts those side by side that rise together.

    Average linkage of 1 - Pearson correlation, its leaves in the order in which neighbours are
    most alike (Bar-Joseph et al. 2001); channels that never vary come last.
    """
    flat = np.moveaxis(maps, 1, 0).reshape(maps.shape[1], -1).astype(np.float64)
    centred = flat - flat.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1)
    alive = np.flatnonzero(length > 1e-9 * max(float(np.abs(flat).max(initial=0)), 1e-30))
    if len(alive) < 3:
        return np.concatenate([alive, np.setdiff1d(np.arange(len(flat)), alive)])
    unit = centred[alive] / length[alive, None]
    apart = (1 - unit @ unit.T).clip(0)
    tree = linkage(apart[np.triu_indices(len(alive), 1)], "average", optimal_ordering=True)
    ordered = alive[leaves_list(tree)]
    return np.concatenate([ordered, np.setdiff1d(np.arange(len(flat)), alive)])
