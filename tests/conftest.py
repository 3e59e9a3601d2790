"""Tiny data and the command line, for the tests of the whole."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from seqcnn.cli import main
from seqcnn.data.bigwig import write_bigwig

sys.path.insert(0, str(Path(__file__).parent))
from counting_model import write_counting_model
from invented_reads import Invented, write_invented
from known_sample import KnownSample, write_known_sample

# Settings of a run of a few seconds.
TINY = (
    *("--model", "deepbind", "--model-arguments", "width=0.2", "hidden=0"),
    *("--max-steps", "6", "--validate-every", "3", "--warmup-steps", "1"),
    *("--batch-size", "16", "--threads", "1", "--precision", "32", "--no-baselines"),
)
CONTIGS = tuple(f"chr{number}" for number in range(1, 7))
CONTIG_LENGTH = 6000


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: exit code, stdout and stderr."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: what they hold, such as the clock in a gzip header, may differ
    between the workers of one run, which must all collect the same tests.
    """
    return f"{len(val)}_bytes" if isinstance(val, bytes) else None


@pytest.fixture
def seqcnn(capsys: pytest.CaptureFixture[str]) -> Command:
    """Call the command line in this process: `seqcnn("train", "--task", …)`."""

    def call(*words: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        code = leaving.value.code
        return Outcome(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


@pytest.fixture
def tiny() -> tuple[str, ...]:
    return TINY


def random_sequence(generator: np.random.Generator, length: int) -> str:
    return "".join(generator.choice(list("ACGT"), length))


def write_fasta(path: Path, sequences: dict[str, str]) -> Path:
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of input, consistent and tiny; tests must not change it.

    genome.fa (chr1..chr6 of 6 kb), a.bed and b.bed (peaks), a.bw and b.bw (signal), train.csv,
    val.csv, test.csv (sequence of 60 bp, label 0/1), classes.csv (labels 0, 1, 2), bound.fa and
    unbound.fa, rna.fa (U, `class:` headers), basset.h5.
    """
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    genome = {name: random_sequence(random, CONTIG_LENGTH) for name in CONTIGS}
    write_fasta(folder / "genome.fa", genome)
    for track, offset in (("a", 50), ("b", 250)):
        rows = [
            f"{name}\t{start}\t{start + 80}\tpeak\t0\t.\n"
            for name in CONTIGS
            for start in range(offset, CONTIG_LENGTH - 100, 600)
        ]
        (folder / f"{track}.bed").write_text("".join(rows))
        signal = [
            (name, start, start + 50, float(random.gamma(0.5)))
            for name in CONTIGS
            for start in range(0, CONTIG_LENGTH, 50)
        ]
        write_bigwig(folder / f"{track}.bw", dict.fromkeys(CONTIGS, CONTIG_LENGTH), signal)
    for name, classes, count in (
        ("train", 2, 96), ("val", 2, 32), ("test", 2, 32), ("classes", 3, 120),
    ):  # fmt: skip
        rows = [f"{random_sequence(random, 60)},{row % classes}\n" for row in range(count)]
        (folder / f"{name}.csv").write_text("sequence,label\n" + "".join(rows))
    for name in ("bound", "unbound"):
        sequences = {f"{name}_{row}": random_sequence(random, 60) for row in range(80)}
        write_fasta(folder / f"{name}.fa", sequences)
    rna = {
        f"site{row}; class:{row % 2}": random_sequence(random, 60).replace("T", "U")
        for row in range(96)
    }
    write_fasta(folder / "rna.fa", rna)
    _write_basset(folder / "basset.h5", random)
    return folder


def _write_basset(path: Path, random: np.random.Generator) -> None:
    with h5py.File(path, "w") as file:
        for split, count in (("train", 64), ("valid", 32), ("test", 32)):
            codes = random.integers(0, 4, (count, 60))
            one_hot = (codes[:, None, :] == np.arange(4)[:, None]).astype(np.float32)
            file[f"{split}_in"] = one_hot[:, :, None, :]
            file[f"{split}_out"] = np.stack([np.arange(count) % 2, np.arange(count) % 3 == 0], 1)
        file["target_labels"] = [b"K562", b"HepG2"]


@pytest.fixture(scope="session")
def peaks(data: Path) -> tuple[str, ...]:
    """Flags of accessibility from peaks."""
    return (
        *("--genome", str(data / "genome.fa"), "--peaks", str(data / "a.bed"), str(data / "b.bed")),
        *("--window", "100", "--min-overlap", "50"),
        *("--val-contigs", "chr5", "--test-contigs", "chr6"),
    )


@pytest.fixture(scope="session")
def tables(data: Path) -> tuple[str, ...]:
    """Flags of binding from tables."""
    return (
        *("--task", "binding", "--table", str(data / "train.csv")),
        *("--val-table", str(data / "val.csv"), "--test-table", str(data / "test.csv")),
    )


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, peaks: tuple[str, ...], tables: tuple[str, ...]
) -> dict[str, Path]:
    """Folders of finished runs: "peaks" (100 bp, tracks a and b) and "tables" (60 bp)."""
    folders = {}
    for name, flags in (("peaks", peaks), ("tables", tables)):
        folders[name] = tmp_path_factory.mktemp("runs") / name
        with pytest.raises(SystemExit) as leaving:
            main(["train", *flags, *TINY, "--out", str(folders[name])])
        assert leaving.value.code in (0, None)
    return folders


# Settings of a run on images of a second.
TINY_IMAGES = (
    *("--task", "images", "--image-size", "32", "--resize", "36", "--model", "lenet5"),
    *("--max-steps", "40", "--validate-every", "20", "--warmup-steps", "1", "--lr", "0.02"),
    *("--batch-size", "16", "--threads", "1", "--precision", "32", "--no-baselines"),
)
PATTERNS = ("across", "down", "plain")


def striped(pattern: str, random: np.random.Generator) -> Image.Image:
    """A square of one light colour, or of light and dark stripes 6 pixels wide."""
    side = int(random.integers(40, 56))
    light, dark = random.integers(170, 256, 3), random.integers(0, 80, 3)
    stripes = np.arange(side) // 6 % 2 == random.integers(2)
    row = {"across": stripes[:, None], "down": stripes[None], "plain": np.array([[True]])}[pattern]
    chosen = np.broadcast_to(row, (side, side))[..., None]
    return Image.fromarray(np.where(chosen, light, dark).astype(np.uint8))


def write_pictures(folder: Path, number: int, random: np.random.Generator) -> None:
    """`number` JPEG and PNG squares in a folder for each pattern."""
    for pattern in PATTERNS:
        (folder / pattern).mkdir(parents=True)
        for row in range(number):
            ending = "png" if row % 2 else "jpg"
            striped(pattern, random).save(folder / pattern / f"{row:02}.{ending}")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of three classes in both layouts; tests must not change them.

    flat/across, flat/down and flat/plain (20 each), and the same classes below parts/train (16
    each), parts/val and parts/test (6 each).
    """
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    write_pictures(folder / "flat", 20, random)
    for part, number in (("train", 16), ("val", 6), ("test", 6)):
        write_pictures(folder / "parts" / part, number, random)
    return folder


@pytest.fixture(scope="session")
def tiny_images() -> tuple[str, ...]:
    return TINY_IMAGES


@pytest.fixture(scope="session")
def trained_images(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> dict[str, Path]:
    """Folders of finished runs on both layouts: "flat" and "parts"."""
    folders = {}
    for layout in ("flat", "parts"):
        folders[layout] = tmp_path_factory.mktemp("runs") / layout
        words = ["train", *TINY_IMAGES, "--data", str(pictures / layout)]
        with pytest.raises(SystemExit) as leaving:
            main([*words, "--out", str(folders[layout])])
        assert leaving.value.code in (0, None)
    return folders


@pytest.fixture(scope="session")
def known_sample(tmp_path_factory: pytest.TempPathFactory) -> KnownSample:
    """Reads with known genotypes on three contigs of 9 kb; tests must not change it."""
    return write_known_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    """Reads with variants at known places (`tests/invented_reads.py`); tests must not change it."""
    return write_invented(tmp_path_factory.mktemp("invented"))


@pytest.fixture(scope="session")
def counting_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for calling whose network counts fragments (`tests/counting_model.py`)."""
    return write_counting_model(tmp_path_factory.mktemp("model") / "counting.safetensors")
