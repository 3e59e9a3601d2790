"""`seqcnn evaluate`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.cli.train import PANELS as TRAIN_PANELS
from seqcnn.settings import EvaluateSettings

EPILOG = """Examples:

seqcnn evaluate runs/demo/model.safetensors

seqcnn evaluate model.safetensors --split val --json-out val.json

seqcnn evaluate model.safetensors --knn

seqcnn evaluate model.safetensors --table test.csv --test-table other.csv
"""
CELL = 24  # columns of the terminal for a value with its interval, or a baseline's name
TITLES = ("Data", "Windows and labels", "Images", "Variants", "Splits")
PANELS: dict[str, tuple[str, ...]] = {
    "Main": (
        *("bundle", "split", "json_out", "config", "baselines", "knn"),
        *("device", "precision", "seed"),
    ),
    **{title: TRAIN_PANELS[title] for title in TITLES},
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from seqcnn.api.evaluate import evaluate

    evaluation = evaluate(config=config, **flags)
    console = Console(highlight=False)
    rows = [("CNN", evaluation.metrics), *evaluation.baselines.items()]
    outputs = len(evaluation.metrics.tracks)
    console.print(
        f"{evaluation.split}: {evaluation.metrics.rows:,} examples, means over {outputs} outputs, "
        "95 % intervals"
    )
    first = max(map(len, evaluation.metrics.mean)) + 2
    # Side by side as many as the terminal takes, each as wide as a value with its interval.
    together = max(1, (console.width - first) // CELL)
    for begin in range(0, len(rows), together):
        table = Table(box=None, pad_edge=False)
        table.add_column("", min_width=first - 2, no_wrap=True)
        for name, _ in rows[begin : begin + together]:
            table.add_column(name, min_width=CELL - 2, no_wrap=True)
        for metric in evaluation.metrics.mean:
            cells = [found.mean[metric] for _, found in rows[begin : begin + together]]
            table.add_row(metric, *(f"{c.value:.3f} [{c.low:.3f}, {c.high:.3f}]" for c in cells))
        console.print(table, "")
    for _, sentence in evaluation.verdicts():
        console.print(sentence)


command = settings_command(EvaluateSettings, run, PANELS, arguments=("bundle",))
