import pytest
import torch
from torch import nn

from seqcnn.models.ops import only_sequences, ops, require_size


def test_images_are_refused_by_a_network_of_sequences() -> None:
    with pytest.raises(ValueError, match="motifs reads sequences: it exists for dim 1 only, not 2"):
        only_sequences(2, "motifs")


def test_the_smaller_side_decides() -> None:
    with pytest.raises(ValueError, match=r"net takes inputs of 8 or more positions; .* 9 x 7"):
        require_size(torch.empty(1, 3, 9, 7), 8, "net")


def test_layers_are_subclasses_of_torch_of_that_dimension() -> None:
    assert issubclass(ops(1).Conv, nn.Conv1d)
    assert issubclass(ops(1).BatchNorm, nn.BatchNorm1d)
    assert issubclass(ops(1).MaxPool, nn.MaxPool1d)
    assert ops(2).Conv is nn.Conv2d
