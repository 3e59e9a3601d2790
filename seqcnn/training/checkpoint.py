"""The state of a run in one safetensors file: all that an exact continuation needs, no pickle.

Tensors are named `network/<name>`, `average/<name>`, `best/<name>` (as in `state_dict`) and
`optimizer/<state>/<parameter>`; the metadata is JSON. Random states are not kept, because every
draw is keyed by the step.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError

FORMAT = "seqcnn checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, the loop's own numbers, and what identifies the run."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]
    identity: dict[str, Any]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors named `name/...`, without that prefix."""
        prefix = f"{name}/"
        return {
            key.removeprefix(prefix): value
            for key, value in self.tensors.items()
            if key.startswith(prefix)
        }


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` to `path`, whole or not at all.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    metadata = {
        "format": FORMAT,
        "state": json.dumps(checkpoint.state),
        "identity": json.dumps(checkpoint.identity),
    }
    tensors: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in checkpoint.tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        # safetensors refuses two names for one memory (tied weights): the second is copied.
        tensors[name] = tensor.clone() if tensor.data_ptr() in seen else tensor
        seen.add(tensor.data_ptr())
    with whole_file(path) as temporary:
        try:
            save_file(tensors, temporary, metadata)
        except SafetensorError as error:
            raise OSError(f"{error}") from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: the file is damaged, or of another format.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: not a readable checkpoint ({error}); delete it to start afresh"
        ) from None
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{path}: holds '{metadata.get('format', 'no format')}', wanted '{FORMAT}'; "
            "delete it to start afresh"
        )
    return Checkpoint(tensors, json.loads(metadata["state"]), json.loads(metadata["identity"]))


def check_identity(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to continue a run that is not this one, naming what differs.

    Raises:
        InputError: any entry differs.
    """
    # The JSON round trip makes tuples lists, as in the file.
    now = json.loads(json.dumps(now))
    changed = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    if changed:
        shown = ", ".join(f"{name} {then.get(name)}, now {now.get(name)}" for name in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise InputError(
            f"{path}: is of another run: {shown}{more}; resume with what it was started with, "
            "or start afresh in another folder"
        )


def network_identity(model: nn.Module) -> dict[str, Any]:
    """What identifies a network: the name and shape of every parameter and buffer."""
    return {f"shape of {name}": list(tensor.shape) for name, tensor in model.state_dict().items()}


def optimizer_tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as `<state>/<parameter>`, for example `exp_avg/output.weight`."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    tensors = {}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{key}/{names[id(parameter)]}"] = value
    return tensors


def restore_optimizer(
    model: nn.Module, optimizer: Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `optimizer_tensors` gave, on each parameter's device."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    index = {names[id(parameter)]: number for number, parameter in enumerate(parameters)}
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        key, _, parameter_name = name.partition("/")
        state.setdefault(index[parameter_name], {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


@torch.no_grad()
def restore_module(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy `tensors` into parameters and buffers in place, so that references to them hold."""
    for name, target in module.state_dict(keep_vars=True).items():
        target.copy_(tensors[name])
