"""`seqcnn models`."""

import json

from seqcnn.models import MODELS


def test_the_list_names_every_network_with_its_paper(seqcnn):
    outcome = seqcnn("models")
    assert outcome.code == 0
    first_words = {line.split()[0] for line in outcome.out.splitlines() if line.strip()}
    assert first_words >= set(MODELS)
    assert "Basset (Kelley, Snoek and Rinn, Genome Research 2016" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100


def test_the_list_as_json_has_every_network(seqcnn):
    listed = json.loads(seqcnn("models", "--json").out)
    assert {model["name"] for model in listed} == set(MODELS)
    assert next(m for m in listed if m["name"] == "resnet18")["parameters"] == 3_845_761


def test_the_layer_table_shows_layers_and_totals(seqcnn):
    outcome = seqcnn("models", "basset", "--outputs", "164")
    assert outcome.code == 0
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert "features.0 Conv 300 x 582 23,100 13.3 M 698 kB 19 1" in lines
    assert "features.3 ReLU 300 x 194 - - 233 kB 21 3" in lines
    assert "output Linear 164 164,164 164 k 656 B all -" in lines
    assert "parameters 4,131,064" in lines
    assert "last feature map 200 x 10" in lines
    assert "its receptive field 168" in lines
    assert "Multiply-adds are those of convolutions" in outcome.out
    assert max(map(len, lines)) <= 100


def test_input_and_arguments_reach_the_network(seqcnn):
    outcome = seqcnn(
        "models", "resnet18", "--dim", "2", "--channels", "7", "--size", "64", "--outputs", "3",
        "--json", "--model-arguments", "width=0.5", "dropout=0.1",
    )  # fmt: skip
    table = json.loads(outcome.out)
    assert table["layers"][0] == {
        "name": "conv1",
        "kind": "Conv",
        "output": [32, 32, 32],
        "parameters": 32 * 7 * 49,
        "multiply_adds": 32 * 7 * 49 * 32 * 32,
        "activation_bytes": 4 * 32**3,
        "receptive_field": [7, 7],
        "stride": [2, 2],
    }
    assert table["layers"][-1]["output"] == [3]


def test_an_unknown_network_is_refused_in_one_line(seqcnn):
    outcome = seqcnn("models", "basse")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("seqcnn: unknown model 'basse'; did you mean 'basset'?")
    assert outcome.err.count("\n") == 1


def test_a_size_below_the_smallest_is_refused_in_one_line(seqcnn):
    outcome = seqcnn("models", "dilated", "--size", "7")
    assert (outcome.code, outcome.err) == (
        2,
        "seqcnn: model 'dilated': dilated takes inputs of 8 or more positions; this one has 7\n",
    )
