"""Blocks of bgzip, read by other programs."""

import gzip

import numpy as np
import pysam

from seqcnn.data.bgzip import END, bgzip_blocks


def test_blocks_written_one_after_the_other_are_one_file(tmp_path):
    random = np.random.default_rng(0)
    # Text, text longer than a block, and noise that does not shrink.
    parts = [b"a line\n", b"ACGT\n" * 40_000, random.bytes(200_000), b""]
    path = tmp_path / "x.gz"
    path.write_bytes(b"".join(map(bgzip_blocks, parts)) + END)
    assert gzip.decompress(path.read_bytes()) == b"".join(parts)
    with pysam.BGZFile(str(path)) as file:
        assert file.read() == b"".join(parts)
