from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqcnn.data.examples import Examples
from seqcnn.encoders.tensors import expand
from seqcnn.models import create_model
from seqcnn.training.embeddings import embeddings

CODES = np.array([[0, 0, 1, 2], [3, 3, 3, 3], [2, 1, 0, 0]], np.uint8)  # AACG TTTT GCAA


class Letters(nn.Module):
    """Counts A, C, G, T; what its output layer makes of them does not matter."""

    head = "dense.output"

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.ModuleDict({"output": nn.Linear(4, 2)})
        self.dropout = nn.Dropout(0.9)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.dense["output"](self.dropout(x.sum(2)))
        return logits


class Positions(nn.Module):
    """Its output layer is a convolution over the letters themselves."""

    head = "output"

    def __init__(self, layer: type[nn.Module] = nn.Conv1d) -> None:
        super().__init__()
        self.output = layer(4, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.output(x).flatten(2).amax(2)
        return logits


class Failing(Letters):
    def forward(self, x: Tensor) -> Tensor:
        super().forward(x)
        raise RuntimeError("in the middle")


class Images:
    """Not sequences, but with the two things that are asked of examples."""

    def __len__(self) -> int:
        return 2

    def take(self, rows: np.ndarray) -> np.ndarray:
        pixels = np.arange(2 * 4 * 3 * 3, dtype=np.float32).reshape(2, 4, 3, 3)
        return pixels[rows]


def one_strand(codes: Tensor) -> list[Tensor]:
    return [expand(codes)]


def both_strands(codes: Tensor) -> list[Tensor]:
    return [expand(codes), expand(codes).flip(1, 2)]


def embedded(network: nn.Module, codes: np.ndarray = CODES, **more: Any) -> np.ndarray:
    examples = Examples.from_sequences(codes, np.zeros((len(codes), 0)), names=())
    return embeddings(network, examples, **{"views": both_strands, **more})


def test_it_is_what_the_output_layer_reads() -> None:
    found = embedded(Letters(), views=one_strand)
    assert found.tolist() == [[2, 1, 1, 0], [0, 0, 0, 4], [2, 1, 1, 0]]
    assert found.dtype == np.float32


def test_both_strands_are_averaged() -> None:
    assert embedded(Letters()).tolist() == [[1, 1, 1, 1], [2, 0, 0, 2], [1, 1, 1, 1]]


def test_positions_are_averaged_before_a_convolution() -> None:
    found = embedded(Positions(), views=one_strand)
    assert found.tolist() == [[0.5, 0.25, 0.25, 0], [0, 0, 0, 1], [0.5, 0.25, 0.25, 0]]


def test_images_have_embeddings_too() -> None:
    found = embeddings(Positions(nn.Conv2d), Images(), views=lambda x: [x])
    assert found.tolist() == [[4, 13, 22, 31], [40, 49, 58, 67]]


@pytest.mark.parametrize("name", ["basset", "deepbind", "dilated", "duplex", "resnet18"])
def test_the_head_of_a_real_network_makes_its_logits_of_them(name: str) -> None:
    # Duplex adds a model on k-mers to what its head gives; leave that out.
    own: dict[str, Any] = {"size": 600, "kmer": 0} if name == "duplex" else {}
    network = create_model(name, dim=1, in_channels=4, out=3, **own).eval()
    codes = np.random.default_rng(0).integers(0, 4, (2, 600)).astype(np.uint8)
    found = embedded(network, codes, views=one_strand)
    with torch.no_grad():
        head = network.get_submodule(str(network.head))
        logits = network(expand(torch.from_numpy(codes)))
        made = head(torch.from_numpy(found).float())
    torch.testing.assert_close(made, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
def test_batch_size_does_not_matter(batch_size: int) -> None:
    found = embedded(Letters(), batch_size=batch_size)
    np.testing.assert_array_equal(found, embedded(Letters()))


def test_bf16_gives_float32() -> None:
    found = embedded(Positions(), precision="bf16", views=one_strand)
    assert found.dtype == np.float32
    assert found[0].tolist() == [0.5, 0.25, 0.25, 0]


def test_no_examples_give_no_embeddings() -> None:
    assert embedded(Letters(), CODES[:0]).shape == (0, 4)


def test_progress_is_told_in_sequences() -> None:
    done: list[int] = []
    embedded(Letters(), batch_size=2, advance=done.append)
    assert done == [2, 1]


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(training: bool) -> None:
    network = Letters().train(training)
    embedded(network)
    assert network.training is training
    assert not network.dense["output"]._forward_pre_hooks


def test_the_network_is_left_as_it_was_even_on_an_error() -> None:
    network = Failing().train()
    with pytest.raises(RuntimeError, match="in the middle"):
        embedded(network)
    assert network.training
    assert not network.dense["output"]._forward_pre_hooks
