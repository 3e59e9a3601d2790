"""Images with their classes, decoded when they are read or held in memory."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit
from PIL import Image, ImageOps

from seqcnn.data import notebook
from seqcnn.data.image_headers import opened, upright
from seqcnn.errors import InputError

Colour = Literal["rgb", "gray"]
Pixels = npt.NDArray[np.uint8]
MODES = {"rgb": "RGB", "gray": "L"}
CHANNELS = {"rgb": ("red", "green", "blue"), "gray": ("intensity",)}
Found = TypeVar("Found")
AHEAD = 256  # images that threads decode before they are asked for


@dataclass(frozen=True)
class Images:
    """N square images of one class each, `side` pixels wide.

    Attributes:
        targets: float32 (N, 1), the class's index in `names`; N x 0 where it is not known.
        names: of the classes.
        side, colour: of the squares; files are scaled to `side` on their shorter side, and the
            middle square is kept.
        files: of the N images, decoded at each read; or None.
        pixels: uint8 (N, side, side, channels) in memory; or None.
        crop: pixels on a side that training sees of a square.
    """

    targets: npt.NDArray[np.float32]
    names: tuple[str, ...]
    side: int
    colour: Colour
    crop: int
    files: tuple[Path, ...] | None = None
    pixels: Pixels | None = None
    weights: None = None
    sampling: None = None

    def __post_init__(self) -> None:
        held = [part for part in (self.files, self.pixels) if part is not None]
        if not held or any(len(part) != len(self.targets) for part in held):
            raise ValueError("give files or pixels, as many as targets")
        if self.crop > self.side:
            raise ValueError(f"crops of {self.crop} pixels from squares of {self.side}")

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def channels(self) -> int:
        """Channels of a pixel."""
        return len(CHANNELS[self.colour])

    def take(
        self,
        rows: npt.NDArray[Any],
        *,
        offset: npt.NDArray[np.integer] | None = None,
        flip: npt.NDArray[np.bool_] | None = None,
        colour: npt.NDArray[np.floating] | None = None,
    ) -> Pixels:
        """Pixels (n, side, side, channels) of `rows`, or (n, crop, crop, channels) with `offset`.

        Args:
            rows: (n,) indices.
            offset: (n, 2) rows and columns of pixels before the crop, 0 to side - crop.
            flip: (n,) mirror left and right.
            colour: (n, channels) added to all pixels of an image, in steps of 1/255.

        Raises:
            InputError: a file is missing, or not a whole image.
            ValueError: a crop does not lie inside its image.
        """
        rows = np.asarray(rows, np.int64)
        if rows.size and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"rows run from 0 to {len(self) - 1}")
        if offset is None and flip is None and colour is None:
            return self._squares(rows)
        side = self.side if offset is None else self.crop
        if offset is None:
            offset = np.zeros((len(rows), 2), np.int64)
        room = self.side - side
        if offset.size and not 0 <= offset.min() <= offset.max() <= room:
            raise ValueError(f"offsets {offset.min()} to {offset.max()}; wanted 0 to {room}")
        number = len(rows)
        levels = np.tile(np.arange(256, dtype=np.float32), (number, self.channels, 1))
        if colour is not None:
            levels += np.asarray(colour, np.float32)[:, :, None]
        crops = np.empty((number, side, side, self.channels), np.uint8)
        _crop(
            self._squares(rows) if self.pixels is None else self.pixels,
            np.arange(number) if self.pixels is None else rows,
            offset.astype(np.int64),
            np.zeros(number, np.bool_) if flip is None else np.asarray(flip, np.bool_),
            np.rint(levels).clip(0, 255).astype(np.uint8),
            crops,
        )
        return crops

    def _squares(self, rows: npt.NDArray[np.int64]) -> Pixels:
        if self.pixels is not None:
            return self.pixels[rows]
        assert self.files is not None  # kept by __post_init__
        chosen = [self.files[row] for row in rows]
        squares = np.empty((len(chosen), self.side, self.side, self.channels), np.uint8)
        for row, square in enumerate(decoded(chosen, self.side, self.colour)):
            squares[row] = square
        return squares

    def subset(self, rows: npt.NDArray[Any]) -> "Images":
        """The images `rows` (integers, or a mask over all), in that order."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(
            self,
            targets=self.targets[rows],
            files=None if self.files is None else tuple(self.files[row] for row in rows),
            pixels=None if self.pixels is None else self.pixels[rows],
        )

    def groups(self) -> npt.NDArray[np.int64]:
        """Ids (N,) of what can be resampled as if independent: every image by itself."""
        return np.arange(len(self), dtype=np.int64)

    def distinct(self) -> int:
        """How many images there are."""
        return len(self)

    def origin(self) -> str:
        """Where they come from, in words."""
        return "given"

    def __repr__(self) -> str:
        return f"Images({len(self):,} of {self.side} pixels, {self.colour})"

    def _repr_html_(self) -> str:
        known = {
            "images": f"{len(self):,} of {self.side} x {self.side} pixels, {self.colour}",
            "labels": notebook.labels(self.targets, self.names),
        }
        return notebook.shown("Images", notebook.facts(known))

    def locations(self) -> list[str]:
        """A name for each image: its file, else its number."""
        if self.files is not None:
            return [str(file) for file in self.files]
        return [f"image_{row + 1}" for row in range(len(self))]


def decoded(files: Sequence[Path], side: int, colour: Colour) -> Iterator[Pixels]:
    """The squares (side, side, channels) of `files` in their order, decoded in threads.

    Raises:
        InputError: a file is missing, or not a whole image.
    """
    for found in attempted(files, lambda file: decode(file, side, colour)):
        if isinstance(found, InputError):
            raise found
        yield found


def attempted(files: Sequence[Path], read: Callable[[Path], Found]) -> Iterator[Found | InputError]:
    """What `read` makes of each file, in threads and in their order; an error in its place."""

    def attempt(file: Path) -> Found | InputError:
        try:
            return read(file)
        except InputError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="images") as workers:
        for first in range(0, len(files), AHEAD):
            yield from workers.map(attempt, files[first : first + AHEAD])


def decode(file: Path, side: int, colour: Colour) -> Pixels:
    """One image, scaled to `side` on its shorter side; the middle square (side, side, channels).

    It is turned as its EXIF says, and its transparency is dropped.

    Raises:
        InputError: the file is missing, or not a whole JPEG or PNG image.
    """
    with opened(file) as image:
        # A JPEG decoder can halve the image as it goes, to no less than the size asked.
        image.draft(MODES[colour], (side, side))
        image.load()
        turned = upright(image)
        if turned.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off at 255
            turned = Image.fromarray((np.asarray(turned).astype(np.int64) >> 8).astype(np.uint8))
        return _square(turned, side, colour)


def squared(pixels: npt.ArrayLike, side: int, colour: Colour) -> Pixels:
    """As `decode`, of pixels uint8 (H, W) or (H, W, channels) with 1 or 3 channels.

    Raises:
        InputError: they have another shape or type.
    """
    held = np.asarray(pixels)
    if held.ndim == 3 and held.shape[2] == 1:
        held = held[:, :, 0]
    fits = held.ndim == 2 or (held.ndim == 3 and held.shape[2] == 3)
    if held.dtype != np.uint8 or not fits or not held.size:
        raise InputError(
            f"pixels are {held.dtype} {held.shape}; wanted uint8 (H, W) or (H, W, 3), or a file"
        )
    return _square(Image.fromarray(held), side, colour)


def _square(image: Image.Image, side: int, colour: Colour) -> Pixels:
    image.info.pop("transparency", None)  # `convert` warns of it in palettes
    fitted = ImageOps.fit(image.convert(MODES[colour]), (side, side), Image.Resampling.BILINEAR)
    return np.asarray(fitted).reshape(side, side, len(CHANNELS[colour]))


def colour_of(file: Path) -> Colour:
    """Whether a file holds colours, by its header alone.

    Raises:
        InputError: the file is missing, or not a JPEG or PNG image.
    """
    with opened(file) as image:
        return "gray" if image.mode in ("1", "L", "LA") or image.mode.startswith("I") else "rgb"


@njit(cache=True, nogil=True)
def _crop(
    squares: Pixels,
    rows: npt.NDArray[np.int64],
    offset: npt.NDArray[np.int64],
    flip: npt.NDArray[np.bool_],
    levels: Pixels,
    out: Pixels,
) -> None:
    """Crops of the squares `rows`, mirrored, their values looked up in levels (n, C, 256)."""
    side = out.shape[1]
    for i in range(len(out)):
        square, (top, left) = squares[rows[i]], offset[i]
        for y in range(side):
            for x in range(side):
                to = side - 1 - x if flip[i] else x
                for c in range(out.shape[3]):
                    out[i, y, to, c] = levels[i, c, square[top + y, left + x, c]]
