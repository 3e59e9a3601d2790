"""How results show themselves in a notebook, and in one line."""

from collections import Counter
from pathlib import Path

import pandas as pd
from rich.console import Console

from seqcnn.api.call_variants import CallResult
from seqcnn.api.card_html import card_html
from seqcnn.api.evaluate import evaluate
from seqcnn.api.interpret.reading import Reading
from seqcnn.api.train import TrainResult, read_data, resolve_settings
from seqcnn.calling.genotype import Call
from seqcnn.report.panels import Panel
from seqcnn.report.records import Finding
from seqcnn.report.style import panel
from seqcnn.training.bundle import read_card

CALL = Call(
    contig="<chr>", pos=999, ref="A", alts=("G",), genotype=(0, 1), gq=40, depth=30,
    allele_depths=(15, 15), fractions=(0.5,), likelihoods=(40, 0, 50), quality=39.5, filter="PASS",
)  # fmt: skip


def test_calls_show_their_first_records_and_notes():
    counts = Counter(kept=10, candidates=12)
    result = CallResult(None, [CALL] * 20, Counter(PASS=20), counts, ("<b>look</b>",), 1.0)
    assert repr(result) == "CallResult(20 PASS)"
    html = result._repr_html_()
    assert html.count("&lt;chr&gt;:1,000") == 8
    assert "and 12 more" in html
    assert "&lt;b&gt;look" in html


def test_calls_in_a_file_are_named_and_not_read(tmp_path):
    result = CallResult(Path("gone.vcf.gz"), None, Counter(PASS=2), Counter(kept=1), (), 1.0)
    assert repr(result) == "CallResult(2 PASS; gone.vcf.gz)"
    assert "written to gone.vcf.gz" in result._repr_html_()


def test_a_bundle_shows_metrics_and_what_its_card_warns_of(trained):
    card = read_card(trained["peaks"] / "model.safetensors")
    card |= {"note": "made up <reads>", "not_for": ["patients"], "licence": "MIT"}
    html = card_html(card, "x.safetensors")
    for text in ("AUROC", "calibration", "MIT", "not for: patients", "made up &lt;reads&gt;"):
        assert text in html
    assert html.count("class='warn'") == 2
    plain = card_html(read_card(trained["peaks"] / "model.safetensors"), "x")
    assert "class='warn'" not in plain


def test_training_data_and_results_show_themselves(trained, peaks):
    bundle = trained["peaks"] / "model.safetensors"
    found = evaluate(bundle, baselines=False)
    assert repr(found).startswith("Evaluation(test: ")
    assert "AUPRC" in found._repr_html_()
    result = TrainResult(trained["peaks"], bundle, Path("report.html"), found, ())
    assert repr(result).count("\n") == 0
    assert "report.html" in result._repr_html_()
    settings, task, _ = resolve_settings(trained["peaks"] / "run.yaml", {})
    data = read_data(task, settings, Console(quiet=True))
    assert repr(data).startswith("TaskData(2 outputs, 100 bp; train ")
    html = data._repr_html_()
    for text in ("<td class='words'>val</td>", "GC", "chr"):
        assert text in html


def test_a_reading_shows_findings_figures_and_the_first_rows():
    figure, _ = panel(1, 1)
    table = pd.DataFrame({"name": [f"<n{row}>" for row in range(30)], "value": 0.123456})
    shown = Panel("filters", "Filters", "", findings=[Finding("bad", "all <dead>")])
    reading = Reading("filters", table, shown, figures={"'>x": figure}, text="a line")
    assert repr(reading) == "Reading('filters': 30 rows; figures '>x)"
    html = reading._repr_html_()
    assert html.count("data:image/png;base64,") == 1
    assert html.count("&lt;n") == 8
    for text in ("all &lt;dead&gt;", "a line", "0.1235", "30 rows and 2 columns"):
        assert text in html
    assert "alt='&#x27;&gt;x'" in html
