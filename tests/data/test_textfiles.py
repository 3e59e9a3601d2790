import gzip
from pathlib import Path

import pysam
import pytest

from seqcnn.data.textfiles import read_bytes
from seqcnn.errors import InputError


def test_gzip_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed"
    path.write_bytes(gzip.compress(b"chr1\t1\t2\n"))
    assert read_bytes(path) == b"chr1\t1\t2\n"


def test_bgzip_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed.gz"
    with pysam.BGZFile(str(path), "w", None) as file:
        file.write(b"chr1\t1\t2\n" * 20_000)
    assert read_bytes(path) == b"chr1\t1\t2\n" * 20_000


def test_bgzip_cut_between_blocks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed.gz"
    with pysam.BGZFile(str(path), "w", None) as file:
        file.write(b"chr1\t1\t2\n")
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"peaks.bed.gz: the bgzip end marker is missing"):
        read_bytes(path)


def test_gzip_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed.gz"
    path.write_bytes(gzip.compress(b"chr1\t1\t2\n" * 100)[:-10])
    with pytest.raises(InputError, match=r"peaks.bed.gz: the gzip data is cut short or damaged"):
        read_bytes(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent.bed: no such file"):
        read_bytes(tmp_path / "absent.bed")


def test_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_bytes(tmp_path)
