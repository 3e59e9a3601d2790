"""The networks behind a call as one differentiable function of what was drawn of a site."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from seqcnn.calling.caller import counts_images, read_caller_card
from seqcnn.calling.cascade import PART, Cascade
from seqcnn.calling.images import PileupImages, network_input
from seqcnn.training.bundle import Bundle, load_bundle
from seqcnn.training.calibrate import Calibration
from seqcnn.training.monotone import Line, Shifts

Tier = Literal["counts", "picture", "both"]
Images = Mapping[str, npt.NDArray[np.number]]  # by voice, each (n, H, W, C), 0 to 254
BATCH = 64


class Scaled(NamedTuple):
    """A calibration of classes: calibrated logits are `scale * logits + shift` (K,)."""

    scale: float
    shift: tuple[float, ...]

    @classmethod
    def of(cls, calibration: Calibration | None, classes: int) -> "Scaled":
        """What a calibration of classes does."""
        mapping = calibration.tracks[0].mapping if calibration is not None else None
        if isinstance(mapping, Shifts):
            return cls(mapping.scale, tuple(mapping.biases))
        return cls(mapping.scale if isinstance(mapping, Line) else 1.0, (0.0,) * classes)

    def __call__(self, logits: Tensor) -> Tensor:
        return self.scale * logits + logits.new_tensor(self.shift)


class Answer(NamedTuple):
    """Probabilities (n, K) of genotypes before and after calibration, and whether counts alone
    decided (n,)."""

    raw: npt.NDArray[np.float64]
    calibrated: npt.NDArray[np.float64]
    settled: npt.NDArray[np.bool_]


class Voice(nn.Module):
    """The networks of one bundle or part: images (n, C, H, W), 0 to 1 -> calibrated logits (n, K).

    `images` says how what they read is drawn.
    """

    def __init__(self, bundle: Bundle, images: PileupImages) -> None:
        super().__init__()
        self.images = images
        self.members = nn.ModuleList(bundle.networks())
        saved = bundle.card.get("calibration")
        calibration = Calibration.from_dict(saved) if saved else None
        self.calibration = Scaled.of(calibration, len(images.genotypes))
        self.requires_grad_(False)

    def raw(self, x: Tensor) -> Tensor:
        """Logits (n, K) before calibration, the mean of the members'."""
        return torch.stack([member(x).float() for member in self.members]).mean(0)

    def forward(self, x: Tensor) -> Tensor:
        return self.calibration(self.raw(x))

    @property
    def typical(self) -> npt.NDArray[np.float64] | None:
        """The mean (F,) of each number over the training sites, 0 to 1, as the networks' first
        normalisation keeps it; None where they have none."""
        norms = [getattr(member, "bn", None) for member in self.members]
        means = [
            norm.running_mean.double().cpu().numpy()
            for norm in norms
            if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d) and norm.running_mean is not None
        ]
        return np.mean(means, axis=0) if means else None


class Deciding(nn.Module):
    """Log-odds of one genotype, calibrated, as the deciding networks see a site.

    `forward` takes the inputs (n, C, H, W) of each voice by name and gives (n,): the logarithm of
    p / (1 - p), of the genotypes that the site can have. Where both decide, they are the mean of
    the two in logarithms, as in `seqcnn.calling.cascade`.
    """

    def __init__(
        self, voices: Mapping[str, Voice], overall: Scaled, possible: list[bool], genotype: int
    ) -> None:
        super().__init__()
        self.voices = nn.ModuleDict(voices)
        self.overall, self.genotype = overall, genotype
        self.possible: Tensor
        self.register_buffer("possible", torch.tensor(possible))

    @property
    def tier(self) -> Tier:
        """Which networks decide."""
        if len(self.voices) > 1:
            return "both"
        return "counts" if "counts" in self.voices else "picture"

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        said = [_only(voice(inputs[name]), self.possible) for name, voice in self.voices.items()]
        return self.log_odds(self.overall(torch.stack(said).mean(0)))

    def log_odds(self, logits: Tensor) -> Tensor:
        """Log-odds (n,) of the genotype, of logits (n, K)."""
        logs = _only(logits, self.possible)
        others = self.possible.clone()
        others[self.genotype] = False
        return logs[:, self.genotype] - torch.logsumexp(logs[:, others], 1)

    def values(self, inputs: Mapping[str, Tensor]) -> npt.NDArray[np.float64]:
        """The log-odds (n,), a few at a time and without gradients."""
        size = len(next(iter(inputs.values())))
        with torch.inference_mode():
            parts = [
                self({name: x[start : start + BATCH] for name, x in inputs.items()})
                for start in range(0, size, BATCH)
            ]
        return torch.cat(parts).double().cpu().numpy() if parts else np.zeros(0)

    def alone(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The log-odds (n,) by each voice, as if it were alone."""
        return {name: self.log_odds(voice(inputs[name])) for name, voice in self.voices.items()}


class Voices:
    """All networks of a caller's bundle; with `cascade`, counts speak before pictures."""

    def __init__(self, path: Path | str, *, cascade: bool = True, device: str = "cpu") -> None:
        card = read_caller_card(path)
        bundle = load_bundle(path)
        self.device = torch.device(device)
        name = "picture" if card.settings.images.pictures else "counts"
        self.main = name
        self.by_name = {name: Voice(bundle, card.settings.images).to(self.device).eval()}
        self.cascade: Cascade | None = None
        if cascade and PART in bundle.parts:
            part = bundle.parts[PART]
            self.cascade = Cascade.from_dict(bundle.card.get("cascade", {}))
            voice = Voice(part, counts_images(part.card))
            self.by_name["counts"] = voice.to(self.device).eval()
        self.genotypes = card.settings.images.genotypes

    def deciding(self, possible: list[bool], genotype: int, *, settled: bool) -> Deciding:
        """The function that decided on a site, with `settled` where counts alone did."""
        overall = Scaled(1.0, (0.0,) * len(possible))
        if self.cascade is not None:
            overall = Scaled.of(self.cascade.calibration, len(possible))
        names = ["counts"] if settled else list(self.by_name)
        voices = {name: self.by_name[name] for name in names}
        return Deciding(voices, overall, possible, genotype).to(self.device).eval()

    def answer(self, images: Images, possible: list[bool]) -> Answer:
        """What the caller says of sites with the same `possible` genotypes.

        Each site is settled by counts or not, as in a run of `call-variants`. With a cascade the
        raw probabilities hold the calibrations of its parts.
        """
        inputs = self.inputs(images)
        allowed = torch.tensor(possible, device=self.device)
        with torch.inference_mode():
            logits = {
                name: _batched(voice.raw, inputs[name]) for name, voice in self.by_name.items()
            }
            logs = {
                name: _only(self.by_name[name].calibration(one), allowed)
                for name, one in logits.items()
            }
            settled = torch.zeros(len(logs[self.main]), dtype=torch.bool)
            raw, scaled = _only(logits[self.main], allowed), logs[self.main]
            if self.cascade is not None:
                sure = self.cascade.settled(logs["counts"].exp().double().cpu().numpy())
                settled = torch.from_numpy(sure)
                raw = torch.stack(list(logs.values())).mean(0).log_softmax(1)
                raw[settled] = logs["counts"][settled]
                scaled = Scaled.of(self.cascade.calibration, len(possible))(raw).log_softmax(1)
            return Answer(
                raw.exp().double().cpu().numpy(),
                scaled.exp().double().cpu().numpy(),
                settled.numpy(),
            )

    def inputs(self, images: Images) -> dict[str, Tensor]:
        """What the networks read, on their device, of images (n, H, W, C) from 0 to 254."""
        return {
            name: network_input(torch.tensor(part, device=self.device))
            for name, part in images.items()
            if name in self.by_name
        }


def _only(logits: Tensor, possible: Tensor) -> Tensor:
    """Log-probabilities (n, K) of the possible genotypes; -inf of the others."""
    return torch.log_softmax(logits.masked_fill(~possible, -torch.inf), 1)


def _batched(voice: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.cat([voice(part) for part in x.split(BATCH)])
