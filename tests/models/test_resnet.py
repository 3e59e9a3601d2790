from hashlib import sha256

import pytest
import torch

from seqcnn.models import create_model

# name -> keys, parameters, digest of names and shapes in the common PyTorch checkpoints
CHECKPOINTS = {
    "resnet18": (122, 11_689_512, "84fb10d9c6905a1c"),
    "resnet34": (218, 21_797_672, "28f9096d51307499"),
    "resnet50": (320, 25_557_032, "d7e4f8bb0a536344"),
    "resnet101": (626, 44_549_160, "02c0f34f4842751f"),
    "resnet152": (932, 60_192_808, "685c66205bc823aa"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_names_and_shapes_are_those_of_the_published_weights(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=2, in_channels=3, out=1000)
    state = network.state_dict()
    listed = "\n".join(f"{key} {tuple(tensor.shape)}" for key, tensor in state.items())
    digest = sha256(listed.encode()).hexdigest()[:16]
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert (len(state), parameters, digest) == CHECKPOINTS[name]


def test_one_and_two_dimensions_have_the_same_names() -> None:
    with torch.device("meta"):
        one, two = (create_model("resnet50", dim=d, in_channels=4, out=2) for d in (1, 2))
    assert list(one.state_dict()) == list(two.state_dict())


def test_a_sequence_is_halved_five_times() -> None:
    with torch.device("meta"):
        network = create_model("resnet18", dim=1, in_channels=4, out=2)
        features = network.forward_features(torch.empty(1, 4, 1024))
    assert features.shape == (1, 512, 32)
