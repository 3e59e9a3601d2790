"""`seqcnn demo`."""

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples:

seqcnn demo   (where the data are installed)

seqcnn demo --out demo   (a copy of your own)
"""


def command(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="folder to copy the files to", show_default=False),
    ] = None,
) -> None:
    from seqcnn.api.demo import FILES, demo

    folder = demo(out)
    width = max(map(len, FILES))
    for name, meaning in FILES.items():
        typer.echo(f"{name:{width}}  {meaning}", err=True)
    typer.echo(folder)
