from pathlib import Path
from typing import Any

import pytest

VCF = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=12>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Truth, calls and reference: one SNP in both, one more in the calls."""
    truth, calls, reference = (tmp_path / name for name in ("truth.vcf", "calls.vcf", "ref.fa"))
    reference.write_text(">chr1\nACGTACGTACGT\n")
    truth.write_text(VCF + "chr1\t3\t.\tG\tT\t50\t.\t.\tGT\t0/1\n")
    extra = "chr1\t8\t.\tT\tA\t10\tLowQual\t.\tGT\t1/1\n"
    calls.write_text(VCF + "chr1\t3\t.\tG\tT\t50\tPASS\t.\tGT\t1/0\n" + extra)
    return truth, calls, reference


def test_the_table_and_the_best_threshold_are_printed(
    seqcnn: Any, files: tuple[Path, Path, Path]
) -> None:
    truth, calls, reference = files
    done = seqcnn("compare", truth, calls, "--reference", reference)
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[1][:7] == ["all", "1", "0", "0", "1", "1", "0"]
    assert "By QUAL, F1 is best (100.00 %) with calls of 50 or more" in done.out


def test_filtered_calls_can_be_left_out(seqcnn: Any, files: tuple[Path, Path, Path]) -> None:
    truth, calls, reference = files
    done = seqcnn("compare", truth, calls, "-r", reference, "--pass-only")
    assert "1 records of the calls have no variant in their genotype" in done.out


@pytest.mark.parametrize(
    "record, message",
    [
        ("chr1\t3\t.\tC\tT\t50\t.\t.\tGT\t0/1", "chr1:3 C>T: the reference has G there"),
        ("chr1\t12\t.\tTA\tT\t50\t.\t.\tGT\t0/1", "chr1:12 TA>T ends after chr1, which has 12 bp"),
        ("chr2\t3\t.\tG\tT\t50\t.\t.\tGT\t0/1", "has contig 'chr2'"),
        ("chr1\t3\t.\tG\tT\t50\t.\t.\tGQ\t5", "chr1:3 G>T has no genotype (GT)"),
        ("chr1\tx\t.\tG\tT\t50\t.\t.\tGT\t0/1", "record 1, after the header, cannot be read"),
    ],
)
def test_a_bad_record_is_named_in_one_line(
    seqcnn: Any, files: tuple[Path, Path, Path], record: str, message: str
) -> None:
    truth, calls, reference = files
    header = VCF.replace(
        "##FORMAT", '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Q">\n##FORMAT'
    )
    calls.write_text(header + record + "\n")
    done = seqcnn("compare", truth, calls, "-r", reference)
    assert done.code == 2
    assert message in done.err
    assert str(calls) in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (("--match", "position"), "--match: Input should be 'genotype' or 'allele'"),
        (("--regions", "chr7:1-5"), "chr7"),
        (("--confident", "none.bed"), "none.bed: no such file"),
        (("--sample", "B"), "no sample 'B'; the file has A"),
    ],
)
def test_a_bad_flag_is_named_in_one_line(
    seqcnn: Any, files: tuple[Path, Path, Path], words: tuple[str, ...], message: str
) -> None:
    truth, calls, reference = files
    done = seqcnn("compare", truth, calls, "-r", reference, *words)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("which, flag", [(0, "--truth-sample"), (1, "--sample")])
def test_of_several_samples_the_option_that_chooses_is_named(
    seqcnn: Any, files: tuple[Path, Path, Path], which: int, flag: str
) -> None:
    truth, calls, reference = files
    two = files[which].read_text().replace("FORMAT\tA\n", "FORMAT\tA\tB\n")
    files[which].write_text(two.replace("GT\t0/1\n", "GT\t0/1\t1/1\n"))
    done = seqcnn("compare", truth, calls, "-r", reference)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"{files[which]}: has 2 samples (A, B); choose with {flag}\n" in done.err


def test_the_reference_is_needed(seqcnn: Any, files: tuple[Path, Path, Path]) -> None:
    done = seqcnn("compare", files[0], files[1])
    assert (done.code, done.err) == (2, "seqcnn: --reference is needed\n")
