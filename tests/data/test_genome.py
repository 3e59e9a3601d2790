"""The packed genome, against pyfaidx and against damaged files."""

import gzip
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyfaidx  # type: ignore[import-untyped]
import pysam
import pytest

from seqcnn.data import fasta as fasta_module
from seqcnn.data import packed
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import decode, reverse_complement
from seqcnn.errors import InputError

TEXT = (
    ">one first contig\nACGTNacgtnRYSWK\nMBDHVryswkmbdhv\nNNNNNNN\n"
    ">two\r\nTTGCA\r\n\r\nGG\n>three\nA\n>four\nGATTACAUu"
)


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "small.fa"
    path.write_text(TEXT)
    return path


@pytest.fixture(params=["plain", "gzip", "bgzip"])
def each_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "small.fa"
    path.write_text(TEXT)
    if request.param == "gzip":
        path = tmp_path / "small.fa.gz"
        path.write_bytes(gzip.compress(TEXT.encode()))
    elif request.param == "bgzip":
        pysam.tabix_compress(str(path), str(tmp_path / "b.fa.gz"), force=True)
        path = tmp_path / "b.fa.gz"
    return path


def random_fasta(path: Path, seed: int, lengths: list[int], width: int) -> Path:
    rng = np.random.default_rng(seed)
    letters = np.frombuffer(b"ACGTacgtNnRYSWKMBDHV", np.uint8)
    with path.open("wb") as handle:
        for i, length in enumerate(lengths):
            sequence = letters[rng.integers(0, len(letters), length)]
            sequence[length // 3 : length // 2] = ord("N")
            handle.write(b">contig%d\n" % i)
            for begin in range(0, length, width):
                handle.write(sequence[begin : begin + width].tobytes() + b"\n")
    return path


def test_contigs_names_and_lengths_in_every_compression(each_kind: Path) -> None:
    genome = Genome(each_kind)
    assert genome.names == ("one", "two", "three", "four")
    assert genome.lengths.tolist() == [37, 7, 1, 9]
    assert genome.length_of == {"one": 37, "two": 7, "three": 1, "four": 9}
    assert genome.index_of["three"] == 2
    assert decode(genome.fetch("two", 0, 7)) == "TTGCAGG"
    assert decode(genome.fetch("four", 0, 9)) == "GATTACATT"


def test_digest_is_of_the_content_alone(each_kind: Path) -> None:
    content = (
        ">one\nACGTNACGTNRYSWKMBDHVRYSWKMBDHVNNNNNNN\n>two\nTTGCAGG\n>three\nA\n>four\nGATTACATT\n"
    )
    assert Genome(each_kind).digest == hashlib.sha256(content.encode()).hexdigest()


def test_windows_agree_with_pyfaidx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta_module, "CHUNK", 37)  # headers and bases cut at every place
    path = random_fasta(tmp_path / "random.fa", 3, [301, 1, 64, 999], 60)
    genome, oracle = Genome(path), pyfaidx.Fasta(str(path), sequence_always_upper=True)
    rng = np.random.default_rng(4)
    contig = rng.integers(0, 4, 300)
    start = rng.integers(-80, 1050, 300)
    reverse = rng.random(300) < 0.5
    for length in (1, 2, 31, 64):
        rows = genome.windows(contig, start, length, reverse)
        for row, c, s, back in zip(rows, contig, start, reverse, strict=True):
            whole = "N" * 200 + str(oracle[f"contig{c}"]) + "N" * 1200
            expected = whole[s + 200 : s + 200 + length]
            assert decode(row) == (reverse_complement(expected) if back else expected)
    oracle.close()


def test_positions_off_the_contig_are_n(fasta: Path) -> None:
    genome = Genome(fasta)
    assert decode(genome.fetch("two", -3, 9)) == "NNNTTGCAGGNN"
    assert decode(genome.fetch("two", -9, -5)) == "NNNN"
    assert decode(genome.fetch("two", 50, 53)) == "NNN"
    assert genome.fetch("two", 3, 3).size == 0


def test_indices_outside_are_refused_before_memory_is_read(fasta: Path) -> None:
    genome = Genome(fasta)
    with pytest.raises(IndexError):
        genome.windows(np.array([4]), np.array([0]), 5)
    with pytest.raises(IndexError):
        genome.windows(np.array([-1]), np.array([0]), 5)
    with pytest.raises(KeyError):
        genome.fetch("five", 0, 1)


def test_packed_copy_lies_beside_the_fasta_and_is_used_again(
    fasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Genome(fasta)
    assert sorted(p.name for p in fasta.parent.iterdir()) == ["small.fa", "small.fa.seqcnn"]
    monkeypatch.setattr("seqcnn.data.genome.pack_fasta", None)
    assert Genome(fasta).names[0] == "one"


def test_changed_fasta_is_packed_anew(fasta: Path) -> None:
    before = Genome(fasta).digest
    fasta.write_text(TEXT + "A")
    assert Genome(fasta).lengths.tolist() == [37, 7, 1, 10]
    fasta.write_text(TEXT)
    assert Genome(fasta).digest == before


@pytest.mark.parametrize("damage", ["cut", "version", "magic", "empty", "footer"])
def test_damaged_copy_is_packed_anew(fasta: Path, damage: str) -> None:
    digest = Genome(fasta).digest
    copy = fasta.with_name("small.fa.seqcnn")
    content = bytearray(copy.read_bytes())
    if damage == "cut":
        del content[-5:]
    elif damage == "version":
        content[8] += 1
    elif damage == "magic":
        content[0] = 0
    elif damage == "empty":
        content.clear()
    else:
        content[-3:] = b"xxx"
    copy.write_bytes(content)
    assert Genome(fasta).digest == digest
    assert copy.stat().st_size > 100


def test_copy_goes_to_the_shared_folder_when_the_fastas_folder_is_read_only(
    fasta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared" / "deep"
    monkeypatch.setenv("SEQCNN_CACHE", str(shared))
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda p, m: Path(p) != fasta.parent and allowed(p, m))
    assert Genome(fasta).names[1] == "two"
    assert not fasta.with_name("small.fa.seqcnn").exists()
    assert [p.name.startswith("small.fa.") for p in shared.iterdir()] == [True]


def test_no_writable_folder_is_said_with_the_fix(
    fasta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SEQCNN_CACHE", str(blocked / "below"))
    monkeypatch.setattr(os, "access", lambda p, m: False)
    with pytest.raises(InputError, match="set SEQCNN_CACHE to a folder"):
        Genome(fasta)


def test_cache_names_the_folder(fasta: Path, tmp_path: Path) -> None:
    Genome(fasta, cache=tmp_path / "mine")
    assert len(list((tmp_path / "mine").iterdir())) == 1
    assert not fasta.with_name("small.fa.seqcnn").exists()


def test_two_at_once_both_get_a_whole_copy(fasta: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(lambda _: Genome(fasta).digest, range(16)))
    assert len(set(digests)) == 1
    assert sorted(p.name for p in fasta.parent.iterdir()) == ["small.fa", "small.fa.seqcnn"]


def test_footer_is_json_that_names_its_source(fasta: Path) -> None:
    Genome(fasta)
    content = fasta.with_name("small.fa.seqcnn").read_bytes()
    _, version, offset, size = packed.PREAMBLE.unpack(content[:64])
    footer = json.loads(content[offset : offset + size])
    assert version == 1
    assert footer["source"]["name"] == "small.fa"
    assert footer["offsets"] == [0, 19, 23, 24]


def test_progress_ends_at_the_size_of_the_file(fasta: Path) -> None:
    calls: list[tuple[int, int]] = []
    Genome(fasta, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (len(TEXT), len(TEXT))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("chr1\t10\t20\n", ":1: not FASTA"),
        ("ACGT\n", ":1: not FASTA"),
        ("@read\nACGT\n+\nIIII\n", ":1: not FASTA"),
        (">a\nAC\n>b\nGG\n>a\nTT\n", ":5: contig 'a' was already at line 1"),
        (">a\n>b\nGG\n", ":1: contig 'a' has no bases"),
        (">a\nGG\n>b", ":3: contig 'b' has no bases"),
        (">a\nGG\n>\nAC\n", ":3: header without a contig name"),
        (">a\nACGT\nAC-T\n", ":3: '-' is not a nucleotide code"),
        (">a\r\nACGT\r\n\r\nAC>T\r\n", ":4: '>' is not a nucleotide code"),
    ],
)
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_unsound_fasta_is_named_with_its_line(
    tmp_path: Path, text: str, message: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fasta_module, "CHUNK", chunk)
    path = tmp_path / "bad.fa"
    path.write_bytes(text.encode())
    with pytest.raises(InputError) as caught:
        Genome(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["bad.fa"]


def test_missing_file_and_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Genome(tmp_path / "none.fa")
    with pytest.raises(InputError, match="is a folder"):
        Genome(tmp_path)


def test_truncated_gzip_is_said(tmp_path: Path) -> None:
    path = tmp_path / "cut.fa.gz"
    path.write_bytes(gzip.compress(TEXT.encode())[:-12])
    with pytest.raises(InputError, match="cut short"):
        Genome(path)


@pytest.mark.parametrize("cut", [28, 40])
def test_truncated_bgzip_is_said_even_between_blocks(tmp_path: Path, cut: int) -> None:
    plain = random_fasta(tmp_path / "long.fa", 5, [100_000], 80)
    path = tmp_path / "long.fa.gz"
    pysam.tabix_compress(str(plain), str(path), force=True)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(InputError, match="end-of-file block is missing"):
        Genome(path)


def test_real_chromosomes_agree_with_samtools(tmp_path: Path) -> None:
    real = Path(__file__).parents[2].parent / "shared/data/regulatory/yeast_saccer3/sacCer3.fa.gz"
    if not real.exists():
        pytest.skip("shared/data/regulatory/yeast_saccer3 absent")
    genome = Genome(real, cache=tmp_path)
    with pysam.FastaFile(str(real)) as oracle:  # pyfaidx would need BioPython to read bgzip
        for name in genome.names[:3]:
            whole = decode(genome.fetch(name, 0, genome.length_of[name]))
            assert whole == oracle.fetch(name).upper()
