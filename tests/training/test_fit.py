"""The loop: what it learns, records and refuses."""

import csv
import io
import signal
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn
from toy_run import ToyNetwork, ToySequences, toy_fit, toy_inputs, toy_loss, toy_settings

from seqcnn.errors import InputError
from seqcnn.training import progress as progress_module
from seqcnn.training.fit import TrainingDiverged
from seqcnn.training.progress import Report, training_progress


def rows_of(directory: Path) -> list[dict[str, str]]:
    with (directory / "metrics.csv").open() as table:
        return list(csv.DictReader(table))


def test_the_loss_falls(tmp_path: Path) -> None:
    _, result = toy_fit(tmp_path, toy_settings(max_steps=120, validate_every=30), dropout=0.0)
    assert result.history[-1]["train_loss"] < 0.6 < result.history[0]["train_loss"]
    assert (result.stopped, result.steps) == ("finished", 120)


@pytest.mark.parametrize(
    "changed",
    [{"optimizer": "sgd"}, {"precision": "bf16"}, {"ema_decay": 0.0}, {"l1": 1e-3, "clip_norm": 0}],
)
def test_every_setting_trains(tmp_path: Path, changed: dict[str, object]) -> None:
    _, result = toy_fit(tmp_path, toy_settings(max_steps=4, **changed))
    assert result.steps == 4


def test_metrics_hold_one_row_for_each_validation_and_one_for_the_end(tmp_path: Path) -> None:
    toy_fit(tmp_path, toy_settings(max_steps=14))
    rows = rows_of(tmp_path)
    assert [row["step"] for row in rows] == ["6", "12", "14"]
    assert list(rows[0]) == [
        "step", "epoch", "train_loss", "val_loss", "lr", "seconds", "sequences_per_second",
    ]  # fmt: skip


def test_the_model_ends_with_the_weights_of_the_best_validation(tmp_path: Path) -> None:
    seen: list[Tensor] = []

    def validate(network: nn.Module) -> dict[str, float]:
        assert not network.training
        seen.append(network.state_dict()["output.weight"].clone())
        return {"auroc": [0.6, 0.9, 0.7][len(seen) - 1]}

    settings = toy_settings(max_steps=18)
    model, result = toy_fit(tmp_path, settings, validate=validate, monitor="auroc")
    assert (result.best_step, result.best_value) == (12, 0.9)
    assert torch.equal(model.state_dict()["output.weight"], seen[1])
    assert not model.training


def test_patience_is_counted_in_steps(tmp_path: Path) -> None:
    values = iter([0.5, 0.7, 0.6, 0.6, 0.6])
    settings = toy_settings(max_steps=300, patience=12)
    _, result = toy_fit(tmp_path, settings, validate=lambda _: {"loss": next(values)})
    assert (result.stopped, result.steps, result.best_step) == ("patience", 18, 6)


def test_an_undefined_metric_is_never_the_best(tmp_path: Path) -> None:
    values = iter([float("nan"), 0.2, float("nan")])
    settings = toy_settings(max_steps=18)
    _, result = toy_fit(tmp_path, settings, validate=lambda _: {"auc": next(values)}, monitor="auc")
    assert (result.best_step, result.best_value) == (12, 0.2)


def test_a_loss_that_is_not_a_number_names_its_step(tmp_path: Path) -> None:
    calls = 0

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return toy_loss(outputs, targets) * (float("nan") if calls == 4 else 1.0)

    with pytest.raises(TrainingDiverged, match="the loss became nan at step 4; lower --lr"):
        toy_fit(tmp_path, toy_settings(), loss=loss)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_loss_without_one_value_a_sequence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gave shape \(\), wanted one value a sequence \(16,\)"):
        toy_fit(tmp_path, toy_settings(), loss=lambda outputs, targets: outputs.mean())


def test_a_step_is_that_of_plain_torch(tmp_path: Path) -> None:
    settings = toy_settings(
        max_steps=1, optimizer="sgd", warmup_steps=0, ema_decay=0, clip_norm=0, weight_decay=0,
        batch_size=70,
    )  # fmt: skip
    data = ToySequences(70, weighted=True)
    model, plain = ToyNetwork(), ToyNetwork()
    plain.load_state_dict(model.state_dict())
    toy_fit(
        tmp_path, settings, model=model, validate=lambda _: {"loss": 0.0},
        inputs=lambda codes: toy_inputs(torch.sort(codes, dim=0).values.flip(1)) * 0 + 1,
        loss=lambda outputs, targets: (outputs - targets).square().mean(1),
    )  # fmt: skip
    ones, targets = torch.ones(70, 4, 24), torch.from_numpy(data.targets)
    weights = torch.from_numpy(data.weights)
    value = (((plain(ones) - targets) ** 2).mean(1) * weights).sum() / weights.sum()
    value.backward()
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        assert theirs.grad is not None
        torch.testing.assert_close(ours, theirs - 1e-2 * theirs.grad, rtol=1e-5, atol=1e-6)


def test_the_random_state_and_signal_handlers_are_put_back(tmp_path: Path) -> None:
    state, handler = torch.get_rng_state(), signal.getsignal(signal.SIGTERM)
    toy_fit(tmp_path, toy_settings(max_steps=3))
    assert torch.equal(torch.get_rng_state(), state)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_tensorboard_without_the_package_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"pip install 'seqcnn\[tensorboard\]'"):
        toy_fit(tmp_path, toy_settings(tensorboard=True))


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write here"):
        toy_fit(tmp_path / "absent", toy_settings())


def test_compile_without_a_compiler_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._inductor import cpp_builder, exc

    def none_found() -> str:
        raise exc.InvalidCxxCompiler

    monkeypatch.setattr(cpp_builder, "get_cpp_compiler", none_found)
    with pytest.raises(InputError, match=r"--compile needs a C\+\+ compiler"):
        toy_fit(tmp_path, toy_settings(compile=True))


def test_without_a_terminal_progress_prints_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "LINE_EVERY", 0.0)
    with (tmp_path / "log").open("w") as log:
        with training_progress(Console(file=log, width=200)) as bar:
            toy_fit(tmp_path, toy_settings(max_steps=6), progress=bar)
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[4].startswith("training on cpu (32) · step 5/6 · ")


@pytest.mark.parametrize("speed, left", [(0.835, "1:59"), (0.828, "2:00"), (100.0, "0:01")])
def test_time_left_is_in_minutes_and_less_than_sixty_seconds(speed: float, left: str) -> None:
    with training_progress(Console(file=io.StringIO(), width=200)) as bar:
        Report(bar, "training", total=100, step=0).advance(1, 0.5, speed, batch_size=1)
        assert bar.tasks[0].fields["left"] == left


def test_a_terminal_shows_a_bar(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        console = Console(file=log, width=160, force_terminal=True)
        with training_progress(console) as bar:
            toy_fit(tmp_path, toy_settings(max_steps=6), progress=bar)
    assert "6/6 steps" in (tmp_path / "log").read_text()
