import pytest

from seqcnn.data.call_regions import Region, parse_regions
from seqcnn.errors import InputError

NAMES = ["chr1", "chr2", "HLA*01:02"]
LENGTHS = [5000, 3000, 100]


def parse(*texts: object) -> list[tuple[str, int, int]]:
    return [
        tuple(region) for region in parse_regions([str(text) for text in texts], NAMES, LENGTHS)
    ]


def refusal(*texts: object) -> str:
    with pytest.raises(InputError) as error:
        parse(*texts)
    return str(error.value)


def test_a_literal_counts_from_1_and_includes_its_end():
    assert parse("chr2:1,001-2,000") == [("chr2", 1000, 2000)]


def test_one_position_is_one_base():
    assert parse("chr1:7") == [("chr1", 6, 7)]


def test_an_open_end_reaches_the_end_of_the_contig():
    assert parse("chr2:2991-") == [("chr2", 2990, 3000)]


def test_a_contig_alone_is_all_of_it():
    assert parse("chr2") == [("chr2", 0, 3000)]


def test_nothing_named_is_every_contig():
    assert parse() == [("chr1", 0, 5000), ("chr2", 0, 3000), ("HLA*01:02", 0, 100)]


def test_a_contig_with_a_colon_in_its_name_is_not_a_range():
    assert parse("HLA*01:02") == [("HLA*01:02", 0, 100)]
    assert parse("HLA*01:02:5-9") == [("HLA*01:02", 4, 9)]


def test_regions_are_merged_and_in_the_order_of_the_contigs():
    given = ("chr2:5-10", "chr1:31-40", "chr1:1-10", "chr1:11-20", "chr1:35-50")
    assert parse(*given) == [("chr1", 0, 20), ("chr1", 30, 50), ("chr2", 4, 10)]


def test_a_bed_counts_from_0(tmp_path):
    bed = tmp_path / "a.bed"
    bed.write_text("track name=x\nchr2\t10\t20\nchr1\t0\t5\n")
    assert parse(bed) == [("chr1", 0, 5), ("chr2", 10, 20)]


def test_a_region_is_written_as_people_write_it():
    assert str(Region("chr1", 1000, 2000)) == "chr1:1,001-2,000"


def test_names_of_the_reference_are_known_too():
    found = parse_regions(["1:5-9"], NAMES, LENGTHS, other_names={"1": "chr1"})
    assert found == [("chr1", 4, 9)]


def test_a_literal_outside_says_how_it_was_counted():
    assert refusal("chr2:2,999-3,001") == (
        "--regions chr2:2,999-3,001: chr2:2,999-3,001 (1-based, the end included) is outside of "
        "'chr2', which is 3,000 bp"
    )
    assert "is outside of 'chr2'" in refusal("chr2:4000")


def test_a_bed_line_outside_says_how_it_was_counted(tmp_path):
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t0\t5\nchr2\t2990\t3001\n")
    assert refusal(bed) == (
        f"{bed}:2: chr2:2,990-3,001 (BED: 0-based, half-open) is outside of 'chr2', which is "
        "3,000 bp"
    )


def test_a_malformed_bed_line_is_named(tmp_path):
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t0\t5\nchr1\tten\t20\n")
    assert refusal(bed) == f"{bed}:2: start is 'ten', a whole number was wanted"


def test_an_empty_bed_is_refused(tmp_path):
    bed = tmp_path / "a.bed"
    bed.write_text("")
    assert refusal(bed) == f"{bed}: the file is empty; wanted BED lines 'contig start end'"


def test_a_missing_bed_is_refused(tmp_path):
    bed = tmp_path / "no.bed"
    assert refusal(bed) == f"{bed}: no such file; check the name"


def test_an_unknown_contig_is_refused_with_a_hint():
    assert refusal("1:5-9") == "--regions 1:5-9: no contig '1'; write 'chr1', as the reads have it"
    assert refusal("scaffold_3") == (
        "--regions scaffold_3: no contig 'scaffold_3' among those of the reads ('chr1', 'chr2', "
        "'HLA*01:02')"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1:0-5", "--regions chr1:0-5: starts at 0; positions count from 1"),
        ("chr1:9-5", "--regions chr1:9-5: ends before it starts"),
        ("", "--regions: is empty; wanted a region like chr20:1,000-2,000"),
        (
            "chr1:,-5",
            "--regions chr1:,-5: ',' is no position; wanted a region like chr20:1,000-2,000",
        ),
    ],
)
def test_a_malformed_literal_is_refused(text, message):
    assert refusal(text) == message
