"""Load a checkpoint into a network: ImageNet weights, also for other channels and for sequences.

Files are PyTorch's `.pth` and `.pt` (read as plain tensors: nothing in them is executed),
`.safetensors`, and the trained models of this package. Nothing is dropped silently.
"""

import pickle
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models.adaptation import fit, kernels_for_images

# Auxiliary heads in published checkpoints; most networks come without.
AUXILIARY = ("aux1", "aux2", "AuxLogits", "aux_classifier")
# torch.load has no error of its own: a damaged file shows as any of these.
DAMAGED = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, ValueError, TypeError, LookupError),
    *(AttributeError, AssertionError, OverflowError, struct.error),
)
NAMED = 3  # tensors that a message names before it counts


class LoadedWeights(NamedTuple):
    """What `load_weights` did, by names of tensors.

    `loaded`: tensors of the network that came from the file. `adapted`: those of them that were
    changed on the way, and how. `new`: tensors of the network that stayed as they were.
    `left_out`: names in the file that were not used.
    """

    loaded: tuple[str, ...]
    adapted: dict[str, str]
    new: tuple[str, ...]
    left_out: tuple[str, ...]


def load_weights(
    network: nn.Module,
    file: Path | str,
    *,
    head: Literal["keep", "new"] = "keep",
    channels: Literal["mean", "repeat"] = "mean",
    collapse: Literal["error", "sum"] = "error",
    strict: bool = True,
) -> LoadedWeights:
    """Copy the weights of a checkpoint into a network, or raise and leave it untouched.

    Args:
        head: `"keep"` takes the output layer from the file; `"new"` leaves the network's own one,
            and its auxiliary heads, as they are.
        channels: how kernels of the first layer go to another number of channels: each new one is
            the `"mean"` of the file's, or they `"repeat"` in turn; scaled so that an input with
            the same values in all channels gets the same response as before.
        collapse: `"sum"` sums kernels for images over their height for a network on sequences.
        strict: refuse a file that lacks a tensor of the network or has others (auxiliary heads
            aside); otherwise load what fits and tell the rest.

    Raises:
        InputError: the file is not a checkpoint, or does not fit the network.
    """
    _check("head", head, ("keep", "new"))
    _check("channels", channels, ("mean", "repeat"))
    _check("collapse", collapse, ("error", "sum"))
    path, state = Path(file), network.state_dict()
    if any(tensor.is_meta for tensor in state.values()):
        raise ValueError("the network is on the meta device, which holds no weights")
    tensors, left_out = _tensors(path)
    sources = {_name_today(name, tensors): name for name in tensors}
    given = {name: tensors[source] for name, source in sources.items()}
    image = kernels_for_images(network, given)
    if image and collapse == "error":
        raise InputError(
            f"{path}: {image} is for images, the network reads sequences; "
            "pass collapse='sum' to sum its kernels over their height"
        )
    without = _heads(network) if head == "new" else ()
    try:
        ready, adapted, misfits = fit(network, given, without=without, channels=channels)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    for name, source in sources.items():
        if name not in ready:
            left_out.append(source)
            if name not in state and not name.startswith(_heads(network)):
                misfits[name] = "is not in the network"
        elif name != source:
            adapted[name] = ", ".join([*filter(None, [adapted.get(name)]), f"named {source}"])
    if misfits and (strict or not any(tensor.dim() for tensor in ready.values())):
        raise InputError(f"{path}: {_complaint(network, misfits)}")
    with torch.no_grad():
        for name, tensor in ready.items():
            state[name].copy_(tensor)
    new = tuple(name for name in state if name not in ready)
    return LoadedWeights(tuple(ready), adapted, new, tuple(left_out))


def _check(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{option} is {value!r}; it takes: {', '.join(known)}")


def _heads(network: nn.Module) -> tuple[str, ...]:
    """Beginnings of the names in the output layer and in auxiliary heads."""
    own = (getattr(network, "head", ""), *getattr(network, "auxiliary_heads", ()))
    return tuple(f"{path}." for path in (*own, *AUXILIARY) if path)


def _complaint(network: nn.Module, misfits: Mapping[str, str]) -> str:
    listed = "; ".join(f"{name} {why}" for name, why in list(misfits.items())[:NAMED])
    if len(misfits) > NAMED:
        listed += f"; and {len(misfits) - NAMED} more"
    if all(name.startswith(_heads(network)) for name in misfits):
        return f"{listed}; pass head='new' to keep the network's own output layers"
    return f"{listed}; is it the same network and width? (in Python, strict=False loads what fits)"


def _name_today(name: str, tensors: Mapping[str, Tensor]) -> str:
    """DenseNet's `denselayer1.norm.1.weight` became `….norm1.weight` with PyTorch 0.4."""
    today = re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name)
    return name if today in tensors else today


def _tensors(path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """Tensors of a checkpoint by name, and the names of what lies beside them."""
    content = _content(path)
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__}, not named tensors")
    left_out: list[str] = []
    for nest in ("state_dict", "model"):
        if isinstance(content.get(nest), Mapping):
            left_out = [str(key) for key in content if key != nest]
            content = content[nest]
            break
    for prefix in ("module.", "members.0."):
        inside = [key for key in content if str(key).startswith(prefix)]
        if inside and (prefix != "module." or len(inside) == len(content)):
            others = (str(key) for key in content if key not in inside)
            # A bundle's distance score is no part of its network.
            left_out += [key for key in others if not key.startswith("distance.")]
            content = {key.removeprefix(prefix): content[key] for key in inside}
    tensors = {}
    for name, tensor in ((str(key), value) for key, value in content.items()):
        plain = isinstance(tensor, Tensor) and tensor.layout == torch.strided
        if not plain or tensor.is_meta or not name.isprintable():
            raise InputError(f"{path}: {name!r} is not a plain tensor; save a state_dict alone")
        tensors[name] = tensor.detach()
    if not tensors:
        raise InputError(f"{path}: holds no tensors")
    return tensors, left_out


def _content(path: Path) -> Any:
    try:
        with path.open("rb") as opened:
            start = opened.read(16)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        if start[8:9] == b"{":
            return load_file(path)
        if start.startswith((b"PK\x03\x04", b"\x80")):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (*DAMAGED, SafetensorError) as error:
        code = re.search(r"GLOBAL (\S+)|(TorchScript)", str(error))
        if code:
            raise InputError(
                f"{path}: holds more than tensors ({code[1] or code[2]}), which would mean "
                "running its code; save network.state_dict() alone"
            ) from None
        raise InputError(f"{path}: not a whole checkpoint; copy or download it again") from None
    page = " but a web page" if start.lstrip().startswith(b"<") else ""
    raise InputError(f"{path}: not a PyTorch or safetensors file{page}; download it again")
