"""The patches of pictures that excite a channel most, and how often they are of one class."""

from collections.abc import Callable, Sequence

import numpy as np

from seqcnn.interpret.top_inputs import TopInputs

OUTSIDE = 200  # grey of what lies in the padding
REPLICAS = 200


def patches_of(
    top: TopInputs,
    channel: int,
    take: Callable[..., np.ndarray],
    shape: tuple[int, ...],
    number: int = 9,
) -> np.ndarray:
    """Pixels uint8 (number, h, w, C) under the strongest windows of a channel.

    `take` gives whole pictures (n, H, W, C) of rows, of which the network reads the middle `shape`;
    windows that reach into the padding are grey there.
    """
    pixels = take(top.rows[channel, :number])
    rows, columns = (
        (whole - part) // 2 for whole, part in zip(pixels.shape[1:3], shape, strict=True)
    )
    pixels = pixels[:, rows : rows + shape[0], columns : columns + shape[1]]
    high, wide = top.layer.field or shape
    found = np.full((len(pixels), high, wide, pixels.shape[3]), OUTSIDE, np.uint8)
    for tile, picture, (y, x) in zip(found, pixels, top.windows(channel)[:number], strict=True):
        up, left = max(y, 0), max(x, 0)
        part = picture[up : max(y + high, 0), left : max(x + wide, 0)]
        tile[up - y : up - y + part.shape[0], left - x : left - x + part.shape[1]] = part
    return found


def class_shares(
    top: TopInputs, channels: Sequence[int], classes: np.ndarray, number: int = 9
) -> np.ndarray:
    """Share (n,) of each channel's `number` strongest inputs that are of their commonest class."""
    return np.array([_commonest(classes[top.rows[channel, :number]]) for channel in channels])


def random_shares(
    classes: np.ndarray, number: int = 9, *, seed: int = 0, replicas: int = REPLICAS
) -> np.ndarray:
    """The same share among as many random inputs, `replicas` times."""
    generator = np.random.default_rng(seed)
    number = min(number, len(classes))
    return np.array(
        [_commonest(generator.choice(classes, number, replace=False)) for _ in range(replicas)]
    )


def _commonest(classes: np.ndarray) -> float:
    return float(np.unique(classes, return_counts=True)[1].max() / len(classes))
