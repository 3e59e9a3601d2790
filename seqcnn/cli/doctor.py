"""`seqcnn doctor`."""

import json
from typing import Annotated

import typer


def command(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    seconds: Annotated[float, typer.Option(help="time for each measured rate", min=0.01)] = 0.5,
) -> None:
    from rich.console import Console
    from rich.table import Table

    from seqcnn.api.doctor import doctor

    found = doctor(seconds=seconds)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    console = Console(highlight=False)
    for title in ("versions", "system"):
        table = Table(title=title, show_header=False, title_justify="left", box=None)
        for name, value in found[title].items():
            table.add_row(name, str(value))
        console.print(table, "")
    table = Table(title="measured, GFLOP/s", title_justify="left", box=None)
    for column in ("device", "model", "precision", "matrix", "convolution"):
        table.add_column(column, justify="right" if column in ("matrix", "convolution") else "left")
    models = {device["name"]: device["model"] for device in found["devices"]}
    for rate in found["rates"]:
        table.add_row(
            rate["device"],
            models[rate["device"]],
            rate["precision"],
            f"{rate['matrix']:.0f}",
            f"{rate['convolution']:.0f}",
        )
    console.print(table, "")
    for sentence in found["advice"]:
        console.print(sentence)
