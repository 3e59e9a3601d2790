"""A bundle whose network counts fragments: what it calls can be worked out by hand.

Its images are one column wide, the anchor's. The first convolution tells the values of channel
"allele" apart, the others add up, and the last layer weighs the numbers r, a and b of fragments
that show the reference, the first and the second allele: the logit of a genotype is
r log p(r) + a log p(a) + b log p(b), where p is 0.99 or 0.5 for its alleles and 0.01 for others.
"""

import math
from pathlib import Path

import torch

from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.images import PileupImages
from seqcnn.encoders.pileup import OF_REFERENCE, SHOWN, SHOWN_SECOND
from seqcnn.models import create_model
from seqcnn.training.bundle import Bundle

ROWS = 64
ERROR = 0.01
# Ramps that begin between neighbouring values of the channel.
RAMPS = (0.334, 0.59, 0.874)
VALUES = tuple(value / 254 for value in (OF_REFERENCE, SHOWN_SECOND, SHOWN))
GENOTYPES = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
BUNDLE = {"seqcnn": "0.1.0", "created": "2026-11-21T00:00:00", "calibration": None}


def write_counting_model(path: Path, *, preset: str = "illumina", realign: bool = True) -> Path:
    """Write the bundle, which stands for at most 64 fragments an image."""
    settings = ExamineSettings(images=PileupImages(rows=ROWS, columns=1), realign=realign)
    channels = settings.images.channels
    arguments = {"width": 0.25}
    network = create_model("pileup", dim=2, in_channels=len(channels), out=6, **arguments)
    with torch.no_grad():
        _set_weights(network, channels.index("allele"))
    card = {
        **BUNDLE,
        "architecture": {
            "name": "pileup", "dim": 2, "in_channels": len(channels), "out": 6,
            "arguments": arguments,
        },
        "task": {"name": "variants"},
        "channels": list(channels),
        "outputs": list(settings.images.genotypes),
        "encoder": {"kind": "pileup", **settings.to_dict(), "preset": preset},
    }  # fmt: skip
    Bundle(card, (network.state_dict(),)).save(path)
    return path


def _set_weights(network: torch.nn.Module, channel: int) -> None:
    for name, weights in network.named_parameters():
        weights.zero_()
        if ".bn" in name and name.endswith("weight"):
            weights.fill_(math.sqrt(1 + 1e-5))  # undoes what batch normalisation adds
    first, second, third = (stage[0] for stage in network.stages)
    for ramp, start in enumerate(RAMPS):
        # A stride of 2 passes over every second row: one output for even rows, one for odd.
        for parity in (0, 1):
            first.conv.weight[2 * ramp + parity, channel, 1 + parity, 1] = 1
            first.bn.bias[2 * ramp + parity] = -start
            second.conv.weight[ramp, 2 * ramp + parity, 1:, 1] = 1
        third.conv.weight[ramp, ramp, 1:, 1] = 1
    # Ramps (rows) of one fragment of each kind (columns), averaged over the rows that are left.
    seen = torch.tensor([[max(value - start, 0) for value in VALUES] for start in RAMPS])
    counts = torch.linalg.inv(seen.double()) * (ROWS // 8)
    weights = []
    for genotype in GENOTYPES:
        each = {allele: 0.99 if len(set(genotype)) == 1 else 0.5 for allele in genotype}
        weights.append([math.log(each.get(allele, ERROR)) for allele in (0, 2, 1)])
    network.fc.weight[:, :3] = (torch.tensor(weights).double() @ counts).float()
