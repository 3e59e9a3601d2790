import hashlib

import pytest

from seqcnn.data.aliases import ContigAlias
from seqcnn.data.alignments import open_alignments
from seqcnn.data.call_regions import Region
from seqcnn.data.md_reference import RebuiltReference
from seqcnn.data.reference_match import check_contigs
from seqcnn.data.references import FastaReference
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

BASES = {"chr1": "ACGTT" * 400, "chr2": "CCATG" * 100}


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "ref.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in BASES.items()))
    return FastaReference(path)


def header(**lengths: object) -> str:
    lines = [f"@SQ\tSN:{name}\tLN:{value}" for name, value in lengths.items()]
    return "@HD\tVN:1.6\tSO:coordinate\n" + "\n".join(lines) + "\n"


def reads(contig: str, count: int = 30) -> str:
    bases = BASES["chr1"][:100]
    return "\n".join(
        f"r{i} 0 {contig} 1 60 100M * 0 0 {bases} {'I' * 100} NM:i:0" for i in range(count)
    )


def refusal(path, reference, **flags):
    with open_alignments(path) as alignments, pytest.raises(InputError) as error:
        check_contigs(alignments, reference, **flags)
    return str(error.value)


def test_matching_contigs_pass_without_a_word(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=2000, chr2=500))
    with open_alignments(path) as alignments:
        matched, notes = check_contigs(alignments, reference)
    assert (list(matched.names), notes) == (["chr1", "chr2"], [])


def test_regions_on_contigs_of_the_right_length_need_no_word(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=2000, chr2=500))
    with open_alignments(path) as alignments:
        regions = [Region("chr1", 0, 100)]
        assert check_contigs(alignments, reference, contigs=["chr1"], regions=regions)[1] == []


def test_a_region_does_not_save_a_contig_from_its_checksum(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=f"2000\tM5:{'0' * 32}"))
    with open_alignments(path) as alignments:
        regions = [Region("chr1", 0, 100)]
        notes = check_contigs(alignments, reference, contigs=["chr1"], regions=regions)[1]
    assert [note.split(": ")[1].split(";")[0] for note in notes] == ["masked or changed"]


def test_a_contig_without_reads_may_be_missing(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=2000, decoy=90, chrM=16569))
    with open_alignments(path) as alignments:
        matched, notes = check_contigs(alignments, reference)
    assert list(matched.names) == ["chr1"]
    assert notes == [
        "2 of 3 contigs of x.bam ('decoy', 'chrM') are not in ref.fa or have another length; none "
        "is called"
    ]


def test_a_contig_with_reads_must_be_there(make_bam, reference):
    records = reads("chr1") + "\n" + reads("decoy", 1)
    path = make_bam(records, header=header(chr1=2000, decoy=200))
    assert refusal(path, reference) == (
        f"{path}: 1 of 2 contigs to call ('decoy') is not in {reference.path} (it has 'chr1', "
        "'chr2'); give the reference the reads were aligned to, or name the contigs to call with "
        "--regions"
    )
    with open_alignments(path) as alignments:
        assert list(check_contigs(alignments, reference, contigs=["chr1"])[0].names) == ["chr1"]


def test_chr_before_the_names_is_seen_and_the_flag_named(make_bam, reference):
    path = make_bam(reads("1"), header=header(**{"1": 2000, "2": 500}))
    assert refusal(path, reference) == (
        f"{path}: contig '1' is not in {reference.path} (it has 'chr1', 'chr2'); pass "
        "--contig-alias add-chr"
    )
    with open_alignments(path) as alignments:
        matched, _ = check_contigs(alignments, reference, alias=ContigAlias("add-chr"))
    assert list(matched.names) == ["1", "2"]
    assert decode(matched.fetch("1", 0, 5)) == "ACGTT"


def test_another_length_is_another_assembly(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=2001, chr2=500))
    assert refusal(path, reference) == (
        f"{path}: contig 'chr1' is 2,001 bp, in {reference.path} it is 2,000 bp: another "
        "assembly; give the reference the reads were aligned to"
    )


def md5(bases: str) -> str:
    return hashlib.md5(bases.encode(), usedforsecurity=False).hexdigest()


def test_an_equal_checksum_passes(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=f"2000\tM5:{md5(BASES['chr1']).upper()}"))
    with open_alignments(path) as alignments:
        assert check_contigs(alignments, reference)[1] == []


def test_another_checksum_with_reads_that_fit_is_noted(make_bam, reference):
    path = make_bam(reads("chr1"), header=header(chr1=f"2000\tM5:{'0' * 32}"))
    with open_alignments(path) as alignments:
        assert check_contigs(alignments, reference)[1] == [
            f"contig 'chr1' of ref.fa has the MD5 {md5(BASES['chr1'])}, the header of x.bam says "
            f"{'0' * 32}: masked or changed; its reads fit it (0.00% of bases differ)"
        ]


def test_another_checksum_with_reads_that_do_not_fit_is_refused(make_bam, reference):
    records = reads("chr1").replace(" 100M ", " 1S99M ")
    path = make_bam(records, header=header(chr1=f"2000\tM5:{'0' * 32}"))
    assert refusal(path, reference) == (
        f"contig 'chr1' of ref.fa has the MD5 {md5(BASES['chr1'])}, the header of x.bam says "
        f"{'0' * 32}: another version of it; give the reference the reads were aligned to"
    )


def test_a_rebuilt_reference_fits_by_itself(make_bam):
    with open_alignments(make_bam(reads("q"))) as alignments:
        rebuilt = RebuiltReference(alignments.spec)
        assert check_contigs(alignments, rebuilt) == (rebuilt, [])
