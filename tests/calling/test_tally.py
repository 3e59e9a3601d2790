"""Numbers of the calls in a VCF."""

import shutil
import subprocess
from collections import Counter

import pytest
from collected_inputs import CALLS, write_calls

from seqcnn.calling.tally import kind_of, quantiles, tally
from seqcnn.errors import InputError


@pytest.mark.parametrize(
    ("ref", "alt", "genotype", "wanted"),
    [
        ("A", "G", "0/1", (True, False, 1, 0, True)),
        ("A", "G", "1", (True, False, 1, 0, False)),  # one copy
        ("a", "g", "1|1", (True, False, 1, 0, False)),
        ("A", "G", "./1", (True, False, 1, 0, False)),  # the other allele is not known
        ("A", "G,T", "1/2", (True, False, 1, 1, True)),
        ("AT", "GC", "0/1", (True, False, 0, 0, True)),  # several bases: neither ts nor tv
        ("AT", "A,GT", "0/1", (False, True, 0, 0, True)),
        ("AT", "A,GT", "0/2", (True, False, 0, 0, True)),  # the deletion is not called
        ("A", "<DEL>", "0/1", (False, True, 0, 0, True)),
        ("A", "G,*", "1/2", (True, False, 1, 0, True)),
        ("A", "*", "1/1", (False, False, 0, 0, False)),  # what a deletion before it took
    ],
)
def test_a_genotype_is_of_its_kind(ref, alt, genotype, wanted):
    assert kind_of(ref, alt, genotype) == wanted


def test_quantiles_are_those_of_the_numbers_counted():
    counts = Counter({str(number): 1 for number in range(1, 101)})
    assert quantiles(counts + Counter({".": 7})) == (5, 25, 50, 75, 95)
    assert quantiles(Counter({".": 7})) == ()


def test_samples_of_one_file_are_counted_each(tmp_path):
    path = tmp_path / "two.vcf"
    path.write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n"
        "1\t10\t.\tA\tG\t.\tPASS\t.\tGT:DP\t0/1:7\t0/0:9\n"
        "1\t20\t.\tA\tC\t.\t.\t.\tGT\t1/1\t./.\n"
        "1\t30\t.\tA\tC\t.\tq10\t.\tGT\t0/0\t1/1\n"
        "1\t31\t.\tA\t*\t.\tPASS\t.\tGT\t1/1\t0/0\n"
    )
    found, _ = tally(path)
    assert (found["a"].variants, found["a"].het, found["a"].hom) == (2, 1, 1)
    assert (found["b"].variants, found["b"].filtered, found["b"].records) == (0, 1, 4)
    assert found["a"].depth == {"7": 1}


def test_two_samples_of_one_name_are_refused(tmp_path):
    path = tmp_path / "two.vcf"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\ta\n"
    path.write_text(f"##fileformat=VCFv4.2\n{columns}1\t10\t.\tA\tG\t.\tPASS\t.\tGT\t0/1\t0/0\n")
    with pytest.raises(InputError, match=r"two.vcf: two samples are called 'a'; rename one"):
        tally(path)


def test_a_file_of_sites_has_no_samples(tmp_path):
    path = tmp_path / "sites.vcf"
    path.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    assert tally(path)[0] == {}


def test_a_file_cut_short_is_refused(tmp_path):
    path = write_calls(tmp_path / "a.vcf")
    path.write_text(path.read_text() + "chr1\t9")
    with pytest.raises(InputError, match="columns"):
        tally(path)


@pytest.mark.skipif(not shutil.which("bcftools"), reason="bcftools is not installed")
def test_counts_are_those_of_bcftools(tmp_path):
    # Of two alternative alleles bcftools counts one.
    path = write_calls(tmp_path / "a.vcf", calls=[one for one in CALLS if one[3] != "1/2"])
    command = ["bcftools", "stats", "-f", "PASS,.", "-i", 'GT="alt"', "-s", "S", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    [row] = [line.split("\t") for line in told.splitlines() if line.startswith("PSC\t")]
    hom, het, transitions, transversions, indels = (int(row[place]) for place in (4, 5, 6, 7, 8))
    mine = tally(path)[0]["S"]
    snps = [mine.transitions, mine.transversions]
    assert [transitions, transversions, indels] == [*snps, mine.indels]
    assert (hom + het, hom) == (mine.snps, mine.hom - mine.indels)  # bcftools: of SNPs alone
