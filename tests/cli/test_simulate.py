"""`seqcnn simulate` from the command line: the files it leaves, and its refusals."""

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("mappy")


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    letters = np.random.default_rng(1).choice(list("ACGT"), 4000)
    (tmp_path / "genome.fa").write_text(f">one\n{''.join(letters)}\n")
    return tmp_path / "genome.fa"


def test_it_writes_reads_truth_and_regions(
    seqcnn: Callable[..., Any], genome: Path, tmp_path: Path
) -> None:
    out = tmp_path / "person"
    words = ("simulate", "--reference", genome, "--out", out, "--coverage", 5, "--processes", 1)
    done = seqcnn(*words)
    assert (done.code, done.out) == (0, f"{out}\n")
    assert sorted(file.name for file in out.iterdir()) == [
        "confident.bed", "copies.bed", "sample.bam", "sample.bam.bai", "simulate.json",
        "truth.vcf.gz", "truth.vcf.gz.tbi",
    ]  # fmt: skip
    again = seqcnn(*words)
    assert again.code == 2
    assert "holds a simulation already (sample.bam, truth.vcf.gz, confident.bed)" in again.err
    assert seqcnn(*words, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--regions", "two"), "--regions: 'two' is neither a contig of the reference, a region"),
        (("--regions", "one:3001-5000"), "--regions: one ends at 4,000; the region reaches 5,000"),
        (("--regions", "one:30-20"), "--regions: 'one:30-20' is empty; positions count from 1"),
        (("--profile", "novasec"), "--profile novasec: no such file, and not built in; give a BAM"),
        (("--coverage", "0"), "--coverage: Input should be greater than 0 (got '0')"),
        (("--preset", "ont", "--aligner", "bwa"), "--aligner bwa maps short reads; leave it out"),
        (("--truth", "none.vcf"), "none.vcf: cannot be read as VCF"),
        (("--confident", "none.bed"), "none.bed: no such file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    seqcnn: Callable[..., Any], genome: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    done = seqcnn("simulate", "--reference", genome, "--out", tmp_path / "x", *words)
    assert done.code == 2
    assert message in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_a_reference_is_needed(seqcnn: Callable[..., Any], tmp_path: Path) -> None:
    done = seqcnn("simulate", "--out", tmp_path / "x")
    assert (done.code, done.err) == (2, "seqcnn: --reference is needed\n")


def test_without_mappy_it_says_how_to_install_it(
    seqcnn: Callable[..., Any], genome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name == "mappy":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    done = seqcnn("simulate", "--reference", genome, "--out", tmp_path / "x", "--processes", 1)
    assert done.code == 2
    assert "pip install 'seqcnn[simulate]'" in done.err
