"""Tables of a command's settings for the Python pages: name, type, default, what it says."""

import re
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import seqcnn.settings
from docs_build.cells import cell
from seqcnn.settings import Settings

# `<!-- settings: PredictSettings -->` on a line of its own; `own`: without those of its base.
MARK = re.compile(r"^<!-- settings: (?P<kind>[\w.]+)(?P<own> own)? -->$", re.MULTILINE)


def with_tables(text: str) -> str:
    """A page in which each mark is replaced by the table of the settings that it names."""

    def table(match: re.Match[str]) -> str:
        kind = _kind(match["kind"])
        bases = [base for base in kind.__bases__ if issubclass(base, Settings)]
        inherited = {name for base in bases for name in base.model_fields}
        table = settings_table(kind, inherited if match["own"] else set())
        return f'<div class="options" id="{kind.__name__}" markdown>\n\n{table}\n\n</div>'

    return MARK.sub(table, text)


def names_in(text: str) -> list[str]:
    """The classes of settings whose tables a page shows; each is an anchor there."""
    return [match["kind"].rpartition(".")[2] for match in MARK.finditer(text)]


def settings_table(kind: type[Settings], left_out: set[str]) -> str:
    """A Markdown table of the fields of `kind`, but for those in `left_out`."""
    rows = ["| setting | type | default | what it says |", "|---|---|---|---|"]
    for name, field in kind.model_fields.items():
        if name in left_out:
            continue
        default = "needed" if field.is_required() else f"`{_shown(field.get_default())}`"
        cells = (f"`{name}`", _type(field.annotation), default, cell(field.description or ""))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _kind(name: str) -> type[Settings]:
    """The settings of a name in `seqcnn.settings`, or of a full one."""
    module, _, last = name.rpartition(".")
    if not module:
        return getattr(seqcnn.settings, last)
    from importlib import import_module

    return getattr(import_module(module), last)


def _shown(value: Any) -> str:
    return repr(str(value) if isinstance(value, Path) else value).replace("'", '"')


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Union:  # of choices and None; other unions are `X | Y`
        return ", ".join(_type(one) for one in get_args(annotation))
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{_shown(choice)}`" for choice in get_args(annotation))
    if get_origin(annotation) in (list, dict):
        inside = ", ".join(_plain(one) for one in get_args(annotation))
        return f"`{get_origin(annotation).__name__}[{inside}]`"
    return f"`{_plain(annotation)}`"


def _plain(annotation: Any) -> str:
    if isinstance(annotation, type) and not get_args(annotation):
        return "None" if annotation is type(None) else annotation.__name__
    return (
        str(annotation).replace("pathlib.", "").replace("typing.", "").replace("NoneType", "None")
    )
