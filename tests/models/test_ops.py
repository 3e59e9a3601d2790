import pytest
import torch
from torch import nn

from seqcnn.models.ops import only_sequences, ops, require_exact_size, require_size, scaled


def test_images_are_refused_by_a_network_of_sequences() -> None:
    with pytest.raises(ValueError, match="motifs reads sequences: it exists for dim 1 only, not 2"):
        only_sequences(2, "motifs")


def test_the_smaller_side_decides() -> None:
    with pytest.raises(ValueError, match=r"net takes inputs of 8 or more positions; .* 9 x 7"):
        require_size(torch.empty(1, 3, 9, 7), 8, "net")


def test_another_size_than_built_for_is_refused_on_any_side() -> None:
    with pytest.raises(ValueError, match=r"this net was built for 9 positions; .* has 9 x 7"):
        require_exact_size(torch.empty(1, 3, 9, 7), 9, "net")


def test_a_scaled_layer_keeps_at_least_one_channel() -> None:
    assert [scaled(96, width) for width in (0.001, 0.5, 2.0)] == [1, 48, 192]


@pytest.mark.parametrize("dim", [1, 2])
def test_channels_are_joined_in_every_dimension(dim: int) -> None:
    size = (2, 3)[:dim]
    maps = [torch.full((1, channels, *size), float(channels)) for channels in (1, 2)]
    joined = ops(dim).concatenate(maps)
    assert joined.shape == (1, 3, *size)
    assert joined.flatten(2)[0, :, 0].tolist() == [1, 2, 2]


def test_layers_are_subclasses_of_torch_of_that_dimension() -> None:
    assert issubclass(ops(1).Conv, nn.Conv1d)
    assert issubclass(ops(1).BatchNorm, nn.BatchNorm1d)
    assert issubclass(ops(1).MaxPool, nn.MaxPool1d)
    assert issubclass(ops(1).AvgPool, nn.AvgPool1d)
    assert ops(2).Conv is nn.Conv2d
