"""What README and the guide show exists: commands, flags, settings of config files, files."""

import contextlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from seqcnn.cli import COMMANDS, WITH_VERBS, build_app, command_words, gather_lists
from seqcnn.cli.interpret import VERBS
from seqcnn.settings import TrainSettings

ROOT = Path(__file__).parents[1]
PAGE_NAMES = ("guide.md", "calling.md", "variant-effects.md", "interpretation.md")
COMMAND_PAGES = [ROOT / "README.md", *(ROOT / "docs" / name for name in PAGE_NAMES)]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data" / "README.md"],
    key=lambda page: str(page),
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(seqcnn [^`]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# A flag outside a command, as in `--negatives genomic`.
FLAG = re.compile(r"`(--[a-z][a-z0-9-]*)")


def blocks(page: Path, *languages: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def commands(page: Path) -> list[str]:
    """Every `seqcnn …` of a page: in shell blocks, lines joined at a backslash, and in text."""
    lines = "\n".join(blocks(page, "sh", "bash")).replace("\\\n", " ").splitlines()
    shown = [line[line.index("seqcnn ") :] for line in lines if _begins_with_command(line)]
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return shown + [command for command in INLINE.findall(text) if command.split()[1] in COMMANDS]


def _begins_with_command(line: str) -> bool:
    return re.match(rf"(?:srun )?seqcnn (?:{'|'.join(COMMANDS)})\b", line) is not None


def command_of(name: str, verb: str | None = None) -> Any:
    """The parser of one command, or of a verb of it; typer names no public type for it."""
    group: Any = typer.main.get_command(build_app(name, verb))
    command = group.commands[name]
    return command if verb is None else command.commands[verb]


def every_command() -> list[Any]:
    plain = [command_of(name) for name in COMMANDS if name not in WITH_VERBS]
    return plain + [command_of("interpret", verb) for verb in VERBS]


def parse(command: str) -> None:
    """Parse as the command line does, without running; raises a usage error."""
    words = shlex.split(command, comments=True)[1:]
    name, verb = command_words(words)
    assert name is not None
    rest = gather_lists(words)[1 if verb is None else 2 :]
    with contextlib.suppress(typer.Exit):  # --help shows itself and leaves
        command_of(name, verb).make_context(verb or name, rest)


SHOWN = sorted({(page.name, command) for page in COMMAND_PAGES for command in commands(page)})


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=[command for _, command in SHOWN])
def test_shown_command_parses(page: str, command: str) -> None:
    parse(command)


def test_commands_are_found_in_all_pages() -> None:
    assert {name for name, _ in SHOWN} == {"README.md", *PAGE_NAMES}
    assert {command.split()[1] for _, command in SHOWN} == set(COMMANDS)
    shown = {command.split()[2] for _, command in SHOWN if command.split()[1] == "interpret"}
    assert shown == set(VERBS)


def test_parsing_notices_a_flag_that_does_not_exist() -> None:
    with pytest.raises(typer.BadParameter.__base__, match="pekas"):
        parse("seqcnn train --pekas a.bed")


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.name)
def test_flag_named_in_the_text_is_one_of_some_command(page: Path) -> None:
    known = {
        flag
        for command in every_command()
        for parameter in command.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    assert set(FLAG.findall(text)) - known == set()


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.name)
def test_settings_in_shown_config_files_exist(page: Path) -> None:
    for text in blocks(page, "yaml"):
        assert set(yaml.safe_load(text)) <= set(TrainSettings.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_link_to_a_local_file_leads_somewhere(page: Path) -> None:
    headings = {_anchor(page) for page in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)}
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        assert not name or (page.parent / name).exists(), f"{page.name}: {link}"
        assert name or anchor in headings, f"{page.name}: no heading for #{anchor}"


def _anchor(heading: str) -> str:
    """The anchor that a heading gets on the usual hosts."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
