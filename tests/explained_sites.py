"""Sites of the demo sample, examined once, and networks whose answers can be worked out by hand."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from seqcnn.calling.candidates import Candidates
from seqcnn.calling.examine import Examined, ExamineSettings, examine
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_redraw import only_site
from seqcnn.calling.explain_voices import Deciding, Scaled, Voices
from seqcnn.calling.images import PileupImages
from seqcnn.data.call_inputs import CallInputs, open_inputs

DEMO = Path(__file__).parents[1] / "data" / "demo"
RELEASED = Path(__file__).parents[1] / "seqcnn" / "zoo" / "illumina.safetensors"
# 1-based positions of the demo sample: counts settle the first, pictures are needed for the other.
SETTLED, DOUBTFUL = 692, 1240


def open_demo() -> CallInputs:
    return open_inputs(DEMO / "caller.bam", reference=DEMO / "caller.fa.gz")


def examined_demo(images: PileupImages, start: int = 500, end: int = 1400) -> Examined:
    demo = open_demo()
    settings = ExamineSettings(images=images)
    return examine(demo.alignments, demo.reference, "demo_caller", start, end, settings)


def site_at(examined: Examined, position: int) -> Candidates:
    """The site of a 1-based position."""
    index = [site.pos + 1 for site in examined.candidates.sites].index(position)
    return only_site(examined.candidates, index)


class LinearVoice(nn.Module):
    """The logit of the second of two classes is the sum of inputs times weights (C, H, W)."""

    def __init__(self, weights: torch.Tensor, images: PileupImages, typical: np.ndarray) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights, requires_grad=False)
        self.images, self.typical = images, typical

    def raw(self, x: torch.Tensor) -> torch.Tensor:
        logit = (x * self.weights).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(logit), logit], 1)

    forward = raw

    def calibration(self, logits: torch.Tensor) -> torch.Tensor:
        return logits


def linear_case(images: PileupImages, pixels: np.ndarray, weights: np.ndarray) -> Case:
    """One picture (H, W, C) judged by weights (H, W, C): log-odds are pixels / 254 * weights."""
    voice = LinearVoice(
        torch.tensor(weights, dtype=torch.float32).permute(2, 0, 1), images, np.full(147, 0.5)
    )
    voices = Voices.__new__(Voices)
    voices.device, voices.main, voices.cascade = torch.device("cpu"), "picture", None
    voices.by_name, voices.genotypes = {"picture": voice}, ("0/0", "0/1")
    deciding = Deciding({"picture": voice}, Scaled(1.0, (0.0, 0.0)), [True, True], 1)
    return Case(
        voices, deciding, None, None, 0, np.array([1, 0]), {"picture": pixels}, [True, True], 1,
        (("0/0", "A/A"), ("0/1", "A/C")),
    )  # fmt: skip
