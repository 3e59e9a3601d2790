"""`seqcnn interpret VERB`; one file a verb, loaded only when it is the one asked."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from seqcnn.settings import read_config
from seqcnn.settings.interpret.base import InterpretSettings
from seqcnn.settings.interpret.verbs import VERBS

EPILOG = "Start with: seqcnn interpret filters model.safetensors peaks.bed --genome genome.fa"


def build(wanted: str | None) -> typer.Typer:
    """The verbs, with only the `wanted` one's code imported."""
    app = typer.Typer(
        no_args_is_help=True,
        epilog=EPILOG,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, line in VERBS.items():
        function: Callable[..., None] = _not_loaded
        epilog = None
        if name == wanted:
            module = import_module(f"seqcnn.cli.interpret.{name}")
            function, epilog = module.command, getattr(module, "EPILOG", None)
        app.command(name, help=line, epilog=epilog)(function)
    return app


def ask(verb: Callable[..., Any], config: Path | None, flags: dict[str, Any]) -> None:
    """Print what `verb` finds; it writes to the default folder where no other one is named."""
    if "out" not in read_config(config):
        flags.setdefault("out", InterpretSettings.model_fields["out"].default)
    print(verb(flags.pop("bundle"), config=config, quiet=False, **flags))


def _not_loaded() -> None:
    raise AssertionError("only the wanted verb runs")
