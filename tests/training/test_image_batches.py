"""Batches of images: crops, mirror images and colour noise, a pure function of the step."""

import numpy as np
import pytest
import torch

from seqcnn.data.images import Images
from seqcnn.training.image_batches import ImageBatches

SIDE, CROP = 12, 8
# Principal components in columns: the first moves all channels, the second red against blue.
COMPONENTS = np.array([[20.0, 6.0], [20.0, 0.0], [20.0, -6.0]])


def coordinates(number: int = 6) -> Images:
    """Every pixel holds its row, its column, and the number of its image."""
    y, x = np.mgrid[:SIDE, :SIDE]
    pixels = [np.stack([y, x, 0 * x + row], 2) for row in range(number)]
    targets = np.arange(number, dtype=np.float32)[:, None]
    names = tuple(str(row) for row in range(number))
    return Images(targets, names, SIDE, "rgb", CROP, pixels=np.array(pixels, np.uint8))


def middle(number: int = 6) -> Images:
    """All pixels 128, from where noise does not reach black or white."""
    targets = np.arange(number, dtype=np.float32)[:, None]
    pixels = np.full((number, SIDE, SIDE, 3), 128, np.uint8)
    names = tuple(str(row) for row in range(number))
    return Images(targets, names, SIDE, "rgb", CROP, pixels=pixels)


def test_crops_are_whole_squares_from_all_over_the_image():
    batches = ImageBatches(coordinates(), batch_size=64, seed=0, flip=False)
    inputs = torch.cat([batches.at(step).inputs for step in range(10)]).numpy()
    assert inputs.shape == (640, CROP, CROP, 3) and inputs.dtype == np.uint8
    corners = inputs[:, 0, 0, :2]
    y, x = np.mgrid[:CROP, :CROP]
    np.testing.assert_array_equal(inputs[..., 0], corners[:, 0, None, None] + y)
    np.testing.assert_array_equal(inputs[..., 1], corners[:, 1, None, None] + x)
    # 25 places, 640 crops: each about 26 times.
    places, counts = np.unique(corners, axis=0, return_counts=True)
    assert len(places) == 25 and corners.max() == SIDE - CROP and counts.min() > 8


def test_half_of_the_crops_are_mirror_images():
    batches = ImageBatches(coordinates(), batch_size=400, seed=0)
    inputs = batches.at(0).inputs.numpy().astype(int)
    step = np.diff(inputs[..., 1], axis=2)
    assert (np.abs(step) == 1).all() and (step == step[:, :1, :1]).all()
    assert 150 < (step[:, 0, 0] == -1).sum() < 250
    assert (np.diff(inputs[..., 0], axis=1) == 1).all()


def test_images_stay_with_their_classes():
    batch = ImageBatches(coordinates(), batch_size=20, seed=4).at(3)
    numbers = batch.inputs[..., 2].float().flatten(1)
    assert (numbers == batch.targets).all()


def test_noise_moves_a_whole_image_along_the_components_alone():
    batches = ImageBatches(middle(), batch_size=2000, seed=0, colour=COMPONENTS, noise=0.5)
    inputs = batches.at(0).inputs.numpy().astype(float) - 128
    assert (inputs == inputs[:, :1, :1]).all()
    moves = inputs[:, 0, 0]
    # What is left at right angles to both components is rounding: 1/12 in variance at most.
    across = np.cross(*(COMPONENTS / np.linalg.norm(COMPONENTS, axis=0)).T)
    assert np.abs(moves @ across).max() <= np.sqrt(3) / 2
    covariance = np.cov(moves.T) - np.eye(3) / 12
    wanted = 0.25 * COMPONENTS @ COMPONENTS.T
    np.testing.assert_allclose(covariance, wanted, rtol=0.1, atol=1)
    assert np.abs(moves.mean(0)).max() < 1


def test_each_image_of_a_batch_has_its_own_noise():
    batches = ImageBatches(middle(1), batch_size=50, seed=0, colour=COMPONENTS, noise=0.5)
    assert len(np.unique(batches.at(0).inputs[:, 0, 0].numpy(), axis=0)) > 30


@pytest.mark.parametrize("options", [{"noise": 0.0, "colour": COMPONENTS}, {"colour": None}])
def test_without_noise_colours_stay(options):
    assert (ImageBatches(middle(), batch_size=9, seed=0, **options).at(0).inputs == 128).all()


def test_a_step_asked_for_again_is_the_same_batch():
    options = {"batch_size": 16, "seed": 7, "colour": COMPONENTS, "noise": 0.3}
    one, other = (ImageBatches(coordinates(), **options) for _ in range(2))
    wanted = [one.at(step) for step in range(6)]
    for step in (5, 0, 3):
        found = other.at(step)
        assert torch.equal(found.inputs, wanted[step].inputs)
        assert torch.equal(found.targets, wanted[step].targets)
    assert not torch.equal(wanted[0].inputs, wanted[3].inputs)


@pytest.mark.parametrize("world", [2, 3])
def test_slices_of_the_ranks_make_up_the_global_batch(world):
    options = {"batch_size": 10, "seed": 2, "colour": COMPONENTS, "noise": 0.3}
    whole = ImageBatches(coordinates(), **options).at(4)
    parts = [
        ImageBatches(coordinates(), rank=rank, world=world, **options).at(4)
        for rank in range(world)
    ]
    assert torch.equal(torch.cat([part.inputs for part in parts]), whole.inputs)
    assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)
    assert {part.total for part in parts} == {10.0}


def test_images_as_large_as_their_crops_are_taken_whole():
    images = coordinates()
    images = Images(images.targets, images.names, SIDE, "rgb", SIDE, pixels=images.pixels)
    batch = ImageBatches(images, batch_size=5, seed=0, flip=False).at(0)
    rows = batch.targets[:, 0].long().numpy()
    np.testing.assert_array_equal(batch.inputs.numpy(), images.pixels[rows])


def test_the_identity_of_a_run_names_all_that_decides_its_batches():
    def identity(images: Images | None = None, **options: object) -> dict[str, object]:
        given = {"batch_size": 4, "seed": 1, "colour": COMPONENTS, "noise": 0.1, **options}
        return ImageBatches(images or coordinates(), **given).identity()

    assert identity() == identity()
    for changed in (
        {"flip": False}, {"noise": 0.2}, {"noise": 0.0}, {"seed": 2}, {"batch_size": 5},
        {"images": middle()}, {"images": coordinates(5)},
    ):  # fmt: skip
        assert identity(**changed) != identity(), changed
    # The rank takes its slice of the same batches.
    assert identity(rank=1, world=2) == identity()
