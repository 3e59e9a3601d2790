"""Coverage tracks: drawn reads, and what pysam says of random ones."""

from pathlib import Path

import numpy as np
import pysam
import pytest
from drawn_reads import codes, drawn, parse_cigar, short_cigar

from seqcnn.data.reads import decode_reads
from seqcnn.encoders.coverage import CHANNELS, coverage_tracks
from seqcnn.errors import InputError

REFERENCE = "ACGTACGTACGTACGTACGT"
TEXT = """
    a 0  2 60 2S4M1D2M GGGTACTA
    b 16 4 20 4M2N3M1S ACGTGTAA
"""


def track(name: str, bin: int = 1, text: str = TEXT) -> list[float]:
    tracks = coverage_tracks(drawn(text), 0, 12, bin, reference=codes(REFERENCE[:12]))
    assert tracks.dtype == np.float32
    return [round(float(value), 3) for value in tracks[CHANNELS.index(name)]]


def test_tracks_of_drawn_reads() -> None:
    assert track("depth") == [0, 0, 1, 1, 2, 2, 1, 2, 1, 0, 1, 1]
    assert track("mapping quality") == [0, 0, 60, 60, 40, 40, 20, 40, 60, 0, 20, 20]
    assert track("reverse share") == [0, 0, 0, 0, 0.5, 0.5, 1, 0.5, 0, 0, 1, 1]
    assert track("clipped starts") == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert sum(track("clipped ends")) == 0  # b ends beyond the region
    assert track("mismatch share") == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_bins_hold_means_of_bases_and_counts_of_clips() -> None:
    assert track("depth", 5) == [0.8, 1.2, 1]
    assert track("mapping quality", 5) == [50, 40, 20]
    assert track("reverse share", 5) == [0.25, 0.5, 1]
    assert track("clipped starts", 5) == [1, 0, 0]


def test_a_clip_at_the_end_is_counted_at_the_last_aligned_position() -> None:
    text = "a 0 0 60 4M2S ACGTAA\nb 0 2 60 2M2S GTGG\nc 0 3 60 1M T"
    assert track("clipped ends", text=text) == [0, 0, 0, 2, *[0] * 8]


def test_bases_that_differ_count_as_mismatches_and_other_letters_do_not() -> None:
    text = "a 0 0 60 4M AGN=\nb 0 0 60 4M ACGT"
    assert track("mismatch share", text=text)[:5] == [0, 0.5, 0, 0, 0]
    reference = codes("ANGT" + REFERENCE[4:12])
    tracks = coverage_tracks(drawn(text), 0, 12, reference=reference)
    assert tracks[6].sum() == 0


def test_insert_sizes_are_absolute_bounded_and_of_reads_that_have_one() -> None:
    reads = drawn("a 0 0 60 2M AC\nb 0 0 60 2M AC\nc 0 1 60 2M CG\nd 0 3 60 1M T")
    reads = reads._replace(template_length=np.array([-300, 0, 500, 2_000_000], np.int32))
    assert coverage_tracks(reads, 0, 5)[2].tolist() == [300, 400, 500, 10_000, 0]
    assert coverage_tracks(reads, 3, 4, longest_insert=900)[2].tolist() == [900]


def test_without_a_reference_there_is_no_mismatch_channel() -> None:
    assert coverage_tracks(drawn(TEXT), 0, 12).shape == (6, 12)
    assert len(CHANNELS) == 7


def test_without_reads_all_is_zero() -> None:
    tracks = coverage_tracks(drawn(""), 100, 203, 10, reference=np.zeros(103, np.uint8))
    assert tracks.shape == (7, 11)
    assert not tracks.any()


@pytest.mark.parametrize(("start", "end", "bin"), [(5, 5, 1), (6, 5, 1), (0, 5, 0)])
def test_no_positions_are_an_error(start: int, end: int, bin: int) -> None:
    with pytest.raises(InputError, match=f"no positions in {start}-{end} with bins of {bin}"):
        coverage_tracks(drawn(""), start, end, bin)


def test_a_reference_of_another_length_is_an_error() -> None:
    with pytest.raises(InputError, match="the reference has 4 codes, wanted 5"):
        coverage_tracks(drawn(""), 0, 5, reference=np.zeros(4, np.uint8))


@pytest.fixture(scope="module")
def bam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(9)
    lines = []
    for i, start in enumerate(sorted(random.integers(1, 400, 300).tolist())):
        middle = "".join(random.choice(list("MMMMMMMIDN"), int(random.integers(5, 80))))
        clips = random.integers(0, 4, 2) * random.integers(0, 2, 2)
        cigar = short_cigar("S" * clips[0] + "M" + middle + "M" + "S" * clips[1])
        length = sum(n for n, operation in parse_cigar(cigar) if operation in "MIS")
        sequence = "".join(random.choice(list("ACGTN"), length))
        size = int(random.choice([0, 250, -310, 99_999]))
        fields = (f"r{i}", 16 * (i % 3 == 0), "q", start, i % 61, cigar, "*", 0, size, sequence)
        lines.append("\t".join(map(str, (*fields, "*"))))
    folder = tmp_path_factory.mktemp("coverage")
    sam, path = folder / "x.sam", folder / "x.bam"
    sam.write_text("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:q\tLN:600\n" + "\n".join(lines) + "\n")
    pysam.view("-b", "-o", str(path), str(sam), catch_stdout=False)
    pysam.index(str(path))
    return path


def test_tracks_are_what_pysam_says_of_every_aligned_base(bam: Path) -> None:
    start, end, bin = 100, 403, 10
    reference = codes("".join(np.random.default_rng(1).choice(list("ACGT"), end - start)))
    bins = -(-(end - start) // bin)
    bases, mapping, insert, paired, reverse, wrong, first, last = np.zeros((8, bins))
    with pysam.AlignmentFile(str(bam)) as file:
        for read in file.fetch("q", start, end):
            size = min(abs(read.template_length), 10_000)
            for query, position in read.get_aligned_pairs(matches_only=True):
                if not start <= position < end:
                    continue
                b = (position - start) // bin
                letter = "ACGT".find(str(read.query_sequence)[query])
                bases[b] += 1
                mapping[b] += read.mapping_quality
                insert[b] += size
                paired[b] += size > 0
                reverse[b] += read.is_reverse
                wrong[b] += letter >= 0 and letter != reference[position - start]
            cigar = read.cigartuples or []
            if cigar[0][0] == 4 and start <= read.reference_start < end:
                first[(read.reference_start - start) // bin] += 1
            if cigar[-1][0] == 4 and start < int(read.reference_end or 0) <= end:
                last[(int(read.reference_end or 0) - 1 - start) // bin] += 1
        depth = np.array(file.count_coverage("q", start, end, quality_threshold=0)).sum(axis=0)
        reads = decode_reads(file, "q", start, end).reads
    tracks = coverage_tracks(reads, start, end, bin, reference=reference)
    expected = [
        bases / np.array([10] * 30 + [3]), mapping / bases, insert / np.maximum(paired, 1),
        first, last, reverse / bases, wrong / bases,
    ]  # fmt: skip
    np.testing.assert_allclose(tracks, np.stack(expected), rtol=1e-6)
    assert first.sum() > 20 and last.sum() > 20
    # pysam leaves N bases out of its coverage.
    assert (coverage_tracks(reads, start, end)[0] >= depth).all()
