"""`seqcnn draw`: images of samples ahead of training."""

import json

import pytest

from seqcnn.api.draw import draw
from seqcnn.api.train import train
from seqcnn.cli.draw import run
from seqcnn.errors import InputError


@pytest.fixture
def flags(known_sample, tmp_path):
    return {
        "bam": [known_sample.bam],
        "reference": [known_sample.reference],
        "truth": [known_sample.truth],
        "confident": [known_sample.confident],
        "images_folder": tmp_path / "images",
        "processes": 1,
        "encoder": "counts",
    }


def test_training_finds_what_was_drawn_before(flags, tmp_path, capsys):
    config = tmp_path / "train.yaml"
    config.write_text("max_steps: 4\nval_contigs: [two]\ntest_contigs: [three]\n")
    run(config, {**flags, "out": tmp_path / "drawn.json"})
    (told,) = json.loads((tmp_path / "drawn.json").read_text())
    files = set((tmp_path / "images").iterdir())
    assert len(files) == 2
    assert (
        capsys.readouterr().out == f"reads.bam: {told['images']} images of 100% of the fragments\n"
    )
    assert told["candidate_recall"]["snp"]["of"] > 0 and told["reads"]["reads"] > 0
    train(config=config, task="variants", out=tmp_path / "run", **flags)
    # One sample and all of its fragments: training reads the very files.
    assert set((tmp_path / "images").iterdir()) == files


def test_a_folder_that_training_can_find_is_needed(flags, tmp_path, monkeypatch):
    monkeypatch.delenv("SEQCNN_CACHE", raising=False)
    with pytest.raises(InputError, match="--images-folder is needed"):
        draw(**{**flags, "images_folder": None, "out": tmp_path / "drawn.json"})


def test_out_is_a_json(flags, tmp_path):
    with pytest.raises(InputError, match=r"--out is needed: a \.json"):
        draw(**flags, out=tmp_path / "drawn")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"out": "no/drawn.json"}, "there is no folder .*no; make it first"),
        (
            {"images_folder": "a_file"},
            "a_file: cannot be made .*; name another place with --images",
        ),
        ({"downsample": [2.0]}, "--downsample: wanted shares between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_before_any_image_is_drawn(flags, tmp_path, other, said):
    (tmp_path / "a_file").touch()
    paths = {name: tmp_path / one for name, one in other.items() if isinstance(one, str)}
    with pytest.raises(InputError, match=said):
        draw(**{**flags, "out": tmp_path / "drawn.json", **other, **paths})
    assert not list(tmp_path.glob("images/*"))


def test_a_cut_bam_is_refused_and_no_option_named_that_draw_lacks(flags, known_sample, tmp_path):
    bam = tmp_path / "cut.bam"
    bam.write_bytes(known_sample.bam.read_bytes()[:-28])
    with pytest.raises(InputError) as error:
        draw(**{**flags, "bam": [bam]}, out=tmp_path / "drawn.json")
    assert str(error.value).endswith(
        "the mark that ends a whole BAM is absent; copy or make it again"
    )
