"""Tables and pictures of a report on candidate sites."""

import numpy as np
import pytest

from seqcnn.api.report_sites import (
    channel_sheet,
    error_of,
    genotype_errors,
    kinds_table,
    phred_table,
    variant_errors,
)
from seqcnn.data.pileups import Pileups, SiteTable

NAMES = ("0/0", "0/1", "1/1", "0/2", "1/2", "2/2")


def make(targets: list[int], alts: list[str]) -> Pileups:
    number = len(targets)
    two = np.array(["," in text for text in alts])
    sites = SiteTable(
        np.full(number, "a"), np.arange(number), ["A"] * number, alts, ["?"] * number,
        np.stack([np.ones(number, np.int64), np.where(two, 2, 0)], 1),
        np.full((number, 3), 7), np.zeros(number, np.int64),
    )  # fmt: skip
    images = np.zeros((number, 2, 2, 7), np.uint8)
    return Pileups(images, np.arange(number), np.array(targets, float)[:, None], NAMES, sites)


def called(classes: list[int], p: float = 0.9) -> np.ndarray:
    values = np.full((len(classes), 6), (1 - p) / 5)
    values[np.arange(len(classes)), classes] = p
    return values


def test_wrong_calls_are_told_apart_by_kind():
    examples = make([0, 1, 1, 2, 0, 4], ["G", "G", "GT", "G", "G", "G,T"])
    table = kinds_table(examples, called([1, 0, 2, 2, 0, 4]))
    assert [row[:5] for row in table.rows] == [
        ("SNP", 4, 1, 1, 0),
        ("indel", 1, 0, 0, 1),
        ("two alternative alleles", 1, 0, 0, 0),
        ("all", 6, 1, 1, 1),
    ]


def test_promised_errors_stand_beside_those_seen():
    promised = np.array([0.5, 0.5, 0.001, 0.001, 0.001])  # Phred 3.01 and 30
    table = phred_table(promised, np.array([True, False, False, False, True]))
    assert table.rows == [
        ("3 to 7", 2, "1.0", 1, "50.00%", "50.00%"),
        ("30 to 40", 3, "0.0", 1, "0.10%", "33.33%"),
    ]


def test_errors_of_genotypes_and_of_variants():
    examples = make([0, 1, 2], ["G"] * 3)
    promised, wrong = genotype_errors(examples, called([1, 1, 2]))
    assert promised == pytest.approx([0.1] * 3)
    assert wrong.tolist() == [True, False, False]
    promised, wrong = variant_errors(examples, called([1, 0, 2]))
    assert promised == pytest.approx([0.02, 0.02])
    assert wrong.tolist() == [True, False]


def test_small_errors_are_not_lost_in_rounding():
    values = np.array([[1.0, 1e-20, 0.0]])
    assert error_of(values, np.array([0])).tolist() == [1e-20]


def test_channels_stand_four_in_a_row():
    image = np.arange(7, dtype=np.uint8)[None, None].repeat(2, 0).repeat(2, 1)  # (2, 2, 7)
    sheet = channel_sheet(image)[..., 0]
    assert sheet.shape == (2 * 2 + 3, 4 * 2 + 3 * 3)
    assert sheet[0].tolist() == [0, 0, *[255] * 3, 1, 1, *[255] * 3, 2, 2, *[255] * 3, 3, 3]
    assert sheet[-1, :7].tolist() == [4, 4, 255, 255, 255, 5, 5]
