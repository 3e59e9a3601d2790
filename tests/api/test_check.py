"""What `check` counts and says, on data whose faults were put in by the test."""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import seqcnn
from seqcnn.api.split_summary import composition, summarise
from seqcnn.data.examples import Examples
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks import get_task
from seqcnn.tasks.labels import MultiLabel
from seqcnn.tasks.task import TaskData

PEAKS = {"window": 100, "min_overlap": 50}


def test_counts_are_those_of_the_data(data):
    checked = seqcnn.check(
        genome=data / "genome.fa", peaks=[data / "a.bed", data / "b.bed"],
        val_contigs=["chr2"], test_contigs=["chr4,chr5"], **PEAKS,
    )  # fmt: skip
    assert [(split.name, split.examples, split.contigs) for split in checked.splits] == [
        ("train", 60, 3), ("val", 20, 1), ("test", 40, 2),
    ]  # fmt: skip
    tracks = {track.name: track.positives for track in checked.splits[2].tracks}
    assert tracks == {"a": 20, "b": 20}
    text = str(checked)
    assert "a      30 (50.0 %)  10 (50.0 %)  20 (50.0 %)" in text
    assert "val: 20 examples: intervals will be wide" in text
    assert "val: few positives (a 10, b 10): too few to measure well" in text
    assert text.splitlines()[-1].startswith("ok      leakage: no overlaps")
    assert checked.severity == "warning"


def test_composition_is_that_of_the_letters():
    sequences = Examples.from_sequences(["GGCA", "NNNN", "ACGN"], np.zeros((3, 1)), names=["x"])
    gc, unknown = composition(sequences)
    assert gc[0] == 0.75 and np.isnan(gc[1]) and gc[2] == pytest.approx(2 / 3)
    assert unknown.tolist() == [0, 1, 0.25]


def test_auroc_of_gc_is_scikit_learns(data):
    settings = DataSettings(table=data / "train.csv", test_table=data / "test.csv")
    read = get_task("binding").read(settings)
    codes = read.splits["train"].take(np.arange(len(read.splits["train"])))
    gc = ((codes == 1) | (codes == 2)).mean(axis=1)
    expected = roc_auc_score(read.splits["train"].targets[:, 0], gc)
    assert summarise(read, "train").tracks[0].gc_auroc == pytest.approx(expected)


def test_labels_that_gc_tells_are_a_warning(tmp_path):
    random = np.random.default_rng(0)
    rich, poor = ([0.1, 0.4, 0.4, 0.1], 1), ([0.4, 0.1, 0.1, 0.4], 0)
    lines = [
        f"{''.join(random.choice(list('ACGT'), 60, p=chances))},{label}"
        for chances, label in [rich, poor] * 100
    ]
    (tmp_path / "table.csv").write_text("sequence,label\n" + "\n".join(lines) + "\n")
    checked = seqcnn.check(task="binding", table=tmp_path / "table.csv")
    (said,) = [one for one in checked.said() if "GC content alone" in one.text]
    assert said.level == "warning"
    assert "AUROC label 1.00" in said.text


def test_copies_between_splits_are_a_problem(data, tmp_path):
    checked = seqcnn.check(
        task="binding", table=data / "train.csv", val_table=data / "val.csv",
        test_table=data / "train.csv", out=tmp_path,
    )  # fmt: skip
    assert checked.severity == "bad"
    first = checked.said()[0]
    assert (first.level, "96 of 96 (100.00%) sequences are in train too" in first.text) == (
        "bad", True,
    )  # fmt: skip
    saved = json.loads((tmp_path / "check.json").read_text())
    assert saved["severity"] == "bad"
    assert saved["splits"][0]["tracks"][0]["positives"] == 48
    page = (tmp_path / "check.html").read_text()
    assert "its numbers will not be worth believing" in page
    assert "96 of 96 (100.00%) sequences are in train too" in page


def test_classes_and_signals_are_counted_in_their_own_way(data):
    classes = seqcnn.check(task="binding", table=data / "classes.csv")
    assert sum(track.positives for split in classes.splits for track in split.tracks) == 120
    signal = seqcnn.check(genome=data / "genome.fa", signal=[data / "a.bw"], window=200)
    opened, measured = signal.splits[0].tracks
    assert (opened.name, measured.name, measured.positives) == ("a", "a signal", None)
    assert f"mean {measured.mean:.4g}" in str(signal)


def test_images_are_checked_without_letters():
    checked = seqcnn.check(task="images")
    assert [split.examples for split in checked.splits] == [1259, 179, 359]
    assert checked.splits[0].gc is None
    assert len(checked.splits[0].tracks) == 10


def test_a_settings_file_of_training_is_checked_whole(data, tmp_path):
    config = tmp_path / "train.yaml"
    config.write_text("model: basset\nmax_steps: 10\nout: elsewhere\nwindow: 200\n")
    settings = {"genome": data / "genome.fa", "signal": [data / "a.bw"], "config": config}
    assert seqcnn.check(**settings).words.startswith("200 bp")
    config.write_text("model: basset\nmax_stpes: 10\n")
    with pytest.raises(InputError, match="unknown setting 'max_stpes'; did you mean 'max_steps'"):
        seqcnn.check(**settings)
    config.write_text("model: bassett\n")
    with pytest.raises(InputError, match="bassett"):
        seqcnn.check(**settings)


def test_labels_that_are_not_known_are_counted_nowhere():
    targets = np.array([[1.0], [0.0], [np.nan], [np.nan]], np.float32)
    examples = Examples.from_sequences(["GGGG", "AAAA", "AAAA", "CCCC"], targets, names=["x"])
    data = TaskData(
        target=MultiLabel(), outputs=("x",), splits={"train": examples}, encoding=None, files=()
    )
    (track,) = summarise(data, "train").tracks
    assert (track.positives, track.mean, track.gc_auroc) == (1, 0.5, 1.0)
