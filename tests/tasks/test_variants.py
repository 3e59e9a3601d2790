"""Task variants: draws, encoding and baseline."""

from pathlib import Path

import numpy as np
import pytest
import torch

from seqcnn.calling.examine import ExamineSettings
from seqcnn.data.pileups import Pileups, SiteTable
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.encodings import encoding_from
from seqcnn.tasks.pileup_encoding import IMPOSSIBLE, PileupEncoding, count_genotypes
from seqcnn.tasks.variants import examine_settings, natural, pooled, sampling

NAMES = ("0/0", "0/1", "1/1", "0/2", "1/2", "2/2")


def make(targets, alts, depths) -> Pileups:
    number = len(targets)
    two = np.array(["," in text for text in alts])
    sites = SiteTable(
        np.full(number, "a"), np.arange(number) * 200, ["A"] * number, alts, ["?"] * number,
        np.stack([np.ones(number, np.int64), np.where(two, 2, 0)], 1), np.array(depths),
        np.zeros(number, np.int64),
    )  # fmt: skip
    images = np.full((number, 8, 9, 7), 254, np.uint8)
    column = np.array(targets, np.float32)[:, None]
    return Pileups(images, np.arange(number), column, NAMES, sites)


def test_balance_raises_rare_genotypes_and_indels_each_by_its_factor():
    examples = make([0] * 4 + [1] * 16, ["G"] * 16 + ["AT"] * 4, [(9, 4, 0)] * 20)
    weights = sampling(examples, 0.5)
    np.testing.assert_allclose(weights, [2.0] * 4 + [1.0] * 12 + [2.0] * 4)
    assert sampling(examples, 0.0) is None


def test_no_example_is_drawn_more_than_twenty_times_as_often():
    examples = make([0] * 999 + [5], ["G"] * 1000, [(9, 4, 0)] * 1000)
    assert sampling(examples, 1.0)[-1] == 20


@pytest.mark.parametrize(
    ("preset", "fractions"),
    [("illumina", (0.12, 0.06)), ("hifi", (0.12, 0.12)), ("ont", (0.08, 0.12))],
)
def test_a_preset_decides_what_is_a_candidate(preset, fractions):
    found = examine_settings(DataSettings(preset=preset))
    assert (found.thresholds.min_fraction_snp, found.thresholds.min_fraction_indel) == fractions


def test_each_encoder_has_a_size_of_its_own():
    compact, deep = (
        examine_settings(DataSettings(encoder=encoder, scheme="pairs")).images
        for encoder in ("compact", "deepvariant")
    )
    assert (compact.rows, compact.columns, deep.rows, deep.columns) == (48, 61, 100, 221)


def test_the_encoding_comes_back_from_a_card():
    encoding = PileupEncoding(ExamineSettings(realign=False), "hifi")
    saved = encoding.to_dict()
    assert (saved["kind"], saved["preset"], saved["realign"]) == ("pileup", "hifi", False)
    assert encoding_from(saved) == encoding
    assert ExamineSettings.from_dict(saved) == encoding.examine


def test_inputs_are_channels_first_from_0_to_1():
    encoding = PileupEncoding(ExamineSettings())
    (x,) = encoding.views(torch.full((2, 8, 9, 7), 254, dtype=torch.uint8))
    assert x.shape == (2, 7, 8, 9)
    assert (x == 1).all()


def test_classes_of_a_second_allele_are_impossible_where_there_is_none():
    examples = make([0, 0], ["G", "G,T"], [(9, 4, 0), (9, 4, 3)])
    logits = PileupEncoding(ExamineSettings()).possible(np.zeros((1, 2, 6), np.float32), examples)
    assert logits[0, 0].tolist() == [0, 0, 0] + [IMPOSSIBLE] * 3
    assert logits[0, 1].tolist() == [0] * 6


def test_counts_alone_tell_clear_genotypes():
    depths = [(20, 1, 0), (20, 10, 0), (20, 20, 0), (20, 0, 10), (20, 10, 10), (20, 0, 20)]
    examples = make(range(6), ["G,T"] * 6, depths)
    assert count_genotypes(examples).argmax(1).tolist() == [0, 1, 2, 3, 4, 5]


def test_images_of_two_splits_that_share_a_column_are_leakage():
    examples = make([0] * 4, ["G"] * 4, [(9, 4, 0)] * 4)  # 200 bp apart
    encoding = PileupEncoding(ExamineSettings())
    first, second = examples.subset(np.array([0, 1])), examples.subset(np.array([2, 3]))
    (found,) = encoding.leakage({"train": first, "val": second}).findings
    assert (found.count, found.severity) == (0, "ok")
    (found,) = encoding.leakage({"train": examples, "val": second}).findings
    assert (found.count, found.severity) == (2, "bad")


def test_profiles_of_several_samples_are_pooled_to_their_range():
    one = {
        "read_length": 100.0, "base_quality": 30.0, "mapping_quality": 60.0,
        "fragment_length": None, "coverage": {"mean": 30.0, "p5": 10.0, "p50": 30.0, "p95": 50.0},
    }  # fmt: skip
    other = {**one, "read_length": 150.0, "fragment_length": 400.0,
             "coverage": {"mean": 20.0, "p5": 8.0, "p50": 20.0, "p95": 40.0}}  # fmt: skip
    found = pooled([one, other])
    assert found["read_length"] == {"least": 100.0, "most": 150.0, "mean": 125.0}
    assert found["fragment_length"] == {"least": 400.0, "most": 400.0, "mean": 400.0}
    assert found["coverage"] == {"mean": pytest.approx(25.0), "least": 8.0, "most": 50.0}


def test_validation_can_be_kept_to_some_samples():
    bam = [Path("a.bam"), Path("b.bam"), Path("c.bam")]
    assert natural(DataSettings(bam=bam)) == [0, 1, 2]
    assert natural(DataSettings(bam=bam, val_bam=bam[1:2])) == [1]
    with pytest.raises(InputError, match=r"--val-bam d\.bam: is none of --bam"):
        natural(DataSettings(bam=bam, val_bam=[Path("d.bam")]))
