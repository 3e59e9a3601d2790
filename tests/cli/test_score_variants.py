"""`seqcnn score-variants` from the command line."""

from pathlib import Path

import pysam
import pytest

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def vcf(data, tmp_path) -> Path:
    text = (data / "genome.fa").read_text().split("\n")[1]
    rows = [
        f"chr1\t{pos}\trs{pos}\t{text[pos - 1]}\t{'A' if text[pos - 1] != 'A' else 'C'}\t.\t.\t.\n"
        for pos in range(500, 540)
    ]
    path = tmp_path / "in.vcf"
    path.write_text(HEAD + "".join(rows))
    return path


@pytest.fixture
def bundle(trained) -> Path:
    return trained["peaks"] / "model.safetensors"


QUICK = ("--background", "none", "--device", "cpu")


def test_scores_are_written_and_the_path_printed(seqcnn, bundle, data, vcf, tmp_path):
    out = tmp_path / "scored.vcf.gz"
    done = seqcnn(
        "score-variants", bundle, "-g", data / "genome.fa", "-v", vcf, "-o", out,
        "--shifts", "-2,0,2", "--track", "b", "a", *QUICK,
    )  # fmt: skip
    assert (done.code, done.out) == (0, f"{out}\n")
    assert "40 alleles: 40 scored" in done.err
    with pysam.VariantFile(str(out)) as file:
        assert [record.id for record in file] == [f"rs{pos}" for pos in range(500, 540)]
        names = [line["Name"] for line in file.header.records if line.key == "seqcnn_track"]
        assert names == ['"b"', '"a"']
    assert Path(f"{out}.tbi").exists()


def test_without_out_the_name_is_that_of_the_vcf(seqcnn, bundle, data, vcf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = seqcnn("score-variants", bundle, "-g", data / "genome.fa", "-v", vcf, *QUICK)
    assert (done.code, done.out) == (0, "in.scored.vcf.gz\n")


def test_settings_may_stand_in_a_file(seqcnn, bundle, data, vcf, tmp_path):
    config = tmp_path / "s.yaml"
    config.write_text(
        f"genome: {data / 'genome.fa'}\nvcf: {vcf}\nbackground: none\nshifts: [0]\n"
        f"out: {tmp_path / 'x.tsv'}\ndevice: cpu\n"
    )
    assert seqcnn("score-variants", bundle, "--config", config).code == 0
    assert (tmp_path / "x.tsv").read_text().count("\n") == 1 + 40 * 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--genome", "none.fa"), "none.fa: no such file"),
        (("--track", "c"), "--track c: not an output of model.safetensors; it has a, b"),
        (("--ref-mismatch", "guess"), "--ref-mismatch"),
        (("--max-n", "2"), "--max-n"),
        (("--out", "x.xlsx"), "ends in none of"),
    ],
)
def test_bad_input_is_one_line(seqcnn, bundle, data, vcf, flags, message):
    words = ["score-variants", bundle, "-g", data / "genome.fa", "-v", vcf, *QUICK, *flags]
    done = seqcnn(*words)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_malformed_vcf_is_one_line_and_leaves_nothing(seqcnn, bundle, data, vcf, tmp_path):
    vcf.write_text(vcf.read_text() + "chr1\t600\n")
    done = seqcnn(
        "score-variants", bundle, "-g", data / "genome.fa", "-v", vcf,
        "-o", tmp_path / "x.vcf.gz", *QUICK,
    )  # fmt: skip
    assert done.code == 2
    assert "in.vcf:43: has 2 columns, the header has 8" in done.err
    assert {path.name for path in tmp_path.iterdir()} == {"in.vcf"}


def test_help_groups_the_settings(seqcnn):
    done = seqcnn("score-variants", "--help")
    assert done.code == 0
    for word in ("--ref-mismatch", "--background", "--shifts", "--resume"):
        assert word in done.out
