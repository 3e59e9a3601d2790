"""Integrated gradients of a call over the pixels of its picture and its numbers."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seqcnn.calling.explain_basis import Gradients
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_neutral import (
    numbers_of,
    reference_only,
    typical_numbers,
    with_numbers,
)
from seqcnn.encoders.count_features import FEATURES

STEPS, MOST_STEPS = 32, 1024
CLOSE = 0.01  # of the log-odds in question, by which shares may miss them
BATCH = 32

Floats = npt.NDArray[np.float32]


def integrate(case: Case, baseline: str) -> Gradients:
    """Integrated gradients from an "empty" picture, or from one that shows the "reference" alone.

    Numbers begin at those of the mean training site. The steps double until the shares add up to
    the difference of the log-odds within a hundredth of it, at most 1,024 times.
    """
    start, end = _ends(case, baseline)
    with torch.no_grad():
        wanted = float(case.deciding(end)[0] - case.deciding(start)[0])
    steps = STEPS
    while True:
        shares = _shares(case, start, end, steps)
        total = float(sum(one.sum() for one in shares.values()))
        if abs(total - wanted) <= CLOSE * max(abs(wanted), 1.0) or steps >= MOST_STEPS:
            break
        steps *= 2
    numbers = np.zeros(len(FEATURES))
    counted, picture = False, np.zeros((0, 0, 0), np.float32)
    for name, one in shares.items():
        images = case.voice(name).images
        if images.pictures:
            picture = one[: images.picture_rows].astype(np.float32)
        own = numbers_of(one, images)
        if len(own):
            numbers, counted = numbers + own.astype(np.float64), True
    return Gradients(baseline, picture, numbers if counted else np.zeros(0), total, wanted, steps)


def _ends(case: Case, baseline: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs (1, C, H, W) of the deciding voices: of the baseline and of the site."""
    first: dict[str, npt.NDArray[np.number]] = {}
    last: dict[str, npt.NDArray[np.number]] = {}
    for name in case.deciding.voices:
        voice = case.voice(name)
        image = case.images[name]
        start = np.zeros_like(image)
        if baseline == "reference" and voice.images.pictures:
            start = reference_only(image, voice.images)
        first[name] = with_numbers(start, typical_numbers(voice), voice.images)[None]
        last[name] = image[None]
    return case.voices.inputs(first), case.voices.inputs(last)


def _shares(
    case: Case, start: dict[str, Tensor], end: dict[str, Tensor], steps: int
) -> dict[str, npt.NDArray[np.float64]]:
    """(H, W, C) by voice: the gradient's mean on the straight way, times the way."""
    sums = {name: torch.zeros_like(x[0], dtype=torch.float64) for name, x in end.items()}
    middles = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
    for part in middles.split(BATCH):
        weights = part.float().to(case.voices.device)[:, None, None, None]
        points = {
            name: (start[name] + weights * (end[name] - start[name])).requires_grad_()
            for name in end
        }
        with torch.enable_grad():
            said = case.deciding(points).sum()
        found = torch.autograd.grad(said, list(points.values()))
        for name, gradient in zip(points, found, strict=True):
            sums[name] += gradient.double().sum(0)
    return {
        name: ((end[name] - start[name])[0].double() * one / steps).permute(1, 2, 0).cpu().numpy()
        for name, one in sums.items()
    }
