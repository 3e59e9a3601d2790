import pytest
import torch
from battery import batch

from seqcnn.models import create_model
from seqcnn.models.inception import InceptionV3


@pytest.mark.parametrize(("auxiliary", "parameters"), [(False, 23_834_568), (True, 27_161_264)])
def test_parameters_are_those_of_the_published_weights(auxiliary: bool, parameters: int) -> None:
    with torch.device("meta"):
        network = InceptionV3(2, 3, 1000, auxiliary=auxiliary)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_names_are_those_of_the_published_weights() -> None:
    with torch.device("meta"):
        network = InceptionV3(2, 3, 1000, auxiliary=True)
    shapes = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    published = {
        "Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3),
        "Conv2d_4a_3x3.bn.running_var": (192,),
        "Mixed_5b.branch1x1.conv.weight": (64, 192, 1, 1),
        "Mixed_5b.branch5x5_2.conv.weight": (64, 48, 5, 5),
        "Mixed_5d.branch_pool.conv.weight": (64, 288, 1, 1),
        "Mixed_6a.branch3x3dbl_3.conv.weight": (96, 96, 3, 3),
        "Mixed_6b.branch7x7_2.conv.weight": (128, 128, 1, 7),
        "Mixed_6b.branch7x7_3.conv.weight": (192, 128, 7, 1),
        "Mixed_6e.branch7x7dbl_4.conv.weight": (192, 192, 7, 1),
        "Mixed_6e.branch7x7dbl_5.conv.weight": (192, 192, 1, 7),
        "AuxLogits.conv0.conv.weight": (128, 768, 1, 1),
        "AuxLogits.conv1.conv.weight": (768, 128, 5, 5),
        "AuxLogits.fc.weight": (1000, 768),
        "Mixed_7a.branch7x7x3_4.conv.weight": (192, 192, 3, 3),
        "Mixed_7b.branch3x3_2a.conv.weight": (384, 384, 1, 3),
        "Mixed_7c.branch3x3dbl_3b.conv.weight": (384, 384, 3, 1),
        "fc.weight": (1000, 2048),
    }
    assert {key: shapes.get(key) for key in published} == published
    children = [name for name, module in network.named_children() if module.state_dict()]
    assert " ".join(children) == (
        "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 Conv2d_3b_1x1 Conv2d_4a_3x3 Mixed_5b Mixed_5c "
        "Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e AuxLogits Mixed_7a Mixed_7b "
        "Mixed_7c fc"
    )


def test_maps_of_an_image_are_those_of_the_papers_table() -> None:
    shapes = {}
    with torch.device("meta"):
        network = InceptionV3(2, 3, 1000).eval()
        for name in ("maxpool1", "maxpool2", "Mixed_5d", "Mixed_6a", "Mixed_6e", "Mixed_7a"):
            network.get_submodule(name).register_forward_hook(
                lambda _, __, maps, name=name: shapes.update({name: tuple(maps.shape[1:])})
            )
        shapes["features"] = tuple(network.forward_features(torch.empty(1, 3, 299, 299)).shape[1:])
    assert shapes == {
        "maxpool1": (64, 73, 73),
        "maxpool2": (192, 35, 35),
        "Mixed_5d": (288, 35, 35),
        "Mixed_6a": (768, 17, 17),
        "Mixed_6e": (768, 17, 17),
        "Mixed_7a": (1280, 8, 8),
        "features": (2048, 8, 8),
    }


def test_kernels_keep_their_width_along_a_sequence() -> None:
    with torch.device("meta"):
        one, two = (InceptionV3(dim, 4, 2, auxiliary=True) for dim in (1, 2))
    along = {key: tuple(tensor.shape) for key, tensor in one.state_dict().items()}
    image = {key: tuple(tensor.shape) for key, tensor in two.state_dict().items()}
    assert list(along) == list(image)
    assert along["Mixed_6b.branch7x7_2.conv.weight"] == (128, 128, 7)
    assert along["Mixed_6b.branch7x7_3.conv.weight"] == (192, 128, 1)
    kernels = [key for key, shape in image.items() if len(shape) == 4]
    assert all(along[key] == image[key][:2] + image[key][3:] for key in kernels)


@pytest.mark.parametrize("width", [0.25, 1.0])
def test_untrained_logits_are_small_whatever_the_dropout(width: float) -> None:
    torch.manual_seed(0)
    network = InceptionV3(1, 4, 2, width=width)
    spread = float(network(batch(1, 8, 100)).detach().std())
    assert 0.01 < spread < 0.5


def test_fewer_than_75_positions_are_refused() -> None:
    network = create_model("inception_v3", dim=1, in_channels=4, out=2, width=1 / 16).eval()
    assert network(torch.zeros(1, 4, 75)).shape == (1, 2)
    with pytest.raises(ValueError, match=r"inception_v3 takes inputs of 75 or more .* has 74"):
        network(torch.zeros(1, 4, 74))
