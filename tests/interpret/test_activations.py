"""Layers, their maps, and where in the input each position looks, on networks made by hand."""

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.interpret.activations import (
    captured,
    layer_maps,
    map_layers,
    named_layers,
    spread_layers,
)
from seqcnn.interpret.channel_order import clustered, strongest_channels
from seqcnn.interpret.layer_windows import centres, located
from seqcnn.models import create_model


class Twice(nn.Module):
    """The same activation is called twice; then positions are gone."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, 2, 3, padding=1)
        self.second = nn.Conv1d(2, 3, 5, stride=2)
        self.relu = nn.ReLU()
        self.output = nn.Linear(3, 1)
        with torch.no_grad():
            for weights in self.parameters():
                weights.zero_()
            self.first.weight[0, 2, 1] = 1.0  # counts G at its own place
            self.first.weight[1, 0, 0] = 1.0  # and A one place before
            self.second.weight[0, 0] = 1.0
            self.second.weight[1, 1, 0] = -1.0

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.second(self.relu(self.first(x))))
        made: Tensor = self.output(x.amax(2))
        return made


def one_hot(sequence: str) -> Tensor:
    letters = torch.tensor(["ACGT".index(letter) for letter in sequence])
    return nn.functional.one_hot(letters, 4).T.float()[None]


def touched(network: nn.Module, name: str, shape: tuple[int, ...], place: int) -> list[int]:
    """Input places that change what a layer says at `place`, one at a time."""
    layer = next(one for one in map_layers(network, shape) if one.name == name)
    x = torch.rand((1, *shape), generator=torch.Generator().manual_seed(0))
    before = layer_maps(network, [layer], x)[name][..., place]
    found = []
    for at in range(shape[-1]):
        changed = x.clone()
        changed[..., at] += torch.linspace(0.5, 1.5, shape[0])[:, None] if x.dim() == 4 else 1.0
        after = layer_maps(network, [layer], changed)[name][..., place]
        if not torch.equal(before, after):
            found.append(at)
    return found


def test_layers_are_listed_in_order_with_shapes_and_second_calls() -> None:
    layers = map_layers(Twice(), (4, 21))
    assert [(one.name, one.channels, one.positions, one.field, one.stride) for one in layers] == [
        ("first", 2, (21,), (3,), (1,)),
        ("relu", 2, (21,), (3,), (1,)),
        ("second", 3, (9,), (7,), (2,)),
        ("relu:2", 3, (9,), (7,), (2,)),
        ("output", 1, (), None, None),
    ]


def test_maps_are_what_the_weights_say() -> None:
    network = Twice().eval()
    layers = map_layers(network, (4, 7))
    maps = layer_maps(network, layers, one_hot("AAGGCAT"))
    assert maps["first"][0].tolist() == [[0, 0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0, 1]]
    assert maps["second"][0].tolist() == [[2, 2], [0, -1], [0, 0]]
    assert maps["relu:2"][0].tolist() == [[2, 2], [0, 0], [0, 0]]
    assert maps["output"].tolist() == [[0]]


def test_nothing_runs_behind_the_last_wanted_layer() -> None:
    network = Twice().eval()
    network.output = nn.Linear(99, 1)  # would fail
    layers = map_layers(Twice(), (4, 7))[:2]
    assert layer_maps(network, layers, one_hot("AAGGCAT"))["relu"].shape == (1, 2, 7)


def test_hooks_are_gone_after_an_error() -> None:
    network = Twice()
    layers = map_layers(network, (4, 7))
    with pytest.raises(RuntimeError, match="expected"), captured(network, layers) as run:
        run(torch.zeros(1, 3, 7))
    assert not network.relu._forward_hooks


def test_recurrent_maps_have_their_channels_first() -> None:
    network, length = small_network("bilstm")
    layer = map_layers(network, (4, length))[0]
    maps = layer_maps(network, [layer], torch.rand(2, 4, length))
    assert (layer.name, layer.positions, layer.field) == ("recurrent", (length,), None)
    assert maps["recurrent"].shape == (2, layer.channels, length)


def test_layers_are_chosen_from_early_to_late_behind_their_activation() -> None:
    network = create_model("basset", dim=1, in_channels=4, out=1, size=600, width=1 / 16)
    chosen = spread_layers(map_layers(network, (4, 600)))
    assert [(one.name, one.kind, one.field) for one in chosen] == [
        ("features.0", "Conv", (19,)),
        ("features.3", "ReLU", (21,)),
        ("features.4", "Conv", (51,)),
        ("features.8", "Conv", (132,)),
        ("features.11", "ReLU", (168,)),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_layers_to_show(name: str) -> None:
    network, length = small_network(name)
    chosen = spread_layers(map_layers(network, (4, length)))
    assert 1 <= len(chosen) <= 5
    found = located(network, chosen, (4, length))
    maps = layer_maps(network, found, torch.rand(2, 4, length))
    for layer in found:
        assert maps[layer.name].shape == (2, layer.channels, *layer.positions)
        if layer.positions:
            middle = centres(layer)
            assert len(middle) == layer.positions[0]
            # The middle of the map looks at the middle of the sequence, give or take a step.
            reach = (layer.stride or (1,))[0]
            assert abs(middle.mean() - (length - 1) / 2) <= max(reach, length / 3)


@pytest.mark.parametrize("name", ["basset", "deepbind", "resnet18", "danq", "nin", "pileup"])
def test_windows_hold_exactly_the_places_that_matter(name: str) -> None:
    network, length = small_network(name)
    layers = map_layers(network, (4, length))
    for layer in located(network, spread_layers(layers)[:2], (4, length)):
        assert layer.start and layer.field and layer.stride
        for place in (0, layer.positions[0] // 2, layer.positions[0] - 1):
            start = layer.start[0] + layer.stride[0] * place
            seen = touched(network, layer.name, (4, length), place)
            # Poolings and rectifiers hide some; none lies outside.
            assert all(start <= at < start + layer.field[0] for at in seen)


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_the_first_window_starts_in_the_padding(padding: int) -> None:
    network = nn.Sequential(nn.Conv1d(4, 2, 5, padding=padding, stride=3), nn.MaxPool1d(2))
    first, pooled = located(network, map_layers(network, (4, 40)), (4, 40))
    assert (first.start, first.field, first.stride) == ((-padding,), (5,), (3,))
    assert (pooled.start, pooled.field, pooled.stride) == ((-padding,), (8,), (6,))
    assert centres(pooled)[:2].tolist() == [-padding + 3.5, -padding + 9.5]


def test_sides_of_an_image_are_located_apart() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, (3, 5), padding=(1, 0), stride=(1, 2)))
    (layer,) = located(network, map_layers(network, (1, 12, 20)), (1, 12, 20))
    assert (layer.start, layer.field, layer.stride) == ((-1, 0), (3, 5), (1, 2))


def test_a_window_wider_than_the_input_is_placed_by_its_inner_end() -> None:
    network = nn.Sequential(nn.Conv1d(4, 2, 31, padding=15))
    (layer,) = located(network, map_layers(network, (4, 12)), (4, 12))
    assert (layer.start, layer.field) == ((-15,), (31,))


def test_locating_leaves_the_network_in_its_mode() -> None:
    network = Twice().train()
    located(network, map_layers(network, (4, 21)), (4, 21))
    assert network.training
    assert not network.relu._forward_hooks


def test_a_block_stands_for_its_last_layer() -> None:
    network, length = small_network("resnet18")
    layers = map_layers(network, (4, length))
    (found,) = named_layers(layers, ["layer2.0"])
    assert found.name == "layer2.0.relu:2"


def test_an_unknown_layer_names_the_nearest() -> None:
    layers = map_layers(Twice(), (4, 21))
    with pytest.raises(InputError) as caught:
        named_layers(layers, ["frist"], "net.safetensors")
    assert str(caught.value) == (
        "--layer frist: not a layer of net.safetensors; nearest: first; see --layers"
    )


def test_the_channels_that_vary_most_are_kept_in_order() -> None:
    maps = np.zeros((2, 4, 5))
    maps[0, 3, 1], maps[1, 1, 2], maps[0, 0, 0] = 3.0, 2.0, 0.5
    assert strongest_channels(maps, 2).tolist() == [1, 3]


def test_channels_that_rise_together_stand_together() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 30))
    rows = np.stack([first, second, first * 2, second + 0.01 * first, np.ones(30)])
    order = clustered(rows[None]).tolist()
    assert order[-1] == 4
    assert {tuple(sorted(order[:2])), tuple(sorted(order[2:4]))} == {(0, 2), (1, 3)}
