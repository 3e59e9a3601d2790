"""`seqcnn report` on real runs and evaluations."""

import json

import pandas as pd
import pytest

import seqcnn as package


def test_report_writes_a_page_and_tables_of_runs(seqcnn, trained, tmp_path):
    out = tmp_path / "all.html"
    outcome = seqcnn("report", *trained.values(), "--out", out, "--title", "Two tasks")
    assert outcome.code == 0, outcome.err
    assert f"{out}: 2 runs" in outcome.out
    assert "<h1>Two tasks</h1>" in out.read_text()
    table = pd.read_csv(tmp_path / "all.runs.tsv", sep="\t")
    assert list(table["task"]) == ["accessibility", "binding"]
    for folder, value in zip(trained.values(), table["value"], strict=True):
        mean = json.loads((folder / "results.json").read_text())["CNN"]["mean"]
        assert value == pytest.approx(mean["auroc"][0], rel=1e-5)


def test_train_keeps_the_calibration_error_of_its_report(trained):
    for folder in trained.values():
        error = json.loads((folder / "results.json").read_text())["calibration_error"]
        assert 0 <= error["after"] <= 1
        assert 0 <= error["before"] <= 1


def test_an_evaluation_of_a_run_counts_only_where_it_tells_more(seqcnn, trained, tmp_path):
    bundle = trained["tables"] / "model.safetensors"
    again = {}
    for split in ("test", "val"):
        again[split] = tmp_path / f"{split}.json"
        seqcnn(
            "evaluate", bundle, "--split", split, "--no-baselines", "--precision", "32",
            "--json-out", again[split],
        )  # fmt: skip
    outcome = seqcnn("report", *again.values(), trained["tables"], "--out", tmp_path / "x.html")
    assert outcome.code == 0, outcome.err
    table = pd.read_csv(tmp_path / "x.runs.tsv", sep="\t")
    assert list(table["run"]) == ["tables", "val"]
    assert list(table["split"]) == ["test", "val"]
    assert list(table["network"]) == ["deepbind", "deepbind"]
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert '<p class="subtitle">1 run · 1 evaluation</p>' in page
    # Another split of the same data is no other test set.
    assert "on test examples of its own" not in page


def test_baselines_that_only_an_evaluation_measured_stand_beside_its_run(seqcnn, trained, tmp_path):
    run, again = trained["tables"], tmp_path / "again.json"
    assert json.loads((run / "results.json").read_text())["baselines"] == {}
    seqcnn("evaluate", run / "model.safetensors", "--precision", "32", "--json-out", again)
    outcome = seqcnn("report", run, again, "--out", tmp_path / "x.html")
    assert outcome.code == 0, outcome.err
    (row,) = pd.read_csv(tmp_path / "x.runs.tsv", sep="\t").to_dict("records")
    assert row["run"] == "tables"
    told = json.loads(again.read_text())["baselines"]
    assert row["baseline"] in told


def test_tables_of_an_earlier_page_of_the_name_do_not_stay(seqcnn, trained, tmp_path):
    out = tmp_path / "x.html"
    assert seqcnn("report", trained["tables"], "--out", out).code == 0
    assert (tmp_path / "x.runs.tsv").exists()
    assert seqcnn("report", package.demo() / "caller_truth.vcf.gz", "--out", out).code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"x.html", "x.samples.tsv"}


def test_report_of_what_is_not_there_is_one_line(seqcnn, tmp_path):
    outcome = seqcnn("report", tmp_path / "gone", "--out", tmp_path / "x.html")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "gone: no such file or folder" in outcome.err


def test_without_out_report_says_that_nothing_is_written(seqcnn):
    outcome = seqcnn("report", package.demo() / "caller_truth.vcf.gz")
    assert outcome.out.splitlines() == [
        "1 sample",
        "nothing is written: --out report.html makes the page and its tables",
    ]
