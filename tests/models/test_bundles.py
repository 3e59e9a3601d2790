"""Every network of the registry in every dimension predicts the same wherever it is asked.

Alone or among 64, after training or freshly loaded from its bundle.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from battery import CHANNELS, NARROW, OUT, batch, build, side, supported
from torch import Tensor, nn

from seqcnn.models import own_arguments
from seqcnn.training.bundle import Bundle, load_bundle

every_network = pytest.mark.parametrize(("name", "dim"), supported())


def trained(name: str, dim: int) -> tuple[nn.Module, Tensor]:
    """A narrow network left in training mode after a step, and inputs for it."""
    network = build(name, dim)
    network.train()
    x = batch(dim, 2, side(name, dim))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    with torch.random.fork_rng([]):
        torch.manual_seed(3)
        network(x).square().mean().backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return network, x


def reloaded(network: nn.Module, name: str, dim: int, folder: Path, **own: Any) -> nn.Module:
    """What comes back from a bundle of the network, with the battery's arguments and its `own`."""
    every = {"width": NARROW, "size": side(name, dim), "pooled": True, **own}
    known = own_arguments(name)
    card = {
        "seqcnn": "0.1",
        "architecture": {
            "name": name, "dim": dim, "in_channels": CHANNELS[dim], "out": OUT,
            "arguments": {key: value for key, value in every.items() if key in known},
        },
        "task": {}, "outputs": ["a", "b", "c"], "encoder": {},
    }  # fmt: skip
    Bundle(card, (network.state_dict(),)).save(folder / "model.safetensors")
    return load_bundle(folder / "model.safetensors").networks()[0]


@every_network
def test_a_trained_network_and_its_bundle_give_the_same_logits(
    name: str, dim: int, tmp_path: Path
) -> None:
    network, x = trained(name, dim)
    loaded = reloaded(network, name, dim, tmp_path)
    with torch.inference_mode():
        assert not loaded.training
        wanted = network.eval()(x)
        assert wanted.isfinite().all()
        # Bit for bit: the same weights in the same layers on the same machine.
        assert torch.equal(loaded(x), wanted)
        # Back and forth: nothing that training mode leaves behind is read.
        assert torch.equal(network.train().eval()(x), wanted)


@pytest.mark.parametrize("name", [name for name, dim in supported() if dim == 2])
def test_one_image_gets_the_logits_that_it_gets_among_64(name: str) -> None:
    """Of sequences tests/models/test_registry.py says the same."""
    network, _ = trained(name, 2)
    network.eval()
    x = batch(2, 64, side(name, 2))
    with torch.inference_mode():
        together = network(x)
        alone = torch.cat([network(x[row : row + 1]) for row in (0, 63)])
    # Sums are taken in another order; a float32 has 7 digits, of which hundreds of layers lose
    # some: half a thousandth of the largest logit is left.
    tolerance = 5e-4 * float(together.abs().max())
    torch.testing.assert_close(together[[0, 63]], alone, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["fcn_resnet18", "fcn_resnet50"])
@pytest.mark.parametrize("dim", [1, 2])
def test_what_learnt_from_one_label_gives_a_prediction_at_each_position(
    name: str, dim: int, tmp_path: Path
) -> None:
    network, x = trained(name, dim)
    network.eval()
    loaded = reloaded(network, name, dim, tmp_path, pooled=False)
    shape = (2, OUT, *x.shape[2:])
    with torch.inference_mode():
        found = loaded(x)
        assert (network(x).shape, found.shape) == ((2, OUT), shape)
        assert found.flatten(2).std(2).min() > 0
        scores = network.classifier(network.forward_features(x))
        torch.testing.assert_close(scores.flatten(2).mean(2), network(x))
        # Interpolation goes through the first score, half a step into the input.
        torch.testing.assert_close(found.flatten(2)[..., 0], scores.flatten(2)[..., 0])
