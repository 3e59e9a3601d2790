from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.calling.compare import Verdict
from seqcnn.calling.compare_files import CALL_FILES, write_by_verdict
from seqcnn.errors import InputError

VCF = """##fileformat=VCFv4.2
##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA
chr1\t5\trs1\tA\tC\t7\tPASS\tDP=9\tGT\t0/1
chr1\t6\t.\tA\tC\t8\t.\tDP=8\tGT\t0/1
chr1\t7\t.\tA\tC\t9\t.\t.\tGT\t1/1
chr1\t8\t.\tA\tC\t9\t.\t.\tGT\t0/0
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "calls.vcf"
    path.write_text(VCF)
    return path


def records(path: Path) -> list[str]:
    with pysam.VariantFile(str(path)) as file:
        return [str(record).rstrip() for record in file]


def test_records_go_to_the_file_of_their_verdict_as_they_were(source: Path, tmp_path: Path) -> None:
    verdict = [Verdict.MATCH, Verdict.FALSE, Verdict.GENOTYPE, Verdict.IGNORED]
    write_by_verdict(source, np.array(verdict, np.uint8), CALL_FILES, tmp_path, {"chr1": 900})
    assert records(tmp_path / "tp.vcf.gz") == [
        "chr1\t5\trs1\tA\tC\t7\tPASS\tDP=9;VERDICT=match\tGT\t0/1"
    ]
    assert records(tmp_path / "fp.vcf.gz") == [
        "chr1\t6\t.\tA\tC\t8\t.\tDP=8;VERDICT=none\tGT\t0/1",
        "chr1\t7\t.\tA\tC\t9\t.\tVERDICT=genotype\tGT\t1/1",
    ]
    with pysam.VariantFile(str(tmp_path / "fp.vcf.gz")) as file:
        assert [record.pos for record in file.fetch("chr1", 6, 7)] == [7]


def test_a_file_that_changed_meanwhile_leaves_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="changed while it was read"):
        write_by_verdict(source, np.zeros(9, np.uint8), CALL_FILES, tmp_path, {"chr1": 900})
    assert [path.name for path in tmp_path.iterdir()] == ["calls.vcf"]
