"""Layer tables and the list of networks."""

import pytest
import torch
from battery import CHANNELS, build, supported
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from seqcnn.errors import InputError
from seqcnn.models import MODELS, create_model
from seqcnn.models.describe import Model, describe_model, model_list
from seqcnn.models.layer_table import Layer, LayerTable, layer_table
from seqcnn.models.sequence_layers import Conv


def rows(table: LayerTable, name: str) -> list[Layer]:
    return [layer for layer in table.layers if layer.name == name]


# Totals, of one network of each class

FIRST = {getattr(kind, "func", kind): name for name, kind in reversed(MODELS.items())}.values()


@pytest.mark.parametrize(("name", "dim"), [pair for pair in supported() if pair[0] in FIRST])
def test_totals_are_those_that_torch_counts(name: str, dim: int) -> None:
    with torch.device("meta"):
        network = build(name, dim, width=1.0).eval()
        size = getattr(network, "size", max(64, getattr(network, "smallest", 1)))
        x = torch.empty((1, CHANNELS[dim]) + (size,) * dim)
    table = layer_table(network, tuple(x.shape[1:]))
    assert table.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert sum(layer.parameters for layer in table.layers) == table.parameters
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(x)
    assert 2 * table.multiply_adds == counter.get_total_flops()
    shapes = [tuple(tensor.shape[1:]) for tensor in (network.forward_features(x), network(x))]
    assert [table.features, table.output] == shapes


# Multiply-adds of the published forms at 224 x 224, 1000 classes
PUBLISHED = {
    "alexnet": 714_188_480,
    "resnet18": 1_814_073_344,
    "resnet50": 4_089_184_256,
    "vgg11": 7_609_090_048,
    "vgg16": 15_470_264_320,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_multiply_adds_are_the_published_ones(name: str) -> None:
    table = describe_model(name, dim=2, outputs=1000)
    assert table.multiply_adds == PUBLISHED[name]


# Single rows


def test_rows_of_a_convolution_and_a_dense_layer() -> None:
    network = nn.Sequential(
        nn.Conv2d(4, 6, 3, stride=2, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 4 * 4, 5)
    )
    table = layer_table(network, (4, 9, 10))
    assert table.layers == (
        # 6 x 4 x 4 outputs, each from 2 channels x 3 x 3; 6 * 2 * 9 weights and 6 biases
        Layer("0", "Conv", (6, 4, 4), 114, 96 * 18, 384, (3, 3), (2, 2)),
        Layer("1", "ReLU", (6, 4, 4), 0, 0, 384, (3, 3), (2, 2)),
        Layer("2", "Flatten", (96,), 0, 0, 384, None, None),
        Layer("3", "Linear", (5,), 485, 480, 20, None, None),
    )


def test_recurrent_layers_count_their_matrices_at_each_step() -> None:
    lstm = nn.LSTM(4, 8, num_layers=2, bidirectional=True, batch_first=True)
    network = nn.Sequential(Transposed(), lstm)
    table = layer_table(network, (4, 10))
    # 10 steps x 2 directions x 4 gates x 8 units x (inputs + 8 of the state), two layers
    assert table.multiply_adds == 10 * 2 * 32 * (4 + 8) + 10 * 2 * 32 * (16 + 8)
    assert rows(table, "1")[0].output == (10, 16)


class Transposed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


def test_a_layer_called_twice_has_two_rows_and_one_count_of_its_weights() -> None:
    layer = nn.Conv1d(2, 2, 3, padding=1, bias=False)
    table = layer_table(nn.Sequential(layer, layer), (2, 10))
    assert [(row.parameters, row.multiply_adds) for row in table.layers] == [(12, 120), (0, 120)]
    assert (table.parameters, table.multiply_adds) == (12, 240)


def test_both_strands_of_duplex_count_for_its_first_layer() -> None:
    both, one = (describe_model("duplex", own={"stranded": s, "bins": 0}) for s in (False, True))
    # 600 positions x 128 filters x 4 channels x 11
    assert rows(one, "stem")[0].multiply_adds == 3_379_200
    assert rows(both, "stem")[0].multiply_adds == 2 * 3_379_200


def test_weights_that_a_network_owns_itself_have_a_row() -> None:
    table = describe_model("duplex")
    # its position weights: 128 channels x 150 pooled positions
    assert [(row.kind, row.parameters) for row in rows(table, "(network)")] == [("Duplex", 19_200)]


def test_a_layer_that_never_runs_has_a_row_without_output() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = Conv(1, 1, 3), nn.Linear(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.used(x)

    table = layer_table(Idle(), (1, 10))
    assert rows(table, "idle") == [Layer("idle", "Linear", (), 25, 0, 0, None, None)]


def test_describing_leaves_the_network_as_it_is() -> None:
    network = create_model("resnet18", dim=1, in_channels=4, out=1, width=0.1).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    layer_table(network, (4, 100))
    assert network.training and not network.conv1._forward_hooks
    for name, tensor in network.state_dict().items():
        assert tensor.device.type == "cpu" and torch.equal(tensor, before[name])


# By name


def test_one_dimension_is_dna_of_600_bp_unless_said() -> None:
    assert describe_model("resnet18").layers[0].output == (64, 300)


def test_two_dimensions_are_a_picture_of_224_unless_said() -> None:
    assert describe_model("resnet18", dim=2).layers[0].output == (64, 112, 112)


def test_a_network_built_for_one_size_is_built_for_that_of_the_input() -> None:
    assert describe_model("basset", size=1000).features == (200, 18)
    assert describe_model("basset", own={"size": 1000}).features == (200, 18)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "dilated", "size": 7}, "model 'dilated': dilated takes inputs of 8 or more"),
        ({"name": "dilatd"}, "unknown model 'dilatd'; did you mean 'dilated'?"),
        ({"name": "dilated", "own": {"with": 2}}, "model 'dilated' has no argument 'with'"),
        ({"name": "dilated", "own": {"width": "wide"}}, "width is 'wide'; wanted a number"),
        ({"name": "dilated", "own": {"pools": 1.5}}, "pools is '1.5'; wanted a whole number"),
        ({"name": "basset", "size": 600, "own": {"size": 500}}, "600 positions and its argument"),
        ({"name": "duplex", "dim": 2}, "duplex reads sequences: it exists for dim 1 only"),
    ],
)
def test_what_a_network_does_not_take_is_refused_in_one_line(given: dict, message: str) -> None:
    with pytest.raises(InputError) as refused:
        describe_model(**given)
    assert message in str(refused.value) and "\n" not in str(refused.value)


# The list


@pytest.fixture(scope="module")
def listed() -> dict[str, Model]:
    return {model.name: model for model in model_list()}


def test_the_list_has_every_network_once_with_its_paper(listed: dict[str, Model]) -> None:
    assert listed.keys() == MODELS.keys()
    basset = listed["basset"]
    assert (basset.family, basset.parameters, basset.smallest) == ("Basset", 3_967_901, 168)
    assert basset.paper == (
        "Basset (Kelley, Snoek and Rinn, Genome Research 2016, doi 10.1101/gr.200535.115)."
    )
    assert basset.arguments == {"size": 600, "width": 1.0, "dropout": 0.3}


def test_the_list_says_which_networks_read_sequences_only(listed: dict[str, Model]) -> None:
    said = {(name, dim) for name, model in listed.items() for dim in model.dims}
    assert said == set(supported())


def test_a_full_stop_inside_parentheses_does_not_end_the_paper(listed: dict[str, Model]) -> None:
    # "Kelley et al., …" is inside
    assert listed["dilated"].paper.endswith("ICLR 2016, arXiv 1511.07122).")


def test_every_network_names_its_paper_or_says_that_it_is_our_own(listed: dict[str, Model]) -> None:
    silent = [
        name
        for name, model in listed.items()
        if not any(word in model.paper for word in ("arXiv", "doi", "NIPS", "the project's own"))
    ]
    assert silent == []
