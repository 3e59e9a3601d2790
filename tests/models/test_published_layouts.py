"""Parameter names, order and shapes are those of the common PyTorch checkpoints, by digest."""

from hashlib import sha256

import pytest
import torch

from seqcnn.models import create_model

# name -> keys, parameters, digest, of networks on images of 3 channels with 1000 classes (FCN: 21)
LAYOUTS = {
    "alexnet": (16, 61_100_840, "9c198ebdae1863e4"),
    "vgg11": (22, 132_863_336, "cb3dc23f2a13e182"),
    "vgg11_bn": (62, 132_868_840, "8b6717e727c0ecf9"),
    "vgg13": (26, 133_047_848, "67c1dc8b57fde74b"),
    "vgg13_bn": (76, 133_053_736, "f6b0597d18a7e4d2"),
    "vgg16": (32, 138_357_544, "35c4623e0cd4a39d"),
    "vgg16_bn": (97, 138_365_992, "347371586a8ea365"),
    "vgg19": (38, 143_667_240, "4723255af8f6c485"),
    "vgg19_bn": (118, 143_678_248, "fc3ff6fab2b5cc09"),
    "googlenet": (344, 6_624_904, "f66489fa14bd9d5a"),
    "resnet18": (122, 11_689_512, "84fb10d9c6905a1c"),
    "resnet34": (218, 21_797_672, "28f9096d51307499"),
    "resnet50": (320, 25_557_032, "d7e4f8bb0a536344"),
    "resnet101": (626, 44_549_160, "02c0f34f4842751f"),
    "resnet152": (932, 60_192_808, "685c66205bc823aa"),
    "resnext50_32x4d": (320, 25_028_904, "e3bad165c034e60f"),
    "resnext101_32x8d": (626, 88_791_336, "da7dd7525807e2ee"),
    "densenet121": (727, 7_978_856, "aa0fd9923b0003b8"),
    "densenet161": (967, 28_681_000, "82d337d48f910d3a"),
    "densenet169": (1015, 14_149_480, "e2d0f02d9c0ce650"),
    "densenet201": (1207, 20_013_928, "0d234ad7e9a31b95"),
    "fcn_resnet50": (326, 32_957_013, "0c41f22cc800b8ce"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_names_and_shapes_are_those_of_the_published_weights(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=2, in_channels=3, out=21 if "fcn" in name else 1000)
    state = network.state_dict()
    listed = "\n".join(f"{key} {tuple(tensor.shape)}" for key, tensor in state.items())
    digest = sha256(listed.encode()).hexdigest()[:16]
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert (len(state), parameters, digest) == LAYOUTS[name]


@pytest.mark.parametrize("name", ["vgg16_bn", "googlenet", "resnet50", "densenet121"])
def test_one_and_two_dimensions_have_the_same_names(name: str) -> None:
    with torch.device("meta"):
        one, two = (create_model(name, dim=dim, in_channels=4, out=2) for dim in (1, 2))
    assert list(one.state_dict()) == list(two.state_dict())
