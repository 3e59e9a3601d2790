import pytest
import torch

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.densenet import DenseBlock
from seqcnn.models.ops import ops


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


def test_fewer_than_29_positions_are_refused_by_name() -> None:
    network = create_model("densenet169", dim=1, in_channels=4, out=2, width=1 / 16, depth=0.1)
    assert network.eval()(torch.zeros(1, 4, 29)).shape == (1, 2)
    with pytest.raises(ValueError, match=r"densenet169 takes inputs of 29 or more .* has 28"):
        network(torch.zeros(1, 4, 28))
