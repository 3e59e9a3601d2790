"""`seqcnn interpret mutagenesis`: from a bundle and a file to tables, maps and a panel."""

import numpy as np
import pandas as pd
import pytest

from seqcnn import load
from seqcnn.api.interpret.mutagenesis import mutagenesis
from seqcnn.errors import InputError


@pytest.fixture(scope="module")
def model(trained):
    return load(trained["peaks"] / "model.safetensors", device="cpu", precision="32")


def test_each_substitution_has_the_values_that_predict_gives(model, data):
    found = mutagenesis(
        model, data / "a.bed", genome=data / "genome.fa", max_sequences=1, choose="first"
    )
    table = found.table
    assert list(table.columns) == [
        *("sequence", "position", "contig", "start", "ref", "alt", "track"),
        *("effect", "reference_value", "alternative_value"),
    ]
    assert len(table) == model.length * 3 * 2  # two tracks
    text = (data / "genome.fa").read_text().split(">chr1\n")[1].split("\n")[0]
    row = table[table["track"] == "b"].iloc[70]
    start = int(row["start"] - row["position"])
    window = text[start : start + model.length]
    assert row["sequence"] == f"chr1:{start + 1}-{start + model.length}"
    assert window[row["position"]] == row["ref"] != row["alt"]
    changed = window[: row["position"]] + row["alt"] + window[row["position"] + 1 :]
    expected = model.predict([window, changed])["b"]
    assert row["reference_value"] == pytest.approx(expected[0], abs=1e-6)
    assert row["alternative_value"] == pytest.approx(expected[1], abs=1e-6)
    logits = model.logits(model.encoding.examples([window, changed]))[:, 1]
    assert row["effect"] == pytest.approx(logits[1] - logits[0], abs=1e-6)


def test_arrays_hold_the_effects_of_the_chosen_track(model, data):
    options = {"genome": data / "genome.fa", "max_sequences": 3}
    found = mutagenesis(model, data / "a.bed", track=["b"], around="10:14", **options)
    assert found.arrays["effects"].shape == (3, 4, 4, 1)
    assert int(found.arrays["first"]) == 10
    first = found.table.iloc[0]
    base = "ACGT".index(first["alt"])
    assert found.arrays["effects"][0, 0, base, 0] == pytest.approx(first["effect"])
    assert set(found.table["position"]) == {10, 11, 12, 13}
    assert set(found.table["track"]) == {"b"}


def test_command_writes_tables_maps_and_the_page(seqcnn, trained, tmp_path):
    sequences = tmp_path / "sites.fa"
    sequences.write_text(f">first\n{'ACGT' * 15}\n>second\n{'AACCGGTTNN' * 6}\n")
    out = tmp_path / "out"
    outcome = seqcnn(
        *("interpret", "mutagenesis", trained["tables"] / "model.safetensors", sequences),
        *("--out", out, "--device", "cpu", "--incremental", "always", "--batch-size", "64"),
    )
    assert outcome.code == 0
    assert outcome.out.startswith("2 sequences, 60 bp each: incremental")
    assert {path.name for path in out.iterdir()} == {
        *("mutagenesis.tsv", "mutagenesis_stretches.tsv", "mutagenesis.npz", "report.html"),
        *("mutagenesis_1.png", "mutagenesis_2.png", "mutagenesis.panel.json"),
    }
    table = pd.read_csv(out / "mutagenesis.tsv", sep="\t")
    assert len(table) == 60 * 3 + 48 * 3 + 12 * 4  # an N becomes all four bases
    assert set(table.loc[table["ref"] == "N", "alt"]) == set("ACGT")
    with np.load(out / "mutagenesis.npz") as arrays:
        assert arrays["effects"].shape == (2, 60, 4, 1)


def test_map_is_of_the_contig_where_it_is_known(model, data):
    found = mutagenesis(
        model, data / "a.bed", genome=data / "genome.fa", max_sequences=1, incremental="never"
    )
    logo, changes = found.figures["mutagenesis_1"].axes[:2]
    assert logo.get_ylabel() == "mean loss\n(logit)"
    assert changes.get_xlabel() == f"{found.table['contig'][0]} (bp)"
    ticks = [int(tick.get_text().replace(",", "")) for tick in changes.get_xticklabels()]
    # Drawn at 0, 1, …, and told from 1 on, as in the title.
    at = changes.get_xticks() + found.table["start"].min() + 1
    assert ticks == [round(place) for place in at] and len(ticks) > 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"around": "10"}, "--around 10: wanted START:END in bp of the window, such as 40:60"),
        ({"around": "90:120"}, "--around 90:120: wanted 0 <= START < END <= 100, the window"),
        ({"track": ["liver"]}, "--track liver: not an output of"),
        ({"incremental": "often"}, "--incremental: Input should be 'auto', 'always' or 'never'"),
    ],
)
def test_wrong_flag_is_named(model, data, flags, words):
    with pytest.raises(InputError) as raised:
        mutagenesis(model, data / "a.bed", genome=data / "genome.fa", **flags)
    assert str(raised.value).startswith(words)
