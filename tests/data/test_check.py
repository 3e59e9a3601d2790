from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.check import Finding, check_assembly, check_labels, check_regions
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.errors import InputError

SHARED = Path(__file__).parents[2].parent / "shared/data"
YEAST = {"chrI": 1000, "chrII": 1000, "chrIX": 1000, "chrM": 100}


def table(*rows: tuple[str, int, int]) -> pd.DataFrame:
    regions = pd.DataFrame(rows, columns=["contig", "start", "end"])
    return regions.assign(line=np.arange(1, len(rows) + 1))


def check(
    regions: pd.DataFrame, lengths: dict[str, int], **options: Any
) -> tuple[pd.DataFrame, list[Finding]]:
    return check_regions(regions, lengths, path="p.bed", genome_path="x/g.fa.gz", **options)


def test_regions_that_fit_give_no_finding() -> None:
    regions, findings = check(table(("chrI", 0, 1000)), YEAST)
    assert len(regions) == 1
    assert findings == []


def test_names_that_do_not_match_come_with_the_alias_that_fixes_it() -> None:
    with pytest.raises(InputError) as caught:
        check(table(("chr9", 10, 20), ("chr1", 10, 20)), YEAST)
    assert str(caught.value) == (
        "p.bed:1: contig 'chr9' is not in g.fa.gz (it has 'chrI', 'chrII', 'chrIX', …); "
        "pass --contig-alias roman"
    )


def test_one_name_that_matches_does_not_hide_the_mismatch() -> None:
    with pytest.raises(InputError, match=r"p.bed:2: contig 'chr1' .* --contig-alias roman"):
        check(table(("chrM", 10, 20), ("chr1", 10, 20)), YEAST)


def test_names_that_no_alias_fixes_ask_for_the_genome() -> None:
    with pytest.raises(InputError, match=r"contig 'scaffold_7' is not in .*; give the genome"):
        check(table(("scaffold_7", 10, 20)), YEAST)


def test_alias_renames_the_regions() -> None:
    regions, findings = check(
        table(("chr9", 10, 20), ("chrM", 1, 2)), YEAST, alias=ContigAlias("roman")
    )
    assert regions["contig"].tolist() == ["chrIX", "chrM"]
    assert findings == []


def test_contigs_that_the_genome_lacks_are_left_out_and_counted() -> None:
    rows = [("chr5", 1, 9), ("chr1", 1, 9), ("chr5", 3, 9), ("chr6", 1, 9), ("chr1", 2, 9)]
    regions, findings = check(table(*rows, ("chr1", 3, 9)), {"chr1": 100})
    assert regions["start"].tolist() == [1, 2, 3]
    assert regions.index.tolist() == [0, 1, 2]
    assert findings == [
        Finding(
            "note",
            "p.bed: 3 regions (50%) on 2 contigs not in g.fa.gz were left out (first 'chr5')",
        )
    ]


def test_region_off_the_end_is_named_with_its_line() -> None:
    with pytest.raises(InputError, match=r"p.bed:2: end 1001 is beyond 'chrI' of g.fa.gz, 1000 bp"):
        check(table(("chrI", 0, 1000), ("chrI", 900, 1001)), YEAST)


def test_regions_off_the_end_are_dropped_and_counted_where_asked() -> None:
    regions, findings = check(table(("chrI", 0, 1000), ("chrI", 900, 1001)), YEAST, off_end="drop")
    assert len(regions) == 1
    assert findings == [
        Finding("warning", "p.bed: 1 regions (50%) beyond their contig's end were left out")
    ]


def test_many_regions_off_the_end_look_like_another_assembly() -> None:
    rows = [("chrI", 0, 5000 + i) for i in range(10)] + [("chrI", i, i + 5) for i in range(90)]
    with pytest.raises(InputError, match=r"10 of 100 regions \(10%\) .* another assembly's"):
        check(table(*rows), YEAST)
    _, findings = check(table(*rows), YEAST, off_end="drop")
    assert "another assembly's" in findings[0].message


def test_duplicates_are_counted_and_kept() -> None:
    regions, findings = check(table(("chrI", 1, 5), ("chrI", 1, 5), ("chrI", 1, 6)), YEAST)
    assert len(regions) == 3
    assert findings == [Finding("note", "p.bed: 1 of 3 regions repeat an earlier one")]


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(InputError, match=r"p.bed: no regions are left"):
        check(table(("chrI", 900, 1001)), YEAST, off_end="drop")


def genome_with_gap(folder: Path) -> Genome:
    (folder / "g.fa").write_text(">a\n" + "ACGT" * 1000 + "N" * 4000 + "\n")
    return Genome(folder / "g.fa", cache=folder / "cache")


def test_regions_in_runs_of_n_are_of_another_assembly(tmp_path: Path) -> None:
    regions = table(*(("a", 300 * i, 300 * i + 200) for i in range(26)))
    with pytest.raises(InputError, match=r"46% of the regions lie in runs of N of g.fa \(of the"):
        check_assembly(regions, genome_with_gap(tmp_path), path="p.bed")


def test_a_few_regions_in_runs_of_n_are_a_warning(tmp_path: Path) -> None:
    regions = table(*(("a", 100 * i, 100 * i + 99) for i in range(44)))
    findings = check_assembly(regions, genome_with_gap(tmp_path), path="p.bed")
    assert [finding.level for finding in findings] == ["warning"]


def test_regions_on_known_bases_give_no_finding(tmp_path: Path) -> None:
    regions = table(*(("a", 100 * i, 100 * i + 99) for i in range(39)))
    assert check_assembly(regions, genome_with_gap(tmp_path), path="p.bed") == []


def test_class_balance_is_said() -> None:
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, 1]])
    assert check_labels(labels, ["t", "u"], where="train") == [
        Finding("note", "train: 4 examples, 25.0% to 50.0% a track positive")
    ]


def test_track_without_positives_is_a_warning() -> None:
    findings = check_labels(np.array([[1, 0], [0, 0]]), ["t", "u"], where="val")
    assert findings[0] == Finding(
        "warning", "val: track 'u' has no positives; it cannot be learnt or measured"
    )


def test_labels_of_one_class_are_an_error() -> None:
    with pytest.raises(InputError, match=r"test: all 3 labels are one class \(1\)"):
        check_labels(np.ones((3, 1)), ["t"], where="test")


def test_labels_of_nobody_are_an_error() -> None:
    with pytest.raises(InputError, match="test: there are no examples"):
        check_labels(np.ones((0, 1)), ["t"], where="test")


def test_labels_that_are_nan_are_an_error() -> None:
    with pytest.raises(InputError, match="test: track 'u' has NaN labels"):
        check_labels(np.array([[1, np.nan], [0, 1]]), ["t", "u"], where="test")


def test_real_yeast_peaks_need_roman_and_are_told_so() -> None:
    folder = SHARED / "regulatory/yeast_saccer3"
    if not folder.exists():
        pytest.skip("shared/data absent")
    path = folder / "chipexo_peaks/Abf1_CX.bed"
    index = (folder / "sacCer3.fa.gz.fai").read_text().splitlines()
    lengths = {row.split("\t")[0]: int(row.split("\t")[1]) for row in index}
    peaks = read_bed(path)
    with pytest.raises(InputError, match=r"Abf1_CX.bed:1: contig 'chr9' .* --contig-alias roman"):
        check_regions(peaks, lengths, path=path, genome_path="sacCer3.fa.gz")
    kept, findings = check_regions(
        peaks, lengths, path=path, genome_path="sacCer3.fa.gz", alias=ContigAlias.parse("roman")
    )
    assert len(kept) == len(peaks)
    assert findings == []
