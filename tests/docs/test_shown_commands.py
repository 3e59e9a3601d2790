"""What README and the pages show exists: commands, flags, settings of config files, files."""

import ast
import contextlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import seqcnn
from seqcnn.cli import COMMANDS, WITH_VERBS, build_app, command_words, gather_lists
from seqcnn.cli.interpret import VERBS
from seqcnn.settings import TrainSettings

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
# Pages for users of the commands; the others tell of measurements and of the code.
GUIDES = ("tutorials", "how-to", "concepts", "reference")
COMMAND_PAGES = [
    ROOT / "README.md",
    *(page for page in DOCS if page.parent.name in GUIDES or page.stem in ("faq", "install")),
]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *DOCS,
    *sorted(ROOT.glob("workflows/**/README.md")),
    ROOT / "notebooks" / "README.md",
    ROOT / "data" / "README.md",
]
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(seqcnn [^`]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A flag outside a command, as in `--negatives genomic`.
FLAG = re.compile(r"`(--[a-z][a-z0-9-]*)")
STARTS = re.compile(rf"(?:srun )?seqcnn (?:{'|'.join(COMMANDS)})\b")
# Flags of Snakemake, of pip, and of seqcnn itself.
OTHERS = {
    *("--cores", "--configfile", "--directory", "--profile", "--dry-run", "--keep-going"),
    *("--set-threads", "--set-resources", "--unlock", "--rerun-incomplete"),
    *("--quiet", "--gpus", "--help", "--version"),
}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def commands(page: Path) -> list[str]:
    """Every `seqcnn …` of a page: in shell blocks, lines joined at a backslash, and in text."""
    joined = "\n".join(blocks(page, "sh", "bash")).replace("\\\n", " ").splitlines()
    lines = [line.strip() for line in joined]
    shown = [line[line.index("seqcnn ") :] for line in lines if STARTS.match(line)]
    return shown + [text for text in INLINE.findall(prose(page)) if text.split()[1] in COMMANDS]


def command_of(name: str, verb: str | None = None) -> Any:
    """The parser of one command, or of a verb of it; typer names no public type for it."""
    group: Any = typer.main.get_command(build_app(name, verb))
    command = group.commands[name]
    return command if verb is None else command.commands[verb]


def flags_of(command: str) -> set[str]:
    verbs = VERBS if command in WITH_VERBS else (None,)
    parameters = [one for verb in verbs for one in command_of(command, verb).params]
    return {flag for one in parameters for flag in (*one.opts, *one.secondary_opts)}


def parse(command: str) -> None:
    """Parse as the command line does, without running; raises a usage error."""
    words = shlex.split(command, comments=True)[1:]
    words = words[: next((i for i, word in enumerate(words) if word in ("|", ">", "&&")), None)]
    name, verb = command_words(words)
    assert name is not None
    rest = gather_lists(words)[1 if verb is None else 2 :]
    with contextlib.suppress(typer.Exit):  # --help shows itself and leaves
        command_of(name, verb).make_context(verb or name, rest)


def is_only_named(command: str) -> bool:
    """Whether no more than the command is named, as in `seqcnn predict`."""
    words = command.split()
    return len(words) <= (3 if words[1] in WITH_VERBS else 2)


SHOWN = sorted({(name(page), command) for page in COMMAND_PAGES for command in commands(page)})
FULL = [(page, command) for page, command in SHOWN if not is_only_named(command)]


@pytest.mark.parametrize(("page", "command"), FULL, ids=[command for _, command in FULL])
def test_shown_command_parses(page: str, command: str) -> None:
    words = command.split()
    if len(words) == 3 and words[2].startswith("--"):  # a flag named with its command
        assert words[2] in flags_of(words[1]) | OTHERS, f"{page}: {command}"
    else:
        parse(command)


def test_every_command_is_shown_on_some_page() -> None:
    assert {command.split()[1] for _, command in FULL} >= set(COMMANDS) - {"doctor", "models"}
    assert {command.split()[1] for _, command in SHOWN} == set(COMMANDS)
    verbs = {command.split()[2] for _, command in FULL if command.split()[1] == "interpret"}
    assert verbs == set(VERBS)


def test_parsing_notices_a_flag_that_does_not_exist() -> None:
    with pytest.raises(typer.BadParameter.__base__, match="pekas"):
        parse("seqcnn train --pekas a.bed")


@pytest.fixture(scope="module")
def known_flags() -> set[str]:
    return OTHERS.union(*map(flags_of, COMMANDS))


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=name)
def test_flag_named_in_the_text_is_one_of_some_command(page: Path, known_flags: set[str]) -> None:
    assert set(FLAG.findall(prose(page))) - known_flags == set()


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=name)
def test_settings_in_shown_config_files_exist(page: Path) -> None:
    for text in blocks(page, "yaml"):
        if text.startswith("# train.yaml"):
            assert set(yaml.safe_load(text)) <= set(TrainSettings.model_fields)


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=name)
def test_shown_python_parses_and_names_what_is_there(page: Path) -> None:
    for text in blocks(page, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seqcnn"):
                exec(compile(ast.Module([node], []), str(page), "exec"), {})
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "seqcnn":
                assert hasattr(seqcnn, node.attr), f"{name(page)}: seqcnn.{node.attr}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_link_to_a_local_file_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{name(page)}: {link}"
        # (`seqcnn.…` is an object of the API pages, which are made when the site is built.)
        if anchor and target.suffix == ".md" and not anchor.startswith("seqcnn."):
            assert anchor in anchors(target), f"{name(page)}: no heading for {link}"


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get on the usual hosts."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }
