"""Calls written as VCF: read again by pysam and bcftools, whole or not at all."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.calling.genotype import Call, call_site
from seqcnn.calling.sites import Site
from seqcnn.calling.vcf import CallHeader, calls_frame, write_calls
from seqcnn.errors import InputError

needs_bcftools = pytest.mark.skipif(
    shutil.which("bcftools") is None, reason="bcftools is not installed"
)
CONTIGS = {"chr1": 1000, "chr2": 500}
HEADER = CallHeader(
    "NA1", CONTIGS, "seqcnn call-variants a.bam", "wgs", "ab" * 32, {"image_rows": "at most 48"}
)
CALLS = [
    Call("chr1", 9, "A", ("C",), (0, 1), 50, 30, (15, 14), (0.4667,), (50, 0, 60), 50.1, "PASS"),
    Call(
        "chr1", 19, "AT", ("A", "ATT"), (1, 2), 33, 30, (1, 15, 14), (0.5, 0.4667),
        (50, 20, 60, 30, 0, 30), 99.0, "PASS",
    ),
    Call("chr1", 19, "A", ("T",), (0, 0), 25, 9, (9, 0), (0.0,), (0, 25, 40), 0.0, "RefCall"),
    Call("chr2", 4, "G", ("T",), (1, 1), 4, 2, (0, 2), (1.0,), (6, 5, 0), 2.5, "LowQual"),
    Call("chr2", 5, "G", ("T",), (-1, -1), 0, 0, (0, 0), (0.0,), (0, 0, 0), 0.0, "NoCall"),
]  # fmt: skip


def text_of(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def test_records_and_header_are_written_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf"
    counts = write_calls(path, HEADER, CALLS)
    assert counts == {"PASS": 2, "RefCall": 1, "LowQual": 1, "NoCall": 1}
    lines = path.read_text().splitlines()
    assert lines[0] == "##fileformat=VCFv4.2"
    for line in (
        "##seqcnn_command=seqcnn call-variants a.bam",
        "##seqcnn_model=wgs",
        "##seqcnn_model_sha256=" + "ab" * 32,
        "##seqcnn_image_rows=at most 48",
        "##contig=<ID=chr1,length=1000>",
        '##FILTER=<ID=LowQual,Description="QUAL is below the threshold">',
    ):
        assert line in lines
    kind = "GT:GQ:DP:AD:VAF:PL"
    assert [line.split("\t") for line in lines if not line.startswith("##")] == [
        ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "NA1"],
        ["chr1", "10", ".", "A", "C", "50.1", "PASS", ".", kind, "0/1:50:30:15,14:0.4667:50,0,60"],
        ["chr1", "20", ".", "AT", "A,ATT", "99", "PASS", ".", kind,
         "1/2:33:30:1,15,14:0.5,0.4667:50,20,60,30,0,30"],
        ["chr1", "20", ".", "A", "T", "0", "RefCall", ".", kind, "0/0:25:9:9,0:0:0,25,40"],
        ["chr2", "5", ".", "G", "T", "2.5", "LowQual", ".", kind, "1/1:4:2:0,2:1:6,5,0"],
        ["chr2", "6", ".", "G", "T", "0", "NoCall", ".", kind, "./.:0:0:0,0:0:0,0,0"],
    ]  # fmt: skip


def test_a_compressed_file_is_indexed_and_read_by_region(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, CALLS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["calls.vcf.gz", "calls.vcf.gz.tbi"]
    with pysam.VariantFile(str(path)) as file:
        assert [record.pos for record in file.fetch("chr1", 15, 30)] == [20, 20]
        records = list(file.fetch("chr2"))
    assert [record.pos for record in records] == [5, 6]
    assert records[0].samples["NA1"]["GT"] == (1, 1)
    assert records[1].samples["NA1"]["GT"] == (None, None)


@needs_bcftools
def test_bcftools_reads_every_record(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, CALLS)
    found = subprocess.run(
        ["bcftools", "view", "--no-header", path], capture_output=True, text=True, check=True
    )
    assert found.stderr == ""
    assert found.stdout.splitlines() == [
        line for line in text_of(path).splitlines() if not line.startswith("#")
    ]


@needs_bcftools
def test_called_sites_pass_the_reference_check_and_are_normalised(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    # No base twice in a row: an anchored indel of one base is left-aligned as it stands.
    bases = "".join("ACGT"[code] for code in np.cumsum(generator.integers(1, 4, 1000)) % 4)
    (tmp_path / "reference.fa").write_text(f">chr1\n{bases}\n>chr2\n{bases[:500]}\n")
    calls = []
    for pos in range(20, 960, 12):
        other = next(base for base in "ACGT" if base not in bases[pos : pos + 2])
        alts = [other + bases[pos + 1], bases[pos], bases[pos] + other + bases[pos + 1]]
        chosen = generator.permutation(3)[:2]
        site = Site(
            "chr1", pos, bases[pos : pos + 2], tuple(alts[i] for i in chosen), 30, (10, 10, 10)
        )
        calls.append(call_site(site, generator.dirichlet(np.full(6, 0.2))))
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, calls)
    found = subprocess.run(
        ["bcftools", "norm", "--check-ref", "e", "-f", tmp_path / "reference.fa", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    records = [line for line in found.stdout.splitlines() if not line.startswith("#")]
    assert records == [line for line in text_of(path).splitlines() if not line.startswith("#")]
    assert "realigned/skipped:\t79/0/0/0" in found.stderr


def test_no_call_makes_an_indexed_file_of_a_header(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf.gz"
    assert write_calls(path, HEADER, []) == {}
    assert text_of(path).splitlines()[-1].startswith("#CHROM")
    assert (tmp_path / "calls.vcf.gz.tbi").stat().st_size > 0
    with pysam.VariantFile(str(path)) as file:
        assert list(file.fetch("chr1")) == []


def test_contigs_over_512_mb_get_a_csi_index(tmp_path: Path) -> None:
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, CALLS)
    long = CallHeader("NA1", {"chr1": 600_000_000}, "", "wgs", "")
    write_calls(path, long, [CALLS[0], CALLS[0]._replace(pos=550_000_000)])
    # The index of the earlier file must not stay beside this one.
    assert sorted(file.name for file in tmp_path.iterdir()) == ["calls.vcf.gz", "calls.vcf.gz.csi"]
    with pysam.VariantFile(str(path)) as file:
        assert [record.start for record in file.fetch("chr1", 540_000_000)] == [550_000_000]


def test_the_same_calls_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.vcf.gz", "second.vcf.gz"):
        write_calls(tmp_path / name, HEADER, CALLS * 1 + [CALLS[-1]] * 5000)
    for ending in ("", ".tbi"):
        first = (tmp_path / f"first.vcf.gz{ending}").read_bytes()
        assert first == (tmp_path / f"second.vcf.gz{ending}").read_bytes()


def test_a_header_value_stays_on_its_line(tmp_path: Path) -> None:
    header = CallHeader("NA1", CONTIGS, "a\nb", "wgs", "", {"note": "one\ttwo\n#CHROM"})
    write_calls(tmp_path / "calls.vcf", header, CALLS[:1])
    lines = (tmp_path / "calls.vcf").read_text().splitlines()
    assert "##seqcnn_command=a b" in lines
    assert "##seqcnn_note=one two #CHROM" in lines


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"calls\.bcf: calls are written as \.vcf\.gz or \.vcf"):
        write_calls(tmp_path / "calls.bcf", HEADER, [])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write here"):
        write_calls(tmp_path / "no" / "calls.vcf.gz", HEADER, [])


@pytest.mark.parametrize("name", ["calls.vcf", "calls.vcf.gz"])
def test_a_failure_leaves_the_earlier_file_as_it_was(tmp_path: Path, name: str) -> None:
    write_calls(tmp_path / name, HEADER, CALLS)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def broken() -> Iterator[Call]:
        yield CALLS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_calls(tmp_path / name, HEADER, broken())
    with pytest.raises(ValueError, match="chr1:10 comes after a later position"):
        write_calls(tmp_path / name, HEADER, [CALLS[1], CALLS[0]])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_cut_between_file_and_index_leaves_no_index_of_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, CALLS)
    replace = Path.replace

    def stop_at_index(self: Path, target: Path) -> Path:
        if target.suffix == ".tbi":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stop_at_index)
    with pytest.raises(KeyboardInterrupt):
        write_calls(path, HEADER, CALLS[:1])
    assert [file.name for file in tmp_path.iterdir()] == ["calls.vcf.gz"]
    assert text_of(path).count("PASS\t") == 1


def test_an_index_that_cannot_be_made_leaves_the_earlier_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calls.vcf.gz"
    write_calls(path, HEADER, CALLS)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError("building of index failed")

    monkeypatch.setattr(pysam, "tabix_index", full)
    with pytest.raises(InputError, match=r"building of index failed\); nothing was changed"):
        write_calls(path, HEADER, CALLS[:1])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


# A limit on the size of files stands for a full disk: writes fail in the same places.
FULL_DISK = """
import resource, signal, sys
from test_vcf import CALLS, HEADER
from seqcnn.calling.vcf import write_calls
from seqcnn.errors import InputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
calls = [CALLS[0]._replace(pos=pos, gq=pos * 7919 % 97, depth=pos * 31 % 101) for pos in range(999)]
try:
    write_calls(sys.argv[1], HEADER, [call for call in calls for _ in range(int(sys.argv[3]))])
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("calls.vcf", 1),
        ("calls.vcf", 40_000),
        ("calls.vcf.gz", 1),
        ("calls.vcf.gz", 5_000),
    ],
)
def test_a_full_disk_is_one_line_and_nothing_partial(tmp_path: Path, name: str, limit: int) -> None:
    (tmp_path / name).write_text("earlier")
    found = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / name, str(limit), "20"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert found.stdout.startswith(f"{tmp_path / name}: could not be written (")
    assert found.stdout.endswith("File too large); nothing was changed\n")
    assert found.stderr == ""
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "earlier")]


def test_calls_make_a_table() -> None:
    frame = calls_frame(iter(CALLS))
    assert list(frame.columns) == list(Call._fields)
    assert frame["pos"].tolist() == [9, 19, 19, 4, 5]
    assert frame["alts"].tolist() == ["C", "A,ATT", "T", "T", "T"]
    assert frame["genotype"].tolist() == ["0/1", "1/2", "0/0", "1/1", "./."]
    assert frame["likelihoods"][0] == (50, 0, 60)
    empty = calls_frame([])
    assert len(empty) == 0
    assert empty.dtypes["pos"] == "int64"
