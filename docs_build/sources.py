"""Files of the repository that are no pages but are linked from one: shown as a page each."""

from pathlib import Path

LANGUAGES = {
    ".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".sh": "sh", ".json": "json",
    ".cff": "yaml", ".smk": "python", "Snakefile": "python", "Dockerfile": "docker",
    "Makefile": "make",
}  # fmt: skip
LONGEST = 400_000  # bytes that are shown; a longer file is offered as it is
HIDDEN = ("__pycache__", ".snakemake")


def is_shown(file: Path) -> bool:
    """Whether a file is text that a page can show."""
    if file.is_dir():
        return True
    if file.stat().st_size > LONGEST:
        return False
    return b"\0" not in (start := file.read_bytes()) and _is_text(start)


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def source_page(file: Path, path: str) -> str:
    """The Markdown page of a source file, or of a folder: what is in it."""
    head = f"---\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# {path}\n\n"
    if file.is_dir():
        inside = sorted(one.name for one in file.iterdir() if _listed(one))
        return head + "\n".join(f"- [{name}]({name})" for name in inside) + "\n"
    language = LANGUAGES.get(file.suffix) or LANGUAGES.get(file.name, "text")
    text = file.read_text(encoding="utf-8").rstrip("\n")
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{head}{fence}{language}\n{text}\n{fence}\n"


def _listed(file: Path) -> bool:
    return not file.name.startswith(".") and file.name not in HIDDEN
