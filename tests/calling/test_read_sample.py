from pathlib import Path

import numpy as np
import pysam
import pytest

from seqcnn.calling.read_sample import sample_reads
from seqcnn.data.alignments import open_alignments

LENGTH = 400_000


def write_reads(path: Path, starts: list[int], *, bases: int = 100, quality: int = 30) -> Path:
    """A BAM of one contig of 400 kb with reads of `bases` bp at the given places."""
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": "one", "LN": LENGTH}],
        "RG": [{"ID": "a", "SM": "invented"}],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number, start in enumerate(sorted(starts)):
            record = pysam.AlignedSegment(out.header)
            record.query_name = f"r{number}"
            record.reference_id, record.reference_start = 0, start
            record.query_sequence, record.cigarstring = "A" * bases, f"{bases}M"
            record.query_qualities = pysam.qualitystring_to_array(chr(33 + quality) * bases)
            record.mapping_quality = 60
            record.set_tag("RG", "a")
            out.write(record)
    pysam.index(str(path))
    return path


def sampled(path: Path):
    with open_alignments(path) as alignments:
        return sample_reads(alignments.spec)


def test_evenly_covered_reads_are_measured_exactly(tmp_path):
    found = sampled(write_reads(tmp_path / "x.bam", list(range(0, LENGTH - 100, 20))))
    assert found == (100.0, 30.0, 5.0)


def test_of_a_slice_the_reads_there_are_found(tmp_path):
    starts = list(range(201_000, 221_000, 4))
    found = sampled(write_reads(tmp_path / "x.bam", starts, quality=17))
    assert found == (100.0, 17.0, 25.0)


def test_strays_beside_targets_are_no_coverage(tmp_path):
    random = np.random.default_rng(0)
    strays = random.integers(0, LENGTH - 100, LENGTH // 200).tolist()  # 0.5x
    targets = list(range(123_000, 124_000, 2))
    found = sampled(write_reads(tmp_path / "x.bam", strays + targets))
    assert found is not None
    assert found.read_length == 100.0
    assert found.coverage is None


def test_without_reads_there_is_nothing_to_say(tmp_path):
    assert sampled(write_reads(tmp_path / "x.bam", [])) is None


def test_a_damaged_file_is_passed_over(tmp_path):
    path = write_reads(tmp_path / "x.bam", list(range(0, LENGTH - 100, 20)))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    with open_alignments(path) as alignments:
        found = sample_reads(alignments.spec)
    assert found is not None
    assert found.coverage == pytest.approx(5.0)
