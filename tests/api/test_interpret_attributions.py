"""`seqcnn interpret attributions`: what it gives, writes and refuses."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from seqcnn import load
from seqcnn.api.interpret.attributions import attributions
from seqcnn.cli import main
from seqcnn.encoders.dna import decode, from_one_hot
from seqcnn.errors import InputError
from seqcnn.report.panels import load_panels

# What they use takes a minute to compile the first time: once, in one process of the tests.
pytestmark = pytest.mark.xdist_group("compiled")

FEW = {"max_sequences": 6, "gate_sequences": 3, "references": 2, "device": "cpu", "steps": 12}
WORDS = [word for name, value in FEW.items() for word in (f"--{name.replace('_', '-')}", value)]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def of_peaks(trained, data):
    bundle = trained["peaks"] / "model.safetensors"
    given = {"genome": data / "genome.fa", "method": "deeplift", **FEW}
    return attributions(bundle, data / "a.bed", **given)


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory, tables) -> Path:
    """A bundle of an LSTM, for which DeepLIFT has no rule."""
    out = tmp_path_factory.mktemp("runs") / "lstm"
    flags = (
        *("--model", "lstm", "--model-arguments", "hidden=6", "--lr", "0.05"),
        *("--max-steps", "20", "--validate-every", "10", "--warmup-steps", "1"),
        *("--batch-size", "16", "--threads", "1", "--precision", "32", "--no-baselines"),
    )
    with pytest.raises(SystemExit) as leaving:
        main(["train", *tables, *flags, "--out", str(out)])
    assert leaving.value.code in (0, None)
    return out / "model.safetensors"


def test_the_table_has_a_row_a_base_and_track_where_it_lies_in_the_genome(of_peaks, data, trained):
    table = of_peaks.table
    assert list(table) == [
        *("sequence", "contig", "start", "position", "base", "track", "attribution"),
    ]
    assert len(table) == 6 * 100 * 2
    assert list(table["track"][:3]) == ["a", "b", "a"]
    assert list(table["position"][:5]) == [0, 0, 1, 1, 2]
    first = table[table["sequence"] == table["sequence"][0]]
    contig, _, span = first["sequence"].iloc[0].partition(":")
    # Written as a region, which counts from 1; the table counts from 0.
    start, end = int(span.split("-")[0]) - 1, int(span.split("-")[1])
    assert (contig, start, end) == (
        first["contig"].iloc[0],
        first["start"].min(),
        first["start"].max() + 1,
    )
    genome = (data / "genome.fa").read_text().split(f">{contig}\n")[1].split("\n")[0]
    assert "".join(first["base"][::2]) == genome[start:end]


def test_arrays_hold_every_base_and_sum_to_the_change_of_the_logit(of_peaks, trained):
    arrays = of_peaks.arrays
    assert arrays["one_hot"].shape == (6, 4, 100)
    assert arrays["hypothetical"].shape == arrays["actual"].shape == (2, 6, 4, 100)
    np.testing.assert_array_equal(arrays["actual"], arrays["hypothetical"] * arrays["one_hot"])
    summed = arrays["actual"].sum((2, 3))  # (T, N)
    model = load(trained["peaks"] / "model.safetensors", device="cpu")
    with torch.no_grad():
        logits = model.whole(torch.from_numpy(arrays["one_hot"])).numpy()
    by_table = of_peaks.table.groupby(["track", "sequence"], sort=False)["attribution"].sum()
    np.testing.assert_allclose(by_table["a"].to_numpy(), summed[0], atol=1e-5)
    # Of random sequences, sequence and shuffles differ as much as sequences among themselves.
    assert np.abs(summed).max() < 20 * (np.ptp(logits, axis=0).max() + 1e-6)


def test_the_gate_is_told_in_words_and_in_a_table(of_peaks):
    gate = of_peaks.tables["gate"]
    assert list(gate) == ["method", "track", "test", "value", "verdict"]
    assert set(gate["test"]) >= {"mutagenesis", "randomised"}
    sums = gate[(gate["test"] == "convergence") & (gate["method"] == "deeplift")]
    assert (sums["value"] < 1e-4).all()
    assert "by DeepLIFT; gate: " in of_peaks.text
    assert "convergence difference" in of_peaks.text
    assert of_peaks.panel.findings
    assert len(of_peaks.panel.pictures) == 4  # two a track


def test_the_same_seed_gives_the_same_again(of_peaks, trained, data):
    bundle = load(trained["peaks"] / "model.safetensors", device="cpu")
    given = {**FEW, "batch_size": 5, "track": ["b"], "shown": 1, "method": "deeplift"}
    again = attributions(bundle, data / "a.bed", genome=data / "genome.fa", **given)
    np.testing.assert_allclose(
        again.arrays["hypothetical"][0], of_peaks.arrays["hypothetical"][1], atol=1e-6
    )
    assert list(again.table["track"].unique()) == ["b"]


def test_the_command_writes_everything_that_modisco_wants_too(seqcnn, trained, data, tmp_path):
    done = seqcnn(
        *("interpret", "attributions", trained["tables"] / "model.safetensors"),
        *(data / "bound.fa", "--out", tmp_path / "out", "--table-sequences", 2, *WORDS),
    )
    assert done.code == 0, done.err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        *("attributions.tsv", "attributions_gate.tsv", "attributions.npz", "report.html"),
        *("attributions_gate.png", "attributions_sequences.png", "attributions.panel.json"),
        *("attributions_one_hot.npz", "attributions_hypothetical.npz"),
    }
    one_hot, hypothetical = (
        np.load(tmp_path / "out" / f"attributions_{name}.npz")["arr_0"]
        for name in ("one_hot", "hypothetical")
    )
    assert one_hot.shape == hypothetical.shape == (6, 4, 60)
    table = pd.read_csv(tmp_path / "out" / "attributions.tsv", sep="\t")
    assert len(table) == 120
    assert decode(from_one_hot(one_hot[0])) == "".join(table["base"][:60])
    (panel,) = load_panels(tmp_path / "out")
    assert panel.verb == "attributions"
    assert "report.html" in done.out


def test_deeplift_is_refused_for_an_lstm_and_another_method_named(
    seqcnn, recurrent, data, tmp_path
):
    done = seqcnn(
        *("interpret", "attributions", recurrent, data / "bound.fa", "--method", "deeplift"),
        *("--out", tmp_path / "out", *WORDS),
    )
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "--method deeplift: refused, as its sums are off by" in done.err
    assert "use --method integrated-gradients or saliency" in done.err
    assert not (tmp_path / "out").exists()


def test_auto_passes_over_what_fails_and_says_so(recurrent, data):
    found = attributions(recurrent, data / "bound.fa", **FEW)
    assert "by integrated gradients; gate: " in found.text or "by saliency" in found.text
    assert "DeepLIFT was passed over: its sums are off by" in found.text
    assert {"deeplift", "integrated-gradients"} <= set(found.tables["gate"]["method"])


def test_too_few_stretches_for_motifs_are_told_not_raised(trained, data):
    pytest.importorskip("modiscolite")
    found = attributions(
        trained["tables"] / "model.safetensors", data / "bound.fa", modisco=True, **FEW
    )
    assert "TF-MoDISco found no pattern for" in found.text
    assert len(found.tables["motifs"]) == len(found.tables["seqlets"]) == 0


def test_a_coarse_precision_is_refused(trained, data):
    with pytest.raises(InputError, match="--precision bf16: too coarse"):
        attributions(
            trained["tables"] / "model.safetensors", data / "bound.fa", precision="bf16", **FEW
        )


def test_a_broken_motif_file_is_named_before_anything_is_computed(trained, data):
    with pytest.raises(InputError, match=r"a\.bed:1: .*wanted MEME text format"):
        attributions(
            trained["tables"] / "model.safetensors",
            data / "bound.fa",
            motifs=data / "a.bed",
            **FEW,
        )
