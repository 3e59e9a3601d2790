from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqcnn.data.examples import Examples
from seqcnn.encoders.dna import reverse_complement
from seqcnn.encoders.tensors import expand
from seqcnn.training.predict import evaluating, logit_batches, predict_logits

LENGTH = 30


class Network(nn.Module):
    """One convolution, batch norm, dropout and an output: not symmetric in the strands."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self.features = nn.Sequential(
                nn.Conv1d(4, 8, 5), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5)
            )
            self.output = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.features(x).amax(2))


def examples(number: int, *, flipped: bool = False) -> Examples:
    codes = np.random.default_rng(0).integers(0, 4, (number, LENGTH)).astype(np.uint8)
    codes = reverse_complement(codes) if flipped else codes
    return Examples.from_sequences(codes, np.zeros((number, 0)), names=())


def one_strand(codes: Tensor) -> list[Tensor]:
    return [expand(codes)]


def both_strands(codes: Tensor) -> list[Tensor]:
    return [expand(codes), expand(codes).flip(1, 2)]


def predict(*networks: nn.Module, number: int = 11, flipped: bool = False, **more: Any) -> Any:
    return predict_logits(
        networks, examples(number, flipped=flipped), **{"views": both_strands, **more}
    )


def test_both_strand_logits_are_those_of_the_reverse_complement() -> None:
    forward, reverse = (predict(Network(), flipped=flipped) for flipped in (False, True))
    np.testing.assert_allclose(forward, reverse, rtol=0, atol=1e-6)


def test_single_strand_logits_are_not() -> None:
    forward, reverse = (
        predict(Network(), flipped=flipped, views=one_strand) for flipped in (False, True)
    )
    assert np.abs(forward - reverse).max() > 1e-2


def test_both_strand_logits_are_the_mean_of_the_two() -> None:
    one, other = (
        predict(Network(), flipped=flipped, views=one_strand) for flipped in (False, True)
    )
    np.testing.assert_allclose(predict(Network()), (one + other) / 2, rtol=0, atol=1e-6)


def test_logits_are_float32_by_member_sequence_and_output() -> None:
    logits = predict(Network(0), Network(1), number=5)
    assert (logits.shape, logits.dtype) == ((2, 5, 2), np.float32)
    np.testing.assert_allclose(logits[1], predict(Network(1), number=5)[0], atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 4, 11, 64])
def test_batch_size_does_not_matter(batch_size: int) -> None:
    whole = predict(Network(), batch_size=11)
    np.testing.assert_allclose(predict(Network(), batch_size=batch_size), whole, atol=1e-6)


def test_batches_come_one_at_a_time_in_order() -> None:
    asked: list[int] = []

    class Watched(Examples):
        def take(self, rows: np.ndarray, **more: Any) -> np.ndarray:
            asked.extend(rows)
            return super().take(rows, **more)

    base = examples(7)
    watched = Watched(targets=base.targets, length=LENGTH, names=(), codes=base.codes)
    stream = logit_batches([Network()], watched, views=one_strand, batch_size=3)
    assert asked == []
    assert next(stream).shape == (1, 3, 2)
    assert asked == [0, 1, 2]
    assert [part.shape[1] for part in stream] == [3, 1]
    assert asked == list(range(7))


def test_progress_is_told_in_sequences() -> None:
    done: list[int] = []
    predict(Network(), number=7, batch_size=3, advance=done.append)
    assert done == [3, 3, 1]


def test_dropout_is_off_and_running_statistics_stay() -> None:
    network = Network().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    np.testing.assert_array_equal(predict(network), predict(network))
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_bf16_gives_float32_near_those_of_full_precision() -> None:
    rough = predict(Network(), precision="bf16")
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, predict(Network()), atol=0.05)


@pytest.mark.parametrize("training", [True, False])
def test_train_mode_is_put_back(training: bool) -> None:
    network = Network().train(training)
    predict(network)
    assert all(module.training is training for module in network.modules())


def test_device_and_train_mode_are_put_back_on_an_error() -> None:
    networks = [Network().train(), Network(1).eval()]
    homes: list[torch.device] = []
    moved = [record_moves(network, homes) for network in networks]
    with pytest.raises(RuntimeError, match="in the middle"):
        with evaluating(moved, torch.device("cpu")):
            assert [network.training for network in networks] == [False, False]
            raise RuntimeError("in the middle")
    assert [network.training for network in networks] == [True, False]
    assert homes == [torch.device("cpu")] * 4  # each there, and each back


def record_moves(network: nn.Module, homes: list[torch.device]) -> nn.Module:
    original = network.to

    def to(device: torch.device) -> nn.Module:
        homes.append(device)
        return original(device)

    network.to = to  # type: ignore[assignment, method-assign]
    return network


def test_a_network_that_fails_is_back_in_train_mode() -> None:
    network = Network().train()
    network.output = nn.Linear(9, 2)
    with pytest.raises(RuntimeError):
        predict(network)
    assert network.training


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_network_comes_back_from_the_gpu_even_on_an_error() -> None:
    network = Network()
    with pytest.raises(RuntimeError, match="in the middle"):
        with evaluating([network], torch.device("cuda")):
            assert next(network.parameters()).is_cuda
            raise RuntimeError("in the middle")
    assert not next(network.parameters()).is_cuda
