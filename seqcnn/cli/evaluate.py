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
PANELS = {
    "Main": ("bundle", "split", "json_out", "baselines", "knn", "device", "precision", "seed"),
    **{title: TRAIN_PANELS[title] for title in ("Data", "Windows and labels", "Images", "Splits")},
}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from seqcnn.api.evaluate import evaluate

    evaluation = evaluate(config=config, **flags)
    console = Console(highlight=False)
    rows = [("CNN", evaluation.metrics), *evaluation.baselines.items()]
    title = f"{evaluation.split}: {evaluation.metrics.rows:,} examples"
    title += f", means over {len(evaluation.metrics.tracks)} outputs, 95 % intervals"
    table = Table(title=title, title_justify="left", box=None)
    for column in ("", *(name for name, _ in rows)):
        table.add_column(column)
    for metric in evaluation.metrics.mean:
        cells = [found.mean[metric] for _, found in rows]
        table.add_row(metric, *(f"{c.value:.3f} [{c.low:.3f}, {c.high:.3f}]" for c in cells))
    console.print(table)
    for _, sentence in evaluation.verdicts():
        console.print(sentence)


command = settings_command(EvaluateSettings, run, PANELS, arguments=("bundle",))
