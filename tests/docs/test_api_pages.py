"""What the Python pages name is there, public, and says what it does."""

import ast
import re
from pathlib import Path

import pytest

import seqcnn

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "reference").glob("**/*.md"))
NAMED = re.compile(r"^::: (seqcnn[\w.]*)(?:\n {4}options:.*members: \[([^\]]*)\])?", re.MULTILINE)


def named() -> list[str]:
    """Each object that a page names, and each member that it chooses of a module."""
    found = []
    for page in PAGES:
        for path, members in NAMED.findall(page.read_text(encoding="utf-8")):
            chosen = [member.strip() for member in members.split(",") if member.strip()]
            found += [f"{path}.{member}" for member in chosen] or [path]
    return found


def docstring_of(path: str) -> str | None:
    """The docstring of a module, or of a class or function in one, without importing it."""
    module = ROOT.joinpath(*path.split("."))
    for file in (module.with_suffix(".py"), module / "__init__.py"):
        if file.exists():
            return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    parent, _, name = path.rpartition(".")
    folder = ROOT.joinpath(*parent.split("."))
    file = (
        folder.with_suffix(".py") if folder.with_suffix(".py").exists() else folder / "__init__.py"
    )
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node)
    return None


@pytest.mark.parametrize("path", [path for path in named() if path.count(".") > 1])
def test_named_object_is_there_and_says_what_it_does(path: str) -> None:
    assert docstring_of(path)


def test_everything_at_the_top_of_the_package_is_on_a_page() -> None:
    top = {path.removeprefix("seqcnn.") for path in named() if path.count(".") == 1}
    assert top == set(seqcnn.__all__) - {"InputError", "__version__"}


def test_a_name_that_is_not_there_is_noticed() -> None:
    assert docstring_of("seqcnn.data.genome.Genom") is None
