"""Pictures of reads that no sample shows: noise, shuffled and swapped ones, all of valid values.

A valid value is one that the encoder can write into a channel; what the pixels say together need
not make sense.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from seqcnn.calling.explain_neutral import with_numbers
from seqcnn.calling.images import PileupImages
from seqcnn.encoders import deepvariant, pileup_rows
from seqcnn.encoders.pileup_choice import NOT_KNOWN, OF_OTHER, OF_REFERENCE, SHOWN, SHOWN_SECOND

Pixels = npt.NDArray[np.uint8]  # (n, H, W, C)
QUALITIES = tuple(254 * quality // 40 for quality in range(2, 41))
MAPPINGS = tuple(254 * quality // 60 for quality in range(5, 61))
BASES = tuple(pileup_rows.BASES[:4].tolist())
STRANDS = (pileup_rows.FORWARD, pileup_rows.BACKWARD)
VALUES: Mapping[str, tuple[int, ...]] = {
    "read base": BASES,
    "base quality": QUALITIES,
    "mapping quality": MAPPINGS,
    "strand": STRANDS,
    "allele": (SHOWN, SHOWN_SECOND, OF_REFERENCE, OF_OTHER, NOT_KNOWN),
    "difference": (
        *(pileup_rows.SAME, pileup_rows.CLIPPED, pileup_rows.DELETED, pileup_rows.INSERTED),
        *(pileup_rows.INSERTED_ELSEWHERE, pileup_rows.MISMATCH),
    ),
    "reference base": BASES,
    "supports variant": (deepvariant.SUPPORTS, deepvariant.SUPPORTS_NOT),
    "differs from reference": (deepvariant.SAME, deepvariant.DIFFERENT),
    "insert size": tuple(range(255)),
}
# Channels that trade places; each pair is of one encoder or of both.
SWAPPED = (("read base", "base quality"), ("mapping quality", "strand"))


def random_pictures(number: int, images: PileupImages, generator: np.random.Generator) -> Pixels:
    """Pictures (number, H, W, C) whose every pixel has a valid value; rows of numbers are 0."""
    pictures = np.zeros((number, images.rows, images.columns, len(images.channels)), np.uint8)
    size = (number, images.picture_rows, images.columns)
    for channel, name in enumerate(images.channels):
        chosen = generator.choice(VALUES[name], size).astype(np.uint8)
        pictures[:, : images.picture_rows, :, channel] = chosen
    return pictures


def strange_pictures(
    real: Pixels, images: PileupImages, generator: np.random.Generator
) -> dict[str, Pixels]:
    """Pictures made of real ones (n, H, W, C), which keep their numbers, by what was done."""
    rows = slice(0, images.picture_rows)
    first = deepvariant.REFERENCE_ROWS if images.encoder == "deepvariant" else 0
    made = {name: real.copy() for name in ("rows shuffled", "columns shuffled", "pixels shuffled")}
    for number, picture in enumerate(real):
        used = int(np.flatnonzero(picture[rows].any((1, 2))).max(initial=-1)) + 1
        order = first + generator.permutation(max(used - first, 0))
        made["rows shuffled"][number, first:used] = picture[order]
        columns = generator.permutation(images.columns)
        made["columns shuffled"][number, rows] = picture[rows][:, columns]
        flat = picture[:used].reshape(-1, picture.shape[-1])
        mixed = flat[generator.permutation(len(flat))].reshape(picture[:used].shape)
        made["pixels shuffled"][number, :used] = mixed
    for one, other in SWAPPED:
        pair = [images.channels.index(one), images.channels.index(other)]
        swapped = real.copy()
        swapped[:, rows, :, pair[0]] = real[:, rows, :, pair[1]]
        swapped[:, rows, :, pair[1]] = real[:, rows, :, pair[0]]
        made[f"{one} and {other} swapped"] = swapped
    empty = real.copy()
    empty[:, rows] = 0
    made["no reads"] = empty
    noise = random_pictures(len(real), images, generator)
    noise[:, images.picture_rows :] = real[:, images.picture_rows :]
    made["noise"] = noise
    return made


def strange_numbers(
    real: Pixels,
    typical: npt.NDArray[np.float64],
    images: PileupImages,
    generator: np.random.Generator,
) -> dict[str, npt.NDArray[np.float32]]:
    """Counts (n, 1, 1, F) made of real ones, by what was done."""
    flat = real.reshape(len(real), -1)
    mixed = np.stack([generator.permutation(column) for column in flat.T], 1)
    noise = generator.integers(0, 255, flat.shape)
    mean = np.broadcast_to(np.asarray(typical), flat.shape)
    kinds = {
        "each number of another site": mixed,
        "noise": noise,
        "the mean training site": mean,
        "all zero": np.zeros_like(flat),
    }
    return {
        name: np.stack(
            [with_numbers(one, row, images) for one, row in zip(real, rows, strict=True)]
        )
        for name, rows in kinds.items()
    }
