"""Images as a network's inputs, in training and in prediction."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seqcnn.data.images import Images, decode
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings
from seqcnn.tasks.encodings import encoding_from
from seqcnn.tasks.image_encoding import ImageEncoding, colour_statistics, thumbnails
from seqcnn.tasks.labels import ImageClass

SIDE, SIZE = 10, 6


def encoding(**given: object) -> ImageEncoding:
    values = {
        "size": SIZE,
        "side": SIDE,
        "colour": "rgb",
        "mean": (0.0, 0.0, 0.0),
        "deviation": (1.0, 1.0, 1.0),
        "components": ((0.1, 0.1, 0.1), (0.0, 0.05, -0.05), (0.02, -0.01, -0.01)),
        **given,
    }
    return ImageEncoding(**values)


def noise(number: int = 40, side: int = SIDE, seed: int = 0) -> Images:
    """Red follows green, blue is by itself; bright images and dark ones."""
    random = np.random.default_rng(seed)
    level = random.integers(20, 180, (number, 1, 1))
    red = level + random.integers(0, 60, (number, side, side))
    green = red * 0.7 + random.integers(0, 20, (number, side, side))
    blue = random.integers(0, 100, (number, side, side))
    pixels = np.stack([red, green, blue], 3).astype(np.uint8)
    targets = (np.arange(number) % 2).astype(np.float32)[:, None]
    return Images(targets, ("a", "b"), side, "rgb", min(SIZE, side), pixels=pixels)


def test_an_encoding_comes_back_from_json():
    given = encoding(flip=False, crops="centre", mean=(0.1, 0.25, 1 / 3))
    found = encoding_from(json.loads(json.dumps(given.to_dict())))
    assert found == given and hash(found) == hash(given)


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(InputError, match="is not known to this seqcnn"):
        encoding_from({**encoding().to_dict(), "kind": "sound"})
    with pytest.raises(InputError, match="is not known to this seqcnn"):
        encoding_from({"kind": "image", "size": 3})


def coordinates() -> torch.Tensor:
    y, x = np.mgrid[:SIDE, :SIDE]
    return torch.from_numpy(np.stack([y, x, 0 * x], 2).astype(np.uint8))[None]


def test_ten_views_are_the_middle_and_the_corners_and_their_mirror_images():
    views = encoding().views(coordinates())
    assert len(views) == 10 and {tuple(view.shape) for view in views} == {(1, 3, SIZE, SIZE)}
    upper_left = [tuple((255 * view[0, :2, 0, 0]).round().int().tolist()) for view in views]
    lower_right = [tuple((255 * view[0, :2, -1, -1]).round().int().tolist()) for view in views]
    assert upper_left[:5] == [(2, 2), (0, 0), (0, 4), (4, 0), (4, 4)]
    assert lower_right[:5] == [(7, 7), (5, 5), (5, 9), (9, 5), (9, 9)]
    for view, mirror in zip(views[:5], views[5:], strict=True):
        assert torch.equal(view.flip(3), mirror)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"flip": False}, 5), ({"crops": "centre"}, 1), ({"crops": "centre", "flip": False}, 1),
        ({"side": SIZE}, 2), ({"side": SIZE, "flip": False}, 1),
    ],
)  # fmt: skip
def test_views_are_as_many_as_differ(given, number):
    one = encoding(**given)
    taken = coordinates()[:, : one.side, : one.side]
    assert len(one.views(taken)) == number
    assert one.averaged == (f"{number} crops averaged" if number > 1 else "middle crop")


def test_the_quick_view_is_the_middle_alone():
    (found,) = encoding().quick_views(coordinates())
    assert torch.equal(found, encoding().views(coordinates())[0])


def test_inputs_of_the_training_images_have_mean_0_and_deviation_1():
    images = noise()
    mean, deviation, components = colour_statistics(images)
    one = encoding(mean=mean, deviation=deviation, components=components)
    x = one.inputs(torch.from_numpy(images.take(np.arange(len(images)))))
    assert x.shape == (40, 3, SIDE, SIDE) and x.dtype == torch.float32
    torch.testing.assert_close(x.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)


def test_components_are_the_covariance_of_the_colours():
    images = noise()
    components = np.array(colour_statistics(images)[2])
    colours = images.pixels.reshape(-1, 3) / 255
    np.testing.assert_allclose(components.T @ components, np.cov(colours.T), atol=1e-5)
    across = components @ components.T
    np.testing.assert_allclose(across, np.diag(np.diag(across)), atol=1e-5)


def test_statistics_of_a_sample_of_pixels_are_about_those_of_all():
    images = noise(number=30, side=130)
    mean, deviation, _ = colour_statistics(images, sample=15)
    colours = images.pixels.reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, colours.mean(0), atol=0.04)
    np.testing.assert_allclose(deviation, colours.std(0), atol=0.04)


def test_images_of_one_colour_can_be_scaled_too():
    pixels = np.full((4, SIDE, SIDE, 1), 90, np.uint8)
    flat = Images(np.zeros((4, 1), np.float32), ("a",), SIDE, "gray", SIZE, pixels=pixels)
    mean, deviation, components = colour_statistics(flat)
    one = encoding(colour="gray", mean=mean, deviation=deviation, components=components)
    assert torch.isfinite(one.inputs(torch.from_numpy(pixels))).all()
    assert components == ((0.0,),) and mean == (round(90 / 255, 6),)


def test_training_noise_has_the_covariance_of_the_components():
    pixels = np.full((1, SIDE, SIDE, 3), 128, np.uint8)
    flat = Images(np.zeros((1, 1), np.float32), ("a",), SIDE, "rgb", SIZE, pixels=pixels)
    one = encoding()
    settings = TrainSettings(task="images", batch_size=4000, colour_noise=0.5)
    batch = one.batches(flat, settings, seed=0, rank=0, world=1).at(0)
    moves = batch.inputs[:, 0, 0].numpy() / 255 - 128 / 255
    components = np.array(one.components)
    np.testing.assert_allclose(np.cov(moves.T), 0.25 * components.T @ components, atol=3e-4)


def test_files_and_arrays_given_to_predict_are_the_same_images(tmp_path):
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 256, (12, 15, 3), np.uint8) for _ in range(3)]
    files = [tmp_path / f"{row}.png" for row in range(3)]
    for array, file in zip(arrays, files, strict=True):
        Image.fromarray(array).save(file)
    rows = np.arange(3)
    wanted = np.stack([decode(file, SIDE, "rgb") for file in files])
    for given in (arrays, np.stack(arrays), files, [str(file) for file in files]):
        np.testing.assert_array_equal(encoding().examples(given).take(rows), wanted)


def test_one_file_in_place_of_a_list_is_refused():
    for given in ("a.png", Path("a.png")):
        with pytest.raises(InputError, match="put the one file in a list"):
            encoding().examples(given)


def test_no_images_are_no_examples():
    for colour in ("rgb", "gray"):
        found = encoding(colour=colour).examples([])
        channels = len(encoding(colour=colour).channels)
        assert found.take(np.arange(0)).shape == (0, SIDE, SIDE, channels)


def test_data_read_in_another_way_are_refused_with_the_flags_to_pass():
    other = encoding(colour="gray", mean=(0.0,), deviation=(1.0,), components=((1.0,),))
    with pytest.raises(InputError) as error:
        encoding().require(other, "model.safetensors")
    assert str(error.value) == (
        "the data have inputs of 6 x 6 pixels, gray, model.safetensors reads 6 x 6 pixels, rgb; "
        "pass --image-size 6 --colour rgb"
    )


def test_an_image_in_two_splits_is_reported():
    train, test = noise(50), noise(10, seed=1)
    test.pixels[3] = train.pixels[7]
    found = encoding().leakage({"train": train, "val": noise(10, seed=2), "test": test})
    assert [finding.splits for finding in found.findings] == [
        ("train", "val"), ("train", "test"), ("val", "test"),
    ]  # fmt: skip
    assert [finding.count for finding in found.findings] == [0, 1, 0]
    assert found.findings[1].sentence == ("1 of 10 test images are in train too, pixel for pixel")
    assert found.findings[1].severity == "bad"


def test_thumbnails_are_means_of_blocks():
    images = noise(number=3, side=64)
    found = thumbnails(images, np.array([2, 0]))
    blocks = images.pixels[[2, 0]].reshape(2, 32, 2, 32, 2, 3).mean((2, 4)) / 255
    np.testing.assert_allclose(found, blocks.transpose(0, 3, 1, 2).reshape(2, -1), atol=1e-6)


def test_top_1_and_top_5_errors_are_what_the_accuracies_leave():
    random = np.random.default_rng(0)
    values = random.dirichlet(np.ones(8), 300)
    classes = random.integers(0, 8, 300)
    found = (
        ImageClass()
        .measure(
            values,
            classes[:, None].astype(np.float32),
            thresholds=np.zeros(8),
            groups=None,
            seed=0,
        )
        .mean
    )
    right = np.argsort(-values, axis=1) == classes[:, None]
    assert found["top1_error"].value == pytest.approx(1 - right[:, 0].mean())
    assert found["top5_error"].value == pytest.approx(1 - right[:, :5].any(1).mean())
    assert found["top5_error"].low < found["top5_error"].value < found["top5_error"].high
