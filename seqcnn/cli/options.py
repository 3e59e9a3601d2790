"""Command-line options made from typed settings, so that each setting is written once."""

from collections.abc import Callable
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from seqcnn.errors import InputError
from seqcnn.settings import Settings

HIDDEN_DEFAULTS: tuple[Any, ...] = (None, [], {})


def settings_command(
    kind: type[Settings],
    run: Callable[[Path | None, dict[str, Any]], None],
    panels: dict[str, tuple[str, ...]],
    *,
    short: dict[str, str] | None = None,
    arguments: tuple[str, ...] = (),
) -> Callable[..., None]:
    """A typer function with one option per field of `kind`, plus `--config`.

    `run` gets the config path and only what the user gave, so that a default of a task or of the
    config file is not overwritten by a default of the command line. `panels` groups the help;
    the fields named in `arguments` are positional.
    """
    panel_of = {name: panel for panel, names in panels.items() for name in names}

    def command(**given: Any) -> None:
        config = given.pop("config")
        flags = {name: value for name, value in given.items() if value not in (None, [])}
        if "model_arguments" in flags:
            flags["model_arguments"] = name_value_pairs(flags["model_arguments"])
        run(config, flags)

    parameters = []
    ordered = [name for names in panels.values() for name in names if name in kind.model_fields]
    ordered += [name for name in kind.model_fields if name not in panel_of]
    for name in ordered:
        field = kind.model_fields[name]
        hidden = field.is_required() or field.default in HIDDEN_DEFAULTS
        default = None if hidden else str(field.default)
        if name in arguments:
            annotation = Annotated[
                field.annotation,  # type: ignore[name-defined]
                typer.Argument(help=field.description, metavar=name.upper(), show_default=False),
            ]
            missing = Parameter.empty if field.is_required() else None
            parameters.append(
                Parameter(
                    name, Parameter.POSITIONAL_OR_KEYWORD, default=missing, annotation=annotation
                )
            )
            continue
        flag = "--" + name.replace("_", "-")
        if field.default is True:
            flag += f"/--no-{flag[2:]}"
        flags = [flag, *([short[name]] if short and name in short else [])]
        help_text = field.description or ""
        if get_origin(field.annotation) is Literal:
            choices = ", ".join(map(str, field.annotation.__args__))  # type: ignore[union-attr]
            help_text += f"; one of {choices}"
        if default not in (None, "False", "True"):
            help_text += f"; default {default}"
        option = typer.Option(
            *flags,
            help=help_text,
            metavar=_metavar(field.annotation),
            rich_help_panel=panel_of.get(name),
            show_default=False,
        )
        parameters.append(
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[_accepted(field.annotation), option],
            )
        )
    config_option = typer.Option(
        "--config",
        help="YAML file of these settings; flags win over it",
        metavar="PATH",
        rich_help_panel=panel_of.get("config"),
    )
    parameters.append(
        Parameter(
            "config",
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Path | None, config_option],
        )
    )
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _accepted(annotation: Any) -> Any:
    """What the command line takes for a field; the settings check choices and numbers themselves,
    so that a wrong one reads the same from a flag and from a file."""
    if get_origin(annotation) is list:
        return annotation | None
    if annotation is bool:
        return bool | None
    if annotation in (Path, Path | None):
        return Path | None
    if get_origin(annotation) is dict:
        return list[str] | None
    return str | None


def _metavar(annotation: Any) -> str:
    if annotation is bool:
        return ""
    if get_origin(annotation) is dict:
        return "NAME=VALUE …"
    names = {int: "NUMBER", float: "NUMBER", Path: "PATH", str: "TEXT"}
    kinds = [kind for kind in names if kind in (annotation, *get_args(annotation))]
    several = " …" if get_origin(annotation) is list else ""
    return (names[kinds[0]] if kinds else "NAME") + several


def name_value_pairs(words: list[str]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"--model-arguments: expected name=value, got '{word}'")
        pairs[name] = _number(value)
    return pairs


def _number(text: str) -> int | float | str | bool:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
