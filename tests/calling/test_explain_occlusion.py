"""Hiding parts of a site: against a network that is known, and against files without a read."""

import numpy as np
import pytest
from counting_model import write_counting_model
from explained_sites import DOUBTFUL, RELEASED, examined_demo, linear_case, open_demo, site_at

from seqcnn.calling.caller import read_caller_card
from seqcnn.calling.explain_basis import Loss
from seqcnn.calling.explain_neutral import neutral_channel, number_groups, window_numbers
from seqcnn.calling.explain_occlusion import occlude
from seqcnn.calling.explain_redraw import fragments_of, without
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explain_weigh import basis_of, cases_of, read_names
from seqcnn.calling.images import PileupImages
from seqcnn.interpret.pileup_noise import random_pictures


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


def odds(reference: int, first: int) -> np.ndarray:
    """Log-odds of 0/0, 0/1 and 1/1 by the counting model, of fragments that show each allele."""
    logits = np.array(
        [
            reference * np.log(0.99) + first * np.log(0.01),
            (reference + first) * np.log(0.5),
            reference * np.log(0.01) + first * np.log(0.99),
        ]
    )
    p = np.exp(logits - logits.max())
    p /= p.sum()
    return np.log(p) - np.log([p[1] + p[2], p[0] + p[2], p[0] + p[1]])


@pytest.fixture
def counted(tmp_path):
    """The doubtful site, of 6 fragments of the reference and 23 of G, by the counting model."""
    path = write_counting_model(tmp_path / "counting.safetensors")
    voices = Voices(path)
    examined = examined_demo(read_caller_card(path).settings.images)
    case = cases_of(voices, examined.prepared, site_at(examined, DOUBTFUL))[0]
    return basis_of(case, {})


def test_each_fragment_has_the_effect_that_counting_gives_it(counted):
    whole = odds(6, 23)[1]
    assert counted.genotype == "0/1" and counted.tier == "picture"
    assert counted.log_odds == pytest.approx(whole, abs=0.01)
    loss = {"reference": whole - odds(5, 23)[1], "C>G": whole - odds(6, 22)[1]}
    assert loss["reference"] > 0.5 > 0 > loss["C>G"]
    for one in counted.occlusion.fragments:
        assert one.effect == pytest.approx(loss[one.shows], abs=0.01)


def test_the_fewest_fragments_that_lose_the_call_are_found(counted):
    # 0/1 wins over 1/1 while 23 log(0.99 / 0.5) < r log(0.5 / 0.01) of r fragments: r > 4.02.
    fewest = next(n for n in range(7) if odds(6 - n, 23).argmax() == 2)
    assert counted.occlusion.loss == Loss(fewest, "", "1/1")
    assert counted.occlusion.holding == 6


def test_only_the_channel_that_is_counted_matters(counted):
    effects = {one.name: one.effect for one in counted.occlusion.channels}
    assert counted.occlusion.channels[0].name == "allele"
    assert abs(effects.pop("allele")) > 1
    assert max(map(abs, effects.values())) < 0.01


def test_a_fragment_left_out_is_a_fragment_that_is_not_in_the_file(tmp_path):
    """The probabilities without a fragment are those of a BAM that never had it."""
    pysam = pytest.importorskip("pysam")
    card, voices = read_caller_card(RELEASED), Voices(RELEASED)
    examined = examined_demo(card.settings.images)
    site = site_at(examined, DOUBTFUL)
    case = cases_of(voices, examined.prepared, site)[0]
    demo = open_demo()
    names = read_names(demo.alignments, site.sites[0])
    basis = basis_of(case, names)
    one = basis.occlusion.fragments[-1]
    path = tmp_path / "less.bam"
    with pysam.AlignmentFile(str(demo.alignments.path)) as all_reads:
        with pysam.AlignmentFile(str(path), "wb", template=all_reads) as out:
            for read in all_reads:
                if read.query_name != one.name:
                    out.write(read)
    pysam.index(str(path))
    import seqcnn

    found = seqcnn.explain(path, f"demo_caller:{DOUBTFUL}", demo.reference.path, model=RELEASED)
    assert one.name and found.at.fragments == 28
    said = {genotype.name: genotype.calibrated for genotype in found.genotypes}
    assert said[basis.genotype] == pytest.approx(one.probability, abs=2e-4)


def test_what_is_left_out_does_not_change_what_was_examined():
    card = read_caller_card(RELEASED)
    examined = examined_demo(card.settings.images)
    site = site_at(examined, DOUBTFUL)
    before = examined.prepared.reads.mapping_quality.copy()
    fragments = fragments_of(examined.prepared, site, card.settings.images, np.array([1, 0]))
    _, less = without(examined.prepared, site, np.array([fragments[0].key]))
    np.testing.assert_array_equal(examined.prepared.reads.mapping_quality, before)
    assert len(less.observations.read) < len(site.observations.read)


def test_numbers_and_columns_have_an_effect_each():
    card, voices = read_caller_card(RELEASED), Voices(RELEASED)
    examined = examined_demo(card.settings.images)
    case = cases_of(voices, examined.prepared, site_at(examined, DOUBTFUL))[0]
    found = basis_of(case, {}).occlusion
    assert found.columns.shape == found.windows.shape == (61,)
    assert found.around.shape == (51,)
    assert {one.name for one in found.numbers} >= {"likelihoods of genotypes", "repeats"}
    ranked = [abs(one.effect) for one in found.numbers]
    assert ranked == sorted(ranked, reverse=True)


def test_a_column_and_a_channel_count_as_much_as_a_linear_network_weighs_them():
    images = PileupImages(rows=4, columns=7)
    generator = np.random.default_rng(3)
    pixels = random_pictures(1, images, generator)[0]
    weights = generator.normal(size=(4, 7, 7))
    found = occlude(linear_case(images, pixels, weights), [], {})
    by_column = (pixels / 254 * weights).sum((0, 2))
    np.testing.assert_allclose(found.columns, by_column, atol=1e-4)
    windows = [by_column[max(at - 2, 0) : at + 3].sum() for at in range(7)]
    np.testing.assert_allclose(found.windows, windows, atol=1e-4)
    for one in found.channels:
        hidden = neutral_channel(pixels, one.name, images).astype(float)
        assert one.effect == pytest.approx(((pixels - hidden) / 254 * weights).sum(), abs=1e-4)
    assert found.loss is None and found.numbers == () and not found.around.size


def test_numbers_are_hidden_by_those_of_the_mean_training_site():
    images = PileupImages(encoder="combined", rows=8, columns=9)
    pixels = np.random.default_rng(4).integers(0, 255, (8, 9, 7), np.uint8)
    pixels[5:].reshape(-1)[147:] = 0
    found = occlude(linear_case(images, pixels, np.ones((8, 9, 7))), [], {})
    numbers = pixels[5:].reshape(-1)[:147] / 254
    groups = number_groups()
    for one in found.numbers:
        assert one.effect == pytest.approx((numbers[groups[one.name]] - 0.5).sum(), abs=1e-4)
    np.testing.assert_allclose(found.around, numbers[window_numbers()] - 0.5, atol=1e-4)
