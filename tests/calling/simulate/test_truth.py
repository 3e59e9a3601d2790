from pathlib import Path

import numpy as np
import pytest

from seqcnn.calling.simulate.truth import read_truth
from seqcnn.calling.simulate.variants import Phased
from seqcnn.data.genome import Genome
from seqcnn.errors import InputError

HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=bad,Description="bad">
##contig=<ID=one,length=30>
##contig=<ID=two,length=30>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO	FORMAT	{samples}
"""


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    (tmp_path / "g.fa").write_text(">one\nACGTAAAAACCGTGTGTGACCTTGCATGCA\n")
    return Genome(tmp_path / "g.fa", cache=tmp_path)


def planted(
    folder: Path, genome: Genome, *lines: str, samples: str = "s", sample: str | None = None
) -> tuple[list[Phased], dict[str, int]]:
    body = "".join(line.replace(" ", "\t") + "\n" for line in lines)
    header = HEADER.format(samples=samples.replace(" ", "\t"))
    (folder / "truth.vcf").write_text(header + body)
    found, skipped = read_truth(folder / "truth.vcf", genome, sample, np.random.default_rng(0))
    return found.get("one", []), {reason: n for reason, n in skipped.items() if n}


def test_phase_is_kept_and_alleles_not_carried_are_dropped(tmp_path: Path, genome: Genome) -> None:
    found, _ = planted(
        tmp_path, genome, "one 2 . C T,G . PASS . GT 2|0", "one 20 . C G . . . GT 1/1"
    )
    assert found == [Phased(1, "C", ("G",), (1, 0)), Phased(19, "C", ("G",), (1, 1))]


def test_unphased_heterozygotes_get_either_phase(tmp_path: Path, genome: Genome) -> None:
    lines = [f"one {pos} . {ref} T . . . GT 0/1" for pos, ref in ((1, "A"), (2, "C"), (3, "G"))]
    lines += [f"one {pos} . A T . . . GT 0/1" for pos in (5, 6, 7, 8, 9)]
    found, _ = planted(tmp_path, genome, *lines)
    assert {one.alleles for one in found} == {(0, 1), (1, 0)}


def test_records_are_left_aligned(tmp_path: Path, genome: Genome) -> None:
    found, _ = planted(tmp_path, genome, "one 7 . AA A . . . GT 0|1")
    assert found == [Phased(3, "TA", ("T",), (0, 1))]


def test_what_cannot_be_planted_is_left_out_and_counted(tmp_path: Path, genome: Genome) -> None:
    found, skipped = planted(
        tmp_path, genome,
        "one 2 . C T . PASS . GT 0/0", "one 3 . G A . bad . GT 0/1", "one 4 . T <DEL> . . . GT 0/1",
        "one 11 . CGT C . . . GT 1|1", "one 12 . G A . . . GT 1|1", "one 20 . C A . . . GT ./.",
    )  # fmt: skip
    assert [one.pos for one in found] == [10]
    assert skipped == {
        "reference genotype": 1, "filtered": 1, "no diploid genotype": 1,
        "symbolic, spanning or over 1,000 bases": 1, "overlaps another record": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("two 2 . C T . . . GT 0/1", "two:2: the reference has no contig 'two'; it has one"),
        ("one 2 . G T . . . GT 0/1", "one:2: REF is G, the reference has C; is the VCF of another"),
        ("one 31 . G T . . . GT 0/1", r"one:31: is past the end of 'one' \(30 bp\)"),
    ],
)
def test_a_vcf_of_another_reference_is_refused(
    tmp_path: Path, genome: Genome, line: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        planted(tmp_path, genome, line)


def test_several_samples_need_a_choice(tmp_path: Path, genome: Genome) -> None:
    line = "one 2 . C T . . . GT 0|1 1|1"
    with pytest.raises(InputError, match=r"has 2 samples \(a, b\); choose one with --truth-sample"):
        planted(tmp_path, genome, line, samples="a b")
    found, _ = planted(tmp_path, genome, line, samples="a b", sample="b")
    assert found[0].alleles == (1, 1)
    with pytest.raises(InputError, match="no sample 'c'; it has a, b"):
        planted(tmp_path, genome, line, samples="a b", sample="c")


def test_what_is_no_vcf_is_refused(tmp_path: Path, genome: Genome) -> None:
    (tmp_path / "x.vcf").write_text("no\n")
    with pytest.raises(InputError, match=r"x.vcf: cannot be read as VCF"):
        read_truth(tmp_path / "x.vcf", genome, None, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"none.vcf: cannot be read as VCF"):
        read_truth(tmp_path / "none.vcf", genome, None, np.random.default_rng(0))
