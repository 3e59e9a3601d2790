"""Pages of the site that are kept elsewhere in the repository than in docs/."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
# File -> page; a file whose page docs/ has itself (README) is only linked to it.
FILES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "data/README.md": "reference/demo-data.md",
    "workflows/README.md": "workflows/index.md",
    "notebooks/README.md": "notebooks/index.md",
}
# In the order of reading; others follow.
NOTEBOOKS = (
    "dna_to_tensors", "reads_to_images", "accessibility", "variants", "zoo", "score_variants",
)  # fmt: skip


def readmes() -> dict[str, str]:
    """File -> page, of the files above that there are and of each workflow's README."""
    found = {name: page for name, page in FILES.items() if (ROOT / name).exists()}
    return found | workflow_readmes()


def workflow_readmes() -> dict[str, str]:
    """File -> page, of each workflow's README."""
    found = sorted(ROOT.glob("workflows/*/README.md"))
    return {path.relative_to(ROOT).as_posix(): f"workflows/{path.parent.name}.md" for path in found}


def notebook_paths() -> list[Path]:
    """The notebooks in the order of reading."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    order = {name: number for number, name in enumerate(NOTEBOOKS)}
    return sorted(paths, key=lambda path: order.get(path.stem, len(order)))
