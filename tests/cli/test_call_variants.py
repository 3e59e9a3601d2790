"""`seqcnn call-variants`: what it writes, and that nothing but the calls decides on its bytes."""

import os
import shutil
import subprocess
from pathlib import Path

import pysam
import pytest

needs_bcftools = pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools")


@pytest.fixture
def call(seqcnn, invented, counting_model, tmp_path):
    """Call the invented reads: `call("name.vcf", flags…)` gives the outcome and the file."""

    def run(name, *flags):
        out = tmp_path / name
        outcome = seqcnn(
            *("call-variants", invented.bam, "--reference", invented.reference),
            *("--model", counting_model, "--threads", "1", "--out", out, *flags),
        )
        assert outcome.code == 0, outcome
        return outcome, out

    return run


def test_the_summary_counts_reads_candidates_and_records(call):
    outcome, out = call("calls.vcf")
    reads, candidates, path = outcome.out.splitlines()
    assert reads == "reads used 2,206; dropped: none"
    assert candidates.startswith("candidate sites 10; records: 10 PASS; ")
    assert path == str(out)
    assert outcome.err == ""


def test_the_header_says_what_made_the_calls(call, invented, counting_model):
    out = call("calls.vcf", "--min-count-snp", "3", "--regions", "one", "--include-ref-calls")[1]
    header = [line for line in out.read_text().splitlines() if line.startswith("##")]
    told = dict(line[2:].split("=", 1) for line in header if line.startswith("##seqcnn_"))
    assert "##source=seqcnn 0.1.0" in header
    assert told["seqcnn_command"] == (
        f"seqcnn call-variants {invented.bam} --reference {invented.reference} --model "
        f"{counting_model} --min-count-snp 3 --regions one --include-ref-calls"
    )
    assert told["seqcnn_model"] == "counting (pileup, 2026-11-21)"
    assert len(told["seqcnn_model_sha256"]) == 64
    assert told["seqcnn_reference"] == str(invented.reference)
    assert told["seqcnn_candidates"].startswith("SNP: 3 fragments and 0.12; indel: 2 and 0.06")
    assert "at most 64 fragments" in told["seqcnn_caps"]
    assert "DP and AD count all" in told["seqcnn_caps"]
    assert "##contig=<ID=one,length=6000>" in header
    assert "##contig=<ID=two,length=3000>" in header


def test_records_are_word_for_word_those_worked_out_by_hand(call, invented):
    out = call("calls.vcf")[1]
    rows = [line for line in out.read_text().splitlines() if not line.startswith("##")]
    bases = invented.genome["one"]
    assert rows[0].endswith("FORMAT\tAnn")
    assert rows[2] == (
        f"one\t501\t.\t{bases[500]}\tC\t99\tPASS\t.\tGT:GQ:DP:AD:VAF:PL\t"
        "0/1:99:25:13,12:0.48:165,0,185"
    )
    assert rows[6] == (
        f"one\t2501\t.\t{bases[2500]}\tC,A\t99\tPASS\t.\tGT:GQ:DP:AD:VAF:PL\t"
        "1/2:99:25:0,13,12:0.52,0.48:255,204,165,221,0,185"
    )


@pytest.mark.parametrize("name", ["calls.vcf", "calls.vcf.gz"])
def test_the_same_bytes_come_however_the_work_is_shared_out(call, name, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = call(f"a/{name}")[1]
    ways = [("--threads", "2", "--chunk-size", "1000"), ("--chunk-size", "1700"), ("--no-resume",)]
    for flags in ways:
        again = call(f"b/{name}", *flags)[1]
        assert again.read_bytes() == first.read_bytes(), flags
        if name.endswith("gz"):
            index = Path(f"{again}.tbi").read_bytes()
            assert index == Path(f"{first}.tbi").read_bytes()


def test_a_compressed_file_is_indexed(call):
    out = call("calls.vcf.gz")[1]
    with pysam.VariantFile(str(out)) as file:
        assert [record.pos for record in file.fetch("one", 2400, 3100)] == [2501, 3001, 3002]
        assert [record.pos for record in file.fetch("two")] == [1501]


@needs_bcftools
def test_bcftools_finds_nothing_to_say(call, invented, tmp_path):
    out = call("calls.vcf.gz", "--include-ref-calls")[1]
    shutil.copyfile(invented.reference, tmp_path / "genome.fa")
    words = ["bcftools", "norm", "--check-ref", "e", "-f", str(tmp_path / "genome.fa"), str(out)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    whole = subprocess.run(
        ["bcftools", "view", str(out)], capture_output=True, text=True, check=True
    )
    assert whole.stderr == ""
    told = [line for line in found.stdout.splitlines() if not line.startswith("#")]
    assert told == [line for line in whole.stdout.splitlines() if not line.startswith("#")]
    assert [line.split(":")[0] for line in found.stderr.splitlines()] == [
        "Lines   total/split/joined/realigned/removed/skipped"
    ] or "0/0" in found.stderr


def test_the_output_is_named_after_the_reads(
    seqcnn, invented, counting_model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    outcome = seqcnn(
        "call-variants", invented.bam, "-g", invented.reference, "--model", counting_model,
        "--threads", "1", "--regions", "one:1-600",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "reads.vcf.gz"
    assert sorted(os.listdir(tmp_path)) == ["reads.vcf.gz", "reads.vcf.gz.tbi"]


def test_settings_come_from_a_file_too(call, tmp_path):
    config = tmp_path / "call.yaml"
    config.write_text("regions: ['one:900-1,600']\nmin_count_indel: 100\n")
    out = call("calls.vcf", "--config", config)[1]
    assert [record.pos for record in pysam.VariantFile(str(out))] == [1001]


def test_the_help_says_what_the_defaults_are(seqcnn):
    outcome = seqcnn("call-variants", "--help")
    words = " ".join(outcome.out.replace("│", " ").split())
    assert outcome.code == 0
    for said in (
        "sorted, indexed BAM or CRAM",
        "default: the name of the reads with .vcf.gz, here",
        "what sequenced the reads: illumina, hifi or ont",
    ):
        assert said in words, words
