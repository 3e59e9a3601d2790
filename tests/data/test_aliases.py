from pathlib import Path

import pytest

from seqcnn.data.aliases import ContigAlias, suggest_alias
from seqcnn.errors import InputError

YEAST = ("chrI", "chrII", "chrIV", "chrIX", "chrX", "chrXVI", "chrM")


@pytest.mark.parametrize(
    ("rule", "name", "genome", "expected"),
    [
        ("add-chr", "1", ("chr1",), "chr1"),
        ("add-chr", "MT", ("chrM",), "chrM"),
        ("strip-chr", "chr1", ("1",), "1"),
        ("strip-chr", "chrM", ("MT",), "MT"),
        ("roman", "chr9", YEAST, "chrIX"),
        ("roman", "chr16", YEAST, "chrXVI"),
        ("roman", "chrM", YEAST, "chrM"),
        ("roman", "chrIX", ("chr9",), "chr9"),
        ("roman", "4", YEAST, "chrIV"),
        ("roman", "chrX", ("chr10", "chrX"), "chrX"),
        ("roman", "chrIIII", ("chr4",), "chrIIII"),
    ],
)
def test_rule_turns_the_name(rule: str, name: str, genome: tuple[str, ...], expected: str) -> None:
    assert ContigAlias.parse(rule).translate([name], genome) == {name: expected}


def test_pairs_of_the_flag_are_used() -> None:
    alias = ContigAlias.parse("NC_001133=chrI, NC_001134=chrII")
    assert alias.translate(["NC_001134", "x"], YEAST) == {"NC_001134": "chrII", "x": "x"}


def test_pairs_of_a_file_are_used(tmp_path: Path) -> None:
    (tmp_path / "alias.tsv").write_text("#ours\ttheirs\nuno\tchrI\n\ndos\tchrII\n")
    alias = ContigAlias.parse(str(tmp_path / "alias.tsv"))
    assert alias.translate(["dos"], YEAST) == {"dos": "chrII"}


def test_file_line_without_two_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "alias.tsv").write_text("uno\tchrI\ndos\n")
    with pytest.raises(InputError, match=r"alias.tsv:2: 1 columns; wanted two"):
        ContigAlias.parse(str(tmp_path / "alias.tsv"))


def test_file_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alias.tsv").write_text("#nothing\n")
    with pytest.raises(InputError, match=r"alias.tsv: has no pairs"):
        ContigAlias.parse(str(tmp_path / "alias.tsv"))


def test_value_that_is_nothing_known_is_refused() -> None:
    with pytest.raises(InputError, match="--contig-alias 'Roman' is neither add-chr, strip-chr"):
        ContigAlias.parse("Roman")


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(InputError, match="'b=' is not a pair"):
        ContigAlias.parse("a=chr1,b=")


def test_rule_that_makes_most_names_known_is_suggested() -> None:
    assert suggest_alias(["chr1", "chr9", "chrM"], YEAST) == "roman"
    assert suggest_alias(["1", "2", "X"], ("chr1", "chr2", "chrX")) == "add-chr"
    assert suggest_alias(["chr1"], ("1", "2")) == "strip-chr"
    assert suggest_alias(["chr5"], ("chr1", "chr2")) is None
