import pytest

from seqcnn.calling.drift import drift
from seqcnn.calling.read_sample import SampledReads

TRAINED = {
    "read_length": {"least": 100.0, "most": 151.0, "mean": 130.0},
    "base_quality": {"least": 29.5, "most": 35.4, "mean": 32.0},
    "samples": [{"coverage": {"p50": median}} for median in (20.0, 35.5, 60.0)],
}
ORDINARY = SampledReads(150.0, 31.0, 33.4)


@pytest.mark.parametrize(
    "reads", [ORDINARY, SampledReads(101, 36.8, 52.3), SampledReads(250 / 1.6, 29.0, 16.1)]
)
def test_ordinary_reads_pass(reads):
    assert drift(reads, TRAINED) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"read_length": 36.0}, "read length is 36 bp; the model was trained on 100 to 151 bp"),
        ({"read_length": 16334.5}, "read length is 16,334 bp; the model was trained on 100 to"),
        ({"base_quality": 11.7}, "base quality is 12; the model was trained on 30 to 35 "),
        ({"base_quality": 40.6}, "base quality is 41; the model was trained on 30 to 35 "),
        ({"coverage": 200.2}, "coverage is 200x; the model was trained on 20 to 60x "),
        ({"coverage": 3.04}, "coverage is 3.0x; the model was trained on 20 to 60x "),
    ],
)
def test_what_is_far_outside_is_named_with_its_value_and_what_the_card_lists(change, sentence):
    (found,) = drift(ORDINARY._replace(**change), TRAINED)
    assert found.startswith(sentence)


def test_images_of_fewer_fragments_count_as_lower_coverage():
    assert drift(ORDINARY._replace(coverage=4.5), TRAINED, shares=(0.5, 0.2)) == []
    (found,) = drift(ORDINARY._replace(coverage=3.0), TRAINED, shares=(0.5, 0.2))
    assert found.startswith("coverage is 3.0x; the model was trained on 4.0 to 60x")


def test_each_property_has_its_sentence():
    assert len(drift(SampledReads(36, 10, 200), TRAINED)) == 3


def test_what_is_not_known_is_not_judged():
    assert drift(SampledReads(36, 10, 200), {}) == []
    assert drift(SampledReads(150, 30, None), TRAINED) == []
