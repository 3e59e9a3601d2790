"""Batch normalisation folded into convolutions."""

import pytest
import torch
from battery import batch, build, side
from torch import Tensor, nn

from seqcnn.models.folding import fold_norms


def trained_a_little(name: str, dim: int) -> tuple[nn.Module, Tensor]:
    """A network whose normalisations are not those it began with."""
    network = build(name, dim, width=0.25)
    x = batch(dim, 4, side(name, dim))
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.uniform_(-0.5, 0.5)
        network(x)
    return network.eval(), x


@pytest.mark.parametrize(
    ("name", "dim", "left"),
    [("pileup", 2, 0), ("pileup", 1, 0), ("resnet18", 2, 0), ("vgg11_bn", 2, 0), ("lenet5", 2, 0)],
)
def test_outputs_stay_and_normalisations_go(name: str, dim: int, left: int) -> None:
    network, x = trained_a_little(name, dim)
    folded = fold_norms(network, x)
    norms = [one for one in folded.modules() if isinstance(one, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(norms) == left
    with torch.inference_mode():
        torch.testing.assert_close(folded(x), network(x), rtol=1e-3, atol=1e-3)


def test_the_network_itself_is_not_changed() -> None:
    network, x = trained_a_little("pileup", 2)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fold_norms(network, x)
    assert network.state_dict().keys() == before.keys()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


class Both(nn.Module):
    """A map that is used before its normalisation too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)
        nn.init.constant_(self.bn.bias, 3.0)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return (x + self.bn(x)).mean((2, 3))


def test_a_map_that_is_used_before_its_normalisation_keeps_it() -> None:
    network = Both().eval()
    x = torch.randn((2, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    folded = fold_norms(network, x)
    assert isinstance(folded.bn, nn.BatchNorm2d)
    with torch.inference_mode():
        torch.testing.assert_close(folded(x), network(x))
