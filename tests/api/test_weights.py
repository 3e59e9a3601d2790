"""`--weights`: a checkpoint or a bundle to start from, and what is said of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from seqcnn.api import members
from seqcnn.models import create_model

NARROW = ("--model", "resnet20", "--model-arguments", "width=0.25")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Our own ResNet-20 for colour images of 7 classes, its batch normalisation used."""
    with torch.random.fork_rng([]):
        torch.manual_seed(5)
        network = create_model("resnet20", dim=2, in_channels=3, out=7, width=0.25)
        with torch.no_grad():
            network(torch.randn(4, 3, 32, 32))
    return network


@pytest.fixture(scope="module")
def checkpoint(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "resnet20.pth"
    torch.save(network.state_dict(), file)
    return file


@pytest.fixture
def train(seqcnn, tiny_images, pictures, tmp_path: Path) -> Callable:
    """One step on images, or the task that the flags name."""

    def call(*flags: object):
        data = () if "--task" in flags else ("--data", pictures / "flat")
        steps = ("--max-steps", "1", "--validate-every", "1")
        return seqcnn("train", *tiny_images, *steps, *data, *flags, "--out", tmp_path / "out")

    return call


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """The weights that training started from, once it has."""
    first: dict[str, Tensor] = {}
    fit = members.fit

    def watched(network: nn.Module, *given: Any, **rest: Any) -> Any:
        first.update({name: one.detach().clone() for name, one in network.state_dict().items()})
        return fit(network, *given, **rest)

    monkeypatch.setattr(members, "fit", watched)
    return first


def lines(outcome, file: Path) -> list[str]:
    """What was printed of the checkpoint."""
    every = outcome.out.splitlines()
    first = next(row for row, line in enumerate(every) if line.startswith(f"{file.name}: "))
    last = next(row for row in range(first + 1, len(every)) if not every[row].startswith("  "))
    return every[first:last]


def test_training_starts_from_the_checkpoint_with_a_new_output_layer(
    train, start, checkpoint, network
):
    outcome = train(*NARROW, "--weights", checkpoint)
    assert outcome.code == 0, outcome.err
    assert lines(outcome, checkpoint) == [
        "resnet20.pth: 114 tensors loaded",
        "  new: fc.weight, fc.bias",
        "  left out: fc.weight, fc.bias",
    ]
    given = network.state_dict()
    assert start.keys() == given.keys()
    for name, tensor in given.items():
        if not name.startswith("fc."):
            assert torch.equal(start[name], tensor), name
    assert start["fc.weight"].shape == (3, 16)


def test_a_first_layer_adapted_to_gray_is_told(train, start, checkpoint, network):
    outcome = train(*NARROW, "--weights", checkpoint, "--colour", "gray")
    assert outcome.code == 0, outcome.err
    assert "  adapted: conv1.weight (3 channels to 1 (mean))" in lines(outcome, checkpoint)
    # The same answer to gray images in one channel as in three equal ones.
    wanted = network.state_dict()["conv1.weight"].sum(1, keepdim=True)
    torch.testing.assert_close(start["conv1.weight"], wanted)


def test_an_image_network_starts_one_for_sequences_and_all_changes_are_told(
    train, start, checkpoint, network, data
):
    outcome = train(
        *NARROW, "--weights", checkpoint, "--task", "binding", "--table", data / "train.csv",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    told = lines(outcome, checkpoint)
    assert told[0] == "resnet20.pth: 114 tensors loaded"
    assert told[1].startswith(
        "  adapted: conv1.weight (3x3 kernels summed over their height, 3 channels to 4 (mean)), "
    )
    assert told[1].endswith(", and 13 more")
    inner = "stages.0.0.conv1.weight"
    torch.testing.assert_close(start[inner], network.state_dict()[inner].sum(2))


def weights(bundle: Path) -> dict[str, Tensor]:
    """The weights in a bundle, without its distance score."""
    prefix = "members.0."
    tensors = load_file(bundle)
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def test_a_bundle_is_a_start_too(train, start, trained_images):
    bundle = trained_images["flat"] / "model.safetensors"
    outcome = train("--weights", bundle)
    assert outcome.code == 0, outcome.err
    assert lines(outcome, bundle)[0] == "model.safetensors: 8 tensors loaded"
    for name, tensor in weights(bundle).items():
        assert torch.equal(start[name], tensor) != name.startswith("fc2."), name


def test_a_bundle_of_sequences_starts_another_of_more_outputs(
    seqcnn, start, trained, tiny, data, tmp_path
):
    bundle = trained["tables"] / "model.safetensors"
    outcome = seqcnn(
        "train", *tiny, "--task", "binding", "--table", data / "classes.csv", "--weights", bundle,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert start["output.bias"].shape == (3,)
    for name, tensor in weights(bundle).items():
        assert name.startswith("output.") or torch.equal(start[name], tensor), name


def test_every_member_of_an_ensemble_starts_there_and_it_is_told_once(
    train, monkeypatch, checkpoint, network
):
    firsts: list[Tensor] = []
    fit = members.fit

    def watched(network: nn.Module, *given: Any, **rest: Any) -> Any:
        firsts.append(network.state_dict()["conv1.weight"].clone())
        return fit(network, *given, **rest)

    monkeypatch.setattr(members, "fit", watched)
    outcome = train(*NARROW, "--weights", checkpoint, "--ensemble", "2")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("tensors loaded") == 1
    assert len(firsts) == 2
    assert all(torch.equal(one, network.state_dict()["conv1.weight"]) for one in firsts)


def test_heads_of_an_auxiliary_network_start_new(train, start, tmp_path):
    own = {"dim": 2, "in_channels": 3, "out": 5, "width": 0.05}
    with torch.random.fork_rng([]):
        torch.manual_seed(1)
        plain = create_model("googlenet", **own)
    torch.save(plain.state_dict(), tmp_path / "googlenet.pth")
    outcome = train(
        "--model", "googlenet", "--model-arguments", "width=0.05",
        "--weights", tmp_path / "googlenet.pth",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    told = lines(outcome, tmp_path / "googlenet.pth")
    assert told[1].startswith("  new: aux1.")
    assert any(name.startswith("aux2.") for name in start)
    assert torch.equal(start["conv1.conv.weight"], plain.state_dict()["conv1.conv.weight"])


# What is refused


def assert_refused(outcome, *wanted: str) -> None:
    assert outcome.code == 2
    assert outcome.err.startswith("seqcnn: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for text in wanted:
        assert text in outcome.err, outcome.err


def test_a_checkpoint_of_another_width_is_refused(train, checkpoint, tmp_path):
    outcome = train(
        "--model", "resnet20", "--model-arguments", "width=0.5", "--weights", checkpoint
    )
    assert_refused(
        outcome, "resnet20.pth: conv1.weight is (4, 3, 3, 3) in the file and (8, 3, 3, 3) in the",
        "is it the same network and width?",
    )  # fmt: skip
    assert not (tmp_path / "out/model.safetensors").exists()


def test_a_checkpoint_of_another_network_is_refused(train, checkpoint):
    assert_refused(train("--weights", checkpoint), "resnet20.pth: conv1.weight is (4, 3, 3, 3)")


def test_a_pickle_with_code_is_refused_and_not_run(train, tmp_path):
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.pth")
    outcome = train(*NARROW, "--weights", tmp_path / "trap.pth")
    assert_refused(outcome, "trap.pth: holds more than tensors", "save network.state_dict() alone")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "not a PyTorch or safetensors file"),
        (b"<!DOCTYPE html>", "but a web page"),
        (b"PK\x03\x04", "not a whole checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_refused(train, tmp_path, content, message):
    if content is not None:
        (tmp_path / "w.pth").write_bytes(content)
    assert_refused(train(*NARROW, "--weights", tmp_path / "w.pth"), "w.pth: ", message)
