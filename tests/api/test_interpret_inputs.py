"""What the verbs of `seqcnn interpret` are given to look at."""

from pathlib import Path

import numpy as np
import pytest

from seqcnn import load
from seqcnn.api.interpret.inputs import chosen_tracks, open_model, read_inputs
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
    assert first.names == (f"{contig}:{window[0]}-{window[1]}",)
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
