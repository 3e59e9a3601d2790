"""From a BAM to candidates and images: the same whole or in pieces, from BAM or CRAM."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.calling.candidates import Thresholds, Wanted
from seqcnn.calling.examine import Examined, ExamineSettings, examine
from seqcnn.calling.images import PileupImages
from seqcnn.data.alignments import open_alignments
from seqcnn.data.references import FastaReference

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
LENGTH = 9000


def simulated() -> tuple[str, list[tuple[int, str, str, int]], list[str]]:
    """A reference with repeats, its variants (pos, ref, alt, copies) and SAM lines of pairs."""
    random = np.random.default_rng(11)
    units = ["".join(random.choice(list("ACGT"), int(n))) for n in random.integers(1, 5, 400)]
    reference = "".join(unit * int(random.choice([1, 1, 1, 2, 6])) for unit in units)
    while len(reference) < LENGTH:
        reference += "".join(random.choice(list("ACGT"), 50))
    reference = reference[:4000] + "N" * 60 + reference[4060:LENGTH]
    variants = []
    for pos in range(60, LENGTH - 60, 90):
        ref = reference[pos]
        if ref == "N":
            continue
        kind = int(random.integers(3))
        alt = "ACGT"["ACGT".index(ref) - 1]
        if kind == 1:
            alt = ref + "".join(random.choice(list("ACGT"), int(random.integers(1, 6))))
        if kind == 2:
            ref, alt = reference[pos : pos + int(random.integers(2, 8))], ref
        variants.append((pos, ref, alt, int(random.integers(1, 3))))
    lines = []
    for i in range(1300):
        lines += _pair(reference, variants, random, i)
    lines.sort(key=lambda line: int(line.split("\t")[3]))
    return reference, variants, lines


def _pair(
    reference: str,
    variants: list[tuple[int, str, str, int]],
    random: np.random.Generator,
    number: int,
) -> list[str]:
    copy = int(random.integers(2))
    size = int(random.integers(120, 260))
    start = int(random.integers(0, LENGTH - size))
    mates = [_read(reference, variants, copy, start, start + 100)]
    mates.append(_read(reference, variants, copy, start + size - 100, start + size))
    lines = []
    for flag, (begin, cigar, sequence) in zip((99, 147), mates, strict=True):
        quality = "".join(chr(33 + int(q)) for q in random.integers(2, 41, len(sequence)))
        mapping = int(random.choice([0, 60, 60, 60]))
        fields = (f"f{number}", flag, "q", begin + 1, mapping, cigar, "=", mates[0][0] + 1, 0)
        lines.append("\t".join(map(str, (*fields, sequence, quality))))
    return lines


def _read(
    reference: str, variants: list[tuple[int, str, str, int]], copy: int, start: int, end: int
) -> tuple[int, str, str]:
    at, sequence, cigar = start, "", ""
    for pos, ref, alt, copies in variants:
        if pos <= at or pos + len(ref) >= end - 1 or copy >= copies:
            continue
        sequence += reference[at:pos] + alt
        common = min(len(ref), len(alt))
        cigar += f"{pos - at + common}M"
        if len(ref) != len(alt):
            cigar += f"{abs(len(alt) - len(ref))}{'I' if len(alt) > len(ref) else 'D'}"
        at = pos + len(ref)
    return start, f"{cigar}{end - at}M", sequence + reference[at:end]


class Files:
    """The simulated reads on disk, as BAM and CRAM."""

    def __init__(self, folder: Path) -> None:
        reference, self.variants, lines = simulated()
        self.fasta = folder / "q.fa"
        self.fasta.write_text(f">q\n{reference}\n")
        sam = folder / "x.sam"
        header = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:{LENGTH}\n@RG\tID:g\tSM:s\n"
        sam.write_text(header + "\n".join(lines) + "\n")
        self.bam, self.cram = folder / "x.bam", folder / "x.cram"
        pysam.view("-b", "-o", str(self.bam), str(sam), catch_stdout=False)
        pysam.view("-C", "-T", str(self.fasta), "-o", str(self.cram), str(sam), catch_stdout=False)
        pysam.index(str(self.bam))
        pysam.index(str(self.cram))
        self.reference = FastaReference(self.fasta)

    def examine(
        self,
        start: int = 0,
        end: int = LENGTH,
        *,
        path: Path | None = None,
        settings: ExamineSettings | None = None,
        wanted: tuple[Wanted, ...] = (),
    ) -> Examined:
        with open_alignments(path or self.bam, reference=self.fasta) as alignments:
            return examine(
                alignments, self.reference, "q", start, end, settings or ExamineSettings(), wanted
            )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("examine"))


@pytest.mark.parametrize("size", [37, 700, 5000])
def test_pieces_of_any_size_have_the_sites_and_images_of_the_whole(files: Files, size: int) -> None:
    settings = ExamineSettings(images=PileupImages(rows=16, columns=31))
    low, high = (3300, 4700) if size < 100 else (0, LENGTH)
    whole = files.examine(low, high, settings=settings)
    sites, images = [], []
    for start in range(low, high, size):
        part = files.examine(start, min(start + size, high), settings=settings)
        sites += part.candidates.sites
        images.append(part.drawn.images)
    assert len(sites) >= (10 if size < 100 else 70)
    assert sites == whole.candidates.sites
    np.testing.assert_array_equal(np.concatenate(images), whole.drawn.images)


def test_most_variants_of_the_reads_are_candidates(files: Files) -> None:
    found = {site.pos for site in files.examine().candidates.sites}
    near = [any(p in found for p in range(pos - 30, pos + 8)) for pos, *_ in files.variants]
    assert np.mean(near) > 0.95


def test_a_cram_shows_what_its_bam_shows(files: Files) -> None:
    bam, cram = files.examine(), files.examine(path=files.cram)
    assert bam.candidates.sites == cram.candidates.sites
    np.testing.assert_array_equal(bam.drawn.images, cram.drawn.images)


def test_wanted_alleles_are_found_whatever_the_piece(files: Files) -> None:
    wanted = tuple(Wanted(pos, ref, alt) for pos, ref, alt, _ in files.variants)
    settings = ExamineSettings(
        thresholds=Thresholds(min_count_snp=10**6, min_count_indel=10**6),
        images=PileupImages(rows=2, columns=3),
    )
    whole = files.examine(wanted=wanted, settings=settings).candidates.sites
    assert sum(len(site.alts) for site in whole) == len(wanted)
    pieces = [
        site
        for start in range(0, LENGTH, 1000)
        for site in files.examine(
            start, start + 1000, wanted=wanted, settings=settings
        ).candidates.sites
    ]
    assert pieces == whole


def test_nothing_is_found_in_letters_that_are_no_base(files: Files) -> None:
    sites = files.examine(4000, 4060).candidates.sites
    assert sites == []
    assert all("N" not in site.ref for site in files.examine().candidates.sites)


def test_a_region_without_reads_has_neither_sites_nor_images(tmp_path: Path) -> None:
    fasta, sam, bam = tmp_path / "q.fa", tmp_path / "x.sam", tmp_path / "x.bam"
    fasta.write_text(">q\n" + "ACGT" * 25 + "\n")
    sam.write_text("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:100\n@RG\tID:g\tSM:s\n")
    pysam.view("-b", "-o", str(bam), str(sam), catch_stdout=False)
    pysam.index(str(bam))
    with open_alignments(bam) as alignments:
        found = examine(alignments, FastaReference(fasta), "q", 0, 100, ExamineSettings())
    assert found.candidates.sites == []
    assert found.drawn.images.shape == (0, 48, 61, 7)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
def test_counts_of_real_substitutions_are_those_of_fragments_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))
    folder = DATA / "illumina_NA12878_grch38_chr22_33x"
    reference = FastaReference(DATA / "reference" / "grch38.chr22_16.57-16.80M.masked.fa.gz")
    with open_alignments(next(folder.glob("*.bam"))) as alignments:
        found = examine(
            alignments, reference, "chr22", 16_600_000, 16_612_000, ExamineSettings(realign=False)
        )
        sites = [s for s in found.candidates.sites if len(s.ref) == max(map(len, s.alts)) == 1]
        assert len(sites) > 10
        for site in sites:
            shown: dict[str, set[str]] = defaultdict(set)
            for read in alignments.segments("chr22", site.pos, site.pos + 1):
                if read.flag & 0xF04 or read.mapping_quality < 5:
                    continue
                query = {position: at for at, position in read.get_aligned_pairs()}[site.pos]
                if query is None:
                    shown[str(read.query_name)].add("deleted")
                elif read.query_qualities is not None and read.query_qualities[query] >= 10:
                    shown[str(read.query_name)].add(str(read.query_sequence)[query])
            counts = Counter(min(letters) for letters in shown.values() if len(letters) == 1)
            depths = tuple(counts[allele] for allele in (site.ref, *site.alts))
            assert (site.depth, site.allele_depths) == (sum(counts.values()), depths)


def test_settings_survive_a_card() -> None:
    settings = ExamineSettings(
        Thresholds(min_count_snp=3), PileupImages(scheme="pairs", rows=20), realign=False
    )
    assert ExamineSettings.from_dict(settings.to_dict()) == settings
