from pathlib import Path

import pytest

from seqcnn.data.call_inputs import open_inputs
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
HIFI = DATA / "hifi_HG002_grch38_chr20_46x"
SLICE = DATA / "illumina_NA12878_hg19_chr20_52x" / "NA12878_S1.chr20.10_10p1mb"
REFERENCE = DATA / "reference"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")

BASES = "ACGTTGCAAC" * 100
READ = "a 0 1 11 60 10M * 0 0 ACGTTGCAAC IIIIIIIIII"
HEADER = "@SQ\tSN:1\tLN:1000\n@SQ\tSN:2\tLN:500\n"


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "ref.fa"
    path.write_text(f">chr1\n{BASES}\n")
    return path


def test_regions_go_by_the_names_of_the_reads_or_of_the_reference(make_bam, fasta):
    path = make_bam(READ, header=HEADER)
    flags = {"reference": fasta, "contig_alias": "add-chr"}
    for text in ("1:11-20", "chr1:11-20"):
        inputs = open_inputs(path, regions=[text], **flags)
        assert inputs.regions == [("1", 10, 20)]
        assert decode(inputs.reference.fetch("1", 10, 20)) == "ACGTTGCAAC"
        inputs.alignments.close()


def test_by_default_contigs_with_reads_are_called(make_bam, fasta):
    inputs = open_inputs(make_bam(READ, header=HEADER), reference=fasta, contig_alias="add-chr")
    inputs.alignments.close()
    assert inputs.regions == [("1", 0, 1000)]
    assert inputs.notes == [
        "x.bam: no read group in the header; the sample is called 'x'",
        "1 of 2 contigs of x.bam ('2') are not in ref.fa or have another length; none is called",
    ]


def test_a_file_without_reads_has_nothing_to_call(make_bam, fasta):
    inputs = open_inputs(make_bam(header=HEADER), reference=fasta, contig_alias="add-chr")
    inputs.alignments.close()
    assert inputs.regions == []


@real
@pytest.mark.parametrize("ending", [".bam", ".cram"])
def test_the_52x_slice_opens_with_its_reference(ending):
    inputs = open_inputs(
        SLICE.with_name(SLICE.name + ending),
        reference=REFERENCE / "hg19.chr20.unittest.fa.gz",
        regions=["chr20:10,000,001-10,010,000"],
    )
    found = inputs.alignments.reads(*inputs.regions[0])
    inputs.alignments.close()
    assert inputs.alignments.sample == "NA12878"
    assert len(found.start) == 4951  # samtools view -c -F 3844


@real
def test_the_hifi_slice_with_the_wrong_header_does_not_match(tmp_path):
    name = "aligned.sorted.hg002.m84034_240730_194815_s1.hifi_reads.ccs.chr20_100kbp_at_9mb.bam"
    fasta = tmp_path / "ref.fa"
    fasta.write_text(">chr19\n" + ("ACGTTGCAAC" * 5_912_899)[:59_128_983] + "\n")
    with pytest.raises(InputError) as error:
        open_inputs(HIFI / name, reference=fasta)
    assert str(error.value) == (
        f"{HIFI / name}: the reads do not match this reference: on 'chr19' of {fasta} 75% of their "
        "bases differ, where their NM tags say 0.2%; the header of the file is wrong, or give the "
        "reference they were aligned to"
    )


def test_an_index_of_a_file_with_more_contigs_is_refused(make_bam, fasta):
    more = make_bam(READ, header=HEADER + "@SQ\tSN:3\tLN:5\n", name="more.bam")
    path = make_bam(READ, header=HEADER)
    index = Path(f"{path}.bai")
    index.write_bytes(Path(f"{more}.bai").read_bytes())
    with pytest.raises(InputError) as error:
        open_inputs(path, reference=fasta, contig_alias="add-chr")
    assert str(error.value) == (
        f"{index}: is not the index of x.bam: it has 3 contigs, the file 2; make it again: "
        f"samtools index {path}"
    )
