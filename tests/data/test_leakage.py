"""Leakage between splits and label conflicts within one."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.examples import Examples
from seqcnn.data.genome import Genome
from seqcnn.data.leakage import Finding, LeakageReport, _shared_bases, check_leakage
from seqcnn.encoders.dna import Codes, reverse_complement


def random_codes(count: int, seed: int, length: int = 200) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, (count, length)).astype(np.uint8)


def labelled(codes: Codes, targets: list[float] | None = None) -> Examples:
    return Examples.from_sequences(
        codes, np.zeros(len(codes)) if targets is None else targets, names=["bound"]
    )


def one(report: LeakageReport, kind: str, *splits: str) -> Finding:
    (finding,) = [f for f in report.findings if f.kind == kind and f.splits == splits]
    return finding


def test_unrelated_splits_are_fine() -> None:
    report = check_leakage(
        {"train": labelled(random_codes(300, 0)), "test": labelled(random_codes(50, 1))}
    )
    assert report.severity == "ok"
    assert [f.kind for f in report.findings] == ["exact", "near", "conflict", "conflict"]
    assert report.lines()[0] == "ok      test: 0 of 50 sequences are in train too, on either strand"


def test_exact_duplicates_are_found_on_either_strand() -> None:
    train, test = random_codes(300, 0), random_codes(50, 1)
    test[3] = train[5]
    test[4] = reverse_complement(train[6])
    finding = one(
        check_leakage({"train": labelled(train), "test": labelled(test)}), "exact", "train", "test"
    )
    assert (finding.count, finding.total, finding.severity) == (2, 50, "bad")


def test_near_duplicates_are_found_shifted_mutated_and_turned() -> None:
    train, test = random_codes(300, 0), random_codes(50, 1)
    test[0, :150] = train[7, 50:]
    test[1] = train[8]
    test[1, [40, 150]] = 3 - test[1, [40, 150]]
    test[2] = reverse_complement(test[1])
    test[3, :60] = train[9, :60]  # under half
    report = check_leakage({"train": labelled(train), "test": labelled(test)})
    assert one(report, "near", "train", "test").count == 3
    assert one(report, "exact", "train", "test").count == 0


def test_repeats_and_low_complexity_are_not_leakage() -> None:
    train, test = random_codes(300, 0), random_codes(50, 1)
    repeat = random_codes(1, 2)[0, :150]
    train[:150, :150] = repeat
    test[:10, :150] = repeat
    train[150:160] = 0
    train[160:170] = [0, 1] * 100
    test[10] = [1, 0] * 100
    report = check_leakage({"train": labelled(train), "test": labelled(test)})
    near = one(report, "near", "train", "test")
    assert (near.count, near.total) == (0, 49)
    assert near.details["common_minimizers"] > 10
    assert any("ignored as repeats" in note for note in report.notes)


def test_sequences_of_n_are_no_duplicates() -> None:
    train, test = random_codes(20, 0), random_codes(10, 1)
    train[0] = test[0] = 4
    report = check_leakage({"train": labelled(train), "test": labelled(test)})
    assert one(report, "exact", "train", "test").count == 0
    assert report.notes == (
        "2 sequences that are more than half N were not compared as duplicates",
    )


def test_copies_with_other_labels_are_a_conflict() -> None:
    codes = random_codes(40, 0)
    codes[1], codes[3] = codes[0], codes[2]
    targets = [0.0] * 40
    targets[1] = 1
    finding = one(check_leakage({"train": labelled(codes, targets)}), "conflict", "train")
    assert (finding.count, finding.details["copies"], finding.severity) == (2, 2, "bad")


def test_measured_values_cannot_conflict() -> None:
    codes = np.repeat(random_codes(1, 0), 2, axis=0)
    assert check_leakage({"train": labelled(codes, [0.5, 0.7])}).findings == ()


def test_overlapping_windows_are_counted_with_their_bases(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    letters = np.frombuffer(b"ACGT", np.uint8)[random_codes(2, 5, 1000)]
    path.write_bytes(b">a\n" + letters[0].tobytes() + b"\n>b\n" + letters[1].tobytes() + b"\n")
    genome = Genome(path)

    def windows(contig: list[str], start: list[int]) -> Examples:
        regions = pd.DataFrame({"contig": contig, "start": start})
        regions["end"] = regions["start"] + 100
        return Examples.from_windows(genome, regions, np.zeros(len(start)), names=["open"])

    train = windows(["a", "a", "b"], [0, 50, 300])
    test = windows(["a", "a", "b", "b"], [140, 150, 390, 0])
    finding = one(check_leakage({"train": train, "test": test}), "overlap", "train", "test")
    assert (finding.count, finding.details["bases"], finding.severity) == (2, 20, "bad")
    assert finding.sentence == "test: 2 of 4 (50.00%) windows overlap train, by 20 bp in all"


def test_covered_bases_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    starts, queries = np.sort(rng.integers(0, 300, 12)), rng.integers(-20, 350, 60)
    covered = np.zeros(500, bool)
    for start in starts:
        covered[start + 50 : start + 50 + 17] = True
    expected = [int(covered[q + 50 : q + 50 + 23].sum()) for q in queries]
    assert _shared_bases(starts, 17, queries, 23).tolist() == expected


def test_every_later_split_is_compared_with_every_earlier_one() -> None:
    splits = {name: labelled(random_codes(5, i)) for i, name in enumerate(["train", "val", "test"])}
    pairs = [f.splits for f in check_leakage(splits).findings if f.kind == "near"]
    assert pairs == [("train", "val"), ("train", "test"), ("val", "test")]


def test_report_is_json_and_an_empty_split_is_passed_over() -> None:
    splits = {"train": labelled(random_codes(5, 0)), "test": labelled(random_codes(0, 0))}
    report = check_leakage(splits)
    assert json.loads(json.dumps(report.to_dict()))["severity"] == "ok"
    assert len(report.findings) == 1


@pytest.mark.parametrize(("copies", "severity"), [(0, "ok"), (1, "warning"), (5, "bad")])
def test_severity_grows_with_the_share(copies: int, severity: str) -> None:
    train, test = random_codes(300, 0, 60), random_codes(200, 1, 60)
    test[:copies] = train[:copies]
    report = check_leakage({"train": labelled(train), "test": labelled(test)})
    assert one(report, "exact", "train", "test").severity == severity
