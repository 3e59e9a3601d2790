import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pybigtools
import pytest

from seqcnn.data import signal
from seqcnn.data.bigwig import write_bigwig
from seqcnn.data.signal import binned_signal, mean_signal
from seqcnn.errors import InputError

SHARED = Path(__file__).parents[2].parent / "shared/data"
LENGTHS = {"a": 1000, "b": 500}


def table(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"])


def track(folder: Path, *rows: tuple[str, int, int, float], name: str = "t.bw") -> Path:
    """Written by pybigtools itself, so that even values we refuse can stand in it."""
    pybigtools.open(str(folder / name), "w").write(LENGTHS, iter(rows))
    return folder / name


def test_mean_counts_missing_bases_as_zero(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0), ("b", 0, 4, 1.0))
    regions = table(("a", 15, 25), ("b", 0, 8), ("a", 10, 20))
    values, notes = mean_signal([path], regions, names=["t"])
    assert values.tolist() == [[1.5], [0.5], [3.0]]
    assert values.dtype == np.float32
    assert notes == []


def test_missing_bases_count_as_the_value_asked_for(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0))
    values, _ = mean_signal([path], table(("a", 15, 25)), names=["t"], missing=1.0)
    assert values.tolist() == [[2.0]]


def test_bases_off_the_contig_count_as_missing(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 0, 10, 3.0), ("a", 990, 1000, 5.0))
    regions = table(("a", -10, 10), ("a", 980, 1020), ("a", -20, -10), ("a", 1000, 1010))
    values, _ = mean_signal([path], regions, names=["t"])
    assert values.tolist() == [[1.5], [1.25], [0.0], [0.0]]


def test_tracks_stand_in_the_order_of_the_paths(tmp_path: Path) -> None:
    one = track(tmp_path, ("a", 0, 100, 1.0), name="one.bw")
    two = track(tmp_path, ("a", 0, 100, 2.0), name="two.bw")
    assert mean_signal([two, one], table(("a", 5, 9)), names=["2", "1"])[0].tolist() == [[2.0, 1.0]]


def random_track(folder: Path) -> tuple[Path, np.ndarray]:
    random = np.random.default_rng(0)
    dense = np.zeros(1000)
    rows, place = [], 0
    while place < 950:
        end = place + int(random.integers(1, 20))
        value = float(random.integers(1, 9))
        rows.append(("a", place, end, value))
        dense[place:end] = value
        place = end + int(random.integers(0, 2)) * 7
    return track(folder, *rows), dense


@pytest.mark.parametrize("chunk", [13, 64, 1 << 20])
def test_overlapping_windows_have_the_means_of_the_bases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(signal, "CHUNK", chunk)
    monkeypatch.setattr(signal, "BRIDGE", 5)
    path, dense = random_track(tmp_path)
    random = np.random.default_rng(1)
    start = random.integers(0, 900, 300)
    regions = table(
        *(("a", int(s), int(s + n)) for s, n in zip(start, start % 50 + 1, strict=True))
    )
    values, _ = mean_signal([path], regions, names=["t"])
    expected = [dense[s:e].mean() for _, s, e in regions.to_numpy().tolist()]
    np.testing.assert_allclose(values[:, 0], expected, rtol=1e-6)


def test_bins_are_means_of_their_bases(tmp_path: Path) -> None:
    path, dense = random_track(tmp_path)
    values, _ = binned_signal([path], table(("a", 3, 67), ("a", 500, 564)), 16, names=["t"])
    assert values.shape == (2, 1, 4)
    np.testing.assert_allclose(values[0, 0], dense[3:67].reshape(4, 16).mean(1), rtol=1e-6)


def test_bin_size_that_does_not_divide_the_window_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--bin-size 30 does not divide the window, 64 bp"):
        binned_signal([], table(("a", 0, 64)), 30, names=[])


def test_bins_of_regions_of_several_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="regions are 10 to 20 bp long"):
        binned_signal([], table(("a", 0, 20), ("a", 0, 10)), 10, names=[])


def test_track_that_is_zero_everywhere_is_noted(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0))
    _, notes = mean_signal([path], table(("a", 50, 60)), names=["liver"])
    assert notes == [f"{path}: track 'liver' is 0 over all 1 regions"]


def test_contig_that_the_file_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0))
    with pytest.raises(InputError, match=r"t.bw: has no contig 'chr1' \(it has 'a'\)"):
        mean_signal([path], table(("chr1", 50, 60)), names=["t"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_is_not_finite_is_refused(tmp_path: Path, value: float) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0), ("a", 20, 24, value))
    with pytest.raises(InputError, match=rf"t.bw: the signal is {value} at a:20-24"):
        mean_signal([path], table(("a", 0, 60)), names=["t"])


def test_value_that_is_not_finite_matters_only_under_the_regions(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0), ("a", 20, 24, float("nan")))
    assert mean_signal([path], table(("a", 10, 20)), names=["t"])[0].tolist() == [[3.0]]


def test_text_is_not_a_bigwig(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    path.write_text("hello\n" * 100)
    with pytest.raises(InputError, match=r"t.bw: is not a bigWig, or is cut short"):
        mean_signal([path], table(("a", 0, 60)), names=["t"])


def test_missing_bigwig_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.bw: no such file"):
        mean_signal([tmp_path / "none.bw"], table(("a", 0, 60)), names=["t"])


def test_bigwig_by_another_name_is_told_to_be_renamed(tmp_path: Path) -> None:
    path = track(tmp_path, ("a", 10, 20, 3.0)).rename(tmp_path / "t.signal")
    with pytest.raises(InputError, match=r"t.signal: the name of a bigWig must end in"):
        mean_signal([path], table(("a", 0, 60)), names=["t"])


def test_names_and_paths_must_be_as_many(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 bigWig files but 2 track names"):
        mean_signal([tmp_path / "t.bw"], table(("a", 0, 60)), names=["t", "u"])


@pytest.mark.parametrize("damage", ["cut", "zeros"])
def test_damaged_data_are_refused(tmp_path: Path, damage: str) -> None:
    random = np.random.default_rng(0)
    rows = [("a", i, i + 1, float(v)) for i, v in enumerate(random.random(1000))]
    path = track(tmp_path, *rows)
    whole = path.read_bytes()
    path.write_bytes(whole[:1500] + (b"" if damage == "cut" else bytes(200) + whole[1700:]))
    with pytest.raises(InputError, match=r"t.bw: .* cut short"):
        mean_signal([path], table(("a", 0, 1000)), names=["t"])


def test_real_signal_is_that_of_pybigtools_values() -> None:
    path = SHARED / "regulatory/dnase_hg38_10_biosamples/ENCFF136DBS.bw"
    if not path.exists():
        pytest.skip("shared/data absent")
    regions = table(*(("train_03", 32000 + 50 * i, 32600 + 50 * i) for i in range(500)))
    values, _ = mean_signal([path], regions, names=["t"])
    dense = pybigtools.open(str(path)).values("train_03", fillna=0.0)
    expected = [dense[s:e].mean() for _, s, e in regions.to_numpy().tolist()]
    np.testing.assert_allclose(values[:, 0], expected, rtol=1e-5, atol=1e-7)


def test_written_bigwig_reads_back(tmp_path: Path) -> None:
    rows = [("b", 0, 5, 1.0), ("a", 0, 10, 2.0), ("a", 10, 12, 3.5)]
    path = tmp_path / "out.bw"
    write_bigwig(path, LENGTHS, iter(rows))
    reader = pybigtools.open(str(path))
    assert list(reader.records("a")) == [(0, 10, 2.0), (10, 12, 3.5)]
    assert list(reader.records("b")) == [(0, 5, 1.0)]


def test_numpy_numbers_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "out.bw"
    rows: Any = [(np.str_("a"), np.int64(1), np.int32(2), np.float32(0.5))]
    write_bigwig(path, LENGTHS, rows)
    assert list(pybigtools.open(str(path)).records("a")) == [(1, 2, 0.5)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", 0, 9, 1.0), ("a", 8, 12, 1.0)], "row a:8-12 begins before 9"),
        ([("a", 5, 9, 1.0), ("a", 0, 4, 1.0)], "row a:0-4 begins before 9"),
        ([("a", 5, 5, 1.0)], "row a:5-5 is empty"),
        ([("a", 5, 1001, 1.0)], "row a:5-1001 is empty or leaves the contig of 1000 bp"),
        ([("z", 5, 9, 1.0)], "row z:5-9: the genome has no contig 'z'"),
        ([("a", 5, 9, float("nan"))], "row a:5-9: the value is nan"),
        ([("a", 0, 1, 1.0), ("b", 0, 1, 1.0), ("a", 2, 3, 1.0)], "row a:2-3 comes after other"),
        ([], "there is no signal to write"),
    ],
)
def test_bad_rows_leave_no_file(
    tmp_path: Path, rows: list[tuple[str, int, int, float]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_bigwig(tmp_path / "out.bw", LENGTHS, rows)
    assert list(tmp_path.iterdir()) == []


def test_error_of_the_rows_own_maker_passes_through(tmp_path: Path) -> None:
    def rows():  # type: ignore[no-untyped-def]
        yield ("a", 0, 1, 1.0)
        raise KeyError("model")

    with pytest.raises(KeyError, match="model"):
        write_bigwig(tmp_path / "out.bw", LENGTHS, rows())
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_no_file(tmp_path: Path) -> None:
    program = (
        "import resource, signal, sys\n"
        "from seqcnn.data.bigwig import write_bigwig\n"
        "from seqcnn.errors import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "rows = (('a', i, i + 1, i ** 0.5) for i in range(50_000))\n"
        "try:\n"
        "    write_bigwig(sys.argv[1], {'a': 50_000}, rows)\n"
        "except InputError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "out.bw")],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert "out.bw: could not be written whole; is the disk full?" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_output_must_be_called_a_bigwig(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"out.txt: the name of a bigWig must end in"):
        write_bigwig(tmp_path / "out.txt", LENGTHS, [("a", 0, 1, 1.0)])
