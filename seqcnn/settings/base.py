"""Typed settings: defaults, then a YAML file, then flags; the same names in all three."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from seqcnn.errors import InputError


class Settings(BaseModel):
    """Base of all settings: unknown names are refused, values are checked once."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


Chosen = TypeVar("Chosen", bound=Settings)


def resolve(
    kind: type[Chosen], config: Path | None, flags: dict[str, Any], defaults: dict[str, Any]
) -> Chosen:
    """Settings of `kind` from `defaults`, then the YAML file `config`, then `flags`.

    Raises:
        InputError: the file is not YAML, a name is unknown (with the nearest known one), or a
            value has the wrong type or range.
    """
    loaded = read_config(config)
    for name in loaded:
        _check_name(kind, name, str(config))
    for name in flags:
        _check_name(kind, name, "settings")
    try:
        return kind(**{**defaults, **loaded, **flags})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        shown = f"--{name.replace('_', '-')}"
        if name not in flags and name in loaded:
            shown = f"{config}: {name}"
        if first["type"] == "missing":
            raise InputError(f"{shown} is needed") from None
        told = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{shown}: {told} (got {first['input']!r})") from None


def _check_name(kind: type[Settings], name: str, source: str) -> None:
    if name in kind.model_fields:
        return
    near = get_close_matches(str(name), kind.model_fields, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(kind.model_fields)}"
    raise InputError(f"{source}: unknown setting '{name}'{hint}")


def read_config(path: Path | None) -> dict[str, Any]:
    """The settings in a YAML file; none without a file.

    Raises:
        InputError: missing, not YAML, or not a list of `name: value` lines.
    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text; write one 'name: value' a line, UTF-8") from None
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise InputError(f"{path}:{line}: not valid YAML; write one 'name: value' a line") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise InputError(f"{path}: expected 'name: value' lines, found {type(loaded).__name__}")
    return loaded
