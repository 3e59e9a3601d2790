"""Notebooks as pages: executed by this very Python, and written as Markdown with their outputs."""

import base64
import hashlib
import json
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import nbformat

# What a cell returns, the best view first; a bar that was drawn while it ran is none of it.
BAR = "application/vnd.jupyter.widget-view+json"
MARK = re.compile(r'<div data-output="(\d+)"></div>')
KERNEL = "docs-build"
SECONDS = 600  # of one cell, before it is given up
AT_ONCE = 2


class NotebookFailed(Exception):
    """A cell raised an error: which notebook's, and what."""


@dataclass
class NotebookPage:
    """A notebook's Markdown, with a mark where each output belongs; the outputs; the figures."""

    markdown: str = ""
    outputs: list[str] = field(default_factory=list)
    figures: dict[str, bytes] = field(default_factory=dict)


def executed(notebooks: list[Path], cache: Path, *, execute: bool) -> dict[Path, Any]:
    """Each notebook with its outputs.

    With `execute` false, the outputs are those that the same cells had when they were last
    executed, or none.

    Raises:
        NotebookFailed: a cell raised an error.
    """
    cache.mkdir(parents=True, exist_ok=True)
    kernels = _kernel(cache)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ready = pool.map(lambda path: _executed(path, cache, kernels, execute), notebooks)
        return dict(zip(notebooks, ready, strict=True))


def _executed(path: Path, cache: Path, kernels: Path, execute: bool) -> Any:
    kept = cache / f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}.ipynb"
    if not execute:
        return nbformat.read(kept if kept.exists() else path, as_version=4)
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    work = cache / path.stem
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL,
        timeout=SECONDS,
        resources={"metadata": {"path": str(work)}},
    )
    client.km = client.create_kernel_manager()
    client.km.kernel_spec_manager.kernel_dirs = [str(kernels)]
    try:
        client.execute()
    except CellExecutionError as error:
        raise NotebookFailed(f"{path.name}: {error.ename}: {error.evalue}") from error
    nbformat.write(notebook, kept)
    return notebook


def _kernel(folder: Path) -> Path:
    """The folder of a Jupyter kernel that is this Python, whatever else is installed."""
    kernels = folder / "kernels"
    (kernels / KERNEL).mkdir(parents=True, exist_ok=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    start += ["--log-level=ERROR", "--InlineBackend.figure_format=retina"]
    start += ["--HistoryManager.enabled=False"]
    specification = {"argv": start, "display_name": "Python", "language": "python"}
    (kernels / KERNEL / "kernel.json").write_text(json.dumps(specification))
    # Its connection files and profile stay here too, not in the user's home.
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        os.environ.setdefault(name, str(folder / name.lower()))
    return kernels


def notebook_page(notebook: Any, stem: str) -> NotebookPage:
    """The page of a notebook; figures are named `<stem>_files/<cell>_<output>.png`."""
    page = NotebookPage()
    parts = []
    for number, cell in enumerate(notebook.cells):
        source = "".join(cell.source).strip("\n")
        if cell.cell_type == "markdown":
            parts.append(source)
        elif cell.cell_type == "code" and source:
            parts.append(f"```python\n{source}\n```")
            for order, output in enumerate(cell.outputs):
                html = _output(output, page, f"{stem}_files/{number}_{order}.png")
                if html:
                    parts.append(mark(len(page.outputs)))
                    page.outputs.append(f'<div class="cell-output">{html}</div>')
    page.markdown = "\n\n".join(parts) + "\n"
    return page


def mark(number: int) -> str:
    """What stands in the Markdown for an output, which Markdown must not touch."""
    return f'<div data-output="{number}"></div>'


def with_outputs(html: str, page: NotebookPage, stem: str) -> str:
    """The rendered page with its outputs where their marks stand, and the notebook to be had."""
    get = f'<p>To run it yourself: <a href="{stem}.ipynb" download>{stem}.ipynb</a>.</p>'
    return MARK.sub(lambda found: page.outputs[int(found[1])], html) + get


def _output(output: Any, page: NotebookPage, name: str) -> str:
    if output.output_type == "stream":
        # A stream of errors holds bars, and what libraries say while they are loaded.
        return _text(output.text) if output.name == "stdout" else ""
    if output.output_type == "error":
        return _text(f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    if BAR in data:
        return ""
    if "image/png" in data:
        page.figures[name] = base64.b64decode(data["image/png"])
        size = output.metadata.get("image/png", {})
        width = f' width="{size["width"]}"' if "width" in size else ""
        picture = f'<img src="{name}"{width} alt="Figure that the cell draws">'
        return f'<a href="{name}" title="In full size">{picture}</a>'
    if "image/svg+xml" in data:
        return str(data["image/svg+xml"])
    if "text/html" in data:
        return f'<div class="cell-html">{"".join(data["text/html"])}</div>'
    return _text(data.get("text/plain", ""))


def _text(text: str) -> str:
    text = "".join(text).rstrip()
    return f"<pre>{escape(text)}</pre>" if text else ""
