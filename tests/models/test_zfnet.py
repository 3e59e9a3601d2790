import pytest
import torch
from torch import Tensor, nn

from seqcnn.models.zfnet import ZFNet


def test_maps_are_those_of_the_paper_at_224() -> None:
    with torch.device("meta"):
        network = ZFNet(2, 3, 1000).eval()
    shapes: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        shapes.append(tuple(output.shape[1:]))

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.Linear):
            module.register_forward_hook(note)
    network(torch.empty(1, 3, 224, 224, device="meta"))
    assert shapes == [
        (96, 110, 110),
        (96, 55, 55),
        (256, 26, 26),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
        (4096,),
        (4096,),
        (1000,),
    ]


def test_first_layers_are_7_and_5_wide_with_stride_2() -> None:
    with torch.device("meta"):
        first, second = [m for m in ZFNet(1, 4, 2).features if isinstance(m, nn.Conv1d)][:2]
    assert (first.kernel_size, first.stride) == ((7,), (2,))
    assert (second.kernel_size, second.stride) == ((5,), (2,))


def test_parameters_without_groups() -> None:
    with torch.device("meta"):
        network = ZFNet(2, 3, 1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 62_357_608


def test_contrast_is_normalised_after_both_first_poolings() -> None:
    with torch.device("meta"):
        kinds = [type(layer).__name__ for layer in ZFNet(2, 3, 2).features]
    block = ["Conv2d", "ReLU", "MaxPool2d", "LocalResponseNorm"]
    assert kinds == [*block, *block, *["Conv2d", "ReLU"] * 3, "MaxPool2d"]


def test_the_smallest_input_leaves_one_position() -> None:
    network = ZFNet(1, 4, 2, width=0.05)
    assert network.forward_features(torch.zeros(1, 4, 53)).shape[2:] == (1,)
    with pytest.raises(ValueError, match=r"zfnet takes inputs of 53 or more positions.* has 52"):
        network(torch.zeros(1, 4, 52))
