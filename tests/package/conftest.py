"""The source distribution, the wheel, and an environment with nothing but the wheel."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# As the Makefile does: without an NVIDIA GPU the pinned release, whose CPU build is small.
PINNED = [] if shutil.which("nvidia-smi") else ["-c", str(ROOT / "constraints" / "cpu.txt")]

Finished = subprocess.CompletedProcess[str]
Run = Callable[..., Finished]


def finished(*command: object, folder: Path) -> Finished:
    """Run a command in `folder`; it must succeed."""
    words = [str(word) for word in command]
    # Without variables of this process that could lend it another seqcnn.
    outcome = subprocess.run(
        ["env", "-u", "PYTHONPATH", *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert outcome.returncode == 0, f"{' '.join(words)}\n{outcome.stdout}"
    return outcome


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was made from it."""
    pytest.importorskip("build", reason="needs build: pip install 'seqcnn[test]'")
    folder = tmp_path_factory.mktemp("dist")
    finished(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(built: Path) -> Path:
    (found,) = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The folder of programs of a new environment in which nothing but the wheel was installed."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    finished(python, "-m", "pip", "install", "--quiet", *PINNED, wheel, folder=folder)
    return folder / "bin"


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Path:
    """A folder far from the repository, with the demo data in demo/ and a tiny run in run/."""
    folder = tmp_path_factory.mktemp("elsewhere")
    program = environment / "seqcnn"
    finished(program, "demo", "--out", "demo", folder=folder)
    finished(
        program, "train", "--task", "accessibility", "--model", "deepbind",
        *("--max-steps", "20", "--warmup-steps", "1", "--validate-every", "10"),
        *("--subset", "512", "--no-baselines", "--threads", "1", "--out", "run"), folder=folder,
    )  # fmt: skip
    return folder


@pytest.fixture
def run(environment: Path, elsewhere: Path) -> Run:
    """Run a program of the environment in the folder `elsewhere`."""

    def call(program: str, *words: object) -> Finished:
        return finished(environment / program, *words, folder=elsewhere)

    return call
