"""Splits made once serve many runs: the same windows as without them."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import seqcnn
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks import get_task

PEAKS = {"window": 100, "min_overlap": 50}
BOUND = {"window": 100}


def windows(task: str, **settings) -> dict[str, list[tuple]]:
    """Contig, start and labels of the windows of each split, as training reads them."""
    splits = get_task(task).read(DataSettings(**settings)).splits
    return {
        name: sorted(np.column_stack([found.contig, found.start, found.targets[:, 0]]).tolist())
        for name, found in splits.items()
    }


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("accessibility", {"peaks": ["a.bed", "b.bed"], "split_seed": 3, **PEAKS}),
        ("accessibility", {"peaks": ["a.bed", "b.bed"], "test_contigs": ["chr5"], **PEAKS}),
        (
            "accessibility",
            {
                "signal": ["a.bw"],
                "window": 200,
                "test_contigs": ["chr2", "chr6"],
                "target": "signal",
            },
        ),
        ("binding", {"positives": "a.bed", "negatives": "b.bed", "test_share": 0.3, **BOUND}),
    ],
)
@pytest.mark.parametrize("contigs", [6, 2])
def test_the_windows_are_those_of_training_without_the_file(
    data, tmp_path, task, settings, contigs
):
    genome = data / "genome.fa"
    if contigs == 2:  # too few for three splits: each is cut
        settings = {name: value for name, value in settings.items() if name != "test_contigs"}
        genome = tmp_path / "two.fa"
        lines = (data / "genome.fa").read_text().splitlines(keepends=True)
        genome.write_text("".join(lines[:4]))
    settings = {**settings, "genome": genome}
    for name in ("peaks", "signal"):
        if name in settings:
            settings[name] = [data / file for file in settings[name]]
            if name == "signal" and contigs == 2:
                settings["regions"] = tmp_path / "regions.bed"
                settings["regions"].write_text("chr1\t0\t6000\nchr2\t0\t6000\n")
    for name in ("positives", "negatives"):
        if name in settings:
            settings[name] = str(data / settings[name])
    result = seqcnn.split(task=task, out=tmp_path / "split", **settings)
    named = ("test_contigs", "test_share")
    rest = {name: value for name, value in settings.items() if name not in named}
    found = windows(task, splits=result.splits, **rest)
    assert found == windows(task, **settings)
    assert result.windows == {name: len(rows) for name, rows in found.items()}


def test_the_files_hold_places_and_labels(data, tmp_path):
    result = seqcnn.split(
        genome=data / "genome.fa", peaks=[data / "a.bed", data / "b.bed"], out=tmp_path / "split",
        val_contigs=["chr2"], test_contigs=["chr4,chr5"], **PEAKS,
    )  # fmt: skip
    assert result.splits.read_text() == "".join(
        f"chr{number}\t0\t6000\t{split}\n"
        for number, split in enumerate(["train", "val", "train", "test", "test", "train"], start=1)
    )
    table = pd.read_table(tmp_path / "split" / "windows.tsv.gz")
    assert list(table.columns) == ["contig", "start", "end", "split", "a", "b"]
    assert set(table["contig"][table["split"] == "test"]) == {"chr4", "chr5"}
    # Peaks of a begin at 50, those of b at 250; each of 80 bp gets a window of 100 around it.
    first = table.iloc[0].tolist()
    assert first == ["chr1", 40, 140, "train", 1, 0]
    assert str(result).startswith(f"windows: train {result.windows['train']}, val 20, test 40\n")
    for split in ("train", "val", "test"):
        bed = (tmp_path / "split" / f"{split}.bed").read_text().splitlines()
        rows = table[table["split"] == split]
        assert len(bed) == len(rows) == result.windows[split]
        assert bed[0].split("\t") == [str(value) for value in rows.iloc[0, :3]]
        for track in ("a", "b"):
            bed = (tmp_path / "split" / split / f"{track}.bed").read_text().splitlines()
            positive = rows[rows[track] == 1]
            assert bed == ["\t".join(map(str, row)) for row in positive.iloc[:, :3].to_numpy()]
            assert 0 < len(bed) < len(rows)


@pytest.mark.parametrize(("target", "threshold"), [("signal", 0.9), ("both", None)])
def test_of_a_signal_the_highest_tenth_or_the_open_windows_are_positive(
    data, tmp_path, target, threshold
):
    seqcnn.split(
        genome=data / "genome.fa", signal=[data / "a.bw"], window=200, target=target, out=tmp_path,
    )  # fmt: skip
    table = pd.read_table(tmp_path / "windows.tsv.gz")
    values = table[table["split"] == "train"]["a"]
    least = values.quantile(threshold) if threshold else 0.5
    written = len((tmp_path / "train" / "a.bed").read_text().splitlines())
    assert written == (values >= least).sum()
    assert 0 < written < len(values)


def held(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_same_files_again_are_the_same_bytes_and_other_splits_are_refused(data, tmp_path):
    peaks = [data / "a.bed", data / "b.bed"]
    settings = {"genome": data / "genome.fa", "peaks": peaks, "out": tmp_path, **PEAKS}
    seqcnn.split(**settings)
    before = held(tmp_path)
    seqcnn.split(**settings)
    assert held(tmp_path) == before and "test/a.bed" in before
    with pytest.raises(InputError, match=r"splits.bed: holds other splits.*--overwrite"):
        seqcnn.split(**settings, test_contigs=["chr1"], val_contigs=["chr3"])
    seqcnn.split(**settings, test_contigs=["chr1"], val_contigs=["chr3"], overwrite=True)
    assert (tmp_path / "splits.bed").read_bytes() != before["splits.bed"]
    named = [data / "a.bed", f"c={data / 'b.bed'}"]
    seqcnn.split(**{**settings, "peaks": named}, overwrite=True)
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == ["a.bed", "c.bed"]


def test_a_window_that_leaves_its_contig_keeps_its_middle(data, tmp_path):
    edge = tmp_path / "edge.bed"
    lines = (data / "a.bed").read_text() + "chr1\t0\t20\nchr1\t5990\t6000\n"
    edge.write_text(lines)
    seqcnn.split(
        task="binding", genome=data / "genome.fa", positives=edge, out=tmp_path / "split",
        negatives=str(data / "b.bed"), test_contigs=["chr2"], val_contigs=["chr3"], **BOUND,
    )  # fmt: skip
    bed = (tmp_path / "split" / "train.bed").read_text()
    assert "chr1\t0\t20\n" in bed and "chr1\t5990\t6000\n" in bed
    text = gzip.decompress((tmp_path / "split" / "windows.tsv.gz").read_bytes()).decode()
    assert "chr1\t-40\t60\ttrain\t1\n" in text


def test_shuffled_negatives_have_no_place_and_their_positives_have(data, tmp_path):
    result = seqcnn.split(
        task="binding", genome=data / "genome.fa", positives=data / "a.bed", negatives="shuffle",
        out=tmp_path, **BOUND,
    )  # fmt: skip
    table = pd.read_table(tmp_path / "windows.tsv.gz")
    assert (table["a"] == 1).all()
    assert sum(result.windows.values()) == len(table) == 60


def test_data_without_a_genome_are_refused(data, tmp_path):
    wanted = "give --genome with BED or bigWig files"
    with pytest.raises(InputError, match=wanted):
        seqcnn.split(task="binding", table=data / "train.csv", out=tmp_path / "split")
    assert not (tmp_path / "split").exists()


@pytest.mark.parametrize(
    ("task", "settings"),
    [("binding", {"table": "train.csv"}), ("binding", {"positives": "bound.fa"}),
     ("accessibility", {"hdf5": "basset.h5"})],
)  # fmt: skip
def test_splits_of_sequences_without_a_place_are_refused(data, tmp_path, task, settings):
    splits = tmp_path / "splits.bed"
    splits.write_text("chr1\t0\t6000\ttrain\n")
    settings = {name: data / value for name, value in settings.items()}
    with pytest.raises(InputError, match=r"--splits .*is for windows of a --genome"):
        get_task(task).read(DataSettings(**settings, splits=splits))


def test_regions_on_contigs_that_the_splits_leave_out_are_told(data, tmp_path):
    splits = tmp_path / "splits.bed"
    splits.write_text("chr1\t0\t6000\ttrain\nchr2\t0\t6000\tval\nchr3\t0\t6000\ttest\n")
    settings = DataSettings(
        genome=data / "genome.fa", peaks=[data / "a.bed", data / "b.bed"], splits=splits, **PEAKS
    )
    read = get_task("accessibility").read(settings)
    (finding,) = [one for one in read.findings if "splits.bed" in one.message]
    assert (finding.level, "3 contigs" in finding.message) == ("note", True)
    assert read.files[-1] == splits
    assert np.unique(read.splits["train"].contig).tolist() == [0]
    assert Path("a.bed") not in read.files


def test_what_are_no_splits_stays_where_they_would_be_written(data, tmp_path):
    flags = {"genome": data / "genome.fa", "peaks": [data / "a.bed", data / "b.bed"], **PEAKS}
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "splits.bed").write_bytes(b"\xff\x00")
    with pytest.raises(InputError, match=r"splits.bed: holds other splits"):
        seqcnn.split(**flags, out=tmp_path / "text")
    (tmp_path / "folder" / "splits.bed").mkdir(parents=True)
    with pytest.raises(InputError, match=r"splits.bed: is a folder"):
        seqcnn.split(**flags, out=tmp_path / "folder")


@pytest.mark.parametrize("task", ["images", "variants"])
def test_splits_of_a_genome_are_refused_where_there_is_none(tmp_path, task):
    with pytest.raises(InputError, match=rf"--splits x.bed: .*and --task {task} has none"):
        seqcnn.check(task=task, splits="x.bed", out=tmp_path)


def test_settings_of_images_and_reads_are_refused():
    wanted = "--image-size: is of images or reads, and seqcnn split divides the windows of a genome"
    with pytest.raises(InputError, match=wanted):
        seqcnn.split(image_size=32)
