"""What is wrong with the input of call-variants, in one line; a row of the failure table a test."""

import os
import resource
import shutil
from pathlib import Path

import pysam
import pytest
from counting_model import write_counting_model
from invented_reads import (
    Edit,
    invented_genome,
    other,
    single_reads,
    write_bam,
    write_fasta,
)

from seqcnn.api import call_variants as api
from seqcnn.training.bundle import Bundle, load_bundle

REAL = Path(__file__).parents[3] / "shared/data/variants"
needs_real_reads = pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data")


@pytest.fixture(autouse=True)
def _no_reference_of_the_machine(monkeypatch):
    for name in ("SEQCNN_REFERENCE", "REF_PATH", "REF_CACHE"):
        monkeypatch.delenv(name, raising=False)


class Folder:
    """Files that a test may change, and what call-variants says of them."""

    def __init__(self, seqcnn, folder, model):
        self._seqcnn = seqcnn
        self.path, self.model = folder, model
        self.genome = invented_genome({"one": 2000, "two": 1000})
        bases = self.genome["one"]
        self.edit = Edit(1000, bases[1000], other(bases[1000]))
        self.reads = single_reads(bases, [[self.edit], []])
        self.bam = self.write()
        self.reference = write_fasta(folder / "genome.fa", self.genome)
        self.out = folder / "calls.vcf.gz"

    def write(self, **how):
        how = {"reads": [("one", self.reads)], **how}
        return write_bam(self.path / "x.bam", self.genome, how.pop("reads"), **how)

    def call(self, *flags, reference=True):
        words = [self.bam, "--model", self.model, "--threads", "1", "--out", self.out]
        if reference:
            words += ["--reference", self.reference]
        return self._seqcnn("call-variants", *words, *flags)

    def refusal(self, *flags, **how):
        """The one line of a run that must end with code 2 and no output."""
        outcome = self.call(*flags, **how)
        assert outcome.code == 2, outcome
        assert outcome.out == ""
        assert not self.out.exists()
        last = outcome.err.splitlines()[-1]
        assert last.startswith("seqcnn: ")
        assert "Traceback" not in outcome.err
        return last.removeprefix("seqcnn: ")

    def notes(self, *flags, **how):
        """Notes of a run that must end with its output."""
        outcome = self.call(*flags, **how)
        assert outcome.code == 0, outcome
        lines = [line.removeprefix("note: ") for line in outcome.err.splitlines()]
        header = str(pysam.VariantFile(str(self.out)).header)
        assert all(line in header for line in lines if "journal" not in line), header
        return lines

    def records(self):
        with pysam.VariantFile(str(self.out)) as file:
            return [record.pos for record in file]


@pytest.fixture
def folder(seqcnn, tmp_path, counting_model):
    return Folder(seqcnn, tmp_path, counting_model)


def test_all_is_well_to_begin_with(folder):
    assert folder.notes() == []
    assert folder.records() == [1001]
    assert sorted(path.name for path in folder.path.iterdir() if "calls" in path.name) == [
        "calls.vcf.gz", "calls.vcf.gz.tbi",
    ]  # fmt: skip


def test_a_missing_file(folder):
    folder.bam = folder.path / "y.bam"
    assert folder.refusal() == f"{folder.bam}: no such file; check the name"


def test_a_file_that_is_no_bam(folder):
    folder.bam.write_text("chr1\t1\t2\n")
    assert folder.refusal() == f"{folder.bam}: is neither BAM nor CRAM"


def test_sam_text(folder):
    folder.bam.write_text("@HD\tVN:1.6\n")
    assert "is SAM text, a BAM or CRAM was wanted: samtools sort -o x.bam" in folder.refusal()


def test_a_missing_index(folder):
    os.remove(f"{folder.bam}.bai")
    assert folder.refusal() == (
        f"{folder.bam}: has no index (looked for x.bam.bai, x.bai, x.bam.csi or x.csi): run "
        f"'samtools index {folder.bam}', or pass --make-index"
    )
    folder.notes("--make-index")
    assert folder.records() == [1001]


def test_an_index_older_than_its_file(folder):
    os.utime(f"{folder.bam}.bai", (1e9, 1e9))
    assert folder.notes() == [
        "x.bam.bai is older than x.bam; if reads are missing, make it again: samtools index "
        f"{folder.bam}"
    ]


def test_an_index_of_another_file(folder):
    write_bam(folder.path / "y.bam", {"one": "A" * 2000}, [])
    shutil.copyfile(folder.path / "y.bam.bai", f"{folder.bam}.bai")
    assert f"{folder.bam}.bai: is not the index of x.bam" in folder.refusal()


def test_a_truncated_file(folder):
    data = folder.bam.read_bytes()
    folder.bam.write_bytes(data[:-28])
    os.utime(f"{folder.bam}.bai")
    assert folder.refusal() == (
        f"{folder.bam}: is cut short: the mark that ends a whole BAM is absent; copy or make it "
        "again, or pass --allow-truncated to use what is there"
    )
    assert folder.notes("--allow-truncated") == [
        "x.bam: is cut short (its end mark is absent); read as far as it goes"
    ]
    assert folder.records() == [1001]


def test_a_file_that_ends_in_the_middle(folder):
    genome = invented_genome({"one": 60_000})
    bases = genome["one"]
    write_fasta(folder.reference, genome)
    edits = [Edit(pos, bases[pos], other(bases[pos])) for pos in range(1_000, 60_000, 2_000)]
    write_bam(folder.bam, genome, [("one", single_reads(bases, [edits, []]))])
    data = folder.bam.read_bytes()
    folder.bam.write_bytes(data[: len(data) // 2])
    os.utime(f"{folder.bam}.bai")
    assert "is cut short" in folder.refusal()
    assert "is cut short" in folder.notes("--allow-truncated")[0]
    found = folder.records()
    assert found == [edit.pos + 1 for edit in edits[: len(found)]]
    assert 10 <= len(found) <= 15  # of 30


def test_unsorted_reads(folder):
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}}
    folder.write(reads=[("one", folder.reads[::-1])], header=header, index=False)
    assert folder.refusal() == (
        f"{folder.bam}: is not sorted by position (its header says unsorted); run 'samtools sort "
        "-o x.sorted.bam x.bam' and 'samtools index x.sorted.bam'"
    )


def test_a_contig_of_the_reads_that_the_reference_lacks(folder):
    write_fasta(folder.reference, {"three": folder.genome["one"]})
    assert folder.refusal() == (
        f"{folder.bam}: 1 of 1 contigs to call ('one') is not in {folder.reference} (it has "
        "'three'); give the reference the reads were aligned to"
    )


def test_a_contig_of_another_length(folder):
    write_fasta(folder.reference, {"one": folder.genome["one"] + "A"})
    assert "contig 'one' is 2,000 bp, in" in folder.refusal()
    assert "it is 2,001 bp: another assembly" in folder.refusal()


def test_a_contig_without_reads_may_be_absent(folder):
    write_fasta(folder.reference, {"one": folder.genome["one"]})
    assert folder.notes() == [
        "1 of 2 contigs of x.bam ('two') are not in genome.fa or have another length; none is "
        "called"
    ]


def test_chr_before_the_names(folder):
    write_fasta(folder.reference, {f"chr{name}": text for name, text in folder.genome.items()})
    assert folder.refusal() == (
        f"{folder.bam}: contig 'one' is not in {folder.reference} (it has 'chrone', 'chrtwo'); "
        "pass --contig-alias add-chr"
    )
    assert folder.notes("--contig-alias", "add-chr") == []
    assert folder.records() == [1001]


def test_reads_of_another_genome(folder):
    write_fasta(folder.reference, invented_genome({"one": 2000, "two": 1000}, seed=9))
    said = folder.refusal()
    assert said == (
        f"{folder.bam}: the reads do not match this reference: on 'one' of {folder.reference} 77% "
        "of their bases differ; the header of the file is wrong, or give the reference they were "
        "aligned to"
    )


@needs_real_reads
def test_the_hifi_slice_with_the_header_of_another_build(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path / "cache"))
    found = sorted((REAL / "hifi_HG002_grch38_chr20_46x").glob("*aligned.sorted*.bam"))
    fasta = sorted((REAL / "reference").glob("*chr20*0-10M*.fa*"))
    bam = next((path for path in found if "fixedheader" not in path.name), None)
    if bam is None or not fasta:
        pytest.skip("the slice is not there")
    for path in bam.parent.glob(f"{bam.name}*"):
        shutil.copyfile(path, tmp_path / path.name)
    folder.bam = tmp_path / bam.name
    folder.reference = next(path for path in fasta if path.suffix in (".gz", ".fa"))
    assert "('chr19') is not in" in folder.refusal()
    said = folder.refusal("--contig-alias", "chr19=chr20")
    assert "contig 'chr19' is 59,128,983 bp" in said and "another assembly" in said, said


def test_no_read_group(folder):
    folder.write(header={"RG": []}, groups=())
    assert folder.notes() == ["x.bam: no read group in the header; the sample is called 'x'"]
    assert list(pysam.VariantFile(str(folder.out)).header.samples) == ["x"]


def test_several_samples(folder):
    groups = [{"ID": "a", "SM": "Ann"}, {"ID": "b", "SM": "Ben"}]
    folder.write(header={"RG": groups}, groups=("a", "b"))
    said = folder.refusal()
    assert "2 samples" in said and "Ann" in said and "Ben" in said and "--sample" in said, said
    said = folder.refusal("--sample", "Cleo")
    assert "Cleo" in said and "Ann" in said, said
    folder.notes("--sample", "Ann")
    (record,) = pysam.VariantFile(str(folder.out))
    # Reads of Ann and of Ben take turns, as those with the SNP and those without.
    assert (record.samples.keys(), record.samples["Ann"]["AD"]) == (["Ann"], (0, 13))


def test_a_region_without_reads(folder):
    outcome = folder.call("--regions", "two:1-500")
    assert outcome.code == 0
    assert "reads used 0" in outcome.out
    assert outcome.err == "note: no usable reads in two:1-500\n"
    with pysam.VariantFile(str(folder.out)) as file:
        assert list(file.fetch("two")) == []
    assert os.path.exists(f"{folder.out}.tbi")


def test_a_file_without_reads(folder):
    folder.write(reads=[])
    outcome = folder.call()
    assert outcome.code == 0
    assert outcome.err == "note: no usable reads in the file\n"
    assert folder.records() == []
    assert os.path.exists(f"{folder.out}.tbi")


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("one:1,900-2,100", "one:1,900-2,100 (1-based, the end included) is outside of 'one'"),
        ("one:5000", "--regions one:5000: one:5,000-5,000 (1-based, the end included) is outside"),
        ("three", "no contig 'three' among those of the reads ('one', 'two')"),
        ("chrone", "no contig 'chrone'; write 'one', as the reads have it"),
        ("one:9-3", "--regions one:9-3: ends before it starts"),
        ("one:0-3", "--regions one:0-3: starts at 0; positions count from 1"),
        ("no.bed", "no.bed"),
    ],
)
def test_a_region_that_is_not_there(folder, region, message):
    assert message in folder.refusal("--regions", region)


def test_a_malformed_bed(folder):
    bed = folder.path / "x.bed"
    bed.write_text("one\t0\t100\none\t300\t200\n")
    assert folder.refusal("--regions", bed).startswith(f"{bed}:2: ")
    bed.write_text("one\t0\t100\none\tx\t200\n")
    assert folder.refusal("--regions", bed).startswith(f"{bed}:2: ")
    bed.write_text("one\t0\t2001\n")
    assert folder.refusal("--regions", bed) == (
        f"{bed}:1: one:0-2,001 (BED: 0-based, half-open) is outside of 'one', which is 2,000 bp"
    )


def test_a_cram_without_its_reference(folder):
    cram = folder.path / "x.cram"
    pysam.view("-C", "-T", str(folder.reference), "-o", str(cram), str(folder.bam),
               catch_stdout=False)  # fmt: skip
    pysam.index(str(cram))
    folder.bam = cram
    assert folder.notes() == []
    folder.out.unlink()
    for path in folder.path.glob("genome.fa*"):
        path.rename(path.with_name("moved" + path.name))
    said = folder.refusal(reference=False)
    assert said.startswith(f"{cram}: ") and "--reference" in said, said
    other_genome = invented_genome({"one": 2000, "two": 1000}, seed=9)
    write_fasta(folder.reference, other_genome)
    said = folder.refusal()
    assert "one" in said and ("MD5" in said or "M5" in said), said


def test_no_reference_at_all(folder):
    assert folder.refusal(reference=False) == (
        f"{folder.bam}: has no reference: its reads have no MD tags to rebuild it from; give the "
        "FASTA with --reference or $SEQCNN_REFERENCE"
    )
    folder.reference = folder.path / "no.fa"
    assert (
        folder.refusal() == f"--reference {folder.reference}: no such file; a FASTA file was wanted"
    )


def test_a_corrupt_block_in_the_middle(folder):
    genome = invented_genome({"one": 60_000})
    bases = genome["one"]
    write_fasta(folder.reference, genome)
    edits = [Edit(pos, bases[pos], other(bases[pos])) for pos in range(1_000, 60_000, 2_000)]
    write_bam(folder.bam, genome, [("one", single_reads(bases, [edits, []]))])
    flags = ("--chunk-size", "2500", "--threads", "2")
    folder.notes(*flags)
    whole = folder.out.read_bytes()
    assert len(folder.records()) == 30
    folder.out.unlink()
    sound = folder.bam.read_bytes()
    index = Path(f"{folder.bam}.bai").read_bytes()
    middle = len(sound) // 2
    folder.bam.write_bytes(sound[:middle] + bytes(40) + sound[middle + 40 :])
    os.utime(f"{folder.bam}.bai")
    outcome = folder.call(*flags)
    assert outcome.code == 2
    failed = [line for line in outcome.err.splitlines() if line.startswith("failed: ")]
    assert 1 <= len(failed) < 12
    assert f"{folder.bam}: cannot be read at one:" in failed[0]
    last = outcome.err.splitlines()[-1]
    assert "no VCF was written, the other regions are kept" in last
    assert not folder.out.exists()
    journal = folder.out.with_name("calls.vcf.gz.journal")
    kept = journal.read_text().count('"payload"')
    assert kept + len(failed) == 24
    # The journal is of the damaged file: the sound one is another input.
    folder.bam.write_bytes(sound)
    Path(f"{folder.bam}.bai").write_bytes(index)
    assert any("starting anew" in note for note in folder.notes(*flags))
    assert folder.out.read_bytes() == whole


def test_a_model_of_another_preset(folder):
    folder.model = write_counting_model(folder.path / "long.safetensors", preset="hifi")
    assert folder.refusal("--preset", "illumina") == (
        f"{folder.model}: is a model for hifi reads, and this is --preset illumina; pass a model "
        "trained for them"
    )
    assert folder.call("--preset", "hifi").code == 0


def test_no_model_for_a_preset(folder, seqcnn):
    outcome = seqcnn("call-variants", folder.bam, "--preset", "ont", "--reference", "x.fa")
    assert outcome.code == 2
    assert outcome.err == (
        "seqcnn: no model for ont reads is released with seqcnn; train one with `seqcnn train "
        "--task variants --preset ont` on samples of known genotypes, which `seqcnn simulate "
        "--preset ont` makes, and pass it with --model\n"
    )


def test_a_model_of_another_task(folder):
    folder.model = changed_card(folder, task={"name": "accessibility"}, encoder={"kind": "dna"})
    assert folder.refusal() == (
        f"{folder.model}: is a model of task 'accessibility', which reads no pileups; calling "
        "needs one of `seqcnn train --task variants`"
    )


def test_a_model_of_another_channel_set(folder):
    folder.model = changed_card(folder, channels=load_bundle(folder.model).card["channels"][:6])
    assert folder.refusal() == (
        f"{folder.model}: has outputs 0/0, 0/1, 1/1, 0/2, 1/2, 2/2 of 6 channels; this seqcnn "
        "draws 7 channels for 0/0, 0/1, 1/1, 0/2, 1/2, 2/2"
    )


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_model_whose_weights_are_of_another_network(folder, threads):
    card = load_bundle(folder.model).card["architecture"]
    folder.model = changed_card(folder, architecture={**card, "arguments": {"width": 0.5}})
    flags = ("--threads", threads, "--chunk-size", "1000")
    assert "the bundle's weights do not fit its 'pileup'" in folder.refusal(*flags)


def changed_card(folder, **changes):
    """The model with another card."""
    bundle = load_bundle(folder.model)
    path = folder.path / "changed.safetensors"
    Bundle({**bundle.card, **changes}, bundle.states).save(path)
    return path


def test_a_model_that_is_missing_or_damaged(folder):
    whole = folder.model
    folder.model = folder.path / "no.safetensors"
    assert "no such bundle" in folder.refusal()
    folder.model.write_bytes(whole.read_bytes()[:500])
    assert "not a whole safetensors file" in folder.refusal()


def test_a_site_that_does_not_fit_the_reference(folder):
    bases = folder.genome["one"]
    sites = folder.path / "sites.vcf"
    rows = [f"one\t101\t.\t{other(bases[100])}\t{bases[100]}\t.\t.\t."]
    header = ["##fileformat=VCFv4.2", "##contig=<ID=one>", "##contig=<ID=chrone>"]
    header.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    sites.write_text("\n".join([*header, *rows, ""]))
    assert folder.refusal("--sites", sites) == (
        f"{sites}: one:101 has REF {other(bases[100])}, the reference has {bases[100]} there; is "
        "it of another genome build?"
    )
    sites.write_text("\n".join([*header, rows[0].replace("one", "chrone"), ""]))
    assert folder.refusal("--sites", sites) == (
        f"{sites}: its contigs, such as 'chrone', are none of those called, such as 'one'; rename "
        "them: bcftools annotate --rename-chrs"
    )
    assert "no such file; a VCF or BCF was wanted" in folder.refusal("--sites", "no.vcf")


def test_an_output_that_cannot_be_written(folder):
    wrong = folder.path / "calls.txt"
    folder.out = wrong
    assert folder.refusal() == (
        f"--out {wrong}: calls are written as .vcf.gz or .vcf, a shard as .calls; choose one of "
        "these"
    )
    folder.out = folder.path / "no" / "calls.vcf"
    assert folder.refusal() == (
        f"--out {folder.out}: there is no folder {folder.path / 'no'}; make it first"
    )
    folder.out = folder.path / "a.vcf"
    folder.out.mkdir()
    outcome = folder.call()
    assert (outcome.code, outcome.err) == (
        2, f"seqcnn: --out {folder.out}: is a folder; name a file in it\n",
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(folder):
    place = folder.path / "closed"
    place.mkdir(mode=0o555)
    folder.out = place / "calls.vcf"
    assert "cannot write the journal here (Permission denied)" in folder.refusal()


def test_a_full_disk(folder, monkeypatch):
    folder.out = folder.path / "calls.vcf"
    folder.notes()
    before = folder.out.read_bytes()
    write = api.write_calls

    def write_on_little(*what):
        held = resource.getrlimit(resource.RLIMIT_FSIZE)
        # Python ignores SIGXFSZ, so that writing further than this fails as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, held[1]))
        try:
            return write(*what)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, held)

    monkeypatch.setattr(api, "write_calls", write_on_little)
    outcome = folder.call("--include-ref-calls")
    monkeypatch.undo()
    assert outcome.code == 2
    assert "File too large" in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert folder.out.read_bytes() == before
    again = folder.call("--include-ref-calls")
    assert again.code == 0
    assert "going on after 1 finished chunks" in again.err
    names = sorted(path.name for path in folder.path.iterdir() if path.name.startswith("calls"))
    assert names == ["calls.vcf"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--thread", "2"), "no such option: --thread"),
        (("--min-fraction-snp", "12"), "--min-fraction-snp: Input should be less than or equal"),
        (("--min-count-snp", "two"), "--min-count-snp: Input should be a valid integer"),
        (("--preset", "nova"), "--preset: Input should be 'illumina', 'hifi' or 'ont'"),
        (("--device", "gpu"), "--device gpu: unknown; pass auto, cpu, cuda, cuda:1 or mps"),
        (("--chunk-size", "10"), "--chunk-size: Input should be greater than or equal to 1000"),
    ],
)
def test_a_wrong_flag(folder, flags, message):
    said = folder.refusal(*flags)
    assert message.lower() in said.lower(), said
