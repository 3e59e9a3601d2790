"""A run killed at any step and resumed is the run that was never killed, bit for bit."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from toy_run import toy_fit, toy_inputs, toy_settings

HERE = Path(__file__).parent
PRECISIONS = ["32", "bf16"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def assert_same(one: nn.Module, other: nn.Module) -> None:
    for (name, x), y in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(x, y), name


def untimed(directory: Path) -> list[str]:
    """metrics.csv without its last two columns, seconds and speed."""
    return [line.rsplit(",", 2)[0] for line in (directory / "metrics.csv").read_text().split()]


def signalled(number: signal.Signals, at: int) -> Callable[[Tensor], Tensor]:
    """Inputs that send this process a signal at call `at`."""
    calls = 0

    def inputs(codes: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(os.getpid(), number)
        return toy_inputs(codes)

    return inputs


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of runs that ended with SIGKILL at step 14, after the checkpoint of step 10."""
    folders, processes = {}, []
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    for precision in PRECISIONS:
        folders[precision] = tmp_path_factory.mktemp("killed")
        chosen = json.dumps({"kill_at": 14, "precision": precision})
        command = [sys.executable, str(HERE / "toy_run.py"), str(folders[precision]), chosen]
        processes.append(subprocess.Popen(command, env=environment))
    assert [process.wait(120) for process in processes] == [-signal.SIGKILL] * 2
    return folders


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_run_killed_between_checkpoints_ends_the_same(
    tmp_path: Path, killed: dict[str, Path], precision: str
) -> None:
    settings = toy_settings(precision=precision)
    whole, _ = toy_fit(tmp_path, settings)
    resumed, result = toy_fit(killed[precision], settings, resume=True)
    assert_same(whole, resumed)
    assert untimed(tmp_path) == untimed(killed[precision])
    assert result.stopped == "finished"


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("at", [1, 12, 13, 30])  # 12: a validation is due, 30: the last step
def test_a_run_stopped_by_sigterm_ends_the_same(tmp_path: Path, at: int, precision: str) -> None:
    settings = toy_settings(precision=precision)
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole, _ = toy_fit(tmp_path / "whole", settings)
    inputs = signalled(signal.SIGTERM, at)
    _, result = toy_fit(tmp_path / "stopped", settings, inputs=inputs)
    assert (result.stopped, result.steps) == ("signal", at)
    resumed, last = toy_fit(tmp_path / "stopped", settings, resume=True)
    assert_same(whole, resumed)
    assert untimed(tmp_path / "whole") == untimed(tmp_path / "stopped")
    assert (result.seconds_before, last.seconds_before) == (0.0, result.seconds)
    assert last.seconds > last.seconds_before > 0


def test_sgd_without_average_resumes_too(tmp_path: Path) -> None:
    settings = toy_settings(optimizer="sgd", ema_decay=0.0, l1=1e-4)
    (tmp_path / "whole").mkdir()
    whole, _ = toy_fit(tmp_path / "whole", settings)
    toy_fit(tmp_path, settings, inputs=signalled(signal.SIGINT, 8))
    resumed, _ = toy_fit(tmp_path, settings, resume=True)
    assert_same(whole, resumed)


def test_an_ended_run_resumed_gives_its_result_again(tmp_path: Path) -> None:
    model, result = toy_fit(tmp_path, toy_settings())
    again, second = toy_fit(tmp_path, toy_settings(), resume=True)
    assert_same(model, again)
    assert (second.stopped, second.best_step) == (result.stopped, result.best_step)
    assert second.seconds_before == second.seconds == result.seconds


def test_resume_without_a_checkpoint_starts_afresh(tmp_path: Path) -> None:
    _, result = toy_fit(tmp_path, toy_settings(max_steps=3), resume=True)
    assert result.steps == 3


def test_a_fresh_run_drops_an_older_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"old")
    _, result = toy_fit(tmp_path, toy_settings(max_steps=3))
    assert result.stopped == "finished"


def test_what_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".tmp-abc.safetensors").write_bytes(b"half")
    toy_fit(tmp_path, toy_settings(max_steps=3))
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "checkpoint.safetensors", "metrics.csv",
    ]  # fmt: skip
