"""What stands for "says nothing" in pictures of reads and in counts: the occluding values."""

import re
from math import prod

import numpy as np
import numpy.typing as npt

from seqcnn.calling.explain_voices import Voice
from seqcnn.calling.images import PileupImages
from seqcnn.encoders import deepvariant, pileup_rows
from seqcnn.encoders.count_features import FEATURES, FLANK, GROUPS
from seqcnn.encoders.pileup_choice import NOT_KNOWN, OF_REFERENCE

Pixels = npt.NDArray[np.uint8]  # (H, W, C) of one image
Numbers = npt.NDArray[np.number]

SAME = pileup_rows.SAME  # DeepVariant's value, too
GAPS = (pileup_rows.DELETED, pileup_rows.INSERTED_ELSEWHERE)


def neutral_channel(pixels: Pixels, name: str, images: PileupImages) -> Pixels:
    """A copy of a picture in which one channel says nothing, where fragments are drawn.

    Qualities and insert sizes become their mean over the picture, strands alternate from row to
    row, bases become the reference's and differences none, and no fragment is known to show an
    allele; the reference's bases become unknown ones.
    """
    new, names = pixels.copy(), images.channels
    rows = slice(0, images.picture_rows)
    values = new[rows, :, names.index(name)]
    drawn = _drawn(pixels[rows], images)
    if name in ("base quality", "mapping quality", "insert size"):
        values[drawn] = round(float(values[drawn].mean())) if drawn.any() else 0
    elif name == "strand":
        turn = np.arange(len(values))[:, None] % 2 == 0
        values[drawn] = np.where(turn, pileup_rows.FORWARD, pileup_rows.BACKWARD).repeat(
            values.shape[1], 1
        )[drawn]
    elif name == "read base":
        bases = np.broadcast_to(_reference_bases(pixels, images), values.shape)
        values[drawn] = bases[drawn]
    elif name in ("difference", "differs from reference"):
        values[values > 0] = SAME
    elif name == "allele":
        values[drawn] = NOT_KNOWN
    elif name == "supports variant":
        values[drawn] = deepvariant.SUPPORTS_NOT
    else:
        values[:] = 0
    return new


def blank_columns(pixels: Pixels, first: int, last: int, images: PileupImages) -> Pixels:
    """A copy of a picture with the columns `[first, last)` as if no fragment reached them."""
    new = pixels.copy()
    new[: images.picture_rows, max(first, 0) : last] = 0
    return new


def reference_only(pixels: Pixels, images: PileupImages) -> Pixels:
    """The same fragments, qualities and strands, all of them showing the reference."""
    new, names = pixels.copy(), images.channels
    rows = slice(0, images.picture_rows)
    drawn = _drawn(pixels[rows], images)
    bases = np.broadcast_to(_reference_bases(pixels, images), drawn.shape)
    place = {name: number for number, name in enumerate(names)}
    new[rows, :, place["read base"]] = np.where(drawn, bases, 0)
    if "allele" in place:
        new[rows, :, place["allele"]] = np.where(drawn, OF_REFERENCE, 0)
        there = drawn & (pixels[rows, :, place["reference base"]] > 0)
        new[rows, :, place["difference"]] = np.where(there, SAME, 0)
        new[rows, :, place["base quality"]][~there] = 0
    else:
        new[rows, :, place["supports variant"]] = np.where(drawn, deepvariant.SUPPORTS_NOT, 0)
        new[rows, :, place["differs from reference"]] = np.where(drawn, SAME, 0)
    return new


def numbers_of(image: Numbers, images: PileupImages) -> Numbers:
    """The numbers (F,) in an image: the last rows of a combined one, or all of a pixel."""
    if not images.pictures:
        return image.reshape(-1)
    return image[images.picture_rows :].reshape(-1)[: len(FEATURES)]


def with_numbers(image: Numbers, numbers: Numbers, images: PileupImages) -> npt.NDArray[np.float32]:
    """A copy of an image, float32 (H, W, C) in its own units, with other numbers (F,)."""
    new = image.astype(np.float32)
    if not images.pictures:
        new[...] = np.asarray(numbers, np.float32).reshape(new.shape)
    elif images.number_rows:
        below = new[images.picture_rows :]
        flat = np.zeros(prod(below.shape), np.float32)
        flat[: len(FEATURES)] = numbers
        new[images.picture_rows :] = flat.reshape(below.shape)
    return new


def typical_numbers(voice: Voice) -> npt.NDArray[np.float64]:
    """The numbers (F,), 0 to 254, of the mean training site; zeros where the networks keep none."""
    found = voice.typical
    if found is None or len(found) != len(FEATURES):
        return np.zeros(len(FEATURES))
    return np.asarray(254 * found)


def number_groups() -> dict[str, npt.NDArray[np.int64]]:
    """Indices of the numbers that belong together, by what they are about."""
    named: dict[str, list[int]] = {}
    for index, name in enumerate(FEATURES):
        named.setdefault(_group_of(name), []).append(index)
    return {name: np.array(indices, np.int64) for name, indices in named.items()}


def window_numbers() -> npt.NDArray[np.int64]:
    """Indices of the numbers that describe single positions, from -25 to +25 bp."""
    return np.array([FEATURES.index(f"differ at {k:+d}") for k in range(-FLANK, FLANK + 1)])


def _group_of(name: str) -> str:
    head, colon, what = name.partition(": ")
    counts = ("share", "fragments", "weight", "starts", "mate agrees")
    if name == "differ at +0" or (colon and what in counts):
        return "fragments by allele"
    if colon and what in ("base quality", "mapping quality", "low mapping quality", "forward"):
        return "qualities and strands"
    if colon and head in GROUPS and what not in ("substitution", "insertion", "deletion", "length"):
        return "other traits of the reads"
    if name.startswith("differ at") or name.startswith("varied within"):
        return "differences around"
    if name.startswith("phred"):
        return "likelihoods of genotypes"
    if re.match(r"run |tandem|repeat of", name):
        return "repeats"
    if name in ("depth", "depth around", "not known", "contradicting mates"):
        return "depth and doubt"
    return "kind of allele"


def _drawn(pixels: Pixels, images: PileupImages) -> npt.NDArray[np.bool_]:
    """(H, W) where a fragment, not only the reference, is drawn."""
    names = images.channels
    found = np.asarray(pixels[:, :, names.index("strand")] > 0)
    if "allele" not in names:
        found[: deepvariant.REFERENCE_ROWS] = False
    return found


def _reference_bases(pixels: Pixels, images: PileupImages) -> npt.NDArray[np.uint8]:
    """(1, W) value of the reference's base in each column, 0 in those of inserted bases."""
    names = images.channels
    if "reference base" in names:
        return np.asarray(pixels[:1, :, names.index("reference base")])
    return np.asarray(pixels[:1, :, names.index("read base")])
