"""Class folders of images, their splits, and all of them read at once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqcnn.data.image_folders import check_all, digests, find_images, read_all, stratified
from seqcnn.data.images import decode
from seqcnn.errors import InputError


def put(folder: Path, *names: str, level: int = 100) -> None:
    """Images of 4 x 4 pixels below `folder`."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
        Image.new("L", (4, 4), level).save(path, kind)


def names(found) -> list[str]:
    return [path.name for path in found.files]


def test_one_folder_is_one_class_in_the_order_of_the_alphabet(tmp_path):
    put(tmp_path, "dog/1.jpg", "cat/2.PNG", "cat/deep/er/3.jpeg", "ant/4.jpg")
    found = find_images(tmp_path)
    assert found.classes == ("ant", "cat", "dog")
    assert names(found) == ["4.jpg", "2.PNG", "3.jpeg", "1.jpg"]
    assert found.number.tolist() == [0, 1, 1, 2]
    assert set(found.split.tolist()) == {""}


@pytest.mark.parametrize("valid", ["val", "valid", "Validation"])
def test_train_val_and_test_are_as_the_folders_say(tmp_path, valid):
    for part in ("train", valid, "test"):
        put(tmp_path, f"{part}/a/{part}.jpg", f"{part}/b/{part}.jpg")
    found = find_images(tmp_path)
    assert found.classes == ("a", "b")
    assert found.split.tolist() == ["train"] * 2 + ["val"] * 2 + ["test"] * 2
    assert [path.stem for path in found.files] == ["train"] * 2 + [valid] * 2 + ["test"] * 2


def test_train_and_val_alone_are_found(tmp_path):
    put(tmp_path, "train/a/1.jpg", "train/b/2.jpg", "val/b/3.jpg")
    found = find_images(tmp_path)
    assert found.split.tolist() == ["train", "train", "val"]
    assert found.number.tolist() == [0, 1, 1]


def test_a_class_can_be_called_train(tmp_path):
    put(tmp_path, "car/1.jpg", "plane/2.jpg", "train/3.jpg")
    assert find_images(tmp_path).classes == ("car", "plane", "train")


def test_a_class_folder_can_end_like_an_image(tmp_path):
    put(tmp_path, "a.jpg/1.jpg", "b.png/2.jpg", "b.png/c.jpg/3.png")
    found = find_images(tmp_path)
    assert found.classes == ("a.jpg", "b.png") and names(found) == ["1.jpg", "2.jpg", "3.png"]


def test_names_may_hold_spaces_and_letters_of_any_script(tmp_path):
    put(tmp_path, "größe/ein bild.jpg", "画像/写真 1.png")
    found = find_images(tmp_path)
    assert found.classes == ("größe", "画像") and names(found) == ["ein bild.jpg", "写真 1.png"]


def test_other_files_are_counted_and_hidden_images_are_none(tmp_path):
    put(tmp_path, "a/1.jpg", "b/2.jpg", "b/._2.jpg", "b/.ipynb_checkpoints/2.jpg", ".c/3.jpg")
    (tmp_path / "a" / "words.txt").write_text("words")
    (tmp_path / "list.txt").write_text("words")
    found = find_images(tmp_path)
    assert (names(found), found.others) == (["1.jpg", "2.jpg"], 2)


def test_links_to_folders_above_do_not_go_round_for_ever(tmp_path):
    put(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "b" / "self").symlink_to(tmp_path / "b")
    assert names(find_images(tmp_path)) == ["1.jpg", "2.jpg"]


def test_a_class_folder_may_be_a_link(tmp_path):
    put(tmp_path, "elsewhere/1.jpg", "data/b/2.jpg")
    (tmp_path / "data" / "a").symlink_to(tmp_path / "elsewhere")
    assert names(find_images(tmp_path / "data")) == ["1.jpg", "2.jpg"]


def test_a_link_to_nowhere_is_found_and_then_named_as_broken(tmp_path):
    put(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    found = find_images(tmp_path)
    wrong = read_all(found.files, 4, "gray", lambda: None)[1]
    assert wrong == ["", f"{tmp_path / 'a' / 'gone.jpg'}: no such file", ""]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "folders in it: 0; wanted one folder of images a class"),
        (("a/1.jpg",), "folders in it: 1; wanted one folder of images a class"),
        (("1.jpg", "2.jpg"), "folders in it: 0; wanted one folder"),
        (("a/1.jpg", "b/2.jpg", "3.jpg"), r"3\.jpg: is in no class folder; move"),
        (("train/1.jpg", "val/2.jpg"), "train: folders in it: 0"),
        (("train/a/1.jpg", "train/b/2.jpg", "val/3.jpg"), r"val/3\.jpg: is in no class folder"),
        (("train/a/1.jpg", "train/b/2.jpg", "val/c/3.jpg"), "train has no class 'c'"),
        (("val/a/1.jpg", "test/a/2.jpg"), "no folder 'train' beside val"),
        (
            ("train/a/1.jpg", "train/b/2.jpg", "val/a/3.jpg", "valid/a/4.jpg"),
            "val and .*valid: which is the val split",
        ),
    ],
)
def test_folders_laid_out_otherwise_are_refused(tmp_path, files, message):
    put(tmp_path, *files)
    with pytest.raises(InputError, match=message) as error:
        find_images(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("layout", ["", "train"])
def test_a_class_without_images_is_named(tmp_path, layout):
    place = tmp_path / layout
    put(place, "a/1.jpg", "b/2.jpg")
    (place / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no image in it \(\.jpg, \.jpeg, \.png\)"):
        find_images(tmp_path)


def test_a_class_may_be_missing_from_val(tmp_path):
    put(tmp_path, "train/a/1.jpg", "train/b/2.jpg", "val/a/3.jpg")
    (tmp_path / "val" / "b").mkdir()
    assert find_images(tmp_path).number.tolist() == [0, 1, 0]


def test_a_missing_folder_and_a_file_are_refused(tmp_path):
    put(tmp_path, "a.jpg")
    for name in ("none", "a.jpg"):
        with pytest.raises(InputError, match=f"{name}: no such folder"):
            find_images(tmp_path / name)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    put(tmp_path, "a/1.jpg", "b/2.jpg")

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        find_images(tmp_path)


def test_each_class_is_shared_out_alike():
    number = np.repeat(np.arange(3), (100, 50, 10))
    split = stratified(number, val_share=0.1, test_share=0.2, seed=0)
    for one, size in enumerate((100, 50, 10)):
        held = split[number == one]
        assert (held == "test").sum() == size * 0.2 and (held == "val").sum() == size * 0.1


def test_a_class_of_three_is_in_every_split_and_smaller_ones_in_train():
    number = np.array([0] * 3 + [1] * 2 + [2])
    for share in (0.01, 0.1, 0.4, 0.49):
        split = stratified(number, val_share=share, test_share=share, seed=1)
        assert sorted(split[:3]) == ["test", "train", "val"]
        assert "train" in split[3:5] and split[5] == "train"


@pytest.mark.parametrize("shares", [(0.5, 0.49), (0.05, 0.94), (0.94, 0.05)])
@pytest.mark.parametrize("size", range(1, 12))
def test_training_keeps_an_image_of_every_class(shares, size):
    val, test = shares
    split = stratified(np.zeros(size, int), val_share=val, test_share=test, seed=0)
    assert "train" in split and (size < 3 or set(split) == {"train", "val", "test"})


def test_the_split_is_of_the_seed_and_not_of_the_order():
    number = np.arange(200) % 2
    first, again, other = (
        stratified(number, val_share=0.1, test_share=0.0, seed=seed) for seed in (1, 1, 2)
    )
    assert (first == again).all() and (first != other).any() and "test" not in first
    assert np.flatnonzero(first == "val").tolist() != list(range(20))


def test_shares_of_all_are_refused():
    with pytest.raises(InputError, match=r"shares of val and test are 0\.5 and 0\.5"):
        stratified(np.zeros(9, int), val_share=0.5, test_share=0.5, seed=0)


def test_all_files_are_read_in_order_and_the_broken_named(tmp_path):
    for row in range(30):
        put(tmp_path, f"{row:02}.png", level=row)
    (tmp_path / "07.png").write_bytes(b"")
    (tmp_path / "00.png").write_bytes(b"words")
    files = tuple(sorted(tmp_path.iterdir()))
    done: list[int] = []
    pixels, wrong = read_all(files, 4, "gray", lambda: done.append(1))
    wanted = [0 if row in (0, 7) else row for row in range(30)]
    assert pixels.shape == (30, 4, 4, 1) and pixels[:, 1, 2, 0].tolist() == wanted
    assert [row for row, message in enumerate(wrong) if message] == [0, 7]
    assert str(files[7]) in wrong[7] and len(done) == 30

    def gray(file: Path) -> object:
        return decode(file, 4, "gray")

    assert check_all(files, gray, lambda: done.append(1)) == wrong and len(done) == 60


def test_nothing_but_broken_files_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 1 files is a whole image; .*a\.jpg: the file"):
        read_all((tmp_path / "a.jpg",), 4, "gray", lambda: None)


def test_digests_are_equal_for_equal_pixels_only():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 1), np.uint8)
    pixels[7] = pixels[3]
    pixels[8] = pixels[3]
    pixels[8, 3, 3, 0] ^= 1
    found = digests(pixels)
    assert found.dtype == np.uint64 and found[7] == found[3] and len(set(found.tolist())) == 49
