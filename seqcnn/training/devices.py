"""Where and in which precision a run computes."""

import ctypes
import logging
import platform
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from torch import nn

from seqcnn.errors import InputError
from seqcnn.settings import FitSettings
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.slurm_tasks import cluster_environment

PRECISIONS: dict[str, Literal["32-true", "bf16-mixed", "16-mixed"]] = {
    "32": "32-true",
    "bf16": "bf16-mixed",
    "16": "16-mixed",
}


def use_threads(settings: FitSettings) -> None:
    """Give torch `settings.threads` CPU threads, shared among the processes of this machine."""
    if settings.threads:
        on_cpu = resolve_device(settings.device).type == "cpu"
        torch.set_num_threads(max(1, settings.threads // (settings.devices if on_cpu else 1)))


def keep_freed_memory() -> None:
    """Have the C library keep freed memory rather than return it to the system at each step.

    Activations of tens of MB are otherwise mapped and zeroed page by page again and again, about
    5 % of a step on a CPU. Only glibc knows these settings; elsewhere nothing is done.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    libc = ctypes.CDLL(None)
    libc.mallopt(mmap_threshold, 32 * 1024 * 1024)  # the most that glibc takes
    libc.mallopt(trim_threshold, 2**31 - 1)


def build_fabric(settings: FitSettings) -> Fabric:
    """The Fabric of `settings`: device, precision, and DDP where several processes train.

    With `devices * nodes > 1` this starts the other processes, each running this same command
    from its beginning (under torchrun, or where srun started as many, they run already), and joins
    them. So until here nothing may be printed or written, and from here on only where
    `fabric.is_global_zero`.

    Raises:
        InputError: the device is missing, there are fewer than `devices` of it, a notebook asks
            for several processes, or Slurm started another number of them.
    """
    device = resolve_device(settings.device)
    precision = resolve_precision(settings.precision, device)
    devices: int | list[int] = settings.devices
    several = settings.devices * settings.nodes > 1
    if device.type == "cuda":
        devices = _gpus(device, settings.devices)
    elif device.type == "mps" and several:
        raise InputError("--devices and --nodes: mps is one device; pass --devices 1 --nodes 1")
    if several and hasattr(sys, "ps1"):
        raise InputError("several processes need a command to run; use the command line")
    environment = cluster_environment(settings.devices, settings.nodes)
    with _quiet_fabric():
        fabric = Fabric(
            accelerator=device.type,
            devices=devices,
            num_nodes=settings.nodes,
            precision=PRECISIONS[precision],
            plugins=environment,
            # Synchronised norms keep buffers equal on all ranks: none are sent at each step.
            strategy=DDPStrategy(forward_sync_buffers=False, gradient_as_bucket_view=True)
            if several
            else "auto",
        )
        fabric.launch()
    return fabric


def precision_of(fabric: Fabric) -> str:
    """Fabric's name of the precision it computes in: "32-true", "bf16-mixed" or "16-mixed"."""
    return str(getattr(fabric.strategy.precision, "precision", "32-true"))


def compiled(model: nn.Module) -> nn.Module:
    """`torch.compile` of `model`, whose parameters keep their names.

    Raises:
        InputError: there is no C++ compiler.
    """
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        raise InputError(
            "--compile needs a C++ compiler and none was found; install g++ or leave it out"
        ) from None
    return cast(nn.Module, torch.compile(model))


def _gpus(device: torch.device, wanted: int) -> list[int]:
    there = torch.cuda.device_count()
    if device.index is not None and wanted > 1:
        raise InputError(
            f"--device {device} names one GPU and --devices wants {wanted}; pass --device cuda"
        )
    if wanted > there:
        raise InputError(f"--devices {wanted}: there are {there} CUDA GPUs; pass --devices {there}")
    return list(range(wanted)) if device.index is None else [device.index]


@contextmanager
def _quiet_fabric() -> Iterator[None]:
    """Keep back Fabric's notes on starting, and its advice on srun: Slurm's tasks are counted."""
    loggers = [
        logging.getLogger(f"lightning_fabric.utilities.{name}")
        for name in ("rank_zero", "distributed")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The `srun` command is available")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
