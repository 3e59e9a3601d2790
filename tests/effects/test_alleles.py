"""Which alleles are scored against which reference, and what is said of the others."""

from pathlib import Path

import numpy as np
import pytest

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.genome import Genome
from seqcnn.data.variant_stream import open_variant_stream
from seqcnn.effects.alleles import SCORED_STATUSES, STATUSES, AlleleReader, Alleles
from seqcnn.errors import InputError

#           0         1         2
#           012345678901234567890123456789
SEQUENCE = "ACGTACGTACGTNNACGTRCGTAAAAACGT"
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{SEQUENCE}\n>chr2\n{SEQUENCE}\n")
    return Genome(path)


def read(genome: Genome, records: str, policy="error", alias=None) -> Alleles:
    path = genome.path.with_name("x.vcf")
    rows = [record.split() for record in records.strip().splitlines()]
    path.write_text(HEAD + "".join(f"{c}\t{p}\t.\t{r}\t{a}\t.\t.\t.\n" for c, p, r, a in rows))
    with open_variant_stream(path) as stream:
        return AlleleReader(genome, policy, alias).read(stream, list(stream))


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("chr1 1 A C", "scored"),
        ("chr1 2 c t", "scored"),
        ("chr1 1 ACG A", "scored"),
        ("chr1 19 A C", "scored"),  # R in the genome stands for A or G
        ("chr1 1 A <DEL>", "symbolic"),
        ("chr1 1 A *", "spanning_deletion"),
        ("chr1 1 A .", "no_alt"),
        ("chr1 1 A A[chr2:5[", "breakend"),
        ("chr1 1 A .T", "breakend"),
        ("chr1 1 A N", "ambiguous"),
        ("chr1 1 ACN A", "ambiguous"),
        ("chr1 1 A a", "same_as_ref"),
        ("chr1 13 A C", "genome_n"),
        ("chr1 12 TA T", "genome_n"),
        ("chr1 31 A C", "off_contig"),
        ("chr1 30 TA T", "off_contig"),
        ("chr1 0 A C", "off_contig"),
    ],
)
def test_what_is_said_of_an_allele(genome, record, status):
    found = read(genome, record)
    assert found.status == [status]
    assert status in STATUSES
    assert len(found.rows) == len(found.changes) == (status in SCORED_STATUSES)


def test_alleles_of_a_record_are_told_apart(genome):
    found = read(genome, "chr1 1 A C,*,AT\nchr2 2 C G")
    assert found.record.tolist() == [0, 0, 0, 1]
    assert found.status == ["scored", "spanning_deletion", "scored", "scored"]
    assert found.rows.tolist() == [0, 2, 3]
    assert found.changes.contig.tolist() == [0, 0, 1]
    assert found.changes.pos.tolist() == [0, 1, 1]
    assert found.changes.ref == ["A", "", "C"]
    assert found.changes.alt == ["C", "T", "G"]


MISMATCH = "chr1 1 A C\nchr1 2 G C\nchr1 3 T A\nchr1 3 TA T"


def test_a_wrong_ref_stops_with_its_line(genome):
    with pytest.raises(InputError, match=r"x\.vcf:4: REF 'G' at chr1:2, g\.fa has 'C'") as caught:
        read(genome, MISMATCH)
    assert "another assembly" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_the_genome_has_the_alt_swap_is_named(genome):
    good = "\n".join(f"chr1 {pos} {SEQUENCE[pos - 1]} {'G' if pos != 3 else 'A'}" for pos in (1, 2))
    with pytest.raises(InputError, match="the genome has the ALT: pass --ref-mismatch swap"):
        read(genome, f"{good}\nchr1 4 A T")


def test_a_wrong_ref_is_left_without_a_score(genome):
    found = read(genome, MISMATCH, "skip")
    assert found.status == ["scored", "ref_mismatch", "ref_mismatch", "ref_mismatch"]
    assert found.rows.tolist() == [0]


def test_a_wrong_ref_is_swapped_where_the_genome_has_the_alt(genome):
    found = read(genome, f"{MISMATCH}\nchr1 22 GA G\nchr1 23 T A,C\nchr1 5 AG A", "swap")
    assert found.status == [
        *("scored", "swapped", "ref_mismatch", "ref_mismatch"),
        *("ref_mismatch", "swapped", "ref_mismatch", "swapped"),
    ]
    assert found.swapped.tolist() == [False, True, True, True]
    assert not found.changes.written.any()
    # In the genome's terms: C for G, and a G that comes in behind A.
    assert (found.changes.ref[1], found.changes.alt[1]) == ("C", "G")
    assert (found.changes.pos[3], found.changes.ref[3], found.changes.alt[3]) == (5, "", "G")


def test_a_wrong_ref_is_written_into_the_genome(genome):
    found = read(genome, MISMATCH, "annotate")
    assert found.status == ["scored", *["ref_mismatch_scored"] * 3]
    assert found.changes.written.tolist() == [False, True, True, True]
    assert found.changes.ref[1] == "G"
    assert (found.changes.pos[3], found.changes.ref[3], found.changes.alt[3]) == (3, "A", "")


def test_contigs_get_the_name_of_the_genome(genome):
    found = read(genome, "1 1 A C\n2 1 A C", alias=ContigAlias.parse("add-chr"))
    assert found.status == ["scored", "scored"]
    assert found.changes.contig.tolist() == [0, 1]


def test_names_that_an_alias_would_mend_are_refused(genome):
    with pytest.raises(InputError, match=r"x\.vcf:3: contig '1' .*pass --contig-alias add-chr"):
        read(genome, "1 1 A C")


def test_a_contig_that_the_genome_lacks_is_said_of_its_alleles(genome):
    found = read(genome, "chr1 1 A C\nchrUn 1 A C,G\n2 1 A C")
    assert found.status == ["scored", *["unknown_contig"] * 3]


def test_what_is_no_allele_is_refused(genome):
    with pytest.raises(InputError, match=r"x\.vcf:3: ALT 'FOO' is no allele"):
        read(genome, "chr1 1 A FOO")


def test_references_of_any_length_are_compared_whole(tmp_path):
    sequence = "".join(np.random.default_rng(2).choice(list("ACGT"), 200))
    sequence = f"{sequence[:120]}R{sequence[121:]}"
    path = tmp_path / "long.fa"
    path.write_text(f">chr1\n{sequence}\n")
    genome = Genome(path)
    for size in (2, 31, 32, 33, 60):
        for pos in (0, 50, 100, 119, 200 - size):
            ref = sequence[pos : pos + size].replace("R", "G")
            wrong = ref[:-1] + {"A": "C", "C": "A", "G": "T", "T": "A"}[ref[-1]]
            records = f"chr1 {pos + 1} {ref} {ref[0]}\nchr1 {pos + 1} {wrong} {ref[0]}"
            assert read(genome, records, "skip").status == ["scored", "ref_mismatch"]


def test_contigs_of_records_that_were_read_before_a_stop_are_known(genome):
    path = genome.path.with_name("x.vcf")
    path.write_text(HEAD + "chr1\t1\t.\tA\tC\t.\t.\t.\n" + "2\t1\t.\tA\tC\t.\t.\t.\n" * 2)
    with open_variant_stream(path) as stream:
        reader = AlleleReader(genome)
        lines = list(stream)
        reader.pass_over(stream, lines[:2])
        assert reader.read(stream, lines[2:]).status == ["unknown_contig"]
        assert reader.absent == {"2": 2}
