"""What Basset learns of the demo data in so many steps: plain loop, default settings, fp32."""

import numpy as np
import torch
from basset_loops import fit_loop, our_basset, plain_basset, plain_loop, settings_for
from rich.console import Console
from torch import nn

from seqcnn.api.train import read_data, resolve_settings
from seqcnn.data.examples import Examples
from seqcnn.encoders.tensors import expand
from seqcnn.settings import FitSettings
from seqcnn.training.batches import Batches
from seqcnn.training.device_choice import resolve_device
from seqcnn.training.metrics import classification_metrics, compare
from seqcnn.training.predict import predict_logits


def learning_table(device_name: str, *, steps: int) -> None:
    """Print validation AUROC after the same steps from the same weights and batches."""
    train_settings, task, _ = resolve_settings(None, {})
    data = read_data(task, train_settings, Console(quiet=True))
    train, val = data.splits["train"], data.splits["val"]
    device = resolve_device(device_name)
    settings = settings_for(steps, device_name)
    torch.manual_seed(0)
    first = our_basset(len(data.outputs)).state_dict()
    trained: dict[str, tuple[nn.Module, float]] = {}
    for name, changed in (("seqcnn, default settings", {}), ("seqcnn, fp32", {"precision": "32"})):
        network = our_basset(len(data.outputs))
        network.load_state_dict(first)
        block = fit_loop(network, train, settings.model_copy(update=changed))
        trained[name] = (network, block.seconds)
    trained["plain fp32 loop"] = _plain(first, train, settings, device)

    scores = {
        name: predict_logits([network], val, inputs=expand, device=device)[0]
        for name, (network, _) in trained.items()
    }
    groups = val.groups()
    default = "seqcnn, default settings"
    print(
        f"\nDemo data, {steps} steps of {settings.batch_size} from the same first weights, "
        f"{len(val):,} validation windows, {len(data.outputs)} outputs:\n"
    )
    print("| training | seconds | validation AUROC [95 %] | default less this [95 %] |")
    print("|---|--:|--:|--:|")
    for name, (_, seconds) in trained.items():
        chances = 1 / (1 + np.exp(-scores[name]))
        found = classification_metrics(chances, val.targets, groups=groups).mean["auroc"]
        cells = f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        less = "-"
        if name != default:
            gain = compare("auroc", scores[default], scores[name], val.targets, groups=groups)
            less = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        print(f"| {name} | {seconds:.0f} | {cells} | {less} |")


def _plain(
    first: dict[str, torch.Tensor], train: Examples, settings: FitSettings, device: torch.device
) -> tuple[nn.Module, float]:
    """The plain network after the same batches, without augmentation, from the same weights."""
    network = plain_basset(len(train.names))
    # The same layers in the same order, under other names.
    network.load_state_dict(dict(zip(network.state_dict(), first.values(), strict=True)))
    network.to(device)
    order = Batches(train, batch_size=settings.batch_size, seed=settings.seed)
    rows = np.stack([order._rows(step) for step in range(settings.max_steps)])
    x = expand(torch.from_numpy(train.take(np.arange(len(train)))).to(device))
    targets = torch.from_numpy(train.targets).to(device)
    return network, plain_loop(network, x, targets, rows, lr=settings.lr)
