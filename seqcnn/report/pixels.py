"""Images inside the page: small PNGs, and all kernels of a layer on one sheet."""

import base64
import io

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

from seqcnn.report.style import FAINT

_WEIGHTS = LinearSegmentedColormap.from_list(
    "weights", ["#04426b", "#0072B2", "#f7f8f9", "#D55E00", "#7a3000"]
)
_TILE = 55  # pixels on a side of a drawn kernel, or a little less: whole pixels a weight
_GAP = 5
_COLUMNS = (12, 16, 14, 15, 13)


def png_uri(pixels: np.ndarray) -> str:
    """Pixels uint8 (H, W, 1 or 3) as a `data:image/png` address."""
    held = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(held)).save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def shrunk(pixels: np.ndarray, most: int) -> np.ndarray:
    """Pixels uint8 (H, W, 1 or 3), scaled down where a side is longer than `most`."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(image.height, image.width, pixels.shape[2])


def kernel_sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w, 3 or 1) from 0 to 1 in rows, uint8 (H, W, 3), each in a thin frame.

    Three channels are colours; one is blue below 0.5 and orange above.
    """
    count, height, width, channels = pictures.shape
    shown = pictures if channels == 3 else _WEIGHTS(pictures[..., 0])[..., :3]
    scale = max(1, _TILE // max(height, width))
    tiles = np.rint(255 * shown).astype(np.uint8).repeat(scale, axis=1).repeat(scale, axis=2)
    columns = next((c for c in _COLUMNS if count % c == 0), _COLUMNS[0])
    columns = min(count, columns)
    down, across = height * scale + 2 + _GAP, width * scale + 2 + _GAP
    sheet = np.full((-(-count // columns) * down - _GAP, columns * across - _GAP, 3), 255, np.uint8)
    frame = [int(FAINT[place : place + 2], 16) for place in (1, 3, 5)]
    for number, tile in enumerate(tiles):
        top, left = number // columns * down, number % columns * across
        sheet[top : top + down - _GAP, left : left + across - _GAP] = frame
        sheet[top + 1 : top + down - _GAP - 1, left + 1 : left + across - _GAP - 1] = tile
    return sheet
