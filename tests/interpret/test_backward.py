"""Gradients of networks in evaluation mode."""

import pytest
import torch
from small_networks import NAMES, small_network
from torch import nn

from seqcnn.interpret.backward import backward_of_recurrent_layers, has_recurrent_layers


@pytest.mark.parametrize("name", NAMES)
def test_recurrent_layers_are_found(name):
    network, _ = small_network(name)
    known = any(isinstance(module, nn.LSTM | nn.GRU | nn.RNN) for module in network.modules())
    assert has_recurrent_layers(network) == known


def test_cudnn_is_off_for_recurrent_layers_alone():
    before = torch.backends.cudnn.enabled
    with backward_of_recurrent_layers(nn.Sequential(nn.LSTM(4, 2))):
        assert not torch.backends.cudnn.enabled
    with backward_of_recurrent_layers(nn.Conv1d(4, 2, 3)):
        assert torch.backends.cudnn.enabled == before
    with backward_of_recurrent_layers(lambda x: x):
        assert torch.backends.cudnn.enabled == before
    assert torch.backends.cudnn.enabled == before
