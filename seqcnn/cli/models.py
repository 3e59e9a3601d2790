"""`seqcnn models`."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from seqcnn.models.describe import Model
    from seqcnn.models.layer_table import LayerTable

EPILOG = """Examples:

seqcnn models   (the list)

seqcnn models resnet50 --size 1000

seqcnn models vgg16 --dim 2 --outputs 1000

seqcnn models dilated --model-arguments width=0.5 pools=2
"""
WIDTH = 100  # columns, where the output is no terminal


def command(
    name: Annotated[
        str | None, typer.Argument(help="a network, for its layer table", show_default=False)
    ] = None,
    dim: Annotated[int, typer.Option(help="1 for sequences, 2 for images")] = 1,
    channels: Annotated[
        int | None, typer.Option(min=1, help="of the input; default 4, or 3 in 2-D")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="positions a side; default 600, or 224 in 2-D")
    ] = None,
    outputs: Annotated[int, typer.Option(min=1, help="of the network")] = 1,
    model_arguments: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE …", help="the network's own, as the list shows them"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    from rich.console import Console

    from seqcnn.cli.options import name_value_pairs
    from seqcnn.models.describe import describe_model, model_list

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    if name is None:
        models = model_list()
        if as_json:
            typer.echo(json.dumps([asdict(model) for model in models], indent=2))
        else:
            _print_list(console, models)
        return
    own = name_value_pairs(model_arguments or [])
    table = describe_model(name, dim=dim, channels=channels, size=size, outputs=outputs, own=own)
    if as_json:
        typer.echo(json.dumps(asdict(table), indent=2))
    else:
        _print_table(console, table)


def _print_list(console: "Console", models: "list[Model]") -> None:
    from rich.table import Table

    first = max(len(model.name) for model in models)
    for paper, family in groupby(models, key=lambda model: model.paper):
        console.print(paper, style="bold", markup=False)
        headed = paper == models[0].paper
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=headed)
        table.add_column("", min_width=first, no_wrap=True)
        table.add_column("dims", min_width=4)
        table.add_column("parameters", min_width=11, justify="right")
        table.add_column("smallest", min_width=8, justify="right")
        table.add_column("arguments")
        for model in family:
            table.add_row(
                model.name,
                ", ".join(map(str, model.dims)),
                f"{model.parameters:,}",
                f"{model.smallest:,}",
                " ".join(f"{key}={_value(value)}" for key, value in model.arguments.items()),
            )
        console.print(table, "")
    console.print(
        f"{len(models)} networks. Parameters with 4 channels, 1 output, in 1-D; smallest: the "
        "fewest positions that one takes. Layers of one: seqcnn models NAME"
    )


def _print_table(console: "Console", found: "LayerTable") -> None:
    from rich.table import Table

    from seqcnn.models.layer_table import EXPLANATION

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("layer", overflow="fold")
    table.add_column("kind", overflow="fold")
    for title in (
        "output", "parameters", "multiply-\nadds", "activa-\ntions", "receptive\nfield", "stride"
    ):  # fmt: skip
        table.add_column(title, justify="right", no_wrap=True)
    for layer in found.layers:
        table.add_row(
            layer.name,
            layer.kind,
            _shape(layer.output),
            f"{layer.parameters:,}" if layer.parameters else "-",
            _short(layer.multiply_adds),
            _short(layer.activation_bytes, "B"),
            _sides(layer.receptive_field, "all" if layer.output else "-"),
            _sides(layer.stride, "-"),
        )
    console.print(table, "")
    totals = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    totals.add_column(style="bold")
    totals.add_row("parameters", f"{found.parameters:,}")
    totals.add_row("multiply-adds", f"{found.multiply_adds:,}")
    totals.add_row("activations", f"{_short(found.activation_bytes, 'B')} an example")
    totals.add_row("last feature map", _shape(found.features))
    totals.add_row("its receptive field", _sides(found.receptive_field, "all"))
    totals.add_row("its stride", _sides(found.stride, "-"))
    totals.add_row("output", _shape(found.output))
    console.print(totals, "")
    console.print(EXPLANATION, style="dim")


def _value(value: Any) -> str:
    return "auto" if value is None else str(value)


def _shape(sides: Iterable[int]) -> str:
    return " x ".join(f"{side:,}" for side in sides) or "-"


def _sides(sides: tuple[int, ...] | None, none: str) -> str:
    """One number where all sides have the same."""
    if sides is None:
        return none
    return f"{sides[0]:,}" if len(set(sides)) == 1 else _shape(sides)


def _short(number: int, unit: str = "") -> str:
    """Three figures and a prefix: 3.21 M, 118 M, 698 kB."""
    for size, prefix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            value = number / size
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {prefix}{unit}"
    return f"{number} {unit}".rstrip() if number else "-"
