"""`seqcnn info`."""

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    bundle: Annotated[Path, typer.Argument(help="a trained bundle (model.safetensors)")],
    as_json: Annotated[bool, typer.Option("--json", help="print the whole card")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="print its page: data, recipe, accuracy, limits")
    ] = False,
) -> None:
    from rich.console import Console
    from rich.table import Table

    from seqcnn.api.describe import describe
    from seqcnn.training.bundle import read_card

    card = read_card(bundle)
    if as_json:
        typer.echo(json.dumps(card, indent=2))
        return
    if markdown:
        from seqcnn.api.card_page import card_page

        typer.echo(card_page(card, bundle.stem), nl=False)
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="bold")
    for name, value in describe(card).items():
        table.add_row(name, value)
    Console(highlight=False).print(table)
