"""What the strongest windows of each channel of a layer have in common, and what chance gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from seqcnn.interpret.activations import MapLayer
from seqcnn.interpret.aligned_windows import (
    Aligned,
    align,
    composition,
    consensus,
    informative_columns,
    mean_composition,
    relative_entropy,
    total_bits,
)
from seqcnn.interpret.layer_windows import centres
from seqcnn.interpret.top_inputs import TopInputs, window_starts

AROUND = 41  # bp shown about a step of a layer that sees the whole input
REPLICAS = 16  # sets of random windows
ALIKE = 0.75  # cosine of two logos


@dataclass(frozen=True)
class ChannelWindows:
    """The strongest windows of one channel, aligned.

    `starts` (k,) are where the windows, as they were moved, begin in the inputs `rows` (k,); the
    window of a `turned` one is read backwards from its end. What they share over the inputs'
    composition is the sum of `bits`, which lie in the order of the letters, and
    `composition_bits`, which any order of them would have. `columns` are the informative ones.
    """

    channel: int
    selectivity: float
    values: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    aligned: Aligned
    bits: float
    composition_bits: float
    columns: np.ndarray
    consensus: str

    @property
    def span(self) -> int:
        """From the first to the last informative column, in bp."""
        return int(self.columns[-1] - self.columns[0]) + 1 if len(self.columns) else 0


def width_of(layer: MapLayer, length: int) -> int:
    """Width in bp of the windows that stand for a layer's positions."""
    if layer.field is not None and layer.start is not None:
        return layer.field[0]
    return min(AROUND, length) if layer.positions else length


def starts_of(layer: MapLayer, places: np.ndarray, length: int) -> np.ndarray:
    """Where the windows of map places (k,) begin; about the step of layers that see everything."""
    if layer.start is not None:
        return window_starts(layer, places[:, None])[:, 0]
    if not layer.positions:
        return np.zeros_like(places)
    return np.asarray(np.rint(centres(layer)[places] - (width_of(layer, length) - 1) / 2), np.int64)


def channel_windows(
    top: TopInputs, codes: np.ndarray, channels: Sequence[int], *, both_strands: bool
) -> list[ChannelWindows]:
    """The strongest windows of `channels` in the sequences `codes` (N, L), aligned."""
    selectivity = top.selectivity
    return [
        _aligned(
            top.layer,
            codes,
            top.rows[channel],
            top.places[channel, :, 0],
            both_strands=both_strands,
            channel=channel,
            selectivity=float(selectivity[channel]),
            values=top.values[channel],
        )
        for channel in channels
    ]


def random_windows(
    top: TopInputs, codes: np.ndarray, *, both_strands: bool, seed: int, replicas: int = REPLICAS
) -> list[ChannelWindows]:
    """As many windows at random places of random inputs, aligned in the same way, several times.

    What these have in common is what alignment and composition give without any channel.
    """
    generator = np.random.default_rng(seed)
    positions = top.layer.positions[0] if top.layer.positions else 1
    k = top.values.shape[1]
    return [
        _aligned(
            top.layer,
            codes,
            generator.permutation(len(codes))[:k],
            generator.integers(0, positions, size=(k,)),
            both_strands=both_strands,
        )
        for _ in range(replicas)
    ]


def unlike(windows: Sequence[ChannelWindows], most: int) -> list[tuple[ChannelWindows, int]]:
    """The first of `windows` that look like none before them, each with how many look like it.

    Two look alike where the cosine of what their letters add to an even composition is over
    `ALIKE`, at the best offset on the better strand.
    """
    if not windows:
        return []
    shapes = np.stack([_shape(one.aligned.counts) for one in windows])
    near = _cosines(shapes) > ALIKE
    chosen: list[int] = []
    for index in range(len(windows)):
        if not near[index, chosen].any():
            chosen.append(index)
    return [(windows[index], int(near[index].sum()) - 1) for index in chosen[:most]]


def _shape(counts: np.ndarray) -> np.ndarray:
    """What each column's letters add to an even composition, of length 1 over all columns."""
    shares = counts / counts.sum(0).clip(1)
    shape = np.where(counts.sum(0) > 0, shares - 0.25, 0.0)
    return np.asarray(shape / max(float(np.linalg.norm(shape)), 1e-12), np.float32)


def _cosines(shapes: np.ndarray) -> np.ndarray:
    """Largest cosines (n, n) of shapes (n, 4, W) over offsets of half a window and both strands."""
    held = torch.from_numpy(shapes)
    half = shapes.shape[2] // 2
    both = [
        torch.nn.functional.conv1d(held, other, padding=half).amax(2)
        for other in (held, held.flip(1, 2))
    ]
    return np.asarray(torch.maximum(*both).numpy())


def distinct_channels(top: TopInputs, order: Sequence[int], most: int, length: int) -> list[int]:
    """The first channels of `order`, without those that mostly answer to windows of one before.

    Two channels answer to a window both where the windows overlap by half or more.
    """
    chosen: list[int] = []
    near = max(width_of(top.layer, length) // 2, 1)
    for channel in order:
        if len(chosen) == most:
            break
        if all(_shared(top, channel, other, near) <= 0.5 for other in chosen):
            chosen.append(int(channel))
    return chosen


def _shared(top: TopInputs, channel: int, other: int, near: int) -> float:
    """Share of a channel's strongest windows that another one has too."""
    theirs = dict(zip(top.rows[other].tolist(), top.windows(other).tolist(), strict=True))
    mine = zip(top.rows[channel].tolist(), top.windows(channel).tolist(), strict=True)
    same = [
        row in theirs and all(abs(a - b) <= near for a, b in zip(place, theirs[row], strict=True))
        for row, place in mine
    ]
    return float(np.mean(same))


def _aligned(
    layer: MapLayer,
    codes: np.ndarray,
    rows: np.ndarray,
    places: np.ndarray,
    *,
    both_strands: bool,
    channel: int = -1,
    selectivity: float = 0.0,
    values: np.ndarray | None = None,
) -> ChannelWindows:
    length = codes.shape[1]
    width = width_of(layer, length)
    stride = layer.stride[0] if layer.stride else 1
    starts = starts_of(layer, places, length)
    background = composition(codes)
    found = align(
        codes,
        rows,
        starts,
        width,
        slack=(stride - 1) if layer.positions else 0,
        both_strands=both_strands and bool(layer.positions),
        background=background,
    )
    own = mean_composition(found.counts)
    # A turned window moves against the direction of its sequence.
    moved = starts + np.where(found.turned, -found.shift, found.shift)
    return ChannelWindows(
        channel=channel,
        selectivity=selectivity,
        values=np.zeros(len(rows)) if values is None else values,
        rows=rows,
        starts=moved,
        aligned=found,
        bits=total_bits(found.counts, own),
        composition_bits=width * relative_entropy(own, background),
        columns=informative_columns(found.counts, own),
        consensus=consensus(found.counts, own),
    )
