import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from seqcnn.encoders.dna import encode
from seqcnn.errors import InputError
from seqcnn.training.bundle import Bundle, load_bundle
from seqcnn.training.distance import Distance, Neighbours, composition, fit_distance


def features(number: int, seed: int, width: int = 6) -> dict[str, np.ndarray]:
    """Two views: correlated normal features, and others with a column that never varies."""
    generator = np.random.default_rng(seed)
    mixed = generator.normal(size=(number, width)) @ np.triu(np.ones((width, width)))
    constant = np.concatenate([generator.random((number, 3)), np.full((number, 1), 0.5)], axis=1)
    return {"embedding": mixed.astype(np.float32), "other": constant.astype(np.float32)}


@pytest.fixture(scope="module")
def fitted() -> Distance:
    return fit_distance(features(1500, 0), features(1000, 1))


def test_plain_distance_is_that_to_the_third_nearest_row() -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(40, 5)).astype(np.float16)
    x = generator.normal(size=(30, 5))
    mean, deviation = generator.normal(size=5), np.arange(1.0, 6.0)
    third = np.sort(cdist((x - mean) / deviation, rows.astype(float)), axis=1)[:, 2]
    np.testing.assert_allclose(Neighbours(mean, deviation, rows).plain(x), third, rtol=1e-10)


def test_at_most_one_percent_of_the_validation_examples_lie_above_one(fitted: Distance) -> None:
    found = fitted(features(1000, 1))
    assert (found > 1).sum() == 9
    assert np.sort(found)[-10] == pytest.approx(1)


def test_about_one_percent_of_data_of_the_same_kind_are_flagged(fitted: Distance) -> None:
    assert 0.003 < (fitted(features(4000, 2)) > 1).mean() < 0.03


def test_what_lies_far_off_in_one_view_alone_is_flagged(fitted: Distance) -> None:
    usual = features(50, 3)
    assert (fitted({**usual, "other": usual["other"] + 9}) > 1).all()
    assert (fitted({**usual, "embedding": usual["embedding"] * 30}) > 1).mean() > 0.9


def test_step_off_a_constant_feature_is_far_but_finite(fitted: Distance) -> None:
    moved = features(5, 4)
    moved["other"][:, 3] = 0.9
    found = fitted(moved)
    assert np.isfinite(found).all() and (found > 1).all()


def test_same_data_and_seed_give_the_same_distance(fitted: Distance) -> None:
    again = fit_distance(features(1500, 0), features(1000, 1))
    assert again.to_dict() == fitted.to_dict()
    for name, tensor in again.tensors().items():
        assert (tensor == fitted.tensors()[name]).all()
    assert fit_distance(features(1500, 0), features(1000, 1), seed=1).scale != fitted.scale


def test_fewer_examples_than_neighbours_are_enough() -> None:
    one = fit_distance(features(1, 0), features(1, 1))
    assert np.isfinite(one(features(3, 2))).all()


def test_bundle_keeps_the_distance_exactly(fitted: Distance, tmp_path: Path) -> None:
    bundle = tiny_bundle({**CARD, "distance": fitted.to_dict()})
    whole = replace(bundle, distance=fitted.tensors(), parts={"small": bundle})
    whole = replace(whole, parts={"small": replace(bundle, distance=fitted.tensors())})
    whole.save(tmp_path / "model.safetensors")
    loaded = load_bundle(tmp_path / "model.safetensors")
    x = features(20, 5)
    for one in (loaded, loaded.parts["small"]):
        assert one.states[0]["weight"].tolist() == [1.0]
        saved = json.loads(json.dumps(one.card["distance"]))
        np.testing.assert_array_equal(Distance.from_saved(saved, one.distance)(x), fitted(x))


def test_bundle_of_an_older_version_has_no_distance(tmp_path: Path) -> None:
    tiny_bundle(CARD).save(tmp_path / "old.safetensors")
    loaded = load_bundle(tmp_path / "old.safetensors")
    assert loaded.distance == {} and "distance" not in loaded.card


def test_card_without_its_tensors_is_refused(fitted: Distance) -> None:
    with pytest.raises(InputError, match="distance score in this bundle cannot be read"):
        Distance.from_saved(fitted.to_dict(), {})


def test_composition_counts_words_of_both_strands_and_unclear_ones() -> None:
    # Words: AAAA, AAAC and, with an N, three; AAAC is GTTT on the other strand.
    forward = composition(encode("AAAACNN")[None], stranded=False)
    backward = composition(encode("NNGTTTT")[None], stranded=False)
    np.testing.assert_array_equal(forward, backward)
    assert forward.shape == (1, 137)
    assert sorted(forward[forward > 0].tolist()) == [0.25, 0.25, 0.5]
    assert forward[0, -1] == 0.5


def test_composition_of_stranded_sequences_tells_strands_apart() -> None:
    forward = composition(encode("AAAAC")[None], stranded=True)
    assert forward.shape == (1, 257)
    assert (forward != composition(encode("GTTTT")[None], stranded=True)).any()


def test_single_n_is_not_unlike_training_sequences_without_one() -> None:
    generator = np.random.default_rng(0)
    codes = [generator.integers(0, 4, (600, 100)).astype(np.uint8) for _ in range(3)]
    words = [{"composition": composition(one, stranded=False)} for one in codes]
    fitted = fit_distance(words[0], words[1])
    codes[2][:, 50] = 4
    one = fitted({"composition": composition(codes[2], stranded=False)})
    assert (one > 1).mean() < 0.1
    codes[2][:, 20:] = 4
    many = fitted({"composition": composition(codes[2], stranded=False)})
    assert (many > 1).all()


CARD: dict[str, Any] = {
    "seqcnn": "0.1",
    "architecture": {"name": "none", "dim": 1, "in_channels": 4, "out": 1, "arguments": {}},
    "task": {"name": "binding"},
    "outputs": ["a"],
    "encoder": {},
}


def tiny_bundle(card: dict[str, Any]) -> Bundle:
    return Bundle(card, ({"weight": torch.ones(1)},))
