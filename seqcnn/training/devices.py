"""Where and in which precision a run computes."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy

from seqcnn.errors import InputError
from seqcnn.settings import FitSettings


def resolve_device(name: str) -> torch.device:
    """The device that `--device` `auto`, `cpu`, `cuda`, `cuda:1` or `mps` stands for.

    Raises:
        InputError: the name is unknown, or there is no such device here.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if gpus else "mps" if mps else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and (kind != "cuda" or not index.isdigit())):
        raise InputError(f"--device {name}: unknown; pass auto, cpu, cuda, cuda:1 or mps")
    found = ["cpu"] + [f"cuda:{gpu}" for gpu in range(gpus)] + ["mps"] * mps
    if (kind if not index else name) not in {*found, *(word.split(":")[0] for word in found)}:
        why = ""
        if kind == "cuda" and not torch.backends.cuda.is_built():
            why = " (this build of torch is without CUDA)"
        raise InputError(
            f"--device {name}: there is none here{why}; found {', '.join(found)}: "
            f"pass --device {found[0]} or auto"
        )
    return torch.device(name)


def native_bf16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware (AVX-512 BF16, AMX, ARM BF16)."""
    if not torch.backends.mkldnn.is_available():
        return False
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def resolve_precision(name: str, device: torch.device) -> str:
    """`32`, `bf16` or `16`: what `--precision` `name` stands for on `device`.

    `auto` is bf16 where the processor or GPU computes it in hardware, else 32.

    Raises:
        InputError: 16 on a device without loss scaling.
    """
    if name == "16" and device.type != "cuda":
        raise InputError(
            f"--precision 16 needs a CUDA GPU and this run is on {device.type}; "
            "pass --precision bf16 or 32"
        )
    if name != "auto":
        return name
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device.type == "cpu" and native_bf16()
    return "bf16" if fast else "32"


def use_threads(settings: FitSettings) -> None:
    """Give torch `settings.threads` CPU threads, shared among the processes of this machine."""
    if settings.threads:
        on_cpu = resolve_device(settings.device).type == "cpu"
        torch.set_num_threads(max(1, settings.threads // (settings.devices if on_cpu else 1)))


def build_fabric(settings: FitSettings) -> Fabric:
    """The Fabric of `settings`: device, precision, and DDP where several processes train.

    With `devices * nodes > 1` call `fabric.launch(function)` next: it starts the other processes
    by running this same command again in each (under SLURM or torchrun they already run), so
    nothing may be printed or written before it except under `fabric.is_global_zero`.

    Raises:
        InputError: the device is missing, or there are fewer than `devices` of it.
    """
    device = resolve_device(settings.device)
    precision = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}
    devices: int | list[int] = settings.devices
    if device.type == "cuda":
        devices = _gpus(device, settings.devices)
    elif device.type == "mps" and settings.devices > 1:
        raise InputError(f"--devices {settings.devices}: there is one mps device; pass --devices 1")
    several = settings.devices * settings.nodes > 1
    with _quiet_fabric(several):
        return Fabric(
            accelerator=device.type,
            devices=devices,
            num_nodes=settings.nodes,
            precision=precision[resolve_precision(settings.precision, device)],
            strategy=_data_parallel() if several else "auto",
        )


def _gpus(device: torch.device, wanted: int) -> list[int]:
    there = torch.cuda.device_count()
    if device.index is not None and wanted > 1:
        raise InputError(
            f"--device {device} names one GPU and --devices wants {wanted}; pass --device cuda"
        )
    if wanted > there:
        raise InputError(f"--devices {wanted}: there are {there} CUDA GPUs; pass --devices {there}")
    return list(range(wanted)) if device.index is None else [device.index]


def _data_parallel() -> DDPStrategy:
    # A notebook has no command to run again, so there the processes are forked.
    interactive = hasattr(sys, "ps1")
    # Synchronised norms keep the buffers equal on all ranks: no broadcast is needed.
    return DDPStrategy(
        start_method="fork" if interactive else "popen",
        broadcast_buffers=False,
        gradient_as_bucket_view=True,
    )


@contextmanager
def _quiet_fabric(several: bool) -> Iterator[None]:
    """Keep back Fabric's note on its precision and, for one process, its advice on srun."""
    logger = logging.getLogger("lightning_fabric.utilities.rank_zero")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            if not several:
                warnings.filterwarnings("ignore", message="The `srun` command is available")
            yield
    finally:
        logger.setLevel(level)
