"""The device and precision that a user's words stand for; apart, since it loads in no time."""

import torch

from seqcnn.errors import InputError


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
