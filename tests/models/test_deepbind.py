import pytest
import torch
from torch import nn

from seqcnn.models.deepbind import DeepBind


def test_a_motif_over_the_end_is_seen() -> None:
    network = DeepBind(1, 4, 1, filters=1, kernel=4, hidden=0).eval()
    convolution, output = network.features[0], network.output
    assert isinstance(convolution, nn.Conv1d)
    with torch.no_grad():
        # One filter for AACC; a sequence that begins with CC holds its second half only.
        convolution.weight.zero_()
        convolution.weight[0, 0, :2] = convolution.weight[0, 1, 2:] = 1
        convolution.bias.zero_()
        output.weight.fill_(1)
        output.bias.zero_()
    x = torch.zeros(1, 4, 10)
    x[0, 1, :2] = 1
    x[0, 3, 2:] = 1
    assert network(x).item() == 2


def test_sixteen_detectors_of_24_bp_and_32_hidden_units() -> None:
    shapes = [tuple(parameter.shape) for parameter in DeepBind(1, 4, 1).parameters()]
    assert shapes == [(16, 4, 24), (16,), (32, 16), (32,), (1, 32), (1,)]


@pytest.mark.parametrize(("pooling", "features"), [("max", 16), ("max-average", 32)])
def test_pooling_decides_how_many_features_the_dense_layer_reads(
    pooling: str, features: int
) -> None:
    network = DeepBind(1, 4, 1, pooling=pooling, hidden=0)
    assert network.output.in_features == features
