"""What the page over many results says of samples and networks."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from seqcnn.report.collected import collected_html
from seqcnn.report.collected_figures import metric_dots, run_dots
from seqcnn.report.collected_records import (
    Accuracy,
    Collection,
    Run,
    Sample,
    Scores,
    StrongVariant,
)
from seqcnn.report.collected_runs import networks, run_findings, same_data
from seqcnn.report.collected_samples import MEASURES, apart, sample_findings

TS_TV = next(measure for measure in MEASURES if measure.key == "ts_tv")
F1 = next(measure for measure in MEASURES if measure.key == "f1_snp")
RUN = Run(
    name="a", link=None, task="accessibility", network="duplex", group="duplex", data="x.bed",
    data_key="k", split="test", examples=10, outputs=1, primary="auroc",
    metrics={"auroc": (0.9, 0.89, 0.91)}, seed=0,
)  # fmt: skip


def sample(name: str, transitions: int = 200, **more: object) -> Sample:
    return Sample(
        name, f"{name}.vcf", records=300, variants=300, snps=300, indels=30,
        transitions=transitions, transversions=100, het=150, hom=100, filtered=3,
        depth=(20, 25, 30, 35, 40), quality=(20, 30, 40, 50, 60), **more,
    )  # type: ignore[arg-type]  # fmt: skip


def run(name: str, group: str, value: float, half: float = 0.01, seed: int = 0) -> Run:
    interval = (value, value - half, value + half)
    return replace(RUN, name=name, group=group, metrics={"auroc": interval}, seed=seed)


def test_a_sample_far_from_the_others_stands_apart():
    samples = [sample(str(row), 200 + row) for row in range(9)] + [sample("odd", 90)]
    assert apart(samples, TS_TV) == [0] * 9 + [-1]
    assert [found.text for found in sample_findings(samples)] == ["odd: Ts/Tv 0.90 ▼"]


def test_a_difference_too_small_to_matter_is_not_marked():
    samples = [sample(str(row), 200) for row in range(9)] + [sample("near", 215)]
    assert apart(samples, TS_TV) == [0] * 10


def test_among_four_samples_none_stands_apart():
    samples = [sample(str(row), 200) for row in range(3)] + [sample("odd", 20)]
    assert apart(samples, TS_TV) == [0] * 4


def test_samples_without_a_truth_have_no_say_in_accuracy():
    def accuracy(f1: float) -> dict[str, Accuracy]:
        interval = (f1, f1, f1)
        return {"SNP": Accuracy(1, 1, 1, 1, interval, interval, interval)}

    samples = [sample(str(row)) for row in range(9)]
    samples += [sample(f"c{row}", accuracy=accuracy(0.99 + 0.0001 * row)) for row in range(5)]
    samples += [sample("bad", accuracy=accuracy(0.9))]
    assert apart(samples, F1) == [0] * 14 + [-1]


def test_networks_whose_intervals_overlap_are_not_settled():
    close = [run("a", "x", 0.90), run("b", "x", 0.91, seed=1), run("c", "y", 0.895)]
    texts = [found.text for found in run_findings(close, same_data(close))]
    assert (
        "x (0.905) and y (0.895): 95 % intervals overlap, so which is better is not settled."
        in texts
    )
    assert any(text.startswith("y: one seed only") for text in texts)
    far = [run("a", "x", 0.95), run("c", "y", 0.85)]
    assert "x (0.950) and y (0.850): 95 % intervals do not overlap." in [
        found.text for found in run_findings(far, same_data(far))
    ]


def test_a_run_without_its_metric_does_not_hide_the_others():
    nothing = replace(run("lost", "y", 0.9), metrics={})
    found = networks([nothing, run("a", "x", 0.9)])
    assert [one.name for one in found] == ["x", "y"]
    assert np.isnan(found[1].mean)
    html = collected_html(Collection("T", runs=[nothing, run("a", "x", 0.9)]))
    assert "lost" in html


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_a_best_baseline_is_named_only_where_one_is_drawn():
    alone = [run("a", "x", 0.90), run("b", "y", 0.91)]
    assert legend(metric_dots(networks(alone))) == ["a run, 95 %"]
    assert legend(run_dots(alone)) == ["network, 95 %"]
    assert "best baseline" not in collected_html(Collection("T", runs=alone[:1]))
    beside = {"baseline": "GC", "baselines": {"GC": {"auroc": (0.6, 0.5, 0.7)}}}
    compared = [alone[0], replace(alone[1], **beside)]
    assert legend(metric_dots(networks(compared))) == ["a run, 95 %", "best baseline"]
    assert legend(run_dots(compared)) == ["network, 95 %", "best baseline, 95 %"]
    page = collected_html(Collection("T", runs=compared[1:]))
    assert "The run and its best baseline" in page


@pytest.mark.parametrize("number", [1, 3, 30])
def test_any_number_of_samples_is_drawn(number):
    samples = [sample(f"s{row}", 190 + row) for row in range(number)]
    html = collected_html(Collection("T", samples=samples))
    assert html.count("<tr><td") == number
    assert html.count("data:image/svg+xml") == (1 if number > 24 else 2)


def test_of_many_tracks_the_strongest_of_all_are_shown():
    found = [
        StrongVariant("f", f"track{row}", "chr1", row + 1, ".", "A", "G", float(row), 1.0)
        for row in range(100)
    ]
    scores = Scores("f", None, 100, 100, [one.track for one in found], found)
    html = collected_html(Collection("T", scores=[scores]))
    assert "track99" in html
    assert "track76" in html
    assert "track75" not in html


def test_a_page_asks_nothing_of_the_network():
    html = collected_html(Collection("T", runs=[RUN], samples=[sample("s")]))
    assert "default-src 'none'" in html
    assert "http" not in html.replace("http-equiv", "")
