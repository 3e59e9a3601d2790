"""What this machine is and how fast it multiplies: versions, devices, threads, measured rates."""

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from seqcnn.training.device_choice import native_bf16
from seqcnn.version import __version__

MATRIX = 2048  # side of the multiplied matrices
CONVOLUTION = (64, 300, 194, 200, 11)  # Basset's second layer: batch, in, positions, out, kernel


def doctor(*, seconds: float = 0.5) -> dict[str, Any]:
    """Versions, devices, threads and rates in GFLOP/s, measured for `seconds` each.

    Returns a dict of plain values: `versions`, `system`, `devices`, `rates` (a list of device,
    precision, matrix GFLOP/s, convolution GFLOP/s), `advice` (sentences).
    """
    devices = _devices()
    rates = []
    for device in devices:
        for precision, dtype in _precisions(device["name"]):
            rates.append(
                {
                    "device": device["name"],
                    "precision": precision,
                    "matrix": _matrix_rate(device["name"], dtype, seconds),
                    "convolution": _convolution_rate(device["name"], dtype, seconds),
                }
            )
    return {
        "versions": versions(),
        "system": {
            "platform": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "memory": f"{_memory_bytes() / 2**30:.1f} GiB",
            "bf16": "native" if native_bf16() else "emulated (slow): precision auto takes 32",
        },
        "devices": devices,
        "rates": rates,
        "advice": _advice(devices, rates),
    }


def versions() -> dict[str, str]:
    """Versions of seqcnn, Python and every package that seqcnn needs."""
    found = {"seqcnn": __version__, "python": sys.version.split()[0]}
    try:
        required = requires("seqcnn") or []
    except PackageNotFoundError:  # run from a source tree that is not installed
        required = []
    for requirement in required:
        if "extra ==" in requirement:
            continue
        name = requirement.split(">")[0].split("<")[0].split("=")[0].strip()
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _devices() -> list[dict[str, Any]]:
    devices: list[dict[str, Any]] = [{"name": "cpu", "model": _processor()}]
    for number in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(number)
        memory = f"{properties.total_memory / 2**30:.0f} GiB"
        devices.append({"name": f"cuda:{number}", "model": f"{properties.name}, {memory}"})
    if torch.backends.mps.is_available():
        devices.append({"name": "mps", "model": "Apple GPU"})
    return devices


def _precisions(device: str) -> list[tuple[str, torch.dtype]]:
    both = [("32", torch.float32), ("bf16", torch.bfloat16)]
    if device == "cpu":
        return both if native_bf16() else both[:1]
    return both if device != "mps" else both[:1]


def _matrix_rate(device: str, dtype: torch.dtype, seconds: float) -> float:
    a = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    b = torch.randn(MATRIX, MATRIX, device=device).to(dtype)
    return _rate(lambda: a @ b, 2 * MATRIX**3, device, seconds)


def _convolution_rate(device: str, dtype: torch.dtype, seconds: float) -> float:
    batch, entering, positions, leaving, kernel = CONVOLUTION
    x = torch.randn(batch, entering, positions, device=device).to(dtype)
    weight = torch.randn(leaving, entering, kernel, device=device).to(dtype)
    operations = 2 * batch * (positions - kernel + 1) * entering * leaving * kernel
    return _rate(lambda: functional.conv1d(x, weight), operations, device, seconds)


def _rate(run: Callable[[], Tensor], operations: int, device: str, seconds: float) -> float:
    """GFLOP/s of the fastest of the repeats that fit into `seconds`."""
    with torch.inference_mode():
        run()
        best = float("inf")
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            _wait(device)
            began = time.perf_counter()
            run()
            _wait(device)
            best = min(best, time.perf_counter() - began)
    return operations / best / 1e9


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def _advice(devices: list[dict[str, Any]], rates: list[dict[str, Any]]) -> list[str]:
    advice = []
    if len(devices) == 1:
        advice.append("No GPU is seen: training runs on the CPU.")
        if torch.version.cuda is None and os.path.exists("/proc/driver/nvidia"):
            advice.append(
                "An NVIDIA driver is installed, but this torch is a CPU build: "
                "install torch's default build into this environment."
            )
    cpu = {rate["precision"]: rate["convolution"] for rate in rates if rate["device"] == "cpu"}
    if "bf16" in cpu:
        gain = cpu["bf16"] / cpu["32"]
        advice.append(f"On this CPU bf16 convolves {gain:.1f} times as fast as 32-bit.")
    return advice


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
