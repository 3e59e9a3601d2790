"""Two processes train to the result of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from toy_run import toy_fit, toy_settings

from seqcnn.training.distributed import GlobalBatchNorm1d, synchronise_norms

HERE = Path(__file__).parent


def test_synchronised_norms_keep_their_names_and_values() -> None:
    model = nn.Sequential(nn.Conv1d(4, 3, 1), nn.BatchNorm1d(3))
    before = {name: id(one) for name, one in model.named_parameters()}
    synchronise_norms(model)
    assert type(model[1]) is GlobalBatchNorm1d
    assert {name: id(one) for name, one in model.named_parameters()} == before


def test_a_synchronised_norm_alone_is_batch_norm() -> None:
    x = torch.arange(12.0).reshape(2, 3, 2)
    plain, ours = nn.BatchNorm1d(3), synchronise_norms(nn.BatchNorm1d(3))
    assert torch.equal(plain(x), ours(x))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two processes (batches of 7 and 8), weighted, without dropout."""
    folder = tmp_path_factory.mktemp("pair")
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PYTHONWARNINGS": "error"}
    chosen = json.dumps({"devices": 2, "batch_size": 15, "dropout": 0.0})
    command = [sys.executable, str(HERE / "toy_run.py"), str(folder), chosen]
    done = subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    return folder


def test_two_processes_train_to_the_result_of_one(pair: Path, tmp_path: Path) -> None:
    one, _ = toy_fit(tmp_path, toy_settings(batch_size=15), dropout=0.0)
    two = load_file(pair / "model.safetensors")
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-4, atol=1e-5, msg=name)


def test_two_processes_record_the_losses_of_one(pair: Path, tmp_path: Path) -> None:
    _, result = toy_fit(tmp_path, toy_settings(batch_size=15), dropout=0.0)
    lines = (pair / "metrics.csv").read_text().split()
    columns = lines[0].split(",")
    for line, row in zip(lines[1:], result.history, strict=True):
        values = dict(zip(columns, map(float, line.split(",")), strict=True))
        assert values["train_loss"] == pytest.approx(row["train_loss"], abs=1e-5)
        assert values["val_loss"] == pytest.approx(row["val_loss"], abs=1e-5)
