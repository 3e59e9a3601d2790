"""Checkpoints are one safetensors file, complete and checked."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from toy_run import toy_fit, toy_settings

from seqcnn.errors import InputError
from seqcnn.training import checkpoint
from seqcnn.training.run import CHECKPOINT


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT
    kept = checkpoint.Checkpoint({"a/b": torch.arange(3.0)}, {"losses": [0.1, float("nan")]}, {})
    checkpoint.save(path, kept)
    found = checkpoint.load(path)
    assert found.part("a")["b"].tolist() == [0.0, 1.0, 2.0]
    assert found.state["losses"][0] == 0.1


def test_tied_weights_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT
    tensor = torch.ones(2)
    checkpoint.save(path, checkpoint.Checkpoint({"a": tensor, "b": tensor}, {}, {}))
    assert sorted(checkpoint.load(path).tensors) == ["a", "b"]


@pytest.mark.parametrize("keep", [0, 5, 200])
def test_a_truncated_checkpoint_is_an_input_error(tmp_path: Path, keep: int) -> None:
    path = tmp_path / CHECKPOINT
    checkpoint.save(path, checkpoint.Checkpoint({"a": torch.ones(1000)}, {}, {}))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: not a readable checkpoint"):
        checkpoint.load(path)


def test_another_safetensors_file_is_an_input_error(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / CHECKPOINT)
    with pytest.raises(InputError, match="holds 'no format', wanted 'seqcnn checkpoint 1'"):
        checkpoint.load(tmp_path / CHECKPOINT)


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """No file can grow beyond 2000 bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files_only")
def test_a_full_disk_is_an_input_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT
    path.write_bytes(b"old")
    with pytest.raises(InputError, match="could not be written"):
        checkpoint.save(path, checkpoint.Checkpoint({"a": torch.ones(9999)}, {}, {}))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_running_checkpoint_holds_plain_names_of_every_part(tmp_path: Path) -> None:
    seen: dict[str, torch.Tensor] = {}

    def stop(network: torch.nn.Module) -> dict[str, float]:
        seen.update(load_file(tmp_path / CHECKPOINT))
        return {"loss": 1.0}

    toy_fit(tmp_path, toy_settings(max_steps=6), validate=stop)
    parts = {name.rpartition("/")[0] for name in seen}
    assert parts == {
        "network", "average", "optimizer/exp_avg", "optimizer/exp_avg_sq", "optimizer/step",
    }  # fmt: skip
    assert "network/features.0.weight" in seen and "optimizer/exp_avg/output.bias" in seen


def test_other_settings_are_refused_by_name(tmp_path: Path) -> None:
    toy_fit(tmp_path, toy_settings(max_steps=5))
    with pytest.raises(InputError, match=r"of another run: lr 0\.01, now 0\.02;"):
        toy_fit(tmp_path, toy_settings(max_steps=5, lr=0.02), resume=True)


def test_another_network_is_refused_by_name(tmp_path: Path) -> None:
    toy_fit(tmp_path, toy_settings(max_steps=5))
    other = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(96, 2))
    with pytest.raises(InputError, match=r"of another run: shape of features\.0\.weight"):
        toy_fit(tmp_path, toy_settings(max_steps=5), model=other, resume=True)
