"""Where `seqcnn interpret` writes."""

from pathlib import Path

import pytest

from seqcnn.cli.interpret import VERBS, ask


@pytest.fixture
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_verb_writes_to_the_default_folder(seqcnn, trained, data, inside):
    bundle = trained["tables"] / "model.safetensors"
    how = ("--max-sequences", "2", "--around", "0:5", "--figures", "0", "--device", "cpu")
    found = seqcnn("interpret", "mutagenesis", bundle, data / "test.csv", *how)
    assert found.code == 0, found.err
    assert (inside / "interpretation" / "mutagenesis.tsv").exists()


def test_the_folder_of_a_settings_file_is_kept(seqcnn, trained, data, inside):
    Path("chosen.yaml").write_text("out: chosen\nmax_sequences: 2\naround: '0:5'\nfigures: 0\n")
    bundle = trained["tables"] / "model.safetensors"
    how = ("--config", "chosen.yaml", "--device", "cpu")
    found = seqcnn("interpret", "mutagenesis", bundle, data / "test.csv", *how)
    assert found.code == 0, found.err
    assert (inside / "chosen" / "mutagenesis.tsv").exists()
    assert not (inside / "interpretation").exists()


def test_every_verb_is_given_a_folder(capsys):
    seen = []

    def verb(bundle, **given):
        seen.append((bundle, given["out"]))
        return "found"

    ask(verb, None, {"bundle": "m"})
    ask(verb, None, {"bundle": "m", "out": Path("there")})
    assert seen == [("m", Path("interpretation")), ("m", Path("there"))]
    assert capsys.readouterr().out == "found\nfound\n"
    assert len(VERBS) == 8
