"""What the verbs of `seqcnn interpret` are given to look at."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqcnn import load
from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.inputs import Inputs, chosen_tracks, open_model, read_inputs, targets_of
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError
from seqcnn.settings.interpret.base import InterpretSettings


@pytest.fixture(scope="module")
def model(trained):
    return load(trained["peaks"] / "model.safetensors", device="cpu")


def settings(**given) -> InterpretSettings:
    return InterpretSettings(bundle=Path("m.safetensors"), **given)


def fasta(path: Path, *sequences: str) -> Path:
    path.write_text("".join(f">s{i}\n{bases}\n" for i, bases in enumerate(sequences)))
    return path


def test_regions_become_windows_of_the_bundles_length(model, data):
    bed = data / "a.bed"
    found = read_inputs(model, settings(input=bed, genome=data / "genome.fa", max_sequences=3))
    contig, start, end = bed.read_text().splitlines()[0].split("\t")[:3]
    middle = (int(start) + int(end)) // 2
    first = read_inputs(
        model, settings(input=bed, genome=data / "genome.fa", max_sequences=1, choose="first")
    )
    window = (middle - model.length // 2, middle - model.length // 2 + model.length)
    assert first.names == (f"{contig}:{window[0] + 1}-{window[1]}",)
    text = (data / "genome.fa").read_text().split(f">{contig}\n")[1].split("\n")[0]
    assert decode(first.codes[0]) == text[window[0] : window[1]]
    assert found.codes.shape == (3, model.length)


def test_a_table_gives_its_labels(trained, data):
    model = load(trained["tables"] / "model.safetensors", device="cpu")
    found = read_inputs(model, settings(input=data / "test.csv"))
    assert found.labels is not None
    assert set(np.unique(found.labels)) == {0.0, 1.0}
    assert found.label_names == ("label",)


def test_the_same_seed_chooses_the_same_rows(model, data):
    given = {"input": data / "a.bed", "genome": data / "genome.fa", "max_sequences": 5}
    one, same, other = (read_inputs(model, settings(**given, seed=seed)) for seed in (1, 1, 2))
    assert one.names == same.names
    assert one.names != other.names


def test_a_sequence_of_another_length_is_named(model, tmp_path):
    path = fasta(tmp_path / "short.fa", "A" * model.length, "ACGT")
    with pytest.raises(InputError, match=r"short\.fa:3: sequence of 4 bp; this bundle reads"):
        read_inputs(model, settings(input=path))


def test_regions_without_a_genome_are_refused(model, data):
    with pytest.raises(InputError, match="pass --genome FASTA"):
        read_inputs(model, settings(input=data / "a.bed"))


def test_an_unknown_track_names_the_nearest(model):
    assert chosen_tracks(model, []) == [0, 1]
    assert chosen_tracks(model, ["b"]) == [1]
    with pytest.raises(InputError, match=r"--track bb: not an output of .*did you mean 'b'"):
        chosen_tracks(model, ["bb"])


def test_a_model_is_taken_as_it_is(model):
    assert open_model(model, settings()) is model


def labelled(path: Path, length: int, *values: str) -> Path:
    rows = "".join(f"{'ACGT' * (length // 4)},{value}\n" for value in values)
    path.write_text("sequence,label\n" + rows)
    return path


def test_classes_keep_the_bundles_numbers_where_some_are_absent(trained, tmp_path):
    model = load(trained["tables"] / "model.safetensors", device="cpu")
    model.target, model.outputs = SimpleNamespace(baselines="multiclass"), ("0", "1", "5")
    for values, wanted in ((("1", "5", "1"), [1, 2, 1]), (("0", "5", "1"), [0, 2, 1])):
        table = labelled(tmp_path / "some.csv", model.length, *values)
        found = read_inputs(model, settings(input=table))
        assert found.label_names == ("0", "1", "5")
        assert found.labels is not None and found.labels[:, 0].tolist() == wanted
        one_hot = targets_of(model, found, [0, 1, 2])
        assert one_hot is not None
        assert one_hot.argmax(1).tolist() == wanted and (one_hot.sum(1) == 1).all()


def test_classes_that_the_bundle_does_not_have_are_no_targets(trained, tmp_path):
    model = load(trained["tables"] / "model.safetensors", device="cpu")
    model.target, model.outputs = SimpleNamespace(baselines="multiclass"), ("0", "1", "5")
    table = labelled(tmp_path / "others.csv", model.length, "1", "5", "7")
    found = read_inputs(model, settings(input=table))
    assert found.label_names == ("1", "5", "7")
    assert targets_of(model, found, [0, 1, 2]) is None


def test_fractions_are_numbers_and_no_classes(trained, tmp_path):
    model = load(trained["tables"] / "model.safetensors", device="cpu")
    table = labelled(tmp_path / "numbers.csv", model.length, "0.5", "1.25", "3", "0.5")
    found = read_inputs(model, settings(input=table))
    assert found.label_names == ("label",)
    assert found.labels is not None and found.labels[:, 0].tolist() == [0.5, 1.25, 3, 0.5]
    assert targets_of(model, found, [0]) is None


def test_targets_are_found_by_the_names_of_the_outputs(model):
    codes, labels = np.zeros((2, 4), np.uint8), np.array([[1, 0], [0, 0]], np.float32)
    inputs = Inputs(codes, ("x", "y"), labels, ("b", "a"))
    assert targets_of(model, inputs, [0, 1]).tolist() == [[0, 1], [0, 0]]  # type: ignore[union-attr]
    assert targets_of(model, inputs, [1]).tolist() == [[1], [0]]  # type: ignore[union-attr]
    one = Inputs(codes, ("x", "y"), labels[:, :1], ("label",))
    assert targets_of(model, one, [1]).tolist() == [[1], [0]]  # type: ignore[union-attr]
    assert targets_of(model, one, [0, 1]) is None


def test_a_track_asked_for_twice_is_looked_at_once(model):
    assert chosen_tracks(model, ["b", "a", "b"]) == [1, 0]


def test_files_are_written_only_where_out_is_given(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("out: there\n")
    wanted = [({}, None, False), ({"out": None}, None, False), ({"out": "x"}, None, True),
              ({}, config, True)]  # fmt: skip
    for flags, file, written in wanted:
        assert asked(InterpretSettings, "m", None, file, flags)[1] is written
    assert asked(InterpretSettings, "m", "in.fa", config, {})[0].out == Path("there")


def test_sequences_of_nothing_but_n_are_refused(model, tmp_path):
    path = fasta(tmp_path / "masked.fa", "N" * model.length, "N" * model.length)
    with pytest.raises(InputError, match=r"masked\.fa: has nothing but N"):
        read_inputs(model, settings(input=path))
    path = fasta(tmp_path / "partly.fa", "N" * model.length, "N" * (model.length - 1) + "A")
    assert len(read_inputs(model, settings(input=path))) == 2


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"file: is a file; name a folder with --out"):
            asked(InterpretSettings, "m", None, None, {"out": out})
    asked(InterpretSettings, "m", None, None, {"out": tmp_path / "new" / "folder"})
    assert not (tmp_path / "new").exists()
