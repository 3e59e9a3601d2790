"""Explanations of a tiny contig: every rule, gate and special case has its place on it."""

import json
from pathlib import Path

import numpy as np
import pysam
import pytest
import torch

import seqcnn
from seqcnn.api.call_variants import call_variants
from seqcnn.api.explain import Explanation, parse_position
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.images import PileupImages
from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.report.explanation import record_line
from seqcnn.training.bundle import Bundle

LENGTH, SIZE, EVERY = 4000, 100, 5  # of the contig, of reads, and from one read to the next: 20x
SNP, LONELY, RARE, DELETION, INSIDE, UNKNOWN, RUN, TWO = 300, 600, 900, 1200, 1202, 1500, 1800, 2100
LAST = 3000  # reads start before
RUN_LENGTH = 8
DUPLICATE, SECONDARY, REVERSE, FIRST, SECOND = 0x400, 0x100, 0x10, 0x41, 0x81
LETTERS = "ACGT"

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
BAM = DATA / "illumina_NA12878_grch38_chr22_33x/NA12878.30x.GRCh38.chr22_16600000-16800000.bam"
REFERENCE = DATA / "reference" / "grch38.chr22_16.57-16.80M.masked.fa.gz"

real = pytest.mark.skipif(not BAM.is_file(), reason="../shared/data is absent")


def other(base: str) -> str:
    return LETTERS[(LETTERS.index(base) + 1) % 4]


def contig() -> str:
    bases = np.random.default_rng(5).choice(list(LETTERS), LENGTH)
    bases[UNKNOWN : UNKNOWN + 3] = "N"
    # A run of T after a G: what is inserted into it is left-aligned to its first base.
    bases[RUN : RUN + RUN_LENGTH + 2] = ["G", *"T" * RUN_LENGTH, "C"]
    bases[DELETION : DELETION + 6] = list("GACTCA")
    return "".join(bases)


class Writer:
    """Reads in any order; a read is the contig with a change."""

    def __init__(self, reference: str) -> None:
        self.reference, self.rows = reference, []

    def add(self, start: int, *, flag: int = 0, mapq: int = 60, change: tuple = (), name: str = ""):
        bases, cigar = list(self.reference[start : start + SIZE].replace("N", "A")), [(0, SIZE)]
        qualities = [30] * SIZE
        kind, at, what = change or ("", 0, "")
        here = at - start
        if kind == "base":
            bases[here] = what
        elif kind == "weak":
            qualities[here] = 2
        elif kind == "deletion":
            bases[here + 1 : here + 1 + what] = []
            bases += self.reference[start + SIZE : start + SIZE + what]
            cigar = [(0, here + 1), (2, what), (0, SIZE - here - 1)]
        elif kind == "insertion":
            bases[here + 1 : here + 1] = what
            bases = bases[:SIZE]
            cigar = [(0, here + 1), (1, len(what)), (0, SIZE - here - 1 - len(what))]
        name = name or f"read{len(self.rows)}"
        self.rows.append((start, name, flag, mapq, cigar, "".join(bases), qualities))

    def write(self, path: Path) -> None:
        header = {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [{"SN": "q", "LN": LENGTH}],
            "RG": [{"ID": "g", "SM": "Ann"}],
        }
        with pysam.AlignmentFile(str(path), "wb", header=header) as file:
            for start, name, flag, mapq, cigar, bases, qualities in sorted(self.rows):
                read = pysam.AlignedSegment(file.header)
                read.query_name, read.flag, read.mapping_quality = name, flag, mapq
                read.reference_id, read.reference_start = 0, start
                read.query_sequence, read.cigartuples = bases, cigar
                read.query_qualities = pysam.qualitystring_to_array(
                    "".join(chr(33 + quality) for quality in qualities)
                )
                read.set_tag("RG", "g")
                file.write(read)
        pysam.index(str(path))


def write_reads(reference: str, path: Path) -> None:
    writer = Writer(reference)
    for number, start in enumerate(range(0, LAST, EVERY)):
        over = [
            p
            for p in (SNP, LONELY, RARE, DELETION, RUN, TWO)
            if start + 20 <= p < start + SIZE - 20
        ]
        change: tuple = ()
        if over and over[0] == SNP and number % 2:
            change = ("base", SNP, other(reference[SNP]))
        elif over and over[0] == LONELY and start == LONELY - 50:
            change = ("base", LONELY, other(reference[LONELY]))
        elif over and over[0] == DELETION:
            base = ("base", INSIDE, other(reference[INSIDE]))
            change = ("deletion", DELETION, 3) if number % 2 else base
        elif over and over[0] == RUN and number % 2:
            change = ("insertion", RUN + RUN_LENGTH, "T")
        elif over and over[0] == TWO and number % 3:
            base = other(reference[TWO])
            change = ("base", TWO, base if number % 3 == 1 else other(base))
        writer.add(start, flag=REVERSE if number % 4 > 1 else 0, change=change)
    snp = ("base", SNP, other(reference[SNP]))
    writer.add(250, flag=DUPLICATE, change=snp)
    writer.add(251, flag=SECONDARY, change=snp)
    writer.add(252, mapq=0, change=snp)
    writer.add(253, change=("weak", SNP, None))
    for flag in (FIRST, SECOND):
        writer.add(254, flag=flag, change=snp, name="agree")
    writer.add(255, flag=FIRST, change=snp, name="differ")
    writer.add(255, flag=SECOND, name="differ")
    for number in range(40):
        change = ("base", RARE, other(reference[RARE])) if number < 3 else ()
        writer.add(850, change=change)
    writer.write(path)


def write_model(path: Path, *, genotype: int, scheme: str = "joint") -> None:
    """An untrained network that leans to one genotype."""
    torch.manual_seed(0)
    settings = ExamineSettings(images=PileupImages(scheme=scheme))
    out = len(settings.images.genotypes)
    made = {"name": "resnet18", "dim": 2, "in_channels": 7, "out": out, "arguments": {"width": 0.1}}
    network = create_model("resnet18", dim=2, in_channels=7, out=out, width=0.1)
    with torch.no_grad():
        list(network.parameters())[-1][genotype] += 3
    card = {
        "seqcnn": "0", "architecture": made, "task": {"name": "variants"},
        "channels": list(settings.images.channels), "outputs": list(settings.images.genotypes),
        "encoder": {"kind": "pileup", **settings.to_dict(), "preset": "illumina"},
        "created": "2026-01-01T00:00", "calibration": None,
    }  # fmt: skip
    Bundle(card, (network.state_dict(),)).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explained")
    (folder / "q.fa").write_text(f">q\n{contig()}\n")
    write_reads(contig(), folder / "q.bam")
    write_model(folder / "het.safetensors", genotype=1)
    write_model(folder / "hom.safetensors", genotype=2)
    write_model(folder / "pairs.safetensors", genotype=1, scheme="pairs")
    return folder


def explained(
    folder: Path, position: int | str, model: str = "het", **flags: object
) -> Explanation:
    """`position` is 0-based where it is a number."""
    text = f"q:{position + 1}" if isinstance(position, int) else position
    model = str(folder / f"{model}.safetensors")
    return seqcnn.explain(folder / "q.bam", text, folder / "q.fa", model=model, **flags)


def test_reads_are_followed_through_every_rule(folder):
    at = explained(folder, SNP).at
    assert at.dropped == {
        "secondary": 1,
        "duplicate": 1,
        "mapping quality below 5": 1,
        "base quality below 10": 1,
        "second mate of a fragment": 1,
        "mates that contradict each other": 2,
    }
    assert (at.seen, at.fragments) == (28, 21)


def test_alleles_are_counted_by_fragment_and_strand(folder):
    reference, alternative = explained(folder, SNP).at.alleles
    assert reference.is_reference and not alternative.is_reference
    assert (alternative.fragments, alternative.forward, alternative.reverse) == (7, 4, 3)
    assert (alternative.base_quality, alternative.mapping_quality) == (30.0, 60.0)
    assert alternative.gates == ()


def test_an_allele_of_one_fragment_is_refused_by_both_gates(folder):
    found = explained(folder, LONELY)
    assert [one.gates for one in found.at.alternatives] == [("count", "fraction")]
    assert found.record is None and not found.candidate
    assert "1 of the 2 fragments needed, 0.050 of the 0.12 share needed" in found.verdict


def test_a_rare_allele_is_refused_by_its_share_alone(folder):
    found = explained(folder, RARE)
    assert [(one.fragments, one.gates) for one in found.at.alternatives] == [(3, ("fraction",))]


def test_a_refused_allele_is_drawn_and_judged_as_if_it_had_been_asked_for(folder):
    found = explained(folder, LONELY)
    assert found.asked_call is not None and found.asked_call.allele_depths == (19, 1)
    assert sum(one.calibrated for one in found.genotypes) == pytest.approx(1)
    assert found.drawn.images.shape == (1, 48, 61, 7)


def test_a_record_near_a_position_without_one_is_pointed_at(folder):
    notes = explained(folder, SNP + 4).notes
    assert any(note.startswith("the nearest record is") and "of q:301" in note for note in notes)


def test_lower_thresholds_make_it_a_candidate(folder):
    found = explained(folder, LONELY, min_count_snp=1, min_fraction_snp=0.01)
    assert found.candidate and found.record is not None


def test_a_position_inside_a_deletion_is_explained_at_its_anchor(folder):
    found = explained(folder, DELETION + 3)
    assert found.at.pos == DELETION
    assert found.record is not None and (found.record.ref, found.record.alts) == ("GACT", ("G",))
    assert found.asked_at is not None and found.asked_at.deleted == 6
    assert any("lies within reach of GACT>G of q:1,201" in note for note in found.notes)


def test_a_gap_that_the_file_has_elsewhere_is_told_of(folder):
    found = explained(folder, RUN + RUN_LENGTH)
    assert found.at.pos == RUN
    assert any("left-aligned it lies at q:1,801" in note for note in found.notes)


def test_an_asked_indel_is_looked_for_where_it_stands_left_aligned(folder):
    found = explained(folder, f"q:{RUN + 6}:t>tt")
    assert found.at.pos == RUN
    assert found.record is not None and found.record.alts == ("GT",)


def test_an_asked_allele_that_no_read_shows_is_said_to_be_absent(folder):
    base = contig()[SNP]
    absent = other(other(base))
    found = explained(folder, f"q:{SNP + 1}:{base}>{absent}")
    assert f"no fragment shows {base}>{absent}" in found.verdict


@pytest.mark.parametrize(
    ("position", "verdict"),
    [
        (UNKNOWN + 1, "q:1,502: not called: not a candidate: the reference has no A, C, G or T"),
        (3900, "q:3,901: not called: not a candidate: no reads lie here"),
        (450, "q:451: not called: not a candidate: all 20 fragments show the reference"),
    ],
)
def test_a_position_without_any_allele_has_its_reason(folder, position, verdict):
    found = explained(folder, position)
    assert found.verdict.startswith(verdict)
    assert found.record is None and found.genotypes == ()


@pytest.mark.parametrize(("position", "fragments"), [(0, 1), (LENGTH - 1, 0)])
def test_the_ends_of_a_contig_can_be_explained(folder, tmp_path, position, fragments):
    found = explained(folder, position, out=tmp_path / "end")
    assert (found.at.pos, found.at.fragments) == (position, fragments)


@pytest.mark.parametrize("model", ["het", "hom", "pairs"])
def test_every_record_is_that_of_call_variants(folder, tmp_path, model):
    out = tmp_path / "calls.vcf"
    call_variants(
        folder / "q.bam", folder / "q.fa", model=folder / f"{model}.safetensors", out=out,
        include_ref_calls=True, threads=1,
    )  # fmt: skip
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 5
    for line in lines:
        found = explained(folder, int(line.split("\t")[1]) - 1, model)
        assert found.record is not None and record_line(found.record) == line


def test_a_record_that_its_neighbours_changed_says_so(folder):
    found = [explained(folder, place, "hom") for place in (DELETION, INSIDE)]
    told = [any("alone it would be" in note for note in one.notes) for one in found]
    assert any(told)
    assert all(one.neighbours for one in found)


def test_the_files_are_written_and_the_text_is_printed(folder, tmp_path, seqcnn):
    model, out = folder / "het.safetensors", tmp_path / "why"
    done = seqcnn(
        "explain", folder / "q.bam", f"q:{SNP + 1}", "-g", folder / "q.fa", "--model", model,
        "--out", out, "--json", tmp_path / "numbers.json",
    )  # fmt: skip
    assert done.code == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        *("q_301.json", "q_301.png", "q_301.txt", "q_301_gradients.png", "q_301_occlusion.png")
    ]
    assert (out / "q_301.txt").read_text() == done.out
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["record"]["vcf"] in done.out
    assert (numbers["position"], numbers["reads"]["fragments"]) == (301, 21)


@pytest.mark.parametrize(("model", "images"), [("het", 1), ("pairs", 3)])
def test_two_alternative_alleles_have_six_genotypes_and_the_images_of_the_scheme(
    folder, tmp_path, model, images
):
    found = explained(folder, TWO, model, out=tmp_path / "two", occlusion=False)
    assert [one.name for one in found.genotypes] == ["0/0", "0/1", "1/1", "0/2", "1/2", "2/2"]
    assert len(list((tmp_path / "two").glob("*.png"))) == images


def test_nothing_is_written_unasked(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explained(folder, SNP)
    assert list(tmp_path.iterdir()) == []


def test_the_figure_names_every_channel_and_group_of_rows(folder):
    figure = explained(folder, SNP).figure()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[1:] == [
        *("read base", "base quality", "mapping quality", "strand", "allele", "difference")
    ]
    groups = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    base = contig()[SNP]
    assert groups == [f"{base}>{other(base)} (7)", "reference (14)", "not known (3)"]
    foot = figure.texts[-1].get_text()
    assert f"The frame is q:{SNP + 1} (of an indel: the base before it); columns" in foot


def test_a_position_without_reads_has_no_figure(folder):
    with pytest.raises(ValueError, match="nothing to draw"):
        explained(folder, 3900).figure()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("chr20:10001436", ("chr20:10001436", None, None)),
        ("chr20:10,001,436:a>GT", ("chr20:10,001,436", "A", "GT")),
        ("HLA-DRB1*15:01:01:7", ("HLA-DRB1*15:01:01:7", None, None)),
    ],
)
def test_a_position_is_a_contig_a_number_and_perhaps_an_allele(text, place):
    assert parse_position(text) == place


@pytest.mark.parametrize(
    ("position", "message"),
    [
        ("q", "position 'q': wanted one position such as"),
        ("q:5-9", "position 'q:5-9': wanted one position such as"),
        ("q:0", "position q:0: starts at 0; positions count from 1"),
        ("q:9999", "position q:9999: q:9,999-9,999 .* is outside of 'q', which is 4,000 bp"),
        ("chrq:5", "position chrq:5: no contig 'chrq'; write 'q', as the reads have it"),
        (f"q:{DELETION + 1}:T>A", "q:1,201 T>A: the reference has G there, not T"),
        (f"q:{DELETION + 1}:G>G", "q:1,201 G>G: is no allele that reads are searched for"),
    ],
)
def test_a_wrong_position_is_refused_in_one_line(folder, tmp_path, position, message):
    with pytest.raises(InputError, match=message) as refused:
        explained(folder, position, out=tmp_path / "why")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "why").exists()


def test_what_a_call_rests_on_is_told_with_occlusion(folder):
    assert explained(folder, SNP).bases == ()
    found = explained(folder, SNP, occlusion=True)
    (basis,) = found.bases
    assert (basis.genotype, basis.alleles, basis.tier) == ("0/1", site_alleles(found), "picture")
    # 21 are counted, one is too weak, one has mates that contradict each other, in two rows.
    assert len(basis.occlusion.fragments) == 23
    assert [len(one.rows) for one in basis.occlusion.fragments if one.name == "differ"] == [2]
    names = {one.name for one in basis.occlusion.fragments}
    assert {"agree", "differ"} <= names and "" not in names
    text = str(found)
    assert f"what 0/1 ({site_alleles(found)}) rests on: log-odds" in text
    assert f"held by {basis.occlusion.holding} of 23 fragments" in text
    assert "gradients  from an empty picture: picture" in text


def site_alleles(found: Explanation) -> str:
    assert found.site is not None
    return f"{found.site.ref}/{found.site.alts[0]}"


def test_what_a_call_rests_on_is_written_as_numbers_and_not_where_it_is_refused(
    folder, tmp_path, seqcnn
):
    model, out = folder / "het.safetensors", tmp_path / "why"
    words = (
        "explain", folder / "q.bam", f"q:{SNP + 1}", "-g", folder / "q.fa", "--model", model
    )  # fmt: skip
    assert seqcnn(*words, "--out", out).code == 0
    (rests,) = json.loads((out / "q_301.json").read_text())["rests_on"]
    assert len(rests["columns"]) == 61 and rests["columns"][30]["position"] == SNP + 1
    assert set(rests["channels"]) == {
        *("read base", "base quality", "mapping quality", "strand", "allele", "difference"),
        "reference base",
    }
    for one in rests["gradients"]:
        assert one["convergence_difference"] <= 0.01 * max(abs(one["wanted"]), 1)
        assert sum(one["channels"].values()) == pytest.approx(one["total"], abs=1e-3)
    plain = tmp_path / "plain"
    assert seqcnn(*words, "--out", plain, "--no-occlusion").code == 0
    assert sorted(path.name for path in plain.iterdir()) == [
        *("q_301.json", "q_301.png", "q_301.txt")
    ]
    assert json.loads((plain / "q_301.json").read_text())["rests_on"] == []


def test_figures_of_what_a_call_rests_on_need_it_to_be_asked(folder):
    with pytest.raises(ValueError, match="occlusion=True"):
        explained(folder, SNP).occlusion_figure()
    with pytest.raises(ValueError, match="occlusion=True"):
        explained(folder, 3900, occlusion=True).gradients_figure()


@pytest.fixture
def cache_elsewhere(tmp_path_factory, monkeypatch):
    """Packed genomes go to a folder of the tests, not beside the shared files."""
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path_factory.getbasetemp() / "packed"))


@real
@pytest.mark.usefixtures("cache_elsewhere")
def test_every_record_of_a_real_stretch_is_that_of_call_variants(tmp_path):
    write_model(tmp_path / "hom.safetensors", genotype=2)
    options = {"model": tmp_path / "hom.safetensors", "min_fraction_snp": 0.06}
    called = seqcnn.call_variants(
        BAM, REFERENCE, regions=["chr22:16,602,500-16,604,500"], include_ref_calls=True,
        threads=1, **options,
    )  # fmt: skip
    assert called.calls is not None and len(called.calls) >= 6
    for call in called.calls:
        found = seqcnn.explain(BAM, f"chr22:{call.pos + 1}", REFERENCE, **options)
        assert found.record is not None and record_line(found.record) == record_line(call)
        assert found.at.fragments == call.depth
        assert found.at.seen - sum(found.at.dropped.values()) == call.depth


@real
@pytest.mark.usefixtures("cache_elsewhere")
def test_counts_before_and_after_realignment_are_told(tmp_path):
    write_model(tmp_path / "hom.safetensors", genotype=2)
    found = seqcnn.explain(BAM, "chr22:16603970", REFERENCE, model=tmp_path / "hom.safetensors")
    moved = {one.allele.name: (one.before, one.after) for one in found.moved}
    before, after = moved["G>GCGCACA"]
    assert before < after == found.at.alternatives[0].fragments
    assert any(note.startswith("realignment changed") for note in found.notes)
