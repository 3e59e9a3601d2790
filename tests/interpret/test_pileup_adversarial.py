"""Attacks on callers whose answers are known: one that counts fragments, and linear ones."""

import numpy as np
import pytest
from counting_model import write_counting_model
from explained_sites import DOUBTFUL, examined_demo, linear_case, site_at

from seqcnn.calling.caller import read_caller_card
from seqcnn.calling.explain_occlusion import fragment_effects
from seqcnn.calling.explain_redraw import fragments_of
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explain_weigh import cases_of
from seqcnn.calling.images import PileupImages
from seqcnn.interpret.pileup_adversarial import fewest_base_calls, fewest_cells
from seqcnn.interpret.pileup_noise import VALUES

IMAGES = PileupImages(rows=6, columns=5)


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """6 fragments of the reference and 23 of the first allele, by the model that counts them."""
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))
    path = write_counting_model(tmp_path / "counting.safetensors")
    examined = examined_demo(read_caller_card(path).settings.images)
    return cases_of(Voices(path), examined.prepared, site_at(examined, DOUBTFUL))[0]


def called(reference: int, first: int) -> int:
    logs = [
        reference * np.log(0.99) + first * np.log(0.01),
        (reference + first) * np.log(0.5),
        reference * np.log(0.01) + first * np.log(0.99),
    ]
    return int(np.argmax(logs))


def test_as_few_base_calls_flip_it_as_counting_says(counted):
    images = counted.voice("picture").images
    fragments = fragments_of(counted.prepared, counted.candidates, images, counted.shown)
    whole = float(counted.values(counted.single)[0])
    effects = fragment_effects(counted, fragments, {}, whole)
    wanted = next(n for n in range(7) if called(6 - n, 23 + n) != 1)
    assert fewest_base_calls(counted, fragments, effects) == (wanted, "1/1")


def picture() -> np.ndarray:
    """Five fragments that show A everywhere, as the reference does."""
    pixels = np.zeros((6, 5, 7), np.uint8)
    pixels[:5] = [250, 254, 254, 70, 110, 50, 250]
    return pixels


def test_the_cell_with_the_largest_weight_is_changed_first():
    weights = np.zeros((6, 5, 7))
    # Called while the qualities of two cells add up to more than 0.5: one has to go.
    weights[3, 4, 1], weights[1, 0, 1], weights[0, 2, 1] = 2, 1, 9
    bias = picture().astype(float)
    weights[5, 0, 0] = 0
    case = linear_case(IMAGES, picture(), weights)
    found = fewest_cells(case, 10)
    # The anchor's column (weight 9) may not be touched, so it cannot be flipped.
    assert not found.flipped and found.cells[0][:3] == (3, 4, "poor")
    assert found.cells[1][:3] == (1, 0, "poor")
    np.testing.assert_array_equal(picture(), bias)


def test_another_base_is_a_mismatch_and_its_quality_stays():
    weights = np.zeros((6, 5, 7))
    weights[2, 3, 5] = -3  # a mismatch there speaks against the call
    weights[0, 0, 1] = 1
    found = fewest_cells(linear_case(IMAGES, picture(), weights), 3)
    assert found.flipped and found.becomes == 0
    assert len(found.cells) == 1 and found.cells[0].row == 2 and found.cells[0].column == 3
    assert found.picture[2, 3].tolist()[1:] == [254, 254, 70, 110, 254, 250]
    assert found.picture[2, 3, 0] in VALUES["read base"]
