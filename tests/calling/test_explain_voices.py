"""The differentiable form of a caller says what the caller says."""

import numpy as np
import pytest
import torch
from explained_sites import DOUBTFUL, RELEASED, SETTLED, examined_demo, site_at

from seqcnn.calling.caller import Caller, read_caller_card
from seqcnn.calling.explain_voices import Scaled, Voices
from seqcnn.calling.explain_weigh import cases_of, named_genotypes
from seqcnn.calling.sites import Site
from seqcnn.training.calibrate import Calibration
from seqcnn.training.calibration_choice import TrackCalibration
from seqcnn.training.monotone import Line, Shifts


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


@pytest.mark.parametrize("cascade", [True, False])
def test_every_site_gets_the_probabilities_of_the_caller(cascade):
    card = read_caller_card(RELEASED)
    caller, voices = Caller(card, cascade=cascade), Voices(RELEASED, cascade=cascade)
    examined = examined_demo(card.settings.images)
    judged = caller.judge(examined)
    for index, site in enumerate(examined.candidates.sites):
        case = cases_of(voices, examined.prepared, site_at(examined, site.pos + 1))[0]
        said = voices.answer(case.single, case.possible)
        size = len(judged.calibrated[index])
        np.testing.assert_allclose(said.calibrated[0, :size], judged.calibrated[index], atol=2e-4)
        np.testing.assert_allclose(said.raw[0, :size], judged.raw[index], atol=2e-4)
        assert bool(said.settled[0]) is bool(judged.settled[index])
        best = judged.calibrated[index].max()
        odds = float(case.values(case.single)[0])
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(best, abs=2e-4)


def test_the_deciding_tier_is_that_of_the_cascade():
    card, voices = read_caller_card(RELEASED), Voices(RELEASED)
    examined = examined_demo(card.settings.images)
    tiers = {
        position: cases_of(voices, examined.prepared, site_at(examined, position))[0].deciding.tier
        for position in (SETTLED, DOUBTFUL)
    }
    assert tiers == {SETTLED: "counts", DOUBTFUL: "both"}


@pytest.mark.parametrize("mapping", [None, Line(0.8, 0.3), Shifts(1.2, (0.1, -0.4, 0.0))])
def test_a_calibration_of_classes_is_the_same_on_tensors(mapping):
    logits = np.random.default_rng(0).normal(size=(5, 3))
    calibration = Calibration((TrackCalibration("none", mapping, ""),), classes=True)
    scaled = Scaled.of(calibration, 3)(torch.tensor(logits))
    np.testing.assert_allclose(scaled.softmax(1), calibration.apply(logits), rtol=1e-12)


def test_genotypes_are_named_by_the_alleles_that_an_image_shows():
    site = Site("q", 5, "A", ("C", "AT", "G"), 9, (3, 3, 2, 1))
    possible, names = named_genotypes(site, "joint", np.array([1, 2]))
    assert possible == [True] * 6
    assert names == (
        *(("0/0", "A/A"), ("0/1", "A/C"), ("1/1", "C/C")),
        *(("0/2", "A/AT"), ("1/2", "C/AT"), ("2/2", "AT/AT")),
    )
    possible, names = named_genotypes(site, "joint", np.array([1, 0]))
    assert possible == [True] * 3 + [False] * 3 and names[:2] == (("0/0", "A/A"), ("0/1", "A/C"))
    possible, names = named_genotypes(site, "pairs", np.array([2, 3]))
    assert possible == [True] * 3
    assert names == (("0/0", "A/A"), ("0/1", "A/AT or G"), ("1/1", "AT or G/AT or G"))
