import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.models.weights import LoadedWeights, load_weights
from seqcnn.training.bundle import Bundle

WIDTH = 1 / 16


def network(
    name: str = "resnet18",
    *,
    dim: int = 2,
    in_channels: int = 3,
    out: int = 10,
    seed: int = 0,
    **own: Any,
) -> nn.Module:
    """A narrow network in evaluation mode, whose batch normalisation has seen something."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        made = create_model(name, dim=dim, in_channels=in_channels, out=out, width=WIDTH, **own)
        for module in made.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
    return made.eval()


def images(channels: int, *size: int) -> Tensor:
    return torch.randn((2, channels, *size), generator=torch.Generator().manual_seed(3))


def saved(path: Path, state: object, **options: Any) -> Path:
    torch.save(state, path, **options)
    return path


def copied(of: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in of.state_dict().items()}


@pytest.fixture
def trained() -> nn.Module:
    return network()


@pytest.fixture
def file(tmp_path: Path, trained: nn.Module) -> Path:
    return saved(tmp_path / "resnet18.pth", trained.state_dict())


# The same network


def test_all_of_a_fitting_file_is_loaded_as_it_is(trained: nn.Module, file: Path) -> None:
    other = network(seed=1)
    assert load_weights(other, file) == LoadedWeights(tuple(trained.state_dict()), {}, (), ())
    torch.testing.assert_close(other.state_dict(), trained.state_dict(), rtol=0, atol=0)
    x = images(3, 64, 64)
    assert torch.equal(other(x), trained(x))


@pytest.mark.parametrize("kind", ["legacy", "nested", "model", "parallel", "safetensors", "bundle"])
def test_every_kind_of_file_gives_the_same_network(
    kind: str, trained: nn.Module, tmp_path: Path
) -> None:
    state, path = copied(trained), tmp_path / "weights"
    parallel = OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    if kind == "bundle":
        Bundle({}, (state, copied(network(seed=2)))).save(path)
    elif kind == "safetensors":
        save_file(state, path)
    else:
        contents = {
            "legacy": state,
            "nested": {"epoch": 3, "state_dict": parallel},
            "model": {"model": state},
            "parallel": parallel,
        }
        saved(path, contents[kind], _use_new_zipfile_serialization=kind != "legacy")
    other = network(seed=1)
    report = load_weights(other, path)
    torch.testing.assert_close(other.state_dict(), dict(state), rtol=0, atol=0)
    left_out = {"nested": ("epoch",), "bundle": tuple(f"members.1.{name}" for name in state)}
    assert sorted(report.left_out) == sorted(left_out.get(kind, ()))


# The first layer


@pytest.mark.parametrize(("rule", "number"), [("mean", 1), ("mean", 7), ("repeat", 7)])
def test_grey_images_get_the_same_answer_from_any_number_of_channels(
    rule: str, number: int, trained: nn.Module, file: Path
) -> None:
    other = network(in_channels=number, seed=1)
    report = load_weights(other, file, channels=rule)
    grey = images(1, 64, 64)
    torch.testing.assert_close(
        other(grey.expand(-1, number, -1, -1)), trained(grey.expand(-1, 3, -1, -1))
    )
    assert report.adapted == {"conv1.weight": f"3 channels to {number} ({rule})"}


@pytest.mark.parametrize(
    ("rule", "wanted"), [("mean", [4.5, 4.5, 4.5, 4.5]), ("repeat", [1.5, 6.0, 9.0, 1.5])]
)
def test_kernels_for_more_channels_add_up_to_the_same(
    rule: str, wanted: list[float], trained: nn.Module, tmp_path: Path
) -> None:
    state = copied(trained)
    state["conv1.weight"][:] = torch.tensor([3.0, 6.0, 9.0]).view(3, 1, 1)
    other = network(in_channels=4)
    load_weights(other, saved(tmp_path / "w.pth", state), channels=rule)
    assert other.get_parameter("conv1.weight")[0, :, 0, 0].tolist() == wanted


def test_three_channels_cannot_be_repeated_in_two(file: Path) -> None:
    with pytest.raises(InputError, match=r"'repeat' cannot bring 3 channels to 2.*'mean'"):
        load_weights(network(in_channels=2), file, channels="repeat")


# The output layer and auxiliary heads


def test_another_number_of_outputs_is_refused_until_a_new_head_is_asked_for(file: Path) -> None:
    other = network(out=2)
    with pytest.raises(InputError) as refused:
        load_weights(other, file)
    assert str(refused.value) == (
        f"{file}: fc.weight is (10, 32) in the file and (2, 32) in the network; fc.bias is (10,) "
        "in the file and (2,) in the network; pass head='new' to keep the network's own output "
        "layers"
    )
    own = other.get_parameter("fc.weight").clone()
    report = load_weights(other, file, head="new")
    assert torch.equal(other.get_parameter("fc.weight"), own)
    assert report.new == report.left_out == ("fc.weight", "fc.bias")


def test_a_new_head_is_new_also_with_as_many_outputs(file: Path) -> None:
    assert load_weights(network(seed=1), file, head="new").new == ("fc.weight", "fc.bias")


def test_auxiliary_heads_are_left_out_and_told(tmp_path: Path) -> None:
    source = network("googlenet", auxiliary=True)
    path = saved(tmp_path / "w.pth", source.state_dict())
    other = network("googlenet", seed=1)
    report = load_weights(other, path)
    assert {name.split(".")[0] for name in report.left_out} == {"aux1", "aux2"}
    assert set(report.left_out) | set(report.loaded) == set(source.state_dict())
    assert torch.equal(other(images(3, 64, 64)), source(images(3, 64, 64)))


def test_a_new_head_comes_with_new_auxiliary_heads(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", network("googlenet").state_dict())
    other = network("googlenet", out=2, seed=1, auxiliary=True)
    report = load_weights(other, path, head="new")
    assert {name.split(".")[0] for name in report.new} == {"aux1", "aux2", "fc"}


def test_a_classifier_starts_the_backbone_of_a_segmentation_network(file: Path) -> None:
    backbone = network("fcn_resnet18", seed=1).backbone
    report = load_weights(backbone, file, strict=False)
    assert (report.new, report.left_out) == ((), ("fc.weight", "fc.bias"))


# Sequences


def test_an_image_of_equal_rows_gives_each_row_the_answer_of_the_sequence(
    trained: nn.Module, file: Path
) -> None:
    other = network(dim=1, seed=1)
    report = load_weights(other, file, collapse="sum")
    rows = images(3, 96)
    # 512 rows: the eighth of the 16 that are left sees 435 rows, so none of the padding.
    maps = trained.forward_features(rows.unsqueeze(2).expand(-1, -1, 512, -1))
    torch.testing.assert_close(other.forward_features(rows), maps[:, :, 8])
    assert report.adapted["conv1.weight"] == "7x7 kernels summed over their height"
    assert "layer1.0.bn1.running_var" not in report.adapted


@pytest.mark.parametrize(
    ("name", "first", "side"), [("vgg11", "classifier.0", 7), ("alexnet", "classifier.1", 6)]
)
def test_dense_layers_on_maps_of_equal_rows_answer_as_on_the_sequence(
    name: str, first: str, side: int, tmp_path: Path
) -> None:
    source, other = network(name), network(name, dim=1, seed=1)
    report = load_weights(
        other, saved(tmp_path / "w.pth", source.state_dict()), collapse="sum", channels="mean"
    )
    channels = other.get_submodule(first).in_features // side
    row = images(channels, side)
    maps = row.unsqueeze(2).expand(-1, -1, side, -1)
    torch.testing.assert_close(other.classifier(row.flatten(1)), source.classifier(maps.flatten(1)))
    assert report.adapted[f"{first}.weight"] == f"{side}x{side} positions summed over the rows"


def test_kernels_1x7_and_7x1_of_inception_fit_a_sequence(tmp_path: Path) -> None:
    source, other = network("inception_v3"), network("inception_v3", dim=1, seed=1)
    path = saved(tmp_path / "w.pth", source.state_dict())
    report = load_weights(other, path, collapse="sum")
    assert report.loaded == tuple(source.state_dict())
    maps = images(source.Mixed_6c.leaving, 9)
    tall = maps.unsqueeze(2).expand(-1, -1, 31, -1)
    torch.testing.assert_close(other.Mixed_6d(maps), source.Mixed_6d(tall)[:, :, 15])


def test_images_to_sequences_and_three_channels_to_four_go_together(
    trained: nn.Module, file: Path
) -> None:
    other = network(dim=1, in_channels=4, seed=1)
    report = load_weights(other, file, collapse="sum")
    sums = (trained.state_dict()["conv1.weight"].sum((1, 2)) / 4).unsqueeze(1).expand(-1, 4, -1)
    torch.testing.assert_close(other.state_dict()["conv1.weight"], sums)
    assert report.adapted["conv1.weight"] == (
        "7x7 kernels summed over their height, 3 channels to 4 (mean)"
    )


def test_images_to_sequences_must_be_asked_for(file: Path) -> None:
    with pytest.raises(InputError, match=r"conv1.weight is for images, .* pass collapse='sum'"):
        load_weights(network(dim=1), file)


# Old and unusual checkpoints


def test_counts_of_batches_may_be_missing(trained: nn.Module, tmp_path: Path) -> None:
    state = {k: v for k, v in copied(trained).items() if not k.endswith("num_batches_tracked")}
    report = load_weights(network(seed=1), saved(tmp_path / "w.pth", state))
    assert report.loaded == tuple(state)
    assert all(name.endswith("num_batches_tracked") for name in report.new)


def test_old_names_of_densenet_are_known_and_told(tmp_path: Path) -> None:
    state = copied(network("densenet121"))
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): tensor
        for name, tensor in state.items()
    }
    other = network("densenet121", seed=1)
    report = load_weights(other, saved(tmp_path / "w.pth", old))
    torch.testing.assert_close(other.state_dict(), dict(state), rtol=0, atol=0)
    assert len(report.adapted) == len(old.keys() - state.keys())
    key = "features.denseblock1.denselayer1.norm1.weight"
    assert report.adapted[key] == "named features.denseblock1.denselayer1.norm.1.weight"


def test_half_precision_is_converted_and_told(trained: nn.Module, tmp_path: Path) -> None:
    state = copied(trained.half())
    other = network(seed=1)
    report = load_weights(other, saved(tmp_path / "w.pth", state))
    assert other.get_parameter("fc.weight").dtype == torch.float32
    assert torch.equal(other.get_parameter("fc.weight"), state["fc.weight"].float())
    assert report.adapted["fc.weight"] == "float16 to float32"


# Refusals, after which the network is what it was


def refusal(into: nn.Module, path: Path, **options: Any) -> str:
    before = copied(into)
    with pytest.raises(InputError) as refused:
        load_weights(into, path, **options)
    torch.testing.assert_close(dict(into.state_dict()), before, rtol=0, atol=0)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(
    number: float, trained: nn.Module, tmp_path: Path
) -> None:
    state = copied(trained)
    state["fc.bias"][3] = number
    message = refusal(network(seed=1), saved(tmp_path / "w.pth", state), strict=False)
    assert message.endswith("w.pth: fc.bias holds NaN or infinite numbers; get the file again")


def test_integers_for_weights_are_refused(trained: nn.Module, tmp_path: Path) -> None:
    state = {**copied(trained), "fc.bias": torch.arange(10)}
    message = refusal(network(seed=1), saved(tmp_path / "w.pth", state))
    assert message.endswith("fc.bias is int64 in the file and float32 in the network")


def test_a_missing_tensor_is_refused_or_told(trained: nn.Module, tmp_path: Path) -> None:
    state = copied(trained)
    del state["layer4.1.conv2.weight"]
    path, other = saved(tmp_path / "w.pth", state), network(seed=1)
    assert "layer4.1.conv2.weight is not in the file; is it the same" in refusal(other, path)
    assert load_weights(other, path, strict=False).new == ("layer4.1.conv2.weight",)


def test_a_deeper_network_is_not_loaded_in_part(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", network("resnet34").state_dict())
    other = network(seed=1)
    message = refusal(other, path)
    assert "layer1.2.conv1.weight is not in the network" in message
    assert "; and 93 more; is it the same network and width?" in message
    report = load_weights(other, path, strict=False)
    assert "layer1.2.conv1.weight" in report.left_out
    assert report.new == ()


def test_a_file_of_which_nothing_fits_is_refused_in_any_case(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", network("vgg11").state_dict())
    message = refusal(network(seed=1), path, strict=False)
    assert "conv1.weight is not in the file; bn1.weight is not in the file; " in message


class Attack:
    def __init__(self, flag: Path) -> None:
        self.flag = flag

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.flag}'",)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_is_refused_and_not_run(
    zipped: bool, trained: nn.Module, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    state = {**trained.state_dict(), "fc.bias": Attack(flag)}
    path = saved(tmp_path / "w.pth", state, _use_new_zipfile_serialization=zipped)
    message = refusal(network(seed=1), path)
    assert re.search(r"holds more than tensors \(\w+\.system\).* save network.state_dict", message)
    assert not flag.exists()


def test_a_whole_pickled_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", network())
    assert "holds more than tensors (seqcnn.models.resnet.ResNet)" in refusal(network(), path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "not a PyTorch or safetensors file; download it again"),
        (b"\n<!DOCTYPE html><html>", "not a PyTorch or safetensors file but a web page"),
        (b"version https://git-lfs", "not a PyTorch or safetensors file;"),
        (b"PK\x03\x04 and so on and on", "not a whole checkpoint; copy or download it again"),
        (b"\x80\x02 and so on and on", "not a whole checkpoint; copy or download it again"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "w.pth"
    if content is not None:
        path.write_bytes(content)
    assert refusal(network(), path).startswith(f"{path}: {reason}")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(network(), tmp_path).endswith("cannot be read (Is a directory)")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(
    kind: str, share: float, trained: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "w.pth"
    if kind == "safetensors":
        save_file(copied(trained), path)
    else:
        saved(path, trained.state_dict(), _use_new_zipfile_serialization=kind == "zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "not a whole checkpoint; copy or download it again" in refusal(network(), path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([torch.zeros(2)], "holds a list, not named tensors"),
        ({}, "holds no tensors"),
        ({"epoch": 3}, "'epoch' is not a plain tensor; save a state_dict alone"),
        ({"a": torch.zeros(2).to_sparse()}, "'a' is not a plain tensor"),
        ({"a": torch.zeros(2, device="meta")}, "'a' is not a plain tensor"),
        ({"a\n": torch.zeros(2)}, r"'a\n' is not a plain tensor"),
    ],
)
def test_other_content_is_refused(content: object, reason: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pth", content)
    assert refusal(network(), path).startswith(f"{path}: {reason}")


def test_an_unknown_option_lists_the_known(file: Path) -> None:
    message = refusal(network(), file, head="replace")
    assert message == "head is 'replace'; it takes: keep, new"


def test_a_network_without_memory_is_refused(file: Path) -> None:
    with torch.device("meta"):
        empty = create_model("resnet18", dim=2, in_channels=3, out=10, width=WIDTH)
    with pytest.raises(ValueError, match="on the meta device, which holds no weights"):
        load_weights(empty, file)
