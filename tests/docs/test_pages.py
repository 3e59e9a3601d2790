"""Tables of settings, source files and notebooks as pages."""

import base64
from pathlib import Path

import pytest

from docs_build.cells import cell
from docs_build.families import family_sections
from docs_build.mended import mended
from docs_build.settings_tables import with_tables
from docs_build.sources import is_shown, source_page
from seqcnn.models import MODELS


def test_settings_table_has_name_type_default_and_words() -> None:
    page = with_tables("before\n\n<!-- settings: PredictSettings -->\n")
    assert page.startswith("before\n")
    assert "| `batch_size` | `int` | `256` | sequences at a time |" in page
    assert "| `bundle` | `Path` | needed | a trained bundle (model.safetensors) |" in page
    assert (
        '| `precision` | `"auto"`, `"32"`, `"bf16"`, `"16"` | `"auto"` | of the network |' in page
    )


def test_settings_table_shows_choices_of_which_none_is_the_default() -> None:
    page = with_tables("<!-- settings: seqcnn.settings.calling.CallSettings -->\n")
    assert '| `preset` | `"illumina"`, `"hifi"`, `"ont"`, `None` | `None` |' in page
    assert "| `model` | `Path | None` |" in page


def test_cell_shows_text_as_it_stands_and_flags_as_code() -> None:
    assert cell("a_b|c <d>; see --max-steps") == "a\\_b\\|c &lt;d&gt;; see `--max-steps`"


def test_backticks_in_a_cell_are_code() -> None:
    assert cell("shards for `seqcnn gather --out x`") == "shards for `seqcnn gather --out x`"


@pytest.mark.parametrize(
    "number",
    ["[0.65, 0.77]", "[-.009, .110]", "9e-15", "14.7 %", "(4 + 8)", "35 / 0 / 1", "84 | 113"],
)
def test_number_in_a_table_is_not_broken_over_lines(number: str) -> None:
    page = mended(f"<p>{number}</p><td>a <b>{number}</b></td>", {}.get)
    assert page == f'<p>{number}</p><td>a <b><span class="whole">{number}</span></b></td>'


def test_bar_in_code_of_a_table_has_no_backslash() -> None:
    assert mended(r"<td><code>a \| b</code></td>", {}.get) == "<td><code>a | b</code></td>"


def test_flag_is_not_broken_over_lines_but_in_blocks() -> None:
    block = "<pre><span></span><code>seqcnn train --loss poisson</code></pre>"
    page = mended(f"{block}<code>--loss poisson</code>", {}.get)
    assert page == f'{block}<code><span class="whole">--loss</span> poisson</code>'


def test_settings_named_in_a_docstring_lead_to_their_table() -> None:
    page = mended("<code>FitSettings</code> <code>OtherSettings</code>", {"FitSettings": "#a"}.get)
    assert '<a href="#a"><code class="whole">FitSettings</code></a>' in page
    assert page.count("<a ") == 1


def test_own_settings_leave_out_those_of_the_base() -> None:
    page = with_tables("<!-- settings: seqcnn.settings.interpret.filters.FiltersSettings own -->")
    assert "`silence`" in page
    assert "`bundle`" not in page


def test_every_network_of_the_registry_has_a_section() -> None:
    sections = family_sections()
    for name in MODELS:
        assert f"`{name}`" in sections
    assert "::: seqcnn.models.vgg.VGG\n" in sections


def test_source_file_is_shown_in_a_fence_longer_than_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""\n```sh\nx\n```\n"""\n')
    page = source_page(file, "docs/a.py")
    assert '# docs/a.py\n\n````python\n"""\n```sh\n' in page


def test_binary_file_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\0\0")
    assert not is_shown(tmp_path / "a.gz")


def test_folder_is_shown_as_the_list_of_its_files(tmp_path: Path) -> None:
    for name in ("b.tsv", "a.yaml", ".hidden"):
        (tmp_path / name).touch()
    assert source_page(tmp_path, "x").endswith("\n- [a.yaml](a.yaml)\n- [b.tsv](b.tsv)\n")


def test_notebook_page_shows_what_cells_gave_and_no_bars() -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is absent: install seqcnn[docs]")
    from docs_build.notebooks import mark, notebook_page

    v4 = nbformat.v4
    png = base64.b64encode(b"picture").decode()
    outputs = [
        v4.new_output("stream", name="stderr", text="|=====| 100 %"),
        v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}}),
        v4.new_output("stream", name="stdout", text="a < b\n"),
        v4.new_output("execute_result", {"text/html": "<table></table>", "text/plain": "t"}),
        v4.new_output(
            "display_data", {"image/png": png}, metadata={"image/png": {"width": 300}}
        ),
    ]  # fmt: skip
    cells = [v4.new_markdown_cell("# Title"), v4.new_code_cell("x = 1", outputs=outputs)]
    page = notebook_page(v4.new_notebook(cells=cells), "zoo")
    assert page.markdown == (
        f"# Title\n\n```python\nx = 1\n```\n\n{mark(0)}\n\n{mark(1)}\n\n{mark(2)}\n"
    )
    assert "<pre>a &lt; b</pre>" in page.outputs[0]
    assert "<table></table>" in page.outputs[1]
    assert '<img src="zoo_files/1_4.png" width="300"' in page.outputs[2]
    assert page.figures == {"zoo_files/1_4.png": b"picture"}
