"""Make the pictures of README, of the start page and of the tutorials, from the demo data.

    python docs/figures/make_figures.py [--report runs/demo/report.html]

Writes pileup.png, mutagenesis.png and report.png beside this file. The second is that of the
tutorial variant-effects, whose network is trained for it. The third is the head of a report, as
Chromium shows it: of the page that --report names, or else of a new run on the demo data. Each
training takes a minute or more.
"""

import argparse
import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from seqcnn.api.demo import demo
from seqcnn.api.explain import explain
from seqcnn.api.interpret.mutagenesis import mutagenesis
from seqcnn.api.train import train
from seqcnn.report.pileup_figure import draw_channel, mark_groups, row_groups
from seqcnn.report.style import INK, styled

FOLDER = Path(__file__).parent
# A site with a deletion on one of the two chromosomes.
SITE = "demo_caller:2895"
# What the tutorial looks at letter by letter, as a line of a BED.
AROUND = "demo2\t190660\t190761\n"
CHANNELS = ("read base", "difference", "base quality", "strand")
# Inches, and pixels an inch: beside each other on a page letters are still large enough.
WIDTH, HEIGHT, DPI = 4.8, 6.5, 220
PAGE = (1100, 945)  # pixels of the report's page that are shown
SHARPER = 1.3  # pixels of the picture for each of them
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
COLOURS = 224  # of a picture's palette


def pileup(site: str = SITE) -> Figure:
    """Four channels of the image of a site, as the released model sees it."""
    data = demo()
    found = explain(data / "caller.bam", site, reference=data / "caller.fa.gz", occlusion=False)
    names = found.settings.images.channels
    groups = row_groups(found)
    pixels = found.drawn.images[0][: groups[-1].last]
    with styled():
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        figure.text(0.015, 0.972, found.verdict, fontsize=8.5, weight="bold", color=INK)
        grid = figure.add_gridspec(
            len(CHANNELS), left=0.2, right=0.985, top=0.925, bottom=0.07, hspace=0.8
        )
        for number, name in enumerate(CHANNELS):
            axes = figure.add_subplot(grid[number])
            draw_channel(axes, name, pixels[:, :, names.index(name)], found, 0)
            mark_groups(axes, groups, labelled=True)
    return figure


def substitutions(folder: Path) -> Image.Image:
    """What every substitution around a variant does, in the network of the tutorials."""
    data = demo()
    trained = train(
        task="binding",
        genome=data / "genome.fa.gz",
        positives=data / "factor.bed.gz",
        val_contigs=["demo7"],
        test_contigs=["demo8"],
        max_steps=150,
        out=folder / "factor",
    )
    regions = folder / "around.bed"
    regions.write_text(AROUND)
    mutagenesis(trained.bundle, regions, genome=data / "genome.fa.gz", out=folder / "around")
    with Image.open(folder / "around" / "mutagenesis_1.png") as image:
        return image.convert("RGB")


def page(report: Path) -> Image.Image:
    """The head of a report's page.

    Raises:
        FileNotFoundError: no browser that can show it is installed.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        words = [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-background-networking", f"--user-data-dir={folder}/profile",
            f"--window-size={PAGE[0]},{PAGE[1]}", f"--force-device-scale-factor={SHARPER}",
            f"--screenshot={picture}", report.resolve().as_uri(),
        ]  # fmt: skip
        subprocess.run([found, *words], check=True, stderr=subprocess.DEVNULL)
        with Image.open(picture) as image:
            return image.convert("RGB")


def write(image: Image.Image, path: Path) -> None:
    """Write a picture with few colours, which is small."""
    # By coverage: a median cut would leave out the colours of small things, such as letters.
    coverage = Image.Quantize.MAXCOVERAGE
    few = image.quantize(COLOURS, coverage, kmeans=3, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}: {image.width} x {image.height}, {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of README and docs.")
    parser.add_argument("--report", type=Path, help="a page that seqcnn train wrote")
    chosen = parser.parse_args()
    drawn = io.BytesIO()
    pileup().savefig(drawn, format="png", dpi=DPI)
    write(Image.open(drawn).convert("RGB"), FOLDER / "pileup.png")
    with tempfile.TemporaryDirectory() as folder:
        write(substitutions(Path(folder)), FOLDER / "mutagenesis.png")
        report = chosen.report
        if report is None:
            train(task="accessibility", out=Path(folder) / "run")
            report = Path(folder) / "run" / "report.html"
        write(page(report), FOLDER / "report.png")


if __name__ == "__main__":
    main()
