"""Calls of reads whose variants are known, by a network that counts them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pysam
import pytest
from counting_model import write_counting_model
from invented_reads import Drawn as Read
from invented_reads import (
    Edit,
    carried,
    inserted_after,
    invented_genome,
    other,
    plant,
    single_reads,
    write_bam,
    write_fasta,
)

from seqcnn import InputError
from seqcnn.api.call_variants import CallResult, call_variants
from seqcnn.calling import call as call_module
from seqcnn.data import reads as reads_module

REAL = Path(__file__).parents[3] / "shared/data/variants/illumina_NA12878_chr22_12kb"
needs_real_reads = pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data")
needs_bcftools = pytest.mark.skipif(shutil.which("bcftools") is None, reason="needs bcftools")


@pytest.fixture(autouse=True)
def _no_reference_of_the_machine(monkeypatch):
    monkeypatch.delenv("SEQCNN_REFERENCE", raising=False)


@pytest.fixture(scope="module")
def called(invented, counting_model) -> CallResult:
    return call_variants(invented.bam, invented.reference, model=counting_model, threads=1)


@pytest.fixture
def real(tmp_path) -> Path:
    """A copy of 12 kb of NA12878, its CRAM indexed."""
    for name in ("NA12878.chr22.tiny.bam", "NA12878.chr22.tiny.bam.bai", "q.fa"):
        shutil.copyfile(REAL / name, tmp_path / name)
    shutil.copyfile(REAL / "NA12878.chr22.tiny.cram", tmp_path / "NA12878.chr22.tiny.cram")
    pysam.index(str(tmp_path / "NA12878.chr22.tiny.cram"))
    return tmp_path


def short(result: CallResult) -> list[tuple[object, ...]]:
    """Contig, 1-based position, alleles and genotype of every record."""
    return [
        (one.contig, one.pos + 1, one.ref, ",".join(one.alts), one.genotype, one.filter)
        for one in result.calls or []
    ]


def write_sites(path: Path, rows: list[tuple[object, ...]]) -> Path:
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=one,length=6000>"]
    lines += ["##contig=<ID=two,length=3000>", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    lines += [f"{contig}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t." for contig, pos, ref, alt in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_planted_variants_are_called_with_their_genotypes(called, invented):
    bases, two = invented.genome["one"], invented.genome["two"]
    inserted = bases[1500] + inserted_after(bases, 1500)
    # The haplotype with the second of both alternative bases has one read fewer.
    both = f"{other(bases[2500], 2)},{other(bases[2500])}"
    assert short(called) == [
        ("one", 10, bases[9], other(bases[9]), (0, 1), "PASS"),
        ("one", 501, bases[500], other(bases[500]), (0, 1), "PASS"),
        ("one", 1001, bases[1000], other(bases[1000]), (1, 1), "PASS"),
        ("one", 1501, bases[1500], inserted, (0, 1), "PASS"),
        ("one", 2001, bases[2000:2003], bases[2000], (1, 1), "PASS"),
        ("one", 2501, bases[2500], both, (1, 2), "PASS"),
        ("one", 3001, bases[3000:3004], bases[3000], (0, 1), "PASS"),
        ("one", 3002, bases[3001], other(bases[3001]), (0, 1), "PASS"),
        ("one", 5991, bases[5990], other(bases[5990]), (0, 1), "PASS"),
        ("two", 1501, two[1500], other(two[1500]), (0, 1), "PASS"),
    ]


def test_qualities_and_depths_are_those_worked_out_by_hand(called):
    found = {one.pos: one for one in called.calls or [] if one.contig == "one"}
    # 13 reads of the reference and 12 of the SNP: 0/1 has 25 log 0.5, 0/0 has 13 log 0.99 +
    # 12 log 0.01, 1/1 the other way round; in Phred 165.3 and 185.3 apart.
    snp = found[500]
    assert (snp.depth, snp.allele_depths, snp.fractions) == (25, (13, 12), (0.48,))
    assert (snp.likelihoods, snp.gq, snp.quality) == ((165, 0, 185), 99, 99.0)
    # 25 reads of the SNP: 1/1 has 25 log 0.99, 0/1 has 25 log 0.5: 74.2 apart.
    hom = found[1000]
    assert (hom.depth, hom.allele_depths, hom.fractions) == (25, (0, 25), (1.0,))
    assert (hom.likelihoods, hom.gq) == ((255, 74, 0), 74)
    # 12 and 13 reads of two alleles in one record, in VCF's order of genotypes.
    both = found[2500]
    assert (both.depth, both.allele_depths) == (25, (0, 13, 12))
    assert both.likelihoods == (255, 204, 165, 221, 0, 185)
    # 5 of the reference and 6 of the SNP, 9 bases from the end of the contig.
    edge = found[9]
    assert (edge.depth, edge.allele_depths, edge.gq, edge.quality) == (11, (5, 6), 67, 87.1)


def test_depth_is_that_of_the_fragments_that_pysam_sees(called, invented):
    with pysam.AlignmentFile(str(invented.bam)) as file:
        for one in called.calls or []:
            names = set()
            for column in file.pileup(
                one.contig, one.pos, one.pos + 1, truncate=True, ignore_overlaps=False
            ):
                names = {read.alignment.query_name for read in column.pileups}
            assert one.depth == len(names), one


def test_mates_count_once_where_they_overlap(called):
    two = [one for one in called.calls or [] if one.contig == "two"]
    # Fragments of 150 bp begin every 8 bp: 18 or 19 cover a position.
    assert [(one.depth, one.allele_depths) for one in two] == [(19, (9, 10))]


def test_the_frame_has_a_row_a_record(called):
    assert called.path is None
    assert called.frame["genotype"].tolist() == [
        "0/1", "0/1", "1/1", "0/1", "1/1", "1/2", "0/1", "0/1", "0/1", "0/1",
    ]  # fmt: skip
    assert called.frame["pos"].tolist()[:2] == [9, 500]


@pytest.mark.parametrize("how", [{"chunk_size": 1000}, {"chunk_size": 1501}, {"threads": 2}])
def test_calls_do_not_depend_on_chunks_and_processes(called, invented, counting_model, how):
    how = {"threads": 1, "chunk_size": 1500, **how}
    again = call_variants(invented.bam, invented.reference, model=counting_model, **how)
    assert again.calls == called.calls
    assert again.counts == called.counts


def test_regions_with_too_many_reads_at_once_are_halved(
    called, invented, counting_model, monkeypatch
):
    met = []

    class Noted(reads_module.TooManyReads):
        def __init__(self) -> None:
            met.append(1)

    monkeypatch.setattr(call_module, "SMALLEST_PART", 800)
    monkeypatch.setattr(reads_module, "MOST_BYTES", 150_000)
    monkeypatch.setattr(reads_module, "BLOCK", 100)
    monkeypatch.setattr(reads_module, "TooManyReads", Noted)
    monkeypatch.setattr(call_module, "TooManyReads", Noted)
    again = call_variants(invented.bam, invented.reference, model=counting_model, threads=1)
    assert len(met) > 3
    assert again.calls == called.calls
    assert again.counts == called.counts


def test_calls_that_contradict_each_other_are_resolved_together(tmp_path, counting_model):
    genome = invented_genome({"one": 2000})
    bases = genome["one"]
    deletion = Edit(1000, bases[1000:1011], bases[1000])
    snp = Edit(1005, bases[1005], other(bases[1005]))
    # 19 reads have the deletion and 3 a SNP inside it: each alone would be homozygous, as 19 log
    # 0.99 + 3 log 0.01 is more than 22 log 0.5.
    drawn = [
        read
        for read in single_reads(bases, [[deletion]] * 7 + [[snp]])
        if not (900 < read.start < 1011 and read.cigar == "100M" and read.sequence in bases)
    ]
    write_fasta(tmp_path / "genome.fa", genome)
    bam = write_bam(tmp_path / "x.bam", genome, [("one", drawn)])
    how = {"model": counting_model, "threads": 1}
    sites = write_sites(tmp_path / "s.vcf", [("one", 1006, bases[1005], other(bases[1005]))])
    (alone,) = call_variants(bam, tmp_path / "genome.fa", sites=sites, **how).calls or []
    assert (alone.genotype, alone.allele_depths[0]) == ((1, 1), 0)
    together = call_variants(bam, tmp_path / "genome.fa", include_ref_calls=True, **how).calls
    first, second = together or []
    assert (first.pos, second.pos) == (999, 1005)  # left-aligned
    assert (first.allele_depths, second.allele_depths) == ((3, 19), (0, 3))
    assert (first.genotype, second.genotype) == ((0, 1), (0, 1))


def test_reference_calls_are_kept_on_demand(tmp_path, counting_model):
    genome = invented_genome({"one": 2000})
    edit = Edit(1000, genome["one"][1000], other(genome["one"][1000]))
    reads = [("one", single_reads(genome["one"], [[edit], [], [], [], [], [], []]))]
    bam = write_bam(tmp_path / "x.bam", genome, reads)
    reference = write_fasta(tmp_path / "genome.fa", genome)
    how = {"model": counting_model, "threads": 1}
    assert call_variants(bam, reference, **how).calls == []
    (one,) = call_variants(bam, reference, include_ref_calls=True, **how).calls or []
    # 3 of 25 reads: 22 log 0.99 + 3 log 0.01 against 25 log 0.5, in Phred 14.3 apart.
    assert (one.filter, one.allele_depths) == ("RefCall", (22, 3))
    assert (one.gq, one.likelihoods, one.quality) == (14, (0, 14, 255), 0.2)
    assert one.genotype == (-1, -1)  # too uncertain for 0/0


def test_thresholds_decide_on_candidates(invented, counting_model):
    def candidates(**flags):
        how = {"model": counting_model, "threads": 1, "regions": ["one:400-2,100"], **flags}
        return call_variants(invented.bam, invented.reference, **how).counts["candidates"]

    assert candidates() == 4
    assert candidates(min_fraction_snp=0.49) == 3  # the heterozygous SNP has 12 of 25
    assert candidates(min_fraction_indel=0.49) == 3
    assert candidates(min_count_snp=13) == 3
    assert candidates(min_count_indel=13) == 3
    assert candidates(min_base_quality=41) == 0
    assert candidates(min_mapping_quality=61) == 0


def test_low_quality_is_a_filter(invented, counting_model):
    how = {"model": counting_model, "threads": 1, "regions": ["one:5,900-6,000"]}
    (one,) = call_variants(invented.bam, invented.reference, **how).calls or []
    assert (one.quality, one.filter) == (67.1, "PASS")
    (one,) = call_variants(invented.bam, invented.reference, min_quality=70, **how).calls or []
    assert (one.quality, one.filter) == (67.1, "LowQual")


def test_only_the_regions_are_called(called, invented, counting_model, tmp_path):
    bed = tmp_path / "some.bed"
    bed.write_text("one\t500\t501\none\t1400\t1600\ntwo\t0\t3000\n")
    found = call_variants(
        invented.bam, invented.reference, model=counting_model, threads=1, regions=[str(bed)]
    )
    wanted = [("one", 500), ("one", 1500), ("two", 1500)]
    calls = found.calls or []
    assert [(one.contig, one.pos) for one in calls] == wanted
    assert calls == [one for one in called.calls or [] if (one.contig, one.pos) in wanted]


def test_sites_are_genotyped_whatever_the_reads_show(invented, counting_model, tmp_path):
    bases = invented.genome["one"]
    rows = [
        ("one", 501, bases[500], other(bases[500])),
        ("one", 701, bases[700], other(bases[700])),
        ("one", 2501, bases[2500], f"{other(bases[2500])},{other(bases[2500], 2)}"),
    ]
    sites = write_sites(tmp_path / "sites.vcf", rows)
    how = {"model": counting_model, "threads": 1, "sites": sites}
    found = call_variants(invented.bam, invented.reference, **how)
    absent = (0, 0)
    assert [(pos, genotype) for _, pos, _, _, genotype, _ in short(found)] == [
        (501, (0, 1)), (701, absent), (2501, (1, 2)),
    ]  # fmt: skip
    assert found.calls is not None
    assert (found.calls[1].filter, found.calls[1].allele_depths) == ("RefCall", (25, 0))


def test_a_site_is_found_where_reads_show_it_whatever_the_chunks(
    tmp_path, invented, counting_model
):
    genome = dict(invented.genome)
    # Ten times the same two bases, over the end of a chunk; the record names the last of them.
    genome["one"] = genome["one"][:995] + "GA" * 10 + genome["one"][1015:]
    bases = genome["one"]
    edit = Edit(994, bases[994:997], bases[994])
    bam = write_bam(tmp_path / "x.bam", genome, [("one", single_reads(bases, [[edit], []]))])
    reference = write_fasta(tmp_path / "genome.fa", genome)
    sites = write_sites(tmp_path / "s.vcf", [("one", 1013, bases[1012:1015], bases[1012])])
    for size in (1000, 1003, 20_000):
        found = call_variants(
            bam, reference, model=counting_model, sites=sites, threads=1, chunk_size=size
        )
        assert [row[1:5] for row in short(found)] == [(995, bases[994:997], bases[994], (0, 1))]


def test_sites_of_a_file_with_several_samples_are_read(invented, counting_model, tmp_path):
    base = invented.genome["one"][500]
    sites = tmp_path / "s.vcf"
    sites.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=one,length=6000>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tBen\tCleo\n"
        f"one\t501\t.\t{base}\t{other(base)},<DEL>,*\t.\t.\t.\tGT\t0/1\t0/0\n"
    )
    found = call_variants(
        invented.bam, invented.reference, model=counting_model, sites=sites, threads=1
    )
    assert [row[1:5] for row in short(found)] == [(501, base, other(base), (0, 1))]


def test_sites_outside_of_the_regions_are_left_out(invented, counting_model, tmp_path):
    bases = invented.genome["one"]
    rows = [("one", pos + 1, bases[pos], other(bases[pos])) for pos in (500, 1000)]
    found = call_variants(
        invented.bam, invented.reference, model=counting_model, threads=1,
        sites=write_sites(tmp_path / "sites.vcf", rows), regions=["one:900-1,100"],
    )  # fmt: skip
    assert [row[1] for row in short(found)] == [1001]


def test_a_site_without_reads_is_no_call(tmp_path, counting_model):
    genome = invented_genome({"one": 2000})
    bases = genome["one"]
    reads = [("one", [one for one in single_reads(bases, [[]]) if one.start < 500])]
    bam = write_bam(tmp_path / "x.bam", genome, reads)
    reference = write_fasta(tmp_path / "genome.fa", genome)
    sites = write_sites(tmp_path / "s.vcf", [("one", 1501, bases[1500], other(bases[1500]))])
    (one,) = call_variants(bam, reference, model=counting_model, sites=sites, threads=1).calls or []
    assert (one.filter, one.genotype, one.depth) == ("NoCall", (-1, -1), 0)


def test_missing_base_qualities_are_20_and_said(tmp_path, invented, counting_model, called):
    reads = [("one", single_reads(invented.genome["one"], plant(invented.genome)))]
    bam = write_bam(tmp_path / "x.bam", invented.genome, reads, qualities=False)
    found = call_variants(bam, invented.reference, model=counting_model, threads=1)
    assert found.calls == [one for one in called.calls or [] if one.contig == "one"]
    assert found.notes == (
        "x.bam: its first reads have no base qualities; every base is taken to have 20",
    )
    unrated = len(reads[0][1])
    assert found.lines()[0] == (
        f"reads used {unrated:,}, {unrated:,} of them without base qualities; dropped: none"
    )


def test_reads_that_do_not_count_are_dropped_and_counted(tmp_path, invented, counting_model):
    genome = invented.genome
    reads = single_reads(genome["one"], plant(genome))
    flags = [0x400, 0x200, 0x100, 0x800]
    extra = [
        read._replace(name=f"x{row}", flag=flags[row % 4])
        for row, read in enumerate(single_reads(genome["one"], [plant(genome)[0]], every=40))
    ]
    together = sorted([*reads, *extra], key=lambda read: read.start)
    bam = write_bam(tmp_path / "x.bam", genome, [("one", together)])
    found = call_variants(bam, invented.reference, model=counting_model, threads=1)
    alone = write_bam(tmp_path / "alone.bam", genome, [("one", reads)])
    same = call_variants(alone, invented.reference, model=counting_model, threads=1)
    assert found.calls == same.calls
    dropped = {name: found.counts[name] for name in found.counts if found.counts[name]}
    assert dropped["kept"] == len(reads)
    assert sum(dropped.values()) == len(together) + dropped["candidates"] + dropped["images"]


def test_a_cram_gives_the_calls_of_its_bam(called, invented, counting_model, tmp_path):
    cram = tmp_path / "reads.cram"
    shutil.copyfile(invented.reference, tmp_path / "genome.fa")
    pysam.view(
        "-C", "-T", str(tmp_path / "genome.fa"), "-o", str(cram), str(invented.bam),
        catch_stdout=False,
    )  # fmt: skip
    pysam.index(str(cram))
    found = call_variants(cram, tmp_path / "genome.fa", model=counting_model, threads=2)
    assert found.calls == called.calls


def test_without_a_fasta_md_tags_give_the_same_calls(called, invented, counting_model, tmp_path):
    shutil.copyfile(invented.reference, tmp_path / "genome.fa")
    text = pysam.calmd("-b", str(invented.bam), str(tmp_path / "genome.fa"))
    bam = tmp_path / "reads.bam"
    bam.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    pysam.index(str(bam))
    (tmp_path / "genome.fa").unlink()  # samtools wrote its path into the header
    out = tmp_path / "calls.vcf"
    found = call_variants(bam, model=counting_model, threads=1)
    assert found.calls == called.calls
    assert found.notes == ("reference: none given; rebuilt from the MD tags of reads.bam",)
    call_variants(bam, model=counting_model, threads=2, chunk_size=1000, out=out)
    assert "##seqcnn_reference=MD tags of reads.bam\n" in out.read_text()


def test_the_variable_names_the_reference(called, invented, counting_model, monkeypatch):
    monkeypatch.setenv("SEQCNN_REFERENCE", str(invented.reference))
    found = call_variants(invented.bam, model=counting_model, threads=1)
    assert found.calls == called.calls
    assert found.notes == (f"reference: {invented.reference} (from $SEQCNN_REFERENCE)",)


def test_the_contigs_of_the_reads_go_by_an_alias(called, invented, counting_model, tmp_path):
    genome = {f"chr{name}": bases for name, bases in invented.genome.items()}
    reference = write_fasta(tmp_path / "genome.fa", genome)
    how = {"model": counting_model, "threads": 1}
    with pytest.raises(InputError, match="pass --contig-alias add-chr"):
        call_variants(invented.bam, reference, **how)
    found = call_variants(invented.bam, reference, contig_alias="add-chr", **how)
    assert found.calls == called.calls


def test_iupac_and_n_are_never_called_and_lower_case_is_upper(
    called, invented, counting_model, tmp_path
):
    genome = dict(invented.genome)
    bases = genome["one"]
    genome["one"] = bases[:500] + "N" + bases[501:1000] + "R" + bases[1001:].lower()
    reference = write_fasta(tmp_path / "genome.fa", genome)
    found = call_variants(invented.bam, reference, model=counting_model, threads=1)
    left = [one for one in called.calls or [] if one.pos not in (500, 1000)]
    assert found.calls == left


def test_a_given_file_has_no_frame(invented, counting_model, tmp_path):
    out = tmp_path / "calls.vcf.gz"
    found = call_variants(
        invented.bam, invented.reference, model=counting_model, threads=1, out=out
    )
    assert (found.path, found.filters) == (out, {"PASS": 10})
    with pytest.raises(ValueError, match="call without `out`"):
        found.frame  # noqa: B018


def test_a_network_of_the_default_size_and_several_members_calls(invented, tmp_path):
    model = write_counting_model(tmp_path / "other.safetensors", realign=False)
    found = call_variants(invented.bam, invented.reference, model=model, threads=1)
    assert len(found.calls or []) == 10


def amplicon(folder: Path, depth: int) -> Path:
    """Reads of 150 bp that all begin at one place, every second one with a SNP and a deletion."""
    genome = invented_genome({"one": 3000})
    bases = genome["one"]
    edits = [
        Edit(1050, bases[1050], other(bases[1050])),
        Edit(1090, bases[1090:1093], bases[1090]),
    ]
    ways = [carried(bases, edits, 1000, 150), carried(bases, [], 1000, 150)]
    reads = [Read(f"r{row}", 1000, *ways[row % 2]) for row in range(depth)]
    write_fasta(folder / "genome.fa", genome)
    return write_bam(folder / "x.bam", genome, [("one", reads)])


def test_depth_is_exact_where_the_image_holds_a_sample(tmp_path, counting_model):
    bam = amplicon(tmp_path, 2000)
    found = call_variants(bam, tmp_path / "genome.fa", model=counting_model, threads=1).calls or []
    assert [(one.depth, one.allele_depths) for one in found] == [(2000, (1000, 1000))] * 2
    assert [one.genotype for one in found] == [(0, 1), (0, 1)]


@pytest.mark.slow
def test_a_site_of_10000_reads_takes_less_than_2_gb(tmp_path, counting_model):
    bam = amplicon(tmp_path, 10_000)
    words = [
        *("call-variants", bam, "--reference", tmp_path / "genome.fa", "--threads", "1"),
        *("--model", counting_model, "--out", tmp_path / "x.vcf"),
    ]
    program = (
        "import resource\nfrom seqcnn.cli import main\n"
        f"try:\n    main({[str(word) for word in words]!r})\n"
        "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[-1]) < 2_000_000  # kB
    records = [line for line in (tmp_path / "x.vcf").read_text().splitlines() if line[0] != "#"]
    assert [line.split("\t")[9].split(":")[2:4] for line in records] == [["10000", "5000,5000"]] * 2


@needs_real_reads
def test_real_reads_give_the_same_from_bam_and_cram(real, counting_model):
    how = {"model": counting_model, "threads": 1, "include_ref_calls": True}
    bam = call_variants(real / "NA12878.chr22.tiny.bam", real / "q.fa", **how)
    cram = call_variants(real / "NA12878.chr22.tiny.cram", real / "q.fa", **how)
    assert bam.calls is not None
    assert cram.calls == bam.calls
    assert len(bam.calls) > 20
    truth = {
        (record.pos, record.ref, record.alts)
        for record in pysam.VariantFile(str(REAL / "NA12878.chr22.tiny.giab.vcf.gz"))
    }
    found = {(one.pos + 1, one.ref, one.alts) for one in bam.calls if one.is_variant}
    # A counting network, without any training, finds most of them.
    assert len(truth & found) >= 10, sorted(truth - found)


@needs_real_reads
@needs_bcftools
def test_bcftools_reads_and_normalises_real_calls(real, counting_model, tmp_path):
    out = tmp_path / "calls.vcf.gz"
    call_variants(
        real / "NA12878.chr22.tiny.bam", real / "q.fa", model=counting_model, threads=1,
        include_ref_calls=True, out=out,
    )  # fmt: skip
    normalised = subprocess.run(
        ["bcftools", "norm", "--check-ref", "e", "-f", str(real / "q.fa"), str(out)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    viewed = subprocess.run(
        ["bcftools", "view", "-H", str(out)], capture_output=True, text=True, check=True
    )
    rows = [line for line in normalised.stdout.splitlines() if line[0] != "#"]
    assert rows == viewed.stdout.splitlines()  # nothing had to be moved or trimmed
    assert "skipped" in normalised.stderr
    places = [int(row.split("\t")[1]) for row in rows]
    assert places == sorted(places)
    assert os.path.exists(f"{out}.tbi")
