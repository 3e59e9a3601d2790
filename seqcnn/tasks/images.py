"""Images of one class each: ImageNet's task, or handwritten digits where no data are named."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

from seqcnn.data.check import Finding
from seqcnn.data.image_folders import ImageFiles, check_all, find_images, read_all, stratified
from seqcnn.data.images import CHANNELS, Colour, Images, Pixels, colour_of, decode
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.image_encoding import ImageEncoding, colour_statistics
from seqcnn.tasks.labels import ImageClass
from seqcnn.tasks.task import SPLITS, Task, TaskData
from seqcnn.training.bar import Bar

MEMORY = 2 << 30  # bytes of pixels up to which images are kept in memory
HEADERS = 1000  # files whose headers tell whether there are colours
NAMED = 5  # broken files named in a message


def read(settings: DataSettings) -> TaskData:
    """Images of a folder, with their splits.

    Raises:
        InputError: a folder or file cannot be used.
    """
    side = settings.resize or round(settings.image_size * 8 / 7)
    if side < settings.image_size:
        raise InputError(
            f"--resize {side} is less than --image-size {settings.image_size}; crops are taken "
            "from what is left after the resize"
        )
    findings: list[Finding] = []
    split: np.ndarray | None = None
    if settings.data is None:
        images = digits(settings, side)
    else:
        found = find_images(settings.data)
        images, rows = _read_folder(found, settings, side, findings)
        split = found.split[rows]
    numbers = images.targets[:, 0].astype(np.int64)
    if split is None or (split == "").all():
        split = stratified(
            numbers,
            val_share=settings.val_share,
            test_share=settings.test_share,
            seed=settings.split_seed,
        )
    else:
        split = _completed(split, numbers, settings, findings)
    splits = {name: images.subset(split == name) for name in SPLITS}
    for name, held in splits.items():
        if not len(held):
            how = "give it images" + ("" if name == "train" else f", or change --{name}-share")
            raise InputError(f"the {name} split is empty: {how}")
    mean, deviation, components = colour_statistics(splits["train"])
    return TaskData(
        target=ImageClass(),
        outputs=images.names,
        splits=splits,
        encoding=ImageEncoding(
            size=settings.image_size,
            side=side,
            colour=images.colour,
            mean=mean,
            deviation=deviation,
            components=components,
            flip=settings.flip,
            crops=settings.crops,
        ),
        files=(settings.data,) if settings.data else (),
        findings=tuple(findings),
    )


def _read_folder(
    found: ImageFiles, settings: DataSettings, side: int, findings: list[Finding]
) -> tuple[Images, np.ndarray]:
    """The images, and which of `found` they are: broken ones may be left out."""
    if found.others:
        findings.append(Finding("note", f"{found.others:,} files are no JPEG or PNG, left out"))
    colour = _colour(found, settings)
    targets = found.number[:, None].astype(np.float32)
    images = Images(targets, found.classes, side, colour, settings.image_size, files=found.files)
    large = len(found.files) * side**2 * len(CHANNELS[colour]) > MEMORY
    pixels: Pixels | None = None
    with _progress() as progress:
        bar = progress.add_task("reading images", total=len(found.files))
        if large:
            # To leave broken files out they must be known before training: all are decoded once.
            whole = partial(decode, side=side, colour=colour)
            look: Callable[[Path], object] = whole if settings.broken == "skip" else colour_of
            wrong = check_all(found.files, look, lambda: progress.advance(bar))
        else:
            pixels, wrong = read_all(found.files, side, colour, lambda: progress.advance(bar))
    if large:
        findings.append(
            Finding(
                "note",
                f"{len(found.files):,} images are too many to hold in memory: each is decoded when "
                "it is needed" + ("" if settings.broken == "skip" else ", and only its header now"),
            )
        )
    kept = np.flatnonzero([not message for message in wrong])
    broken = [message for message in wrong if message]
    if broken and settings.broken == "refuse":
        more = f", and {len(broken) - 1:,} more broken files" if len(broken) > 1 else ""
        raise InputError(f"{broken[0]}{more}; mend or remove it, or pass --broken skip")
    if broken:
        named = "; ".join(broken[:NAMED]) + ("; …" if len(broken) > NAMED else "")
        files = "file" if len(broken) == 1 else "files"
        findings.append(Finding("warning", f"{len(broken):,} broken {files} left out: {named}"))
    trained = set(found.number[kept][np.isin(found.split[kept], ("", "train"))].tolist())
    for number, name in enumerate(found.classes):
        if number not in trained:
            raise InputError(
                f"class {name}: every training image is broken; mend or remove its folder"
            )
    return replace(images, pixels=pixels).subset(kept), kept


def _colour(found: ImageFiles, settings: DataSettings) -> Colour:
    if settings.colour != "auto":
        return settings.colour
    rows = np.unique(np.linspace(0, len(found.files) - 1, HEADERS).astype(np.int64))
    for row in rows:
        try:
            if colour_of(found.files[row]) == "rgb":
                return "rgb"
        except InputError:
            continue  # broken files are dealt with when they are read
    return "gray"


def _completed(
    split: np.ndarray, numbers: np.ndarray, settings: DataSettings, findings: list[Finding]
) -> np.ndarray:
    """All three splits where the folders give two or one of them.

    What chooses the best weights must not be what is reported: `val` alone becomes the test
    split, and a share of `train` the validation split.
    """
    given = set(np.unique(split))
    if given == {"train", "val"}:
        split = np.where(split == "val", "test", split)
        findings.append(
            Finding("note", "the val folder is the test split; a part of train takes its place")
        )
    train = np.flatnonzero(split == "train")
    if "test" in split and "val" not in split:
        shares = {"val_share": settings.val_share, "test_share": 0.0}
    elif "test" not in split and "val" not in split:
        shares = {"val_share": settings.val_share, "test_share": settings.test_share}
    else:
        return split
    split = split.astype("<U5")
    split[train] = stratified(numbers[train], seed=settings.split_seed, **shares)
    return split


def digits(settings: DataSettings, side: int) -> Images:
    """scikit-learn's 1,797 handwritten digits, 8 x 8 pixels, scaled to 7/8 of the image size and
    set in the middle of black squares of `side`, as LeCun et al. did (28 in 32).
    """
    from sklearn.datasets import load_digits

    held = load_digits()
    inner = max(1, round(settings.image_size * 7 / 8))
    before = (side - inner) // 2
    colour: Colour = "rgb" if settings.colour == "rgb" else "gray"
    pixels = np.zeros((len(held.images), side, side, len(CHANNELS[colour])), np.uint8)
    for row, values in enumerate(held.images):
        small = Image.fromarray(np.rint(values * (255 / 16)).astype(np.uint8))
        scaled = np.asarray(small.resize((inner, inner), Image.Resampling.BICUBIC))
        pixels[row, before : before + inner, before : before + inner] = scaled[..., None]
    names = tuple(str(name) for name in held.target_names)
    targets = held.target[:, None].astype(np.float32)
    return Images(targets, names, side, colour, settings.image_size, pixels=pixels)


def _progress() -> Bar:
    return Bar(*Bar.get_default_columns(), console=Console(stderr=True), transient=True)


TASK = Task(
    name="images",
    summary="the class of an image",
    model="alexnet",
    model_arguments={},
    # Krizhevsky et al. 2012; the rate falls along a cosine where they divided it by hand.
    defaults={
        "optimizer": "sgd",
        "lr": 0.01,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "batch_size": 128,
        "passes": 90,
        "ema_decay": 0.0,
        "clip_norm": 5.0,
    },
    sources=("data",),
    demo={
        "model": "lenet5",
        "image_size": 32,
        "flip": False,
        "crops": "centre",
        "colour_noise": 0.0,
        "val_share": 0.1,
        "test_share": 0.2,
        "lr": 0.05,
        "max_steps": 2000,
    },
    read=read,
    demo_words="scikit-learn's handwritten digits",
)
