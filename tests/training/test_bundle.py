import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from seqcnn.errors import InputError
from seqcnn.models import create_model, own_arguments
from seqcnn.training.bundle import Bundle, load_bundle, read_card

LENGTH = 200


def make(name: str = "deepbind", *, members: int = 1) -> tuple[Bundle, list[nn.Module]]:
    arguments = {
        key: value
        for key, value in (("size", LENGTH), ("width", 1 / 8))
        if key in own_arguments(name)
    }
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        networks = [
            create_model(name, dim=1, in_channels=4, out=2, **arguments) for _ in range(members)
        ]
    card = {
        "seqcnn": "0.1",
        "architecture": {
            "name": name, "dim": 1, "in_channels": 4, "out": 2, "arguments": arguments,
        },
        "task": {"name": "binding", "target": "multilabel"},
        "outputs": ["CTCF", "é"],
        "encoder": {"length": LENGTH, "ambiguous": "share", "stranded": False},
        "metrics": {"auroc": [0.9, 0.8, 0.95], "mcc": None},
    }  # fmt: skip
    return Bundle(card, tuple(network.state_dict() for network in networks)), networks


def saved(folder: Path, *, members: int = 1) -> Path:
    path = folder / "model.safetensors"
    make(members=members)[0].save(path)
    return path


def rewritten(path: Path, **changes: Any) -> Path:
    """The same file with another card; a change to None takes the entry out."""
    bundle = load_bundle(path)
    card = {key: value for key, value in (bundle.card | changes).items() if value is not None}
    tensors = {f"members.0.{name}": tensor for name, tensor in bundle.states[0].items()}
    save_file(tensors, path, metadata={"card": json.dumps(card)})
    return path


def test_weights_and_card_come_back_exactly(tmp_path: Path) -> None:
    bundle, _ = make(members=2)
    bundle.save(tmp_path / "model.safetensors")
    loaded = load_bundle(tmp_path / "model.safetensors")
    assert loaded.card == bundle.card | {"format": 1, "members": 2}
    assert len(loaded.states) == 2
    for state, found in zip(bundle.states, loaded.states, strict=True):
        assert set(state) == set(found)
        for name, tensor in state.items():
            assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)
    assert not torch.equal(loaded.states[0]["output.weight"], loaded.states[1]["output.weight"])


def test_half_precision_weights_keep_their_type(tmp_path: Path) -> None:
    bundle, _ = make()
    state = {
        name: tensor.bfloat16() if tensor.is_floating_point() else tensor
        for name, tensor in bundle.states[0].items()
    }
    Bundle(bundle.card, (state,)).save(tmp_path / "half.safetensors")
    assert load_bundle(tmp_path / "half.safetensors").states[0]["output.bias"].dtype == (
        torch.bfloat16
    )


def test_the_same_bundle_is_the_same_bytes(tmp_path: Path) -> None:
    bundle, _ = make()
    for name in ("one", "two"):
        bundle.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_no_pickle_is_read_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "dump", "dumps", "Pickler", "Unpickler"):
        monkeypatch.setattr(f"pickle.{name}", refuse)
    path = saved(tmp_path)
    load_bundle(path).networks()
    with safe_open(path, framework="pt") as opened:  # safetensors' own check of the layout
        assert json.loads(opened.metadata()["card"])["outputs"] == ["CTCF", "é"]


def test_a_pickle_is_refused_without_being_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    torch.save(Trap(), tmp_path / "model.pt")
    with pytest.raises(InputError, match=r"model\.pt: not a whole safetensors file"):
        load_bundle(tmp_path / "model.pt")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_truncated_bundle_is_refused(kept: int, tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="not a whole safetensors file") as refused:
        load_bundle(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_another_format_version_is_refused_naming_both(tmp_path: Path) -> None:
    path = rewritten(saved(tmp_path), format=2, seqcnn="9.0")
    with pytest.raises(InputError) as refused:
        load_bundle(path)
    assert str(refused.value) == (
        f"{path}: bundle format 2, this seqcnn reads format 1; it was written by seqcnn 9.0"
    )


def test_safetensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="without seqcnn's card, so not a bundle"):
        load_bundle(path)


def test_a_card_that_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    save_file({"weight": torch.zeros(3)}, path, metadata={"card": "{"})
    with pytest.raises(InputError, match="its card is not JSON"):
        load_bundle(path)


def test_a_card_without_a_needed_entry_is_refused_naming_it(tmp_path: Path) -> None:
    path = rewritten(saved(tmp_path), encoder=None, outputs=None)
    with pytest.raises(InputError, match="its card lacks outputs, encoder"):
        load_bundle(path)


def test_a_missing_bundle_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such bundle; `seqcnn train` writes one"):
        read_card(tmp_path / "none.safetensors")


def test_a_folder_says_which_file_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder; name the file, such as .*model"):
        read_card(tmp_path)


def test_weights_that_do_not_fit_the_architecture_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    architecture = read_card(path)["architecture"]
    rewritten(path, architecture=architecture | {"out": 3})
    with pytest.raises(InputError, match=r"weights do not fit its 'deepbind'.*output") as refused:
        load_bundle(path).networks()
    assert "\n" not in str(refused.value)


def test_an_unknown_architecture_is_refused_listing_the_known(tmp_path: Path) -> None:
    path = saved(tmp_path)
    architecture = read_card(path)["architecture"]
    rewritten(path, architecture=architecture | {"name": "deepbindd"})
    with pytest.raises(InputError, match="did you mean 'deepbind'"):
        load_bundle(path).networks()


def test_a_failed_save_leaves_the_old_bundle(tmp_path: Path) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()
    bundle, _ = make()
    with pytest.raises(TypeError):
        Bundle(bundle.card | {"metrics": {1, 2}}, bundle.states).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]
