"""Images decoded from files, and held in memory."""

import errno
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqcnn.data import image_headers
from seqcnn.data.images import Images, attempted, colour_of, decode, decoded, squared
from seqcnn.errors import InputError

random = np.random.default_rng(0)
NOISE = random.integers(0, 256, (40, 60, 3), np.uint8)


def smooth(height: int, width: int) -> Image.Image:
    """Colours that change slowly, which JPEG keeps to within a few steps."""
    y, x = np.mgrid[:height, :width]
    colours = (255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 0 * x + 90)
    return Image.fromarray(np.stack(colours, 2).astype(np.uint8))


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def by_hand(image: Image.Image, side: int) -> np.ndarray:
    """The shorter side scaled to `side`, then the middle square cut out: two steps for one."""
    scale = side / min(image.size)
    width, height = (max(side, round(one * scale)) for one in image.size)
    scaled = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
    top, left = (height - side) // 2, (width - side) // 2
    return scaled[top : top + side, left : left + side]


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).max())


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (33, 33), (16, 100), (20, 17), (8, 9)])
def test_a_png_is_scaled_on_its_shorter_side_and_cut_to_the_middle(tmp_path, size):
    image = smooth(*size)
    found = decode(save(image, tmp_path / "a.png"), 16, "rgb")
    assert found.shape == (16, 16, 3) and found.dtype == np.uint8
    # Half a pixel of the scaled image where its sides do not come out whole.
    assert difference(found, by_hand(image, 16)) <= 255 / 16


@pytest.mark.parametrize("size", [(16, 16), (32, 32), (48, 48), (40, 60)])
def test_a_jpeg_equals_pillows_own_decoding(tmp_path, size):
    file = save(smooth(*size), tmp_path / "a.jpg", quality=95)
    with Image.open(file) as image:
        assert difference(decode(file, 16, "rgb"), by_hand(image, 16)) <= 12


@pytest.mark.parametrize("size", [(63, 64), (64, 63), (65, 200), (127, 512), (400, 33)])
def test_a_jpeg_halved_as_it_is_decoded_is_never_smaller_than_asked(tmp_path, monkeypatch, size):
    seen = []
    fit = Image.Image.resize

    def resize(self, *args, **options):
        seen.append(min(self.size))
        return fit(self, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", resize)
    decode(save(smooth(*size), tmp_path / "a.jpg"), 32, "rgb")
    assert seen and 32 <= seen[0] <= min(size) and seen[0] <= 2 * 32


def test_pixels_of_the_right_size_stay_as_they_are(tmp_path):
    square = NOISE[:40, :40]
    file = save(Image.fromarray(square), tmp_path / "a.png")
    np.testing.assert_array_equal(decode(file, 40, "rgb"), square)


def test_gray_files_have_three_equal_channels_as_rgb(tmp_path):
    gray = NOISE[:16, :16, 0]
    file = save(Image.fromarray(gray), tmp_path / "a.png")
    np.testing.assert_array_equal(decode(file, 16, "rgb"), np.repeat(gray[..., None], 3, 2))
    np.testing.assert_array_equal(decode(file, 16, "gray"), gray[..., None])


def test_a_colour_jpeg_read_gray_has_the_weights_of_ccir_601(tmp_path):
    image = Image.new("RGB", (16, 16), (200, 100, 40))
    file = save(image, tmp_path / "a.jpg", quality=100)
    wanted = 0.299 * 200 + 0.587 * 100 + 0.114 * 40
    assert abs(decode(file, 16, "gray").astype(float) - wanted).max() <= 2


@pytest.mark.parametrize("alpha", [None, bytes(range(256)), 3])
def test_palettes_are_looked_up_and_their_transparency_dropped(tmp_path, alpha):
    image = Image.fromarray(NOISE[:16, :16]).quantize(256)
    options = {} if alpha is None else {"transparency": alpha}
    file = save(image, tmp_path / "a.png", **options)
    np.testing.assert_array_equal(decode(file, 16, "rgb"), np.asarray(image.convert("RGB")))
    assert decode(file, 16, "gray").shape == (16, 16, 1)


def test_sixteen_bits_a_pixel_become_eight(tmp_path):
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    file = save(Image.fromarray(values), tmp_path / "a.png")
    np.testing.assert_array_equal(decode(file, 16, "gray")[..., 0].ravel(), np.arange(256))


def test_transparency_is_dropped(tmp_path):
    image = Image.new("RGBA", (16, 16), (10, 20, 30, 0))
    file = save(image, tmp_path / "a.png")
    assert decode(file, 16, "rgb")[5, 5].tolist() == [10, 20, 30]


def test_black_and_white_has_two_levels(tmp_path):
    file = save(Image.fromarray(np.eye(16) > 0), tmp_path / "a.png")
    np.testing.assert_array_equal(decode(file, 16, "gray")[..., 0], 255 * np.eye(16))


def test_cmyk_becomes_rgb(tmp_path):
    # Printing inks: cyan, magenta, yellow, black; half of magenta takes half of the green.
    file = save(Image.new("CMYK", (64, 64), (0, 128, 0, 0)), tmp_path / "a.jpg", quality=100)
    assert difference(decode(file, 16, "rgb"), np.array([255, 127, 255])) <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_an_image_is_turned_as_its_exif_says(tmp_path, orientation, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a maker"
    corners = np.zeros((32, 32, 3), np.uint8)
    corners[:16, 16:], corners[16:, :16], corners[16:, 16:] = 80, 160, 240
    file = save(Image.fromarray(corners), tmp_path / f"a.{ending}", exif=exif)
    # The 0th row and column as stored, by the visual side where they belong (Exif 2.3, 4.6.4).
    wanted = {
        1: (0, 80, 160, 240),
        2: (80, 0, 240, 160),
        3: (240, 160, 80, 0),
        4: (160, 240, 0, 80),
        5: (0, 160, 80, 240),
        6: (160, 0, 240, 80),
        7: (240, 80, 160, 0),
        8: (80, 240, 0, 160),
    }[orientation]
    found = decode(file, 32, "gray")[..., 0].astype(int)
    assert np.abs(found[8::16, 8::16].ravel() - wanted).max() <= 3


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\xff\xff\xff\x7f\x00\x00\x00\x70",
    ],
)
def test_damaged_exif_is_passed_over_without_a_warning(tmp_path, exif):
    file = save(Image.fromarray(NOISE[:16, :16]), tmp_path / "a.jpg", exif=exif)
    assert decode(file, 16, "rgb").shape == (16, 16, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 2000)])
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_tiny_and_elongated_images_are_enlarged(tmp_path, size, ending):
    file = save(Image.new("RGB", size, (250, 0, 0)), tmp_path / f"a.{ending}")
    found = decode(file, 16, "rgb")
    assert found.shape == (16, 16, 3) and difference(found, np.array([250, 0, 0])) <= 6


def test_the_first_image_of_an_animation_counts(tmp_path):
    frames = [Image.new("RGB", (16, 16), (level, 0, 0)) for level in (40, 200)]
    file = tmp_path / "a.png"
    frames[0].save(file, save_all=True, append_images=frames[1:])
    assert decode(file, 16, "rgb")[0, 0].tolist() == [40, 0, 0]


def test_the_name_does_not_say_which_of_the_two_kinds_it_is(tmp_path):
    file = save(Image.fromarray(NOISE[:16, :16]), tmp_path / "a.jpg", format="PNG")
    np.testing.assert_array_equal(decode(file, 16, "rgb"), NOISE[:16, :16])


def test_names_may_hold_spaces_and_letters_of_any_script(tmp_path):
    file = save(Image.fromarray(NOISE[:16, :16]), tmp_path / "ein größes 画像 (1).png")
    np.testing.assert_array_equal(decode(file, 16, "rgb"), NOISE[:16, :16])


def jpeg_bytes() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(NOISE).save(stream, "JPEG")
    return stream.getvalue()


def png_bytes(width: int, height: int) -> bytes:
    """A header that claims a size, and next to no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(
            ">I", zlib.crc32(kind + content)
        )  # fmt: skip

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (jpeg_bytes()[:900], "not a whole JPEG or PNG image"),
        (jpeg_bytes()[:3], "not a whole JPEG or PNG image"),
        (png_bytes(9, 9), "not a whole JPEG or PNG image"),
        (png_bytes(9, 9)[:20], "not a whole JPEG or PNG image"),
        (b"", "the file is empty; wanted a JPEG or PNG image"),
        (b"these are words\n", "not a JPEG or PNG image: it begins like neither"),
        (b"GIF89a\1\0\1\0", "not a JPEG or PNG image: it begins like neither"),
        (png_bytes(20_000, 20_000), "20,000 x 20,000 pixels; at most 178,956,970 in all are"),
        # Between Pillow's warning and its refusal: no warning here.
        (png_bytes(10_000, 10_000), "not a whole JPEG or PNG image"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path, content, message):
    file = tmp_path / "broken.jpg"
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        decode(file, 16, "rgb")
    assert str(error.value).startswith(f"{file}: {message}") and "\n" not in str(error.value)


def test_places_that_are_no_files_are_named(tmp_path):
    loop = tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    (tmp_path / "folder.jpg").mkdir()
    for name, message in (
        ("missing.jpg", "no such file"),
        ("folder.jpg", "is a directory"),
        ("loop.jpg", "too many levels of symbolic links"),
    ):
        with pytest.raises(InputError, match=f"{name}: {message}"):
            decode(tmp_path / name, 16, "rgb")


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(file, mode):
        raise PermissionError(errno.EACCES, "Permission denied", file)

    monkeypatch.setattr(image_headers, "open", refuse, raising=False)
    with pytest.raises(InputError, match=r"a\.png: permission denied$"):
        decode(tmp_path / "a.png", 16, "rgb")


@pytest.mark.parametrize(
    ("mode", "colour"),
    [("L", "gray"), ("1", "gray"), ("LA", "gray"), ("I;16", "gray"), ("RGB", "rgb"), ("P", "rgb")],
)
def test_a_header_says_whether_there_are_colours(tmp_path, mode, colour):
    assert colour_of(save(Image.new(mode, (4, 4)), tmp_path / "a.png")) == colour


def many(folder: Path, number: int) -> list[Path]:
    return [
        save(Image.new("L", (2 + row % 5, 2), row % 251), folder / f"{row}.png")
        for row in range(number)
    ]


def test_threads_keep_the_order(tmp_path):
    files = many(tmp_path, 300)
    assert [square[0, 0, 0] for square in decoded(files, 2, "gray")] == [
        row % 251 for row in range(300)
    ]


def test_attempts_put_the_error_where_the_image_would_be(tmp_path):
    files = many(tmp_path, 3)
    files[1].write_bytes(b"")
    found = list(attempted(files, lambda file: decode(file, 2, "gray")))
    assert isinstance(found[1], InputError) and str(files[1]) in str(found[1])
    assert isinstance(found[0], np.ndarray) and isinstance(found[2], np.ndarray)
    with pytest.raises(InputError, match=r"1\.png: the file is empty"):
        list(decoded(files, 2, "gray"))


def test_arrays_are_fitted_as_files_are(tmp_path):
    file = save(Image.fromarray(NOISE), tmp_path / "a.png")
    np.testing.assert_array_equal(squared(NOISE, 16, "rgb"), decode(file, 16, "rgb"))
    np.testing.assert_array_equal(
        squared(NOISE[..., :1], 16, "gray"), squared(NOISE[..., 0], 16, "gray")
    )


@pytest.mark.parametrize(
    "pixels",
    [NOISE.astype(float), NOISE[..., :2], NOISE[0, 0], np.zeros((0, 4), np.uint8), "a.png"],
)
def test_arrays_of_other_shapes_and_types_are_refused(pixels):
    with pytest.raises(InputError, match=r"wanted uint8 \(H, W\) or \(H, W, 3\), or a file"):
        squared(pixels, 16, "rgb")


def squares(number: int = 5, side: int = 8, crop: int = 6) -> Images:
    pixels = np.random.default_rng(1).integers(0, 256, (number, side, side, 3), np.uint8)
    targets = np.arange(number, dtype=np.float32)[:, None]
    return Images(targets, tuple("abcde"), side, "rgb", crop, pixels=pixels)


def test_crops_start_at_their_offset():
    images = squares()
    found = images.take(np.array([3, 1]), offset=np.array([[0, 2], [1, 0]]))
    np.testing.assert_array_equal(found[0], images.pixels[3, 0:6, 2:8])
    np.testing.assert_array_equal(found[1], images.pixels[1, 1:7, 0:6])


@pytest.mark.parametrize("offset", [(-1, 0), (0, -1), (3, 0), (0, 3)])
def test_a_crop_past_the_edge_is_refused(offset):
    with pytest.raises(ValueError, match=r"offsets -?\d to \d; wanted 0 to 2"):
        squares().take(np.array([0]), offset=np.array([offset]))


def test_a_flip_mirrors_left_and_right_of_whole_squares_too():
    images = squares()
    found = images.take(np.array([0, 1]), flip=np.array([True, False]))
    np.testing.assert_array_equal(found[0], np.fliplr(images.pixels[0]))
    np.testing.assert_array_equal(found[1], images.pixels[1])


def test_colours_move_and_stop_at_black_and_white():
    images = squares()
    found = images.take(np.array([2]), colour=np.array([[0.4, 60.0, -60.5]]))
    moved = images.pixels[2] + np.array([0, 60, -60.5])
    np.testing.assert_array_equal(found[0], np.rint(moved).clip(0, 255))


def test_what_is_taken_can_be_changed_without_changing_the_images():
    images = squares()
    before = images.pixels.copy()
    images.take(np.arange(5))[:] = 0
    np.testing.assert_array_equal(images.pixels, before)


def test_no_rows_give_no_pixels(tmp_path):
    none = np.array([], np.int64)
    files = tuple(many(tmp_path, 2))
    held = Images(np.zeros((2, 0), np.float32), (), 8, "gray", 6, files=files)
    assert held.take(none).shape == (0, 8, 8, 1)
    assert squares().take(none, offset=np.zeros((0, 2), int)).shape == (0, 6, 6, 3)


def test_subsets_by_rows_and_by_mask_are_in_order():
    images = squares()
    rows = images.subset(np.array([4, 0]))
    mask = images.subset(np.array([True, False, False, False, True]))
    assert rows.targets.ravel().tolist() == [4, 0] and mask.targets.ravel().tolist() == [0, 4]
    np.testing.assert_array_equal(rows.pixels[::-1], mask.pixels)


def test_files_and_pixels_must_be_as_many_as_targets():
    targets = np.zeros((2, 1), np.float32)
    pixels = np.zeros((2, 4, 4, 1), np.uint8)
    for given in ({}, {"pixels": pixels[:1]}, {"files": (Path("a"),), "pixels": pixels}):
        with pytest.raises(ValueError, match="as many as targets"):
            Images(targets, ("a",), 4, "gray", 4, **given)
    with pytest.raises(ValueError, match="crops of 5 pixels from squares of 4"):
        Images(targets, ("a",), 4, "gray", 5, pixels=pixels)
