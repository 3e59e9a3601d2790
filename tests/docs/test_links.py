"""Links of Markdown lead on the site to what they lead to in a checkout."""

import pytest

from docs_build.links import local_targets, rewrite

PAGES = {
    "docs/how-to/train.md": "how-to/train.md",
    "docs/models.md": "models.md",
    "CHANGELOG.md": "changelog.md",
    "notebooks/zoo.ipynb": "notebooks/zoo.md",
    "workflows/zoo/README.md": "workflows/zoo.md",
    "workflows/zoo/Snakefile": "source/workflows/zoo/Snakefile.md",
}
COMMANDS = {"train": "reference/cli/train.md", "interpret filters": "reference/cli/filters.md"}


def on_site(text: str, page: str = "docs/how-to/train.md") -> str:
    return rewrite(text, page, PAGES[page], PAGES.get, COMMANDS.get)


@pytest.mark.parametrize(
    ("page", "written", "wanted"),
    [
        ("docs/how-to/train.md", "[a](../models.md)", "[a](../models.md)"),
        ("docs/how-to/train.md", "[a](../models.md#b)", "[a](../models.md#b)"),
        ("docs/how-to/train.md", "[a](../../notebooks/zoo.ipynb)", "[a](../notebooks/zoo.md)"),
        ("docs/models.md", "[a](../workflows/zoo/README.md#x)", "[a](workflows/zoo.md#x)"),
        ("workflows/zoo/README.md", "[a](Snakefile)", "[a](../source/workflows/zoo/Snakefile.md)"),
        ("workflows/zoo/README.md", "[a](../../docs/models.md)", "[a](../models.md)"),
        ("CHANGELOG.md", "[a](docs/how-to/train.md)", "[a](how-to/train.md)"),
        ("CHANGELOG.md", "[a]: docs/models.md", "[a]: models.md"),
        ("CHANGELOG.md", '<img src="docs/models.md">', '<img src="models.md">'),
        ("notebooks/zoo.ipynb", "[a](../docs/models.md)", "[a](../models.md)"),
    ],
)
def test_link_leads_to_the_page_of_the_same_file(page: str, written: str, wanted: str) -> None:
    assert on_site(written, page) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://example.org/models.md)",
        "[a](#below)",
        "[a](not-there.md)",
        "`[a](../models.md)`",
        "``[a](../models.md) ` ``",
        "```text\n[a](../models.md)\n`seqcnn train`\n```",
        "# What `seqcnn train` does",
        "`seqcnn train --help`",
    ],
)
def test_addresses_anchors_and_code_stay_as_they_are(text: str) -> None:
    assert on_site(text) == text


def test_name_of_a_command_becomes_a_link_to_its_page() -> None:
    assert on_site("Run `seqcnn train`.") == "Run [`seqcnn train`](../reference/cli/train.md)."
    assert on_site("`seqcnn interpret filters`") == (
        "[`seqcnn interpret filters`](../reference/cli/filters.md)"
    )
    assert on_site("[`seqcnn train`](../models.md)") == "[`seqcnn train`](../models.md)"


def test_local_targets_leave_out_addresses_and_code() -> None:
    text = "[a](b.md#c) [d](https://x.org) `[e](f)` [g](#h)\n\n[i]: j/k.py\n"
    assert local_targets(text) == ["b.md#c", "j/k.py"]
