"""The notebooks run from their first cell to their last, and are kept without outputs."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = [
    *("accessibility", "dna_to_tensors", "reads_to_images"),
    *("score_variants", "variants", "zoo"),
]
# They train networks: 10 to 25 s each, where the others take 3 to 5 s.
TRAINING = ("accessibility", "score_variants", "zoo")
MOST_CELLS = 25
# A line that the notebook prints: this one is of demo/variants.vcf.gz, which counts from 1.
PRINTED = {"score_variants": "strongest: demo2:190,708 CCCTGGT>C\n"}
# They share a kernel, and use what `tests/interpret/test_tomtom.py` has compiled.
pytestmark = pytest.mark.xdist_group("compiled")
by_notebook = pytest.mark.parametrize("name", NAMES)
to_run = [pytest.param(n, marks=pytest.mark.slow) if n in TRAINING else n for n in NAMES]


def cells_of(name: str, kind: str = "") -> list[dict[str, Any]]:
    cells = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if kind in ("", cell["cell_type"])]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Jupyter kernel that is this very Python, whatever else is installed."""
    for module in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(module, reason=f"{module} is absent: install seqcnn[test]")
    from jupyter_client.manager import KernelManager

    place = tmp_path_factory.mktemp("jupyter")
    folder = place / "kernels" / "this-python"
    folder.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": start, "display_name": "this Python", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(place))
        # Nothing of the user's own profile takes part, and nothing is written into it.
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(place / name.lower()))
        manager = KernelManager(kernel_name=folder.name)
        manager.start_kernel()
        yield manager
        manager.shutdown_kernel(now=True)


def run(name: str, kernel: Any, work: Path) -> Any:
    """The notebook with its outputs, run in `work`; the kernel forgets the names of the last."""
    import nbclient
    import nbformat

    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    begin = nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {work}")
    notebook.cells.insert(0, begin)
    client = nbclient.NotebookClient(notebook, km=kernel, timeout=600)
    try:
        client.execute()
    finally:
        # nbclient leaves a kernel that it has not started, and its connections to it, alone.
        if client.kc is not None:
            client.kc.stop_channels()
    return notebook


@pytest.mark.parametrize("name", to_run)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq.*")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client.*")
@pytest.mark.filterwarnings("ignore:.*event loop policy.*:DeprecationWarning")
def test_notebook_runs_to_its_end_and_ends_with_a_picture(
    name: str, kernel: Any, tmp_path: Path
) -> None:
    cells = [cell for cell in run(name, kernel, tmp_path).cells if cell.cell_type == "code"]
    assert any("image/png" in output.get("data", {}) for output in cells[-1].outputs)
    outputs = [output for cell in cells for output in cell.outputs]
    assert PRINTED.get(name, "") in "".join(one.get("text", "") for one in outputs)
    # Warnings and tracebacks have no place in what a reader is shown.
    assert [one for one in outputs if one.get("name") == "stderr"] == []
    assert str(tmp_path) not in json.dumps(outputs)


def test_there_are_six_notebooks_and_the_readme_names_each() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"\((\w+)\.ipynb\)", readme))) == NAMES


@by_notebook
def test_notebook_is_kept_without_outputs(name: str) -> None:
    cells = cells_of(name, "code")
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


@by_notebook
def test_notebook_is_short_and_opens_anywhere(name: str) -> None:
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert len(notebook["cells"]) <= MOST_CELLS
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    # It names no place of one machine.
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert re.findall(r"""["'](?:/|~/|[A-Z]:\\).*""", text) == []


@by_notebook
def test_notebook_links_to_files_that_exist(name: str) -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells_of(name, "markdown"))
    links = re.findall(r"\]\(([^)#]+)", text)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []
