"""Shards gathered are the call in one piece, byte for byte, wherever the borders are."""

import hashlib
import shutil
from itertools import pairwise
from pathlib import Path

import pysam
import pytest
from invented_reads import Invented, invented_genome, single_reads, write_bam, write_fasta

from seqcnn import InputError, call_variants, gather
from seqcnn.calling.shard_files import ShardHead, write_shard
from seqcnn.calling.shards import shards

DEMO = Path(__file__).parents[2] / "data" / "demo"
REAL = Path(__file__).parents[3] / "shared/data/variants"
READS = REAL / "illumina_NA12878_b37_chr20_7x/gatk_mini_bundle_extract.bam"
REFERENCE = REAL / "reference/b37.20.unittest.fa.gz"


@pytest.fixture(autouse=True)
def _no_reference_of_the_machine(monkeypatch):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)


def digests(path: Path) -> tuple[str, str]:
    """SHA-256 of a VCF and of its index."""
    index = path.with_name(path.name + ".tbi")
    return tuple(hashlib.sha256(one.read_bytes()).hexdigest() for one in (path, index))


class Both:
    """The same call in one piece and in shards."""

    def __init__(self, folder: Path, bam: Path, reference: Path, **flags):
        self.folder, self.bam, self.reference = folder, bam, reference
        self.flags = {"threads": 1, **flags}

    def whole(self, **flags) -> Path:
        out = self.folder / "whole.vcf.gz"
        self.result = call_variants(self.bam, self.reference, out=out, **self.flags, **flags)
        return out

    def shard(self, name: str, where: list[str], **flags) -> Path:
        out = self.folder / f"{name}.calls"
        how = {**self.flags, **flags}
        call_variants(self.bam, self.reference, out=out, shard=where, **how)
        return out

    def gathered(self, plan, **flags) -> Path:
        paths = [self.shard(f"s{i}", [str(one)], **flags) for i, one in enumerate(plan)]
        out = self.folder / "gathered.vcf.gz"
        self.joined = gather(paths[::-1], out=out)
        return out


@pytest.fixture
def both(tmp_path, invented, counting_model) -> Both:
    return Both(tmp_path, invented.bam, invented.reference, model=counting_model)


# A deletion changes one:2,002-2,003 and another one:3,002-3,004, with a SNP inside it at 3,002;
# trimming moves no record here, but 2,501 has two alleles and 5,991 is at the end.
BORDERS = {
    "in deletions": (2002, 3002, 3003),
    "at candidates": (500, 1000, 1500, 2000, 3000, 5990),
    "after candidates": (501, 1001, 1501, 2001, 3001, 5991),
}


@pytest.mark.parametrize("cuts", BORDERS.values(), ids=list(BORDERS))
def test_borders_cannot_be_seen(both, cuts):
    whole = both.whole(include_ref_calls=True)
    edges = [0, *cuts, 6000]
    plan = [f"one:{a + 1}-{b}" for a, b in pairwise(edges)] + ["two"]
    assert digests(both.gathered(plan, include_ref_calls=True)) == digests(whole)
    assert both.joined.counts == both.result.counts
    assert both.joined.filters == both.result.filters


@pytest.mark.parametrize(
    "size", [7_001, *(pytest.param(n, marks=pytest.mark.slow) for n in (20_000, 2_500))]
)
def test_the_demo_in_shards_is_the_demo_in_one_piece(tmp_path, size):
    both = Both(tmp_path, DEMO / "caller.bam", DEMO / "caller.fa.gz")
    assert digests(both.gathered(shards(both.reference, size))) == digests(both.whole())


def test_given_sites_and_a_bed_are_gathered_too(tmp_path):
    bed = tmp_path / "x.bed"
    bed.write_text("demo_caller\t250\t700\ndemo_caller\t2000\t2092\ndemo_caller\t2093\t2600\n")
    both = Both(tmp_path, DEMO / "caller.bam", DEMO / "caller.fa.gz", regions=[str(bed)])
    plan = shards(both.reference, 2091, [str(bed)])
    assert len(plan) == 2
    paths = [both.shard(f"s{i}", [str(one)]) for i, one in enumerate(plan)]
    # A shard in which nothing is wanted.
    paths.append(both.shard("none", ["demo_caller:10,000-12,000"]))
    joined = gather(paths, out=tmp_path / "x.vcf.gz", regions=[str(bed)])
    assert digests(joined.path) == digests(both.whole())
    sites = {"sites": DEMO / "caller_truth.vcf.gz"}
    for i, one in enumerate(plan):
        both.shard(f"s{i}", [str(one)], **sites)
    joined = gather(paths[:2], out=tmp_path / "x.vcf.gz", regions=[str(bed)])
    assert digests(joined.path) == digests(both.whole(**sites))
    assert sum(joined.filters.values()) > 0


@pytest.mark.skipif(not REFERENCE.exists(), reason="needs ../shared/data")
def test_real_reads_in_odd_shards_are_the_same_bytes(tmp_path):
    regions = ["20:10,000,001-10,040,000"]
    both = Both(tmp_path, READS, REFERENCE, regions=regions, include_ref_calls=True)
    paths = [
        both.shard(f"s{i}", [str(one)]) for i, one in enumerate(shards(REFERENCE, 23_451, regions))
    ]
    joined = gather(paths, out=tmp_path / "x.vcf.gz", regions=regions)
    assert digests(joined.path) == digests(both.whole())


@pytest.fixture
def contigs(tmp_path, counting_model) -> Both:
    """A contig without reads, an unplaced one, and one of the reference that the reads lack."""
    genome = invented_genome({"one": 1500, "empty": 800, "HLA-A*01:01:01": 900, "absent": 700})
    reference = write_fasta(tmp_path / "genome.fa", genome)
    del genome["absent"]
    reads = [(name, single_reads(genome[name], [[]])) for name in ("one", "HLA-A*01:01:01")]
    bam = write_bam(tmp_path / "reads.bam", genome, reads)
    return Both(tmp_path, bam, reference, model=counting_model)


def test_contigs_without_reads_and_unplaced_ones_are_gathered(contigs):
    plan = shards(contigs.reference, 1000)
    assert len(plan) == 5
    whole = digests(contigs.whole())
    assert digests(contigs.gathered(plan)) == whole
    # Neither shard is needed.
    few = [one for one in plan if one.contig not in ("empty", "absent")]
    assert digests(contigs.gathered(few)) == whole


def test_a_shard_is_resumed_from_its_journal(both, monkeypatch):
    from seqcnn.calling.journal import Journal

    append, kept = Journal.append, []

    def append_and_fail(journal, chunk, payload):
        append(journal, chunk, payload)
        kept.append(chunk)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "append", append_and_fail)
    with pytest.raises(KeyboardInterrupt):
        both.shard("s", ["one"], chunk_size=1000)
    assert [path.name for path in both.folder.iterdir()] == ["s.calls.journal"]
    both.shard("s", ["one"], chunk_size=1000)
    assert len(kept) == 6
    assert [path.name for path in both.folder.iterdir()] == ["s.calls"]


def test_shards_made_of_copies_elsewhere_are_of_the_same_run(both, tmp_path):
    first = both.shard("first", ["one"])
    (tmp_path / "node").mkdir()
    for path in (both.bam, both.bam.with_name("reads.bam.bai"), both.reference):
        shutil.copyfile(path, tmp_path / "node" / path.name)
    elsewhere = Both(
        tmp_path, tmp_path / "node/reads.bam", tmp_path / "node/genome.fa", **both.flags
    )
    second = elsewhere.shard("second", ["two"])
    joined = gather([first, second], out=tmp_path / "x.vcf.gz")
    assert digests(joined.path) == digests(both.whole())


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"min_count_snp": 3}, "settings: min_count_snp 3, there the default"),
        ({"include_ref_calls": True}, "settings: include_ref_calls True, there the default"),
    ],
)
def test_a_shard_of_other_settings_is_named(both, flags, said):
    first, second = both.shard("a", ["one"]), both.shard("b", ["two"], **flags)
    with pytest.raises(InputError) as error:
        gather([first, second], out=both.folder / "x.vcf.gz")
    assert f"{second}: is of another run than {first}: {said}" in str(error.value)
    assert not (both.folder / "x.vcf.gz").exists()


def test_a_shard_of_other_reads_or_another_reference_is_named(both, tmp_path, invented):
    first = both.shard("a", ["one"])
    genome = {**invented.genome, "two": "A" + invented.genome["two"][1:]}
    other = Both(tmp_path, both.bam, write_fasta(tmp_path / "other.fa", genome), **both.flags)
    with pytest.raises(InputError, match=r"b.calls: is of another run than .*: reference: "):
        gather([first, other.shard("b", ["two"])], out=tmp_path / "x.vcf.gz")
    reads = [("one", single_reads(invented.genome["one"], [[]]))]
    bam = write_bam(tmp_path / "other.bam", invented.genome, reads)
    other = Both(tmp_path, bam, both.reference, **both.flags)
    with pytest.raises(InputError, match=r"b.calls: is of another run than .*: reads: size "):
        gather([first, other.shard("b", ["two"])], out=tmp_path / "x.vcf.gz")


def test_a_missing_shard_and_one_too_many_are_named(both, tmp_path):
    one, two = both.shard("one", ["one:1-4,000"]), both.shard("two", ["two"])
    again = both.shard("again", ["one:3,901-6,000"])
    out = tmp_path / "x.vcf.gz"
    with pytest.raises(InputError, match=r"one:4,001-6,000 \(2,000 bp\) missing: in none of the 2"):
        gather([one, two], out=out)
    with pytest.raises(InputError, match=r"one:3,901-4,000 is in .*one.calls and again in .*again"):
        gather([one, two, again], out=out)
    with pytest.raises(InputError, match=r"two.calls: holds two:1-3,000, which is not among the"):
        gather([one, two], out=out, regions=["one:1-4,000"])
    assert gather([one], out=out, regions=["one:1-4,000"]).path == out


def test_a_folder_of_shards_is_gathered(both, tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / ".tmp-killed.calls").write_bytes(b"half of")
    with pytest.raises(InputError, match=r"shards: is a folder without .calls files"):
        gather([folder], out=tmp_path / "x.vcf")
    for i, region in enumerate(("one", "two")):
        how = {**both.flags, "regions": [region], "out": folder / f"s{i}.calls"}
        call_variants(both.bam, both.reference, **how)
    gather([folder], out=tmp_path / "x.vcf")
    with pysam.VariantFile(str(tmp_path / "x.vcf")) as found:
        assert sum(1 for _ in found) == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "x.txt"), "--out x.txt: calls are written as .vcf.gz or .vcf; choose one"),
        (("--out", "no/x.vcf"), "--out no/x.vcf: there is no folder no; make it first"),
        ((), "--out is needed"),
    ],
)
def test_a_wrong_output_is_told_in_one_line(seqcnn, tmp_path, words, said):
    outcome = seqcnn("gather", tmp_path / "a.calls", *words)
    assert outcome.code == 2
    assert outcome.err.startswith(f"seqcnn: {said}") and outcome.err.count("\n") == 1


def test_a_shard_that_says_nothing_of_its_run_is_refused(tmp_path):
    shard = tmp_path / "x.calls"
    write_shard(shard, ShardHead({}, ()), {}, [])
    with pytest.raises(InputError, match=r"x.calls: was made by seqcnn None, this is"):
        gather([shard], out=tmp_path / "x.vcf")


def test_a_shard_needs_its_ending(seqcnn, invented: Invented, counting_model, tmp_path):
    words = ("call-variants", invented.bam, "-g", invented.reference, "--model", counting_model)
    outcome = seqcnn(*words, "--shard", "one:1-100", "--out", tmp_path / "x.vcf.gz")
    assert outcome.err == ("seqcnn: --shard: is for --out x.calls, which `seqcnn gather` reads\n")
    outcome = seqcnn(*words, "--shard", "chr1:1-100", "--out", tmp_path / "x.calls")
    assert outcome.err.startswith("seqcnn: --shard chr1:1-100: no contig 'chr1' among those of")


def test_other_names_in_the_reference_are_told_or_translated(both, tmp_path, invented):
    renamed = {f"chr{name}": bases for name, bases in invented.genome.items()}
    both.reference = write_fasta(tmp_path / "renamed.fa", renamed)
    with pytest.raises(InputError, match=r"contig 'one' is not in .*; pass --contig-alias add-chr"):
        both.shard("a", ["chrone:1-3,000"])
    both.flags["contig_alias"] = "add-chr"
    assert digests(both.gathered(shards(both.reference, 2500))) == digests(both.whole())
    joined = gather(
        [both.shard("a", ["chrtwo"], regions=["chrtwo"])],
        out=tmp_path / "x.vcf.gz", regions=["chrtwo"],
    )  # fmt: skip
    assert digests(joined.path) == digests(both.whole(regions=["chrtwo"]))
