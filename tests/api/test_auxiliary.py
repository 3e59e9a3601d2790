"""Auxiliary heads from the command's flags to the bundle: in training, and gone after it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from torch import Tensor, nn

import seqcnn
from seqcnn.api import members
from seqcnn.api.train import TrainResult
from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.auxiliary import WithAuxiliary
from seqcnn.models.googlenet import GoogLeNet

RUN = {
    "model": "googlenet", "max_steps": 6, "validate_every": 3, "warmup_steps": 1, "batch_size": 16,
    "checkpoint_every": 2, "threads": 1, "precision": "32", "baselines": False,
}  # fmt: skip
HEADS = ("aux1.", "aux2.")


@pytest.fixture(scope="module")
def train(data: Path) -> Callable[..., TrainResult]:
    """Train a narrow GoogLeNet on tables of 60 bp."""

    def call(out: Path, *, own: dict[str, Any] | None = None, **rest: Any) -> TrainResult:
        tables = {f"{part}table": data / f"{name}.csv" for part, name in PARTS}
        own = {"width": 0.05, **(own or {})}
        flags: dict[str, Any] = {**RUN, "task": "binding", **tables, **rest}
        return seqcnn.train(**flags, model_arguments=own, out=out)

    return call


PARTS = (("", "train"), ("val_", "val"), ("test_", "test"))


class Spy:
    """The network that was trained, its first weights, and what it returned in training."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.returned: list[Any] = []
        self.network: nn.Module | None = None
        self.first: dict[str, Tensor] = {}
        fit = members.fit

        def watched(network: nn.Module, *given: Any, **rest: Any) -> Any:
            self.network = network
            self.first = {name: one.detach().clone() for name, one in network.named_parameters()}
            hook = network.register_forward_hook(self.keep)
            try:
                result = fit(network, *given, **rest)
            finally:
                hook.remove()
            self.last = {name: one.detach().clone() for name, one in network.named_parameters()}
            return result

        monkeypatch.setattr(members, "fit", watched)

    def keep(self, network: nn.Module, given: Any, outputs: Any) -> None:
        if network.training:
            self.returned.append(outputs)


def keys(bundle: Path) -> set[str]:
    prefix = "members.0."
    return {name.removeprefix(prefix) for name in load_file(bundle) if name.startswith(prefix)}


@pytest.fixture(scope="module")
def run(train, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainResult, Spy]:
    with pytest.MonkeyPatch.context() as patched:
        spy = Spy(patched)
        return train(tmp_path_factory.mktemp("auxiliary") / "run"), spy


def test_both_heads_take_part_in_every_step(run):
    _, spy = run
    assert len(spy.returned) == 6
    for outputs in spy.returned:
        assert isinstance(outputs, WithAuxiliary)
        assert [head.shape for head in outputs.auxiliary] == [(16, 1), (16, 1)]


def test_both_heads_learn(run):
    _, spy = run
    for head in HEADS:
        layers = [name for name in spy.first if name.startswith(head) and name.endswith("weight")]
        assert layers
        for name in layers:
            assert not torch.equal(spy.first[name], spy.last[name]), name


def test_the_loss_is_that_of_the_logits_and_three_tenths_of_each_head():
    network = create_model("googlenet", dim=1, in_channels=4, out=1, width=0.05, auxiliary=True)
    combined = members._with_auxiliary(lambda outputs, targets: outputs[:, 0] - targets, network)
    parts = [torch.tensor([[value], [2 * value]]) for value in (1.0, 10.0, 100.0)]
    outputs = WithAuxiliary(parts[0], (parts[1], parts[2]))
    found = combined(outputs, torch.zeros(2))
    torch.testing.assert_close(found, torch.tensor([34.0, 68.0]))
    torch.testing.assert_close(combined(parts[1], torch.zeros(2)), torch.tensor([10.0, 20.0]))


def test_the_bundle_is_that_of_a_network_that_never_had_heads(run):
    result, _ = run
    plain = create_model("googlenet", dim=1, in_channels=4, out=1, width=0.05)
    assert keys(result.bundle) == set(plain.state_dict())
    model = seqcnn.load(result.bundle, precision="32")
    assert model.card["architecture"]["arguments"] == {"width": 0.05}
    assert model.card["parameters"] == sum(p.numel() for p in plain.parameters())


def test_the_reloaded_bundle_gives_the_numbers_of_training(run):
    result, _ = run
    again = seqcnn.evaluate(result.bundle, baselines=False, precision="32")
    np.testing.assert_allclose(again.values, result.evaluation.values, atol=1e-6)
    assert again.metrics.to_dict() == result.evaluation.metrics.to_dict()


def test_heads_can_be_left_out(train, tmp_path):
    with pytest.MonkeyPatch.context() as patched:
        spy = Spy(patched)
        result = train(tmp_path / "run", own={"auxiliary": False}, max_steps=2)
    assert all(isinstance(outputs, Tensor) for outputs in spy.returned)
    assert not any(name.startswith(HEADS) for name in spy.first)
    assert "auxiliary" not in seqcnn.load(result.bundle).card["architecture"]["arguments"]


def test_heads_can_be_asked_for_by_name(train, tmp_path):
    with pytest.MonkeyPatch.context() as patched:
        spy = Spy(patched)
        result = train(tmp_path / "run", own={"auxiliary": True}, max_steps=2)
    assert any(name.startswith(HEADS) for name in spy.first)
    assert not any(name.startswith(HEADS) for name in keys(result.bundle))
    assert seqcnn.load(result.bundle).predict(["ACGTT" * 12]).shape == (1, 1)


@pytest.mark.parametrize("average", [0.99, 0.0])
def test_a_stopped_run_resumes_exactly_with_its_heads(train, tmp_path, monkeypatch, average):
    whole = train(tmp_path / "whole", ema_decay=average)
    plain, steps = GoogLeNet.forward, 0

    def signalled(self: GoogLeNet, x: Tensor) -> Any:
        nonlocal steps
        steps += self.training
        if self.training and steps == 5:  # after the validation at step 3
            os.kill(os.getpid(), signal.SIGTERM)
        return plain(self, x)

    with monkeypatch.context() as patched:
        patched.setattr(GoogLeNet, "forward", signalled)
        with pytest.raises(SystemExit) as leaving:
            train(tmp_path / "cut", ema_decay=average)
    assert leaving.value.code == 143
    kept = load_tensors(tmp_path / "cut" / "checkpoint.safetensors")
    parts = {"network", "best", *(["average"] if average else [])}
    names = {tuple(name.split("/")) for name in kept}
    assert {(part, f"{head}fc2.bias") for part in parts for head in HEADS} <= names
    cut = train(tmp_path / "cut", ema_decay=average, resume=True)
    one, other = load_file(whole.bundle), load_file(cut.bundle)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_a_run_with_heads_is_not_resumed_without(train, tmp_path):
    train(tmp_path / "run", max_steps=2)
    (tmp_path / "run" / "model.safetensors").unlink()
    with pytest.raises(InputError) as refused:
        train(tmp_path / "run", own={"auxiliary": False}, max_steps=2, resume=True)
    assert "is of another run: shape of aux1." in str(refused.value)
    assert "\n" not in str(refused.value)


def test_inception_v3_trains_on_images_with_its_head(tmp_path, pictures):
    with pytest.MonkeyPatch.context() as patched:
        spy = Spy(patched)
        result = seqcnn.train(
            **{**RUN, "model": "inception_v3", "max_steps": 1, "validate_every": 1},
            task="images", data=pictures / "parts", image_size=75, crops="centre",
            model_arguments={"width": 0.05}, out=tmp_path / "run",
        )  # fmt: skip
    assert [len(outputs.auxiliary) for outputs in spy.returned] == [1]
    plain = create_model("inception_v3", dim=2, in_channels=3, out=3, width=0.05)
    assert keys(result.bundle) == set(plain.state_dict())
