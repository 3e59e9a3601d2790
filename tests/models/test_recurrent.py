from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models import create_model

every = pytest.mark.parametrize("name", ["rnn", "lstm", "bilstm"])


def build(name: str, **own: Any) -> nn.Module:
    torch.manual_seed(0)
    return create_model(name, dim=1, in_channels=4, out=3, hidden=8, **own)


def sequences(size: int) -> Tensor:
    return torch.randn((2, 4, size), generator=torch.Generator().manual_seed(1))


# Per direction 128 x (4 + 128) weights and two biases, four times in an LSTM, and the output.
@pytest.mark.parametrize(
    ("name", "parameters"), [("rnn", 17_281), ("lstm", 68_737), ("bilstm", 137_473)]
)
def test_parameters_at_128_units(name: str, parameters: int) -> None:
    with torch.device("meta"):
        network = create_model(name, dim=1, in_channels=4, out=1)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_the_elman_state_is_the_tanh_of_input_and_state() -> None:
    network = build("rnn")
    x = sequences(5)
    weight = {key.removeprefix("recurrent."): value for key, value in network.state_dict().items()}
    state = torch.zeros(2, 8)
    for position in range(5):
        from_input = x[:, :, position] @ weight["weight_ih_l0"].T + weight["bias_ih_l0"]
        from_state = state @ weight["weight_hh_l0"].T + weight["bias_hh_l0"]
        state = torch.tanh(from_input + from_state)
    torch.testing.assert_close(network.forward_features(x)[:, :, -1], state)


@pytest.mark.parametrize("name", ["rnn", "lstm"])
def test_a_state_has_seen_its_own_past_only(name: str) -> None:
    network = build(name)
    x = sequences(20)
    before = network.forward_features(x)
    x[..., 10] += 1
    changed = (network.forward_features(x) != before).any(1).any(0)
    assert changed.tolist() == [False] * 10 + [True] * 10


def test_both_directions_together_have_seen_everything() -> None:
    network = build("bilstm")
    x = sequences(20)
    before = network.forward_features(x)
    x[..., 10] += 1
    assert (network.forward_features(x) != before).any(1).all()


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [("max", [3, 7, 6, 5]), ("mean", [2, 5, 3, 4]), ("last", [3, 7, 6, 3])],
)
def test_pooling_of_states(pooling: str, expected: list[float]) -> None:
    network = create_model("bilstm", dim=1, in_channels=4, out=1, hidden=2, pooling=pooling)
    states = torch.tensor([[[1.0, 3], [3, 7], [6, 0], [3, 5]]])
    read: list[Tensor] = []
    network.dropout.register_forward_hook(lambda *call: read.append(call[1][0]))
    network.forward_features = lambda x: states  # type: ignore[method-assign, assignment]
    network(torch.zeros(1, 4, 2))
    assert read[0].tolist() == [expected]


@pytest.mark.parametrize("name", ["lstm", "bilstm"])
def test_forget_gates_start_open(name: str) -> None:
    network = build(name, layers=2)
    sums: dict[str, Tensor] = {}
    for key, parameter in network.named_parameters():
        if ".bias_" in key:
            layer = key.split("_", 2)[2]
            sums[layer] = sums.get(layer, torch.zeros(8)) + parameter[8:16]
    assert len(sums) == (2 if name == "lstm" else 4)
    assert all(torch.equal(total, torch.ones(8)) for total in sums.values())


@every
def test_training_and_prediction_run_in_half_precision(name: str) -> None:
    network = build(name, layers=2, dropout=0.1)
    with torch.autocast("cpu", torch.bfloat16):
        network(sequences(30)).float().sum().backward()
        network.eval()
        with torch.inference_mode():
            half = network(sequences(30))
    with torch.inference_mode():
        torch.testing.assert_close(half.float(), network(sequences(30)), rtol=0.05, atol=0.05)


def test_unknown_pooling_is_refused() -> None:
    with pytest.raises(InputError, match="pooling is 'median'; wanted max, mean or last"):
        build("lstm", pooling="median")


@every
def test_images_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} reads sequences: it exists for dim 1 only"):
        create_model(name, dim=2, in_channels=4, out=1)
