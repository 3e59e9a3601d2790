"""Devices and precision are resolved once, with errors that say what there is."""

import pytest
import torch
from toy_run import toy_settings

from seqcnn.errors import InputError
from seqcnn.training import devices

CPU = torch.device("cpu")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("no_gpu")
def test_auto_is_the_cpu_where_there_is_nothing_else() -> None:
    assert devices.resolve_device("auto") == CPU


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_a_missing_device_says_what_there_is(name: str) -> None:
    with pytest.raises(InputError, match=f"--device {name}: there is none here.*found cpu"):
        devices.resolve_device(name)


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_chosen_by_number() -> None:
    assert devices.resolve_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_number_too_high_says_what_there_is() -> None:
    with pytest.raises(InputError, match="found cpu, cuda:0, cuda:1"):
        devices.resolve_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:0", ""])
def test_an_unknown_device_is_an_input_error(name: str) -> None:
    with pytest.raises(InputError, match="unknown; pass auto, cpu, cuda, cuda:1 or mps"):
        devices.resolve_device(name)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"architecture": "x86_64", "avx512_bf16": True}, "bf16"),
        ({"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": True}, "bf16"),
        ({"architecture": "aarch64", "bf16": True}, "bf16"),
        ({"architecture": "x86_64", "avx2": True}, "32"),
    ],
)
def test_auto_precision_is_bf16_where_the_processor_has_it(
    found: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert devices.resolve_precision("auto", CPU) == expected


def test_precision_16_on_a_cpu_is_an_input_error() -> None:
    with pytest.raises(InputError, match="--precision 16 needs a CUDA GPU"):
        devices.resolve_precision("16", CPU)


def test_fabric_computes_in_the_precision_asked_for() -> None:
    fabric = devices.build_fabric(toy_settings(precision="bf16"))
    assert fabric.device == CPU
    assert fabric.strategy.precision.precision == "bf16-mixed"


def test_building_fabric_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    devices.build_fabric(toy_settings(precision="bf16"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("two_gpus")
def test_more_gpus_than_there_are_is_an_input_error() -> None:
    with pytest.raises(InputError, match="--devices 3: there are 2 CUDA GPUs"):
        devices.build_fabric(toy_settings(device="cuda", devices=3))
