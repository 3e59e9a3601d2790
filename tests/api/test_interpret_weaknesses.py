from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from seqcnn.api.interpret.reading import Reading
from seqcnn.api.interpret.weakness_findings import percent
from seqcnn.api.interpret.weaknesses import weaknesses
from seqcnn.api.model import load
from seqcnn.errors import InputError
from seqcnn.training.bundle import load_bundle

QUICK: dict[str, Any] = {
    "number": 6, "max_edits": 3, "max_steps": 4, "beam": 2, "candidates": 6, "confident": 0.501,
    "fooled": 0.6, "max_sequences": 30, "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def bundle(trained: dict[str, Path]) -> Path:
    return trained["tables"] / "model.safetensors"


@pytest.fixture(scope="module")
def reading(bundle: Path, data: Path) -> Reading:
    return weaknesses(bundle, data / "test.csv", **QUICK)


@pytest.fixture(scope="module")
def old_bundle(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same bundle as an older seqcnn wrote it: without a distance score."""
    path = tmp_path_factory.mktemp("old") / "old.safetensors"
    loaded = load_bundle(bundle)
    card = {name: value for name, value in loaded.card.items() if name != "distance"}
    replace(loaded, card=card, distance={}).save(path)
    return path


def any_output(reading: Reading) -> pd.DataFrame:
    return reading.table[reading.table["output"] == "any"].set_index("kind")


# Training and prediction


def test_training_keeps_a_distance_score_in_the_bundle(bundle: Path) -> None:
    card = load_bundle(bundle).card["distance"]
    assert card["threshold"] == 1.0
    assert (card["training"], card["validation"]) == (96, 32)
    assert set(card["views"]) == {"embedding", "composition"}


def test_homopolymers_are_far_and_test_sequences_near(bundle: Path, data: Path) -> None:
    model = load(bundle, device="cpu")
    test = pd.read_csv(data / "test.csv")["sequence"].tolist()
    near = model.distances(model.encoding.examples(test))
    far = model.distances(model.encoding.examples(["A" * 60, "N" * 60, "AC" * 30]))
    assert np.median(near) < 1 and near.max() < far.min()
    assert (far > 1).all()


def test_distances_do_not_depend_on_batches(bundle: Path, data: Path) -> None:
    model = load(bundle, device="cpu")
    examples = model.encoding.examples(pd.read_csv(data / "test.csv")["sequence"].tolist())
    one, other = (model.distances(examples, batch_size=size) for size in (3, 256))
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_bundle_of_images_has_distances_too(trained_images: dict[str, Path]) -> None:
    model = load(trained_images["flat"] / "model.safetensors", device="cpu")
    assert model.distance is not None and set(model.distance.views) == {"embedding"}
    random = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), dtype=np.uint8)
    assert np.isfinite(model.distances(model.encoding.examples(list(random)))).all()


def test_old_bundle_predicts_but_has_no_distances(old_bundle: Path) -> None:
    model = load(old_bundle, device="cpu")
    examples = model.encoding.examples(["ACGT" * 15])
    assert len(model.logits(examples)) == 1
    with pytest.raises(InputError, match="no distance score"):
        model.distances(examples)


def test_predict_adds_distances_for_fasta_and_regions(seqcnn, trained, data, tmp_path):
    (tmp_path / "in.fa").write_text(f">poly\n{'A' * 60}\n>usual\n{random_bases(60)}\n")
    out = tmp_path / "out.tsv"
    bundle = trained["tables"] / "model.safetensors"
    assert seqcnn("predict", bundle, tmp_path / "in.fa", "--distance", "-o", out).code == 0
    table = pd.read_csv(out, sep="\t")
    assert list(table.columns[-2:]) == ["distance", "unlike_training"]
    assert table["unlike_training"].tolist() == (table["distance"] > 1).tolist()
    assert table["unlike_training"].tolist()[0]
    assert "true" in out.read_text()
    peaks = trained["peaks"] / "model.safetensors"
    genome = data / "genome.fa"
    words = ("predict", peaks, data / "a.bed", "-g", genome, "--batch-size", 7)
    assert seqcnn(*words, "-o", tmp_path / "plain.tsv").code == 0
    assert seqcnn(*words, "--distance", "-o", out).code == 0
    plain, table = (pd.read_csv(path, sep="\t") for path in (tmp_path / "plain.tsv", out))
    pd.testing.assert_frame_equal(table[plain.columns], plain)
    assert np.isfinite(table["distance"]).all()


def test_predict_refuses_distances_it_cannot_give(seqcnn, trained, old_bundle, data, tmp_path):
    (tmp_path / "in.fa").write_text(f">one\n{'A' * 60}\n")
    outcome = seqcnn(
        "predict", old_bundle, tmp_path / "in.fa", "--distance", "-o", tmp_path / "out.tsv"
    )
    assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert "has no distance score" in outcome.err
    peaks = trained["peaks"] / "model.safetensors"
    outcome = seqcnn(
        "predict", peaks, data / "a.bed", "-g", data / "genome.fa", "--distance",
        "--output", "a", "-o", tmp_path / "out.bw",
    )  # fmt: skip
    assert outcome.code == 2 and "a bigWig has no distances" in outcome.err
    assert not (tmp_path / "out.bw").exists()


# Weaknesses


def test_every_kind_of_sequence_is_measured_before_and_after_calibration(reading: Reading) -> None:
    table = any_output(reading)
    assert table.index.tolist() == [
        *("given", "dinucleotides shuffled", "letters shuffled", "random, same GC", "random"),
        *("reversed", "repeats", "half of it N", "all N"),
    ]
    assert table["sequences"].tolist() == [30] * 8 + [1]
    assert {"above_raw", "above_calibrated", "below_calibrated", "flagged"} <= set(table.columns)
    assert table.loc["all N", "flagged"] == 1.0
    assert table.loc["repeats", "flagged"] > table.loc["random", "flagged"]


def test_flips_are_real(reading: Reading, bundle: Path, data: Path) -> None:
    model = load(bundle, device="cpu", precision="32")
    table = reading.tables["adversarial"]
    assert 0 < len(table) <= 6
    after = model.predict(table["sequence_after"].tolist()).to_numpy()[:, 0]
    np.testing.assert_allclose(after, table["probability_after"], atol=1e-5)
    found = table["substitutions"].notna().to_numpy()
    lost = (table["wanted"] == "lose").to_numpy()
    assert ((after < 0.5) == lost)[found].all()
    counts = table["edits"].str.count(">").to_numpy()
    assert (counts[found] == table["substitutions"][found].astype(int)).all()
    given = pd.read_csv(data / "test.csv")["sequence"]
    for row in table[found].itertuples():
        sequence = list(given[int(row.name.split()[1]) - 1])
        for edit in row.edits.split(","):
            at, letters = edit.split(":")
            assert sequence[int(at)] == letters[0]
            sequence[int(at)] = letters[2]
        assert "".join(sequence) == row.sequence_after


def test_attacked_calls_are_right_where_labels_are_known(reading: Reading, data: Path) -> None:
    labels = pd.read_csv(data / "test.csv")["label"]
    table = reading.tables["adversarial"]
    for row in table.itertuples():
        assert labels[int(row.name.split()[1]) - 1] == (row.wanted == "lose")


def test_noise_is_evolved_and_told_how_far_it_went(reading: Reading, bundle: Path) -> None:
    table = reading.tables["fooling"]
    assert len(table) == 6
    model = load(bundle, device="cpu", precision="32")
    np.testing.assert_allclose(
        model.predict(table["evolved"].tolist()).to_numpy()[:, 0], table["probability"], atol=1e-5
    )
    changed = [
        sum(a != b for a, b in zip(row.noise, row.evolved, strict=True))
        for row in table.itertuples()
    ]
    reached = table["substitutions"].notna()
    assert (table["substitutions"][reached] == np.array(changed)[reached]).all()
    assert (table["probability"][reached] >= 0.6 - 1e-6).all()
    assert (table["probability_raw"][reached] >= 0.6 - 1e-6).all()


def test_same_seed_gives_the_same_reading_also_of_a_model_in_hand(
    reading: Reading, bundle: Path, data: Path
) -> None:
    again = weaknesses(load(bundle, device="cpu", precision="32"), data / "test.csv", **QUICK)
    pd.testing.assert_frame_equal(again.table, reading.table)
    for name, table in reading.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_command_writes_tables_figures_and_page(seqcnn, trained, data, tmp_path):
    other = tmp_path / "other.fa"
    other.write_text(f">contig\n{random_bases(500)}\n>short\nACGT\n")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in QUICK.items()]
    outcome = seqcnn(
        "interpret", "weaknesses", trained["peaks"] / "model.safetensors", data / "a.bed",
        "-g", data / "genome.fa", "--other", other, "-o", tmp_path / "out", *flags,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "The distance score flags" in outcome.out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        *("weaknesses.tsv", "weaknesses_adversarial.tsv", "weaknesses_fooling.tsv"),
        *("weaknesses_confidence.png", "weaknesses_fooling.png", "report.html"),
    } <= names
    table = pd.read_csv(tmp_path / "out" / "weaknesses.tsv", sep="\t")
    assert set(table["output"]) == {"any", "a", "b"}
    assert "other: other.fa" in set(table["kind"])


def test_bundle_of_classes_is_attacked_to_another_class(seqcnn, tiny, data, tmp_path):
    run = tmp_path / "run"
    flags = ("--task", "binding", "--table", data / "classes.csv", "--out", run)
    assert seqcnn("train", *tiny, *flags).code == 0
    quick = {**QUICK, "confident": 0.501, "max_edits": 6, "candidates": 20}
    found = weaknesses(run / "model.safetensors", data / "classes.csv", **quick)
    assert "No call of the given sequences" in found.text or len(found.tables["adversarial"])
    assert set(found.tables["fooling"]["output"]) == set(load(run / "model.safetensors").outputs)


def test_old_bundle_says_what_to_do_and_takes_sequences_like_its_own(
    old_bundle: Path, data: Path
) -> None:
    without = weaknesses(old_bundle, data / "test.csv", **QUICK)
    assert "flagged" not in without.table
    assert "no distance score" in without.text and "--like" in without.text
    with pytest.raises(InputError, match=r"test\.csv: 30 sequences; a distance needs 100 or more"):
        weaknesses(old_bundle, data / "test.csv", like=data / "test.csv", **QUICK)
    quick = {**QUICK, "max_sequences": 120}
    like = weaknesses(old_bundle, data / "classes.csv", like=data / "classes.csv", **quick)
    assert any_output(like).loc["all N", "flagged"] == 1.0


def test_other_that_is_too_short_or_no_fasta_is_refused(
    bundle: Path, data: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.fa"
    short.write_text(">one\nACGT\n")
    with pytest.raises(InputError, match="its longest sequence is shorter than 60 bp"):
        weaknesses(bundle, data / "test.csv", other=short, **QUICK)
    with pytest.raises(InputError, match=r"test\.csv: not FASTA"):
        weaknesses(bundle, data / "test.csv", other=data / "test.csv", **QUICK)


def test_bundle_of_images_is_refused(trained_images: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="reads images"):
        weaknesses(trained_images["flat"] / "model.safetensors", **QUICK)


def test_signal_has_no_calls_to_attack(seqcnn, tiny, data, peaks, tmp_path):
    run = tmp_path / "run"
    words = [word for word in peaks if not str(word).endswith((".bed", "--peaks"))]
    outcome = seqcnn(
        "train", *words, "--signal", data / "a.bw", data / "b.bw", "--target", "signal",
        "--center", "50", *tiny, "--out", run,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    with pytest.raises(InputError, match="predicts a signal"):
        weaknesses(run / "model.safetensors", data / "a.bed", genome=data / "genome.fa", **QUICK)


def test_shares_are_told_in_two_figures() -> None:
    assert [percent(share) for share in (0, 0.0004, 0.0123, 0.08, 0.374, 1)] == [
        *("0 %", "< 0.1 %", "1.2 %", "8 %", "37 %", "100 %"),
    ]


def random_bases(length: int) -> str:
    return "".join(np.random.default_rng(0).choice(list("ACGT"), length))


def test_flags_of_pileups_are_refused_for_sequences(bundle: Path, data: Path) -> None:
    with pytest.raises(InputError, match=r"--regions: is for bundles that read pileups; .* 60 bp"):
        weaknesses(bundle, data / "test.csv", regions=["chr1"], **QUICK)
