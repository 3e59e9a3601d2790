"""Pictures of reads evolved from noise until a network is sure of a genotype.

After Nguyen et al. (2015, arXiv 1412.1897); here the gradient says which pixels to change, and each
gets a value that the encoder can write there.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.explain_voices import Deciding, Voice
from seqcnn.calling.images import PileupImages
from seqcnn.interpret.pileup_adversarial import gradient_of, picture_alone, picture_input
from seqcnn.interpret.pileup_noise import VALUES

AT_ONCE = 64  # values that change in one step, halved where that does not help

Pixels = npt.NDArray[np.uint8]  # (H, W, C)


class Evolved(NamedTuple):
    """A picture from noise, and the calibrated probability of its genotype after each step."""

    picture: Pixels
    path: tuple[float, ...]
    changed: int  # cells


def evolve(
    voice: Voice, start: Pixels, genotype: int, possible: list[bool], *, sure: float, most: int
) -> Evolved:
    """Change cells of a picture to other valid values until its network is `sure` of a genotype."""
    deciding = picture_alone(voice, possible, genotype)
    picture, images = start.copy(), voice.images
    odds = float(deciding.values({"picture": picture_input(voice, picture[None])})[0])
    path, size = [_probability(odds)], AT_ONCE
    while path[-1] < sure and len(path) <= most and size:
        gain, values = _better_values(deciding, picture, images)
        order = np.argsort(-gain, axis=None)[:size]
        where = np.unravel_index(order[gain.reshape(-1)[order] > 0], gain.shape)
        changed = picture.copy()
        changed[where] = values[where]
        now = float(deciding.values({"picture": picture_input(voice, changed[None])})[0])
        if now <= odds:
            size //= 2
            continue
        picture, odds = changed, now
        path.append(_probability(odds))
    return Evolved(picture, tuple(path), int((picture != start).any(-1).sum()))


def _better_values(
    deciding: Deciding, picture: Pixels, images: PileupImages
) -> tuple[npt.NDArray[np.float64], Pixels]:
    """For each cell and channel (H, W, C), of the least and the largest valid value the one that
    raises the log-odds, and by how much as far as the gradient tells."""
    gradient = gradient_of(deciding, picture)
    values = picture.copy()
    for channel, name in enumerate(images.channels):
        valid = (min(VALUES[name]), max(VALUES[name]))
        values[:, :, channel] = np.where(gradient[:, :, channel] > 0, valid[1], valid[0])
    gain = gradient * (values.astype(float) - picture)
    gain[images.picture_rows :] = 0
    return gain, values


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
