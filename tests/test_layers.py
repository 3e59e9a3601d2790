"""A module imports from its own layer or one to the left, never to the right."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "seqcnn"
LAYERS = (
    *("errors atomic settings version", "encoders models", "data", "training", "calling", "tasks"),
    *("effects", "interpret", "report", "api", "cli"),
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names.split()}


def wrong_imports(package: Path) -> list[str]:
    """`file:line: imported module` of every import to the right; the package's own top is free."""
    found = []
    first = [package / f"{name}.py" for name in LAYERS[0].split()]
    for file in sorted(package.glob("*/**/*.py")) + [file for file in first if file.exists()]:
        own = file.relative_to(package).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{file}:{node.lineno}: write imports in full"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for parts in (name.split(".") for name in names):
                if parts[0] == "seqcnn" and LAYER_OF[parts[1]] > LAYER_OF[own]:
                    found.append(f"{file.relative_to(package)}:{node.lineno}: {'.'.join(parts)}")
    return found


def test_no_module_imports_from_a_layer_to_its_right():
    assert wrong_imports(PACKAGE) == []


@pytest.mark.parametrize("line", ["from seqcnn.tasks import task", "import seqcnn.cli"])
def test_an_import_to_the_right_is_found(tmp_path, line):
    for name in LAYERS[0].split():
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "genome.py").write_text(f"import numpy\n\n{line}\n")
    assert [found[:16] for found in wrong_imports(tmp_path)] == ["data/genome.py:3"]


def test_every_part_of_the_package_has_a_layer():
    parts = {
        file.stem
        for file in PACKAGE.iterdir()
        if not file.name.startswith("_") and file.name != "py.typed"
    }
    assert parts - {"demo", "zoo", "DS_Store"} <= set(LAYER_OF)
