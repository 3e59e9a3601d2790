"""How many images a second reach the training step: decoded from JPEG files, and from memory.

    python benchmarks/image_speed.py [--images 512]

The files are made here: noise smoothed to compress as photographs do, 500 x 375 pixels (ImageNet's
usual size), JPEG quality 90. Crops of 224 from 256, flips and colour noise as in training. To be
run on an idle machine.
"""

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from seqcnn.data.images import Images, decoded
from seqcnn.training.image_batches import ImageBatches

BATCH = 128
ROUNDS = 5


def write_images(folder: Path, number: int) -> tuple[Path, ...]:
    """JPEG files of smoothed noise."""
    random = np.random.default_rng(0)
    files = []
    for row in range(number):
        noise = random.integers(0, 256, (375, 500, 3), dtype=np.uint8)
        file = folder / f"{row}.jpg"
        Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)).save(file, quality=90)
        files.append(file)
    return tuple(files)


def rate(images: Images) -> list[float]:
    """Images a second of each of some rounds, after one that is not timed."""
    components = 255 * np.full((3, 3), 0.1)
    batches = ImageBatches(images, batch_size=BATCH, seed=0, colour=components)
    batches.at(0)
    rates = []
    for step in range(1, ROUNDS + 1):
        began = time.perf_counter()
        batches.at(step)
        rates.append(BATCH / (time.perf_counter() - began))
    return rates


def main() -> None:
    """Print both rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=512)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_images(Path(folder), chosen.images)
        size = statistics.mean(file.stat().st_size for file in files)
        images = Images(np.zeros((len(files), 1), np.float32), ("a",), 256, "rgb", 224, files=files)
        pixels = np.stack(list(decoded(files, 256, "rgb")))
        held = replace(images, files=None, pixels=pixels)
        print(f"{len(files)} JPEG files of {size / 1000:.0f} kB, {os.cpu_count()} cores")
        for name, one in (("decoded from files", images), ("from memory", held)):
            rates = rate(one)
            middle, low, high = statistics.median(rates), min(rates), max(rates)
            print(f"{name}: {middle:,.0f} images/s ({low:,.0f} to {high:,.0f})")


if __name__ == "__main__":
    main()
