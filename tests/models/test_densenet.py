from hashlib import sha256

import pytest
import torch

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.densenet import DenseBlock
from seqcnn.models.ops import ops

# name -> keys, parameters, digest of names and shapes in the common PyTorch checkpoints
CHECKPOINTS = {
    "densenet121": (727, 7_978_856, "aa0fd9923b0003b8"),
    "densenet161": (967, 28_681_000, "82d337d48f910d3a"),
    "densenet169": (1015, 14_149_480, "e2d0f02d9c0ce650"),
    "densenet201": (1207, 20_013_928, "0d234ad7e9a31b95"),
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


def test_blocks_add_the_growth_rate_and_transitions_halve() -> None:
    shapes = []
    with torch.device("meta"):
        network = create_model("densenet121", dim=2, in_channels=3, out=1000).eval()
        for name, module in network.features.named_children():
            if name.startswith(("denseblock", "transition")):
                module.register_forward_hook(
                    lambda _, __, maps, name=name: shapes.append((name, *maps.shape[1:3]))
                )
        network(torch.empty(1, 3, 224, 224))
    assert shapes == [
        ("denseblock1", 64 + 6 * 32, 56),
        ("transition1", 128, 28),
        ("denseblock2", 128 + 12 * 32, 28),
        ("transition2", 256, 14),
        ("denseblock3", 256 + 24 * 32, 14),
        ("transition3", 512, 7),
        ("denseblock4", 512 + 16 * 32, 7),
    ]


def test_a_block_passes_on_what_it_read_unchanged() -> None:
    block = DenseBlock(ops(1), entering=3, growth=2, layers=4, dropout=0.0)
    x = torch.randn(2, 3, 10)
    maps = block(x)
    assert maps.shape == (2, 3 + 4 * 2, 10)
    assert torch.equal(maps[:, :3], x)


def test_growth_and_depth_are_free() -> None:
    with torch.device("meta"):
        network = create_model("densenet121", dim=1, in_channels=4, out=2, growth=12, depth=0.5)
    block = network.features.denseblock1
    assert [name for name, _ in block.named_children()] == [
        "denselayer1",
        "denselayer2",
        "denselayer3",
    ]
    assert block.denselayer3.conv1.weight.shape == (48, 64 + 2 * 12, 1)
    assert block.denselayer3.conv2.weight.shape == (12, 48, 3)
    # 64 + 36 = 100, 50 + 72 = 122, 61 + 144 = 205, 102 + 96 = 198
    assert network.classifier.in_features == 198


def test_a_growth_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="growth is 0; each layer adds at least 1 map"):
        create_model("densenet121", dim=1, in_channels=4, out=2, growth=0)


def test_one_and_two_dimensions_have_the_same_names() -> None:
    with torch.device("meta"):
        one, two = (create_model("densenet121", dim=d, in_channels=4, out=2) for d in (1, 2))
    assert list(one.state_dict()) == list(two.state_dict())


def test_fewer_than_29_positions_are_refused_by_name() -> None:
    network = create_model("densenet169", dim=1, in_channels=4, out=2, width=1 / 16, depth=0.1)
    assert network.eval()(torch.zeros(1, 4, 29)).shape == (1, 2)
    with pytest.raises(ValueError, match=r"densenet169 takes inputs of 29 or more .* has 28"):
        network(torch.zeros(1, 4, 28))
