"""Logits of substitutions, computed from what they change, against whole networks."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn
from torch.nn import functional

from seqcnn.effects import incremental
from seqcnn.effects.incremental import IncrementalNetwork, NotIncremental
from seqcnn.models import create_model

LENGTH = 37


def shaken(network: nn.Module) -> nn.Module:
    """Other weights and statistics than those of a start, where many are 0 or 1."""
    generator = torch.Generator().manual_seed(1)
    for weight in network.parameters():
        weight.data += 0.05 * torch.randn(weight.shape, generator=generator)
    for name, buffer in network.named_buffers():
        if name.endswith("running_var"):
            buffer *= 0.5 + torch.rand(buffer.shape, generator=generator)
        elif name.endswith("running_mean"):
            buffer += 0.1 * torch.randn(buffer.shape, generator=generator)
    return network.eval()


def compared(
    network: nn.Module, length: int, *, rows: int = 10**6, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor, IncrementalNetwork]:
    """Logits of substitutions in two sequences, incremental and by brute force."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (2, length))
    x = functional.one_hot(torch.from_numpy(codes), 4).transpose(1, 2).to(dtype)
    position, owner, base = np.nonzero(codes.T[:, :, None] != np.arange(4))
    if len(owner) > rows:
        chosen = np.sort(random.choice(len(owner), rows, replace=False))
        position, owner, base = position[chosen], owner[chosen], base[chosen]
    columns = torch.eye(4, dtype=dtype)[torch.from_numpy(base)]
    mutants = x[torch.from_numpy(owner)].clone()
    mutants[torch.arange(len(owner)), :, torch.from_numpy(position)] = columns
    with torch.inference_mode():
        engine = IncrementalNetwork(network.to(dtype), x)
        engine.logits(owner, position, columns)
        again = engine.logits(owner, position, columns)
        return again, network(mutants), engine


class Maps(nn.Module):
    """Two convolutions around something, then a mean over positions."""

    def __init__(self, between: Callable[[Tensor], Tensor], kernel: int = 3) -> None:
        super().__init__()
        self.before = nn.Conv1d(4, 6, 4)
        self.between = between
        self.after = nn.Conv1d(6, 2, kernel, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(functional.gelu(self.between(self.before(x)))).tanh().mean(2)


OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "max pooling": lambda x: functional.max_pool1d(x, 3),
    "overlapping max pooling": lambda x: functional.max_pool1d(x, 3, 2, padding=1),
    "max pooling rounded up": lambda x: functional.max_pool1d(x, 3, 2, ceil_mode=True),
    "dilated max pooling": lambda x: functional.max_pool1d(x, 3, 1, dilation=4),
    "max pooling past bases": lambda x: functional.max_pool1d(x, 2, 5),
    "average pooling": lambda x: functional.avg_pool1d(x, 4, 3),
    "padded average pooling": lambda x: functional.avg_pool1d(x, 3, 1, padding=1),
    "average pooling rounded up": lambda x: functional.avg_pool1d(x, 5, 4, 2, ceil_mode=True),
    "average pooling of what is there": lambda x: functional.avg_pool1d(
        x, 3, 2, 1, ceil_mode=True, count_include_pad=False
    ),
    "every second position": lambda x: x[..., 1::2],
    "a part": lambda x: x[:, :, 5:30],
    "padding": lambda x: functional.pad(x, (2, 1, 1, 0), value=0.3)[:, :6],
    "constant by position": lambda x: x * torch.linspace(-1, 1, x.shape[2], dtype=x.dtype) + 1,
    "constant by channel": lambda x: 2 - x / 3 * torch.arange(6.0, dtype=x.dtype)[:, None],
    "sum of maps": lambda x: x.relu() + functional.max_pool1d(x, 5, 1, padding=2),
    "difference of maps": lambda x: x[:, :, 1:] - x[:, :, :-1],
    "product of maps": lambda x: x[:, :, 2:] * x[:, :, :-2].sigmoid(),
    "larger of maps": lambda x: torch.maximum(x, x.flip(2)),
    "channels side by side": lambda x: torch.cat([x[:, :2], x[:, 2:].relu()], 1),
    "neighbouring channels": lambda x: functional.local_response_norm(x, 3, 0.5),
    "squeezed channels": lambda x: x * x.mean(2, keepdim=True).sigmoid(),
    "softmax over channels": lambda x: x.softmax(1),
    "another strand": lambda x: x.flip(1, 2),
    "a matrix of positions": lambda x: x @ torch.ones(x.shape[2], 20, dtype=x.dtype) / 9,
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_logits_are_those_of_the_whole_network_through(name):
    torch.manual_seed(0)
    found, expected, _ = compared(Maps(OPERATIONS[name]), LENGTH)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv1d(4, 6, 5),
        nn.Conv1d(4, 6, 5, stride=2, padding=3),
        nn.Conv1d(4, 6, 3, stride=4, dilation=2),
        nn.Conv1d(4, 6, 3, padding=4, dilation=4),
        nn.Conv1d(4, 6, 2, stride=5),
        nn.Conv1d(4, 6, 5, padding="same"),
        nn.Conv1d(4, 8, 3, groups=2),
        nn.Conv1d(4, 5, 1, bias=False),
        nn.Conv1d(4, 6, LENGTH),
        nn.ConvTranspose1d(4, 3, 3, stride=2),
    ],
    ids=str,
)
def test_logits_are_those_of_the_whole_network_through_convolutions(layer):
    network = nn.Sequential(layer, nn.ReLU(), nn.LazyConv1d(3, 1), nn.AdaptiveAvgPool1d(1))
    found, expected, _ = compared(nn.Sequential(network, nn.Flatten()), LENGTH)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


class Ends(nn.Module):
    """A convolution, then what is asked of its map."""

    def __init__(self, end: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.end = nn.Conv1d(4, 5, 4, padding=2), end
        self.dense = nn.Linear(5 * (LENGTH + 1), 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.dense(torch.flatten(x, 1)) if self.end is None else self.end(x)


@pytest.mark.parametrize(
    "end",
    [
        None,
        lambda x: x.amax(2),
        lambda x: torch.amax(x, dim=-1, keepdim=True).squeeze(2),
        lambda x: x.sum(2),
        lambda x: x.mean((2,)),
        lambda x: functional.adaptive_avg_pool1d(x, 1).flatten(1),
        lambda x: functional.adaptive_max_pool1d(x, 3).flatten(1),
        lambda x: (x.argmax(1) == 2).float().sum(1, keepdim=True),
        lambda x: x[:, :, -1],
        lambda x: x.std(2),
    ],
    ids=lambda end: "dense" if end is None else "",
)
def test_numbers_of_whole_maps_are_those_of_the_whole_network(end):
    torch.manual_seed(0)
    found, expected, _ = compared(Ends(end), LENGTH)
    torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_logits_of_every_network_are_those_of_the_whole_network(name):
    network, length = small_network(name)
    exact = name != "duplex"  # which counts k-mers in float32
    dtype = torch.float64 if exact else torch.float32
    found, expected, _ = compared(shaken(network), length, rows=40, dtype=dtype)
    scale = max(1.0, float(expected.abs().max()))
    assert float((found - expected).abs().max()) < (1e-12 if exact else 2e-6) * scale


@pytest.mark.parametrize("name", ["basset", "duplex", "deepbind", "nin", "deepsea"])
def test_networks_of_the_field_are_computed_from_windows_to_the_end(name):
    own = {} if name in ("deepbind", "nin") else {"size": 200}
    network = create_model(name, dim=1, in_channels=4, out=2, width=1 / 16, **own)
    found, expected, engine = compared(shaken(network), 200, rows=60, dtype=torch.float32)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)
    # All functions but those that make numbers of whole maps: dense layer, pooling, k-mer sums.
    assert engine.functions - engine.windowed <= {"duplex": 4}.get(name, 1)


@pytest.mark.parametrize("name", ["basset", "resnet18", "googlenet", "densenet121", "duplex"])
def test_windows_wider_than_their_maps_are_right_too(name, monkeypatch):
    monkeypatch.setattr(incremental, "WIDEST", 1000)
    network, length = small_network(name)
    found, expected, engine = compared(shaken(network), length, rows=60, dtype=torch.float32)
    assert engine.windowed > 0.8 * engine.functions
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=5e-6)


@pytest.mark.parametrize("name", ["duplex", "resnet18", "inception_v3", "dilated"])
def test_batches_of_one_take_the_way_of_the_first_batch(name):
    network, length = small_network(name)
    codes = np.random.default_rng(0).integers(0, 4, (1, length))
    x = functional.one_hot(torch.from_numpy(codes), 4).transpose(1, 2).float()
    position = np.arange(length)
    columns = torch.eye(4)[torch.from_numpy((codes[0] + 1) % 4)]
    owner = np.zeros(length, np.int64)
    with torch.inference_mode():
        engine = IncrementalNetwork(shaken(network), x)
        together = engine.logits(owner, position, columns)
        for row in range(0, length, 7):
            one = slice(row, row + 1)
            alone = engine.logits(owner[one], position[one], columns[one])
            torch.testing.assert_close(alone, together[one], rtol=1e-5, atol=5e-6)


def test_network_that_writes_into_its_maps_is_refused():
    network = nn.Sequential(nn.Conv1d(4, 3, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool1d(1))
    with pytest.raises(NotIncremental, match="writes into its map"):
        compared(network, LENGTH)
