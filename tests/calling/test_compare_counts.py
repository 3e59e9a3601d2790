import numpy as np
import pytest
from text_reference import TextReference

from seqcnn.calling.compare import compare
from seqcnn.calling.compare_counts import Row, count_rows, jeffreys
from seqcnn.calling.compare_roc import Roc, roc
from seqcnn.calling.strata import kinds
from seqcnn.data.variants import Variant


def snp(pos: int, alt: str, genotype: tuple[int, int], quality: float | None = None) -> Variant:
    return Variant("chr1", pos, "A", (alt,), genotype, quality, (), quality)


def counted(truth: list[Variant], calls: list[Variant]) -> tuple[list[Row], list[Roc]]:
    text = TextReference(chr1="A" * 400)
    found = compare(truth, calls, text)
    used = [np.array([True] * len(variants), np.bool_) for variants in (truth, calls)]
    named = kinds(truth, text, used[0]), kinds(calls, text, used[1])
    return count_rows(found, *named), roc(found, *named, "QUAL")


def row(rows: list[Row], group: str, type_name: str, name: str) -> Row:
    (found,) = [r for r in rows if (r.group, r.type, r.name) == (group, type_name, name)]
    return found


TRUTH = [snp(i, "C", (0, 1)) for i in range(10, 100, 10)] + [snp(200, "C", (1, 1))]
CALLS = [
    *(snp(i, "C", (0, 1), float(i)) for i in range(10, 90, 10)),
    snp(150, "G", (0, 1), 5.0),
    snp(200, "C", (0, 1), 60.0),
    snp(250, "T", (0, 1)),
]


def test_counts_recall_and_precision_of_a_hand_made_case() -> None:
    everything = row(counted(TRUTH, CALLS)[0], "type", "all", "all")
    assert everything[3:11] == (8, 2, 1, 8, 3, 1, 0, 0)
    assert everything.recall.value == 0.8
    assert everything.precision.value == 8 / 11
    assert everything.f1.value == pytest.approx(2 * 0.8 * 8 / 11 / (0.8 + 8 / 11))


def test_a_wrong_genotype_is_missed_in_one_row_and_false_in_another() -> None:
    rows, _ = counted(TRUTH, CALLS)
    assert row(rows, "zygosity", "SNP", "hom")[3:9] == (0, 1, 1, 0, 0, 0)
    assert row(rows, "zygosity", "SNP", "het")[3:9] == (8, 1, 0, 8, 3, 1)


def test_kinds_add_up_to_the_whole() -> None:
    rows, _ = counted(TRUTH, CALLS)
    for group in ("zygosity", "homopolymer"):
        parts = np.sum([r[3:9] for r in rows if r.group == group], axis=0)
        assert parts.tolist() == list(row(rows, "type", "all", "all")[3:9])


def test_few_blocks_have_jeffreys_intervals() -> None:
    everything = row(counted(TRUTH, CALLS)[0], "type", "all", "all")
    assert everything.by == "Jeffreys"
    # Beta(8.5, 2.5) by summing its density.
    x = np.linspace(0, 1, 100_001)
    below = np.cumsum(x**7.5 * (1 - x) ** 1.5)
    below /= below[-1]
    expected = np.interp([0.025, 0.975], below, x)
    assert everything.recall[1:] == pytest.approx(expected, abs=1e-4)


def test_intervals_of_all_and_of_none_reach_the_end() -> None:
    recall, precision, _ = jeffreys(10, 0, 0, 5)
    assert recall.high == 1.0
    assert precision.low == 0.0
    assert 0.7 < recall.low < 1
    assert 0 < precision.high < 0.5


def test_without_records_there_is_no_measure() -> None:
    recall, precision, f1 = jeffreys(0, 0, 3, 1)
    assert np.isnan(recall.value) and np.isnan(f1.value)
    assert precision.value == 0.75


def test_twenty_blocks_are_drawn_again() -> None:
    text = TextReference(**{f"chr{i}": "A" * 100 for i in range(24)})
    truth = [snp(pos, "C", (0, 1))._replace(contig=f"chr{i}") for i in range(24) for pos in (5, 9)]
    calls = [one for i, one in enumerate(truth) if i % 5] + [snp(50, "G", (0, 1))]
    calls[-1] = calls[-1]._replace(contig="chr23")
    named = [kinds(one, text, np.ones(len(one), np.bool_)) for one in (truth, calls)]
    everything = row(count_rows(compare(truth, calls, text), *named), "type", "all", "all")
    assert everything.by == "bootstrap of 24 blocks of 1 Mb"
    assert everything.recall.value == 38 / 48
    assert 0.6 < everything.recall.low < 38 / 48 < everything.recall.high < 0.95
    assert everything.precision.high == 1.0


def test_the_curve_keeps_calls_of_a_score_or_more() -> None:
    _, curves = counted(TRUTH, CALLS)
    everything = curves[0]
    assert everything.threshold.tolist() == [80, 70, 60, 50, 40, 30, 20, 10, 5, -np.inf]
    assert everything.tp_calls.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]
    assert everything.fp.tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 2, 3]
    assert everything.fn.tolist() == [9, 8, 7, 6, 5, 4, 3, 2, 2, 2]
    assert everything.threshold[everything.best] == 10


def test_one_call_that_stands_for_two_true_records_counts_twice_in_recall() -> None:
    truth = [snp(10, "C", (1, 1)), snp(11, "G", (1, 1))]
    calls = [Variant("chr1", 10, "AA", ("CG",), (1, 1), 9.0, ())]
    _, curves = counted(truth, calls)
    assert curves[0].tp_truth.tolist() == [2]
    assert curves[0].tp_calls.tolist() == [1]


def test_without_scores_there_is_no_curve() -> None:
    assert counted(TRUTH, [snp(10, "C", (0, 1))])[1] == []
