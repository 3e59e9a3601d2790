"""The commands of README and the tutorials run, in order, in an empty folder, as they stand.

A `text` block is what the commands before it print: its lines must come in that order, with other
decimals perhaps. (A `console` block shows what may differ more from machine to machine.)
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Installing is tested where the wheel is built.
INSTALLING = ("git clone", "pip install", "pipx ", "conda ", "make ", "python -m venv", "cd ", ". ")
DECIMALS = re.compile(r"[-+\N{MINUS SIGN}]?\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorials").glob("*.md"))]


def steps(page: Path) -> list[tuple[str, str]]:
    """(language, text) of the shown commands and of the output that is promised."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(language, text) for language, text in found if language in ("sh", "text")]


def without_installing(commands: str) -> str:
    joined = commands.replace("\\\n", " ")
    return "\n".join(line for line in joined.splitlines() if not line.startswith(INSTALLING))


def masked(text: str) -> list[str]:
    """Lines with decimals masked and white space as one blank."""
    lines = (" ".join(DECIMALS.sub("#", line).split()) for line in text.splitlines())
    return [line for line in lines if line]


def run_page(page: Path, folder: Path, environment: dict[str, str]) -> None:
    """Run the commands of `page` in `folder`, and compare with what it promises."""
    printed: list[str] = []
    for language, text in steps(page):
        if language == "text":
            lines = iter(printed)
            missing = [line for line in masked(text) if line not in lines]
            assert not missing, f"{page.name}: not printed: {missing}; printed: {printed}"
            continue
        done = subprocess.run(
            # Not `pipefail`: `head` may end before what feeds it, which is no failure.
            ["bash", "-eu", "-c", without_installing(text)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{page.name}:\n{text}\n{done.stdout}"
        printed = masked(done.stdout)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a shell in which `seqcnn` is this very package."""
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "seqcnn"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seqcnn "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run_as_they_stand(
    page: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    if "git clone" in page.read_text(encoding="utf-8"):
        (folder / "seqcnn").symlink_to(ROOT)
    run_page(page, folder, environment)


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


def test_a_shown_output_may_differ_in_decimals_only(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    shown = "```sh\necho AUROC 0.91 of 12; echo end\n```\nand\n```text\nAUROC {}\n```\n"
    run_page(page_of(tmp_path, shown.format("0.87 of 12")), tmp_path, environment)
    with pytest.raises(AssertionError, match=r"not printed: .'AUROC # of 13'"):
        run_page(page_of(tmp_path, shown.format("0.87 of 13")), tmp_path, environment)


def test_a_shown_command_that_fails_is_noticed(tmp_path: Path, environment: dict[str, str]) -> None:
    page = page_of(tmp_path, "```sh\nseqcnn info missing.safetensors\n```\n")
    with pytest.raises(AssertionError, match=r"missing\.safetensors"):
        run_page(page, tmp_path, environment)
