"""A whole simulation on an invented genome of 34 kb."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.api.simulate import simulate
from seqcnn.calling.simulate import plan
from seqcnn.calling.simulate.haplotypes import build_haplotype
from seqcnn.calling.simulate.learn import learn_profile
from seqcnn.calling.simulate.profile import built_in_profile
from seqcnn.calling.simulate.variants import Phased
from seqcnn.encoders.dna import decode, encode

pytest.importorskip("mappy")
LENGTHS = {"one": 26_000, "two": 8_000}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    random = np.random.default_rng(1)
    text = ""
    for name, length in LENGTHS.items():
        letters = random.choice(list("ACGT"), length)
        if name == "two":
            letters[3000:3400] = "N"
        text += f">{name}\n{''.join(letters)}\n"
    (folder / "genome.fa").write_text(text)
    return folder / "genome.fa"


@pytest.fixture(scope="module")
def made(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "sample"
    return simulate(
        reference, out=out, coverage=20, density=4, seed=3, processes=1, paralogs=0.1, copies=0.05
    )


def fields(bam: Path) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(bam)) as opened:
        return list(opened.fetch(until_eof=True))


def test_the_depth_without_duplicates_is_that_asked_for(made: Path) -> None:
    with pysam.AlignmentFile(str(made / "sample.bam")) as opened:
        # Copies that the reference lacks add to it.
        depth = np.sum(opened.count_coverage("one", 2000, 24_000, quality_threshold=0), axis=0)
    assert depth.mean() == pytest.approx(20, rel=0.2)


def test_mates_point_at_each_other(made: Path) -> None:
    pysam.quickcheck(str(made / "sample.bam"))
    primary = [one for one in fields(made / "sample.bam") if not one.flag & 0x900]
    pairs: dict[str, list[pysam.AlignedSegment]] = {}
    for one in primary:
        pairs.setdefault(one.query_name, []).append(one)
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    assert len(whole) > 0.95 * len(pairs)
    for one, two in whole:
        assert (one.flag & 0xC0) + (two.flag & 0xC0) == 0xC0
        assert one.next_reference_start == two.reference_start
        assert one.mate_is_reverse == two.is_reverse and two.mate_is_reverse == one.is_reverse
        assert one.template_length == -two.template_length
        assert one.is_proper_pair == two.is_proper_pair


def test_records_are_sorted_and_belong_to_the_read_group(made: Path) -> None:
    records = fields(made / "sample.bam")
    places = [(one.reference_id, one.reference_start) for one in records if one.reference_id >= 0]
    assert places == sorted(places)
    assert {one.get_tag("RG") for one in records} == {"seqcnn"}
    with pysam.AlignmentFile(str(made / "sample.bam")) as opened:
        assert opened.check_index()
        assert opened.header["RG"][0]["SM"] == "simulated"


def test_md_and_nm_agree_with_the_reference(made: Path, reference: Path) -> None:
    with pysam.FastaFile(str(reference)) as fasta:
        text = {name: fasta.fetch(name) for name in fasta.references}
    for one in [one for one in fields(made / "sample.bam") if not one.is_unmapped][::7]:
        span = text[one.reference_name][one.reference_start : one.reference_end]
        assert one.get_reference_sequence().upper() == span
        pairs = one.get_aligned_pairs(matches_only=True)
        wrong = sum(
            one.query_sequence[at] != span[place - one.reference_start] for at, place in pairs
        )
        gaps = sum(length for kind, length in one.cigartuples if kind in (1, 2))
        assert one.get_tag("NM") == wrong + gaps


def test_reads_show_the_genotypes_of_the_truth(made: Path) -> None:
    copies = [line.split() for line in (made / "copies.bed").read_text().splitlines()]
    shares: dict[tuple[int, int], list[float]] = {}
    with (
        pysam.VariantFile(str(made / "truth.vcf.gz")) as truth,
        pysam.AlignmentFile(str(made / "sample.bam")) as bam,
    ):
        for record in truth:
            genotype = tuple(sorted(record.samples[0]["GT"]))
            inside = any(
                contig == record.contig and int(start) - 300 < record.start < int(end) + 300
                for contig, start, end in copies
            )
            if len(record.ref) > 1 or max(map(len, record.alts)) > 1 or inside:
                continue
            counts = bam.count_coverage(record.contig, record.start, record.start + 1)
            depth = [row[0] for row in counts]
            if sum(depth) >= 10:
                seen = depth["ACGT".index(record.alts[0])] / sum(depth)
                shares.setdefault(genotype, []).append(seen)
    assert len(shares[0, 1]) > 20 and len(shares[1, 1]) > 10
    assert np.mean(shares[0, 1]) == pytest.approx(0.5, abs=0.05)
    assert np.mean(shares[1, 1]) > 0.97


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not installed")
def test_the_truth_makes_the_haplotypes_that_bcftools_makes(made: Path, reference: Path) -> None:
    with pysam.FastaFile(str(reference)) as fasta:
        codes = encode(fasta.fetch("one"))
    with pysam.VariantFile(str(made / "truth.vcf.gz")) as truth:
        planted = [
            Phased(record.start, record.ref, record.alts, record.samples[0]["GT"])
            for record in truth.fetch("one")
        ]
    for side in (0, 1):
        words = ["bcftools", "consensus", "-H", f"{side + 1}", "-f", str(reference)]
        done = subprocess.run(
            [*words, str(made / "truth.vcf.gz")], capture_output=True, text=True, check=True
        )
        text = done.stdout.split(">two")[0].split("\n", 1)[1].replace("\n", "")
        assert decode(build_haplotype(codes, 0, planted, side).codes) == text
    words = ["bcftools", "norm", "--check-ref", "e", "-f", str(reference)]
    done = subprocess.run(
        [*words, str(made / "truth.vcf.gz")], capture_output=True, text=True, check=True
    )
    before = pysam.VariantFile(str(made / "truth.vcf.gz"))
    lines = [str(record).rstrip() for record in before]
    assert [line for line in done.stdout.splitlines() if not line.startswith("#")] == lines


def test_confident_regions_leave_out_what_is_n(made: Path) -> None:
    assert (made / "confident.bed").read_text().splitlines() == [
        "one\t0\t26000", "two\t0\t3000", "two\t3400\t8000",
    ]  # fmt: skip


def test_the_counts_are_written_down(made: Path) -> None:
    counts = json.loads((made / "simulate.json").read_text())
    assert counts["bases"] == 34_000 and counts["confident_bases"] == 33_600
    assert counts["copies"] == len((made / "copies.bed").read_text().splitlines())
    with pysam.VariantFile(str(made / "truth.vcf.gz")) as truth:
        assert sum(counts["variants"].values()) == sum(1 for _ in truth)
    assert counts["settings"]["seed"] == 3


def test_the_bytes_are_the_same_for_any_number_of_processes(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PART", 12_000)
    same = dict(coverage=6, seed=5, contamination=0.1, paralogs=0.1)
    for processes in (1, 2):
        simulate(reference, out=tmp_path / f"{processes}", processes=processes, **same)
    for name in ("sample.bam", "sample.bam.bai", "truth.vcf.gz", "confident.bed", "copies.bed"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    simulate(reference, out=tmp_path / "3", processes=1, **{**same, "seed": 6})
    first, other = (tmp_path / number / "sample.bam" for number in "13")
    assert first.read_bytes() != other.read_bytes()


def test_only_the_regions_are_simulated(reference: Path, tmp_path: Path) -> None:
    out = simulate(
        reference, out=tmp_path / "a", regions="one:10001-12000", coverage=15,
        processes=1, density=4, copies=0, paralogs=0,
    )  # fmt: skip
    assert (out / "confident.bed").read_text() == "one\t10000\t12000\n"
    with pysam.AlignmentFile(str(out / "sample.bam")) as bam:
        depth = np.sum(bam.count_coverage("one", 10_000, 12_000, quality_threshold=0), axis=0)
        assert bam.count("two") == 0
    assert depth[:200].mean() > 8 and depth[-200:].mean() > 8
    with pysam.VariantFile(str(out / "truth.vcf.gz")) as truth:
        assert all(10_000 <= record.start < 12_000 for record in truth)


def test_a_profile_is_learned_back_from_the_reads_it_made(reference: Path, tmp_path: Path) -> None:
    source = built_in_profile("novaseq")
    out = simulate(
        reference, out=tmp_path / "a", coverage=60, processes=1, copies=0, paralogs=0,
        strand_errors=0, density=0.01, duplicates=0.2,
    )  # fmt: skip
    learned = learn_profile(out / "sample.bam")
    assert learned.read_length == 150
    assert learned.fragment_lengths[50] == pytest.approx(source.fragment_lengths[50], rel=0.03)
    assert learned.duplicates == pytest.approx(0.2, abs=0.03)
    rates = dict(zip(source.qualities.tolist(), source.mismatch.tolist(), strict=True))
    for value, rate in zip(learned.qualities.tolist(), learned.mismatch.tolist(), strict=True):
        if value in (10, 20):
            assert rate == pytest.approx(rates[value], rel=0.35)
    assert learned.spread == pytest.approx(source.spread, abs=0.5)


@pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not installed")
def test_bwa_maps_as_well(reference: Path, tmp_path: Path) -> None:
    out = simulate(
        reference, out=tmp_path / "a", aligner="bwa", coverage=8, processes=1, paralogs=0.1
    )
    records = fields(out / "sample.bam")
    assert np.mean([one.is_proper_pair for one in records]) > 0.9
    assert {one.reference_name for one in records} <= {"one", "two"}
    assert all(one.next_reference_id < 2 for one in records)


@pytest.mark.parametrize(("preset", "errors"), [("hifi", 0.006), ("ont", 0.05)])
def test_long_reads_map_with_few_errors(
    reference: Path, tmp_path: Path, preset: str, errors: float
) -> None:
    out = simulate(
        reference, out=tmp_path / "a", preset=preset, coverage=10, fragment_length=3000,
        processes=1, density=0.1,
    )  # fmt: skip
    records = [one for one in fields(out / "sample.bam") if not one.is_unmapped]
    lengths = [one.query_length for one in records if not one.is_supplementary]
    assert np.median(lengths) > 1500
    wrong = sum(one.get_tag("NM") for one in records)
    assert 0 < wrong / sum(one.query_alignment_length for one in records) < errors
