import pytest
import torch
from torch import nn

from seqcnn.models.dilated import Dilated


def seen_by_the_middle(network: Dilated, length: int) -> int:
    """Input positions, first to last, on which the middle position before pooling depends."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.ones_(module.weight)
    # Max pooling passes the gradient to one position only: look at many sequences.
    x = torch.randn(16, 4, length, generator=torch.Generator().manual_seed(0), requires_grad=True)
    features = network.eval().forward_features(x)
    features[:, :, features.shape[2] // 2].sum().backward()
    assert x.grad is not None
    touched = x.grad.abs().amax((0, 1)).nonzero().flatten()
    return int(touched[-1] - touched[0]) + 1


@pytest.mark.parametrize("asked", [200, 600])
def test_the_receptive_field_is_as_wide_as_asked(asked: int) -> None:
    torch.manual_seed(0)
    network = Dilated(1, 4, 1, width=0.25, receptive_field=asked)
    seen = seen_by_the_middle(network, 3 * asked)
    assert asked <= network.receptive_field
    assert asked <= seen <= network.receptive_field


def test_a_wider_receptive_field_takes_more_blocks_not_more_positions() -> None:
    with torch.device("meta"):
        near, far = (Dilated(1, 4, 1, receptive_field=width) for width in (300, 3000))
        x = torch.empty(1, 4, 608)
        assert near.forward_features(x).shape == far.forward_features(x).shape == (1, 64, 76)
    assert len(near.features) < len(far.features)
