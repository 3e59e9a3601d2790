"""Pages of the command line: usage, examples and options of every command, from its parser."""

import re
from dataclasses import dataclass
from typing import Any

import typer

from docs_build.cells import cell
from seqcnn.cli import COMMANDS, WITH_VERBS, build_app
from seqcnn.settings.interpret.verbs import VERBS

FOLDER = "reference/cli"
# `a trained bundle; one of a, b; default 3`, as seqcnn/cli/options.py writes it.
DEFAULT = re.compile(r"(?:; default | \[default: )([^;\]]+?)\]?$")
# A remark at the end of an example: `seqcnn train   (demo data)`.
REMARK = re.compile(r" +\(([^()]+)\)$")
NEEDED = "needed"
WIDTH = 88  # of a line of an example
KINDS = {"str": "TEXT", "int": "NUMBER", "float": "NUMBER", "Path": "PATH"}


@dataclass(frozen=True)
class Option:
    """One option or argument: its spellings, what it takes, its default and what it does."""

    names: tuple[str, ...]
    takes: str
    default: str
    help: str
    panel: str
    positional: bool


@dataclass(frozen=True)
class Command:
    """One command, or one verb of one (`words` is then two), as its parser describes it."""

    words: tuple[str, ...]
    line: str
    examples: tuple[str, ...]
    options: tuple[Option, ...]

    @property
    def name(self) -> str:
        """As it is typed after `seqcnn`."""
        return " ".join(self.words)

    @property
    def page(self) -> str:
        """Its page's path below the site's sources."""
        return f"{FOLDER}/{'-'.join(self.words)}.md"

    @property
    def usage(self) -> str:
        """`seqcnn predict BUNDLE INPUT [OPTIONS]`."""
        given = [option for option in self.options if option.positional]
        words = [one.takes if one.default == NEEDED else f"[{one.takes}]" for one in given]
        return " ".join(["seqcnn", *self.words, *words, "[OPTIONS]"])


def commands() -> list[Command]:
    """Every command in the order of `seqcnn --help`, one that has verbs as its verbs."""
    found = []
    for name in COMMANDS:
        verbs: list[str | None] = list(VERBS) if name in WITH_VERBS else [None]
        for verb in verbs:
            parser = parser_of(name, verb)
            line = COMMANDS[name] if verb is None else VERBS[verb]
            words = (name,) if verb is None else (name, verb)
            options = [_option(one) for one in parser.params if not one.hidden]
            found.append(Command(words, line, _examples(parser.epilog), tuple(options)))
    return found


def parser_of(name: str, verb: str | None = None) -> Any:
    """The parser of one command, or of a verb of it; typer names no public type for it."""
    group: Any = typer.main.get_command(build_app(name, verb))
    command = group.commands[name]
    return command if verb is None else command.commands[verb]


def _examples(epilog: str | None) -> tuple[str, ...]:
    lines = [line.strip() for line in (epilog or "").splitlines()]
    return tuple(_wrapped(REMARK.sub(r"  # \1", line)) for line in lines if _is_command(line))


def _is_command(line: str) -> bool:
    return line.startswith("seqcnn ")


def _wrapped(line: str) -> str:
    """A shell line broken before its options where it is long."""
    lines = [""]
    for part in re.split(r" (?=-)", line):
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {part}" if lines[-1] else part
    return "\n".join(lines)


def _option(parser: Any) -> Option:
    help_text = parser.help or ""
    found = DEFAULT.search(help_text)
    default = found[1] if found else ""
    if found:
        help_text = help_text[: found.start()]
    elif getattr(parser, "is_flag", False):
        default = "on" if parser.secondary_opts else "off"
    elif parser.required:
        default = NEEDED
    elif parser.show_default and parser.default is not None:
        default = str(parser.default)
    positional = parser.param_type_name == "argument"
    takes = _takes(parser)
    names = (takes,) if positional else (*parser.opts, *parser.secondary_opts)
    panel = "Arguments" if positional else parser.rich_help_panel or "Options"
    return Option(names, takes, default, help_text, panel, positional)


def _takes(parser: Any) -> str:
    if parser.metavar is not None:
        return str(parser.metavar)
    if parser.param_type_name == "argument":
        return str(parser.name).upper()
    if parser.is_flag:
        return ""
    kind = getattr(parser.type_descriptor, "annotation", parser.type_descriptor)
    several = " …" if parser.multiple else ""
    return KINDS.get(getattr(kind, "__name__", ""), "TEXT") + several


def command_page(command: Command) -> str:
    """The Markdown page of one command."""
    parts = [f"# seqcnn {command.name}", cell(command.line), f"```text\n{command.usage}\n```"]
    if command.examples:
        parts += ["## Examples", "```sh\n" + "\n".join(command.examples) + "\n```"]
    for panel in dict.fromkeys(option.panel for option in command.options):
        options = [option for option in command.options if option.panel == panel]
        parts += [f"## {panel}", _table(options)]
    parts.append(
        "A setting is written the same as a flag, as a key of the `--config` file (with `_` in "
        "place of `-`) and as a keyword in Python; a flag wins over the file."
        if any("--config" in option.names for option in command.options)
        else ""
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(options: list[Option]) -> str:
    rows = ["| option | takes | default | what it says |", "|---|---|---|---|"]
    for option in options:
        names = ", ".join(f"`{name}`{{ #{name} }}" for name in option.names)
        takes = "" if option.positional else cell(option.takes)
        default = option.default if option.default in ("", NEEDED) else f"`{option.default}`"
        rows.append(f"| {names} | {takes} | {default} | {cell(option.help)} |")
    table = "\n".join(rows)
    return f'<div class="options" markdown>\n\n{table}\n\n</div>'


def index_table(found: list[Command], folder: str) -> str:
    """The table of all commands, with links to their pages from a page of `folder`."""
    rows = ["| command | what it does |", "|---|---|"]
    for command in found:
        link = command.page.removeprefix(f"{folder}/") if folder else command.page
        rows.append(f"| [`seqcnn {command.name}`]({link}) | {cell(command.line)} |")
    return "\n".join(rows)
