"""The plan of shards, whether they tile, and the file of one."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from seqcnn import InputError
from seqcnn.calling.shard_files import (
    Chunk,
    ShardHead,
    ShardReader,
    check_same_run,
    content_identity,
    write_shard,
)
from seqcnn.calling.shards import check_tiles, contig_lengths, in_genome_order, shards
from seqcnn.data.call_regions import Region
from seqcnn.data.region_parts import within, without

FAI = "a\t2500\t3\t60\t61\nHLA-A*01:01\t100\t2600\t60\t61\nb\t1000\t2800\t60\t61\n"


@pytest.fixture
def fai(tmp_path) -> Path:
    (tmp_path / "x.fa.fai").write_text(FAI)
    return tmp_path / "x.fa.fai"


def texts(regions) -> list[str]:
    return [str(region) for region in regions]


def test_a_genome_is_cut_at_multiples_of_the_size(fai):
    assert texts(shards(fai, 1000)) == [
        "a:1-1,000", "a:1,001-2,000", "a:2,001-2,500", "HLA-A*01:01:1-100", "b:1-1,000",
    ]  # fmt: skip


def test_the_cut_does_not_depend_on_the_regions(fai):
    assert texts(shards(fai, 1000, ["a:900-2,100"])) == [
        "a:900-1,000",
        "a:1,001-2,000",
        "a:2,001-2,100",
    ]


def test_intervals_of_a_bed_share_shards_and_empty_ones_are_left_out(fai, tmp_path):
    bed = tmp_path / "x.bed"
    bed.write_text("b\t5\t20\na\t10\t20\na\t990\t1010\na\t1500\t1600\n")
    found = shards(fai, 1000, [str(bed)])
    assert found == [Region("a", 10, 1000), Region("a", 1000, 1600), Region("b", 5, 20)]


def test_a_fasta_without_fai_has_the_same_shards(tmp_path):
    (tmp_path / "x.fa").write_text(">a some words\nACGT\nAC\n>b\nA\n")
    assert contig_lengths(tmp_path / "x.fa") == {"a": 6, "b": 1}
    assert shards(tmp_path / "x.fa", 4) == [("a", 0, 4), ("a", 4, 6), ("b", 0, 1)]


def test_a_plan_needs_neither_torch_nor_numpy(fai):
    program = (
        "import sys; from seqcnn.calling.shards import shards; "
        f"print(len(shards({str(fai)!r}, 10)), 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert outcome.stdout == "360 False False\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\tlong\t3\t60\t61\n", "x.fa.fai:1: is no line of a .fai"),
        ("", "x.fa.fai: is empty"),
    ],
)
def test_a_wrong_fai_is_refused(fai, text, said):
    fai.write_text(text)
    with pytest.raises(InputError, match=said):
        shards(fai, 1000)


def test_a_missing_reference_and_a_size_of_nothing_are_refused(fai, tmp_path):
    with pytest.raises(InputError, match=r"y.fa: no such file; expected a FASTA"):
        shards(tmp_path / "y.fa", 1000)
    with pytest.raises(InputError, match=r"y.fai: no such file; make it with samtools faidx"):
        shards(tmp_path / "y.fai", 1000)
    with pytest.raises(InputError, match="shards of 0 bp"):
        shards(fai, 0)


def test_parts_of_regions_within_and_without_others():
    regions = [Region("a", 0, 10), Region("a", 20, 30), Region("b", 0, 5)]
    others = [Region("a", 5, 22), Region("a", 25, 27), Region("c", 0, 5)]
    assert within(regions, others) == [("a", 5, 10), ("a", 20, 22), ("a", 25, 27)]
    assert without(regions, others) == [("a", 0, 5), ("a", 22, 25), ("a", 27, 30), ("b", 0, 5)]
    assert without(regions, []) == regions and within(regions, []) == []


def tiles(*held: list[Region], wanted: list[Region]) -> None:
    placed = in_genome_order(held, ["b", "a"])
    check_tiles(placed, wanted, [f"{i}.calls" for i in range(len(held))], ["b", "a"])


def test_shards_in_any_order_tile_and_their_regions_may_alternate():
    whole = [Region("b", 0, 10), Region("a", 0, 30)]
    tiles([Region("a", 10, 20)], [Region("b", 0, 10), Region("a", 0, 10), Region("a", 20, 30)],
          wanted=whole)  # fmt: skip


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([("a", 0, 10)], r"a:11-30 \(20 bp\) missing: in none of the 1 shards"),
        (
            [("a", 0, 10), ("a", 12, 14), ("a", 15, 30)],
            r"a:11-12 and 1 more regions \(3 bp\) missing: in none of the 3 shards",
        ),
        ([("a", 0, 20), ("a", 15, 30)], "a:16-20 is in 0.calls and again in 1.calls"),
        ([("a", 0, 30), ("b", 3, 5)], "1.calls: holds b:4-5, which is not among the regions"),
    ],
)
def test_what_is_missing_twice_or_not_wanted_is_named(held, said):
    with pytest.raises(InputError, match=said):
        tiles(*([Region(*one)] for one in held), wanted=[Region("a", 0, 30)])


HEAD = ShardHead({"model": "m", "settings": {}}, (Region("a", 0, 5), Region("a", 5, 9)))
CHUNKS = [([["a", 1]], {"kept": 3}), ([], {})]


@pytest.fixture
def shard(tmp_path) -> Path:
    write_shard(tmp_path / "x.calls", HEAD, {"sample": "Ann"}, CHUNKS)
    return tmp_path / "x.calls"


def read(path: Path) -> list[Chunk]:
    with ShardReader(path) as reader:
        assert reader.header() == {"sample": "Ann"}
        return list(reader.chunks())


def test_a_shard_is_read_as_it_was_written(shard):
    with ShardReader(shard) as reader:
        assert reader.head == HEAD
    assert read(shard) == [Chunk([["a", 1]], {"kept": 3}), Chunk([], {})]


def test_the_same_calls_are_the_same_bytes(shard, tmp_path):
    write_shard(tmp_path / "y.calls", HEAD, {"sample": "Ann"}, CHUNKS)
    assert shard.read_bytes() == (tmp_path / "y.calls").read_bytes()


def test_a_shard_that_fails_is_not_there(tmp_path):
    def failing():
        yield CHUNKS[0]
        raise KeyError

    with pytest.raises(KeyError):
        write_shard(tmp_path / "x.calls", HEAD, {}, failing())
    assert list(tmp_path.iterdir()) == []


def test_a_shard_cut_anywhere_or_damaged_is_refused(shard):
    whole = shard.read_bytes()
    for size in range(0, len(whole), 3):
        shard.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"x.calls: is (cut short or damaged|no shard)"):
            read(shard)
    shard.write_bytes(whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:])
    with pytest.raises(InputError, match=r"x.calls: is (cut short or damaged|no shard)"):
        read(shard)


def test_other_files_are_refused_as_shards(shard, tmp_path):
    with gzip.open(shard, "wt") as file:
        file.write('{"format":"seqcnn shard 9"}\n')
    with pytest.raises(InputError, match="is of the format 'seqcnn shard 9', this seqcnn reads"):
        read(shard)
    shard.write_text("##fileformat=VCFv4.2\n")
    with pytest.raises(InputError, match="is no shard of seqcnn; wanted a file that"):
        read(shard)
    with pytest.raises(InputError, match=r"y.calls: cannot be read"):
        read(tmp_path / "y.calls")


def test_a_shard_of_another_run_is_named_with_what_differs():
    other = ShardHead({"model": "m", "settings": {"min_quality": 5.0}}, ())
    with pytest.raises(InputError) as error:
        check_same_run([HEAD, HEAD, other], ["0.calls", "1.calls", "2.calls"])
    assert str(error.value) == (
        "2.calls: is of another run than 0.calls: settings: min_quality 5.0, there the default; "
        "call it again as the others were"
    )


def test_content_tells_files_apart_wherever_they_lie(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(bytes(200_000))
    second.write_bytes(bytes(200_000))
    assert content_identity(first) == content_identity(second)
    second.write_bytes(bytes(199_999) + b"x")
    assert content_identity(first) != content_identity(second)
