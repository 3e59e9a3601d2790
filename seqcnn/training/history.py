"""One row per validation: metrics.csv always, TensorBoard events on request."""

import csv
from pathlib import Path
from typing import Any

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError

Row = dict[str, float]


def write_metrics(path: Path, history: list[Row]) -> None:
    """Write all rows to `path` as CSV, whole, so that a resumed run never repeats one."""
    names = list(dict.fromkeys(name for row in history for name in row))
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, names, restval="", lineterminator="\n")
        table.writeheader()
        for row in history:
            table.writerow({name: f"{value:.7g}" for name, value in row.items()})


class Events:
    """TensorBoard events beside metrics.csv; does nothing when not wanted.

    Raises:
        InputError: wanted, and the package is missing.
    """

    def __init__(self, directory: Path, *, wanted: bool, step: int) -> None:
        self._writer: Any = None
        if not wanted:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise InputError(
                "--tensorboard needs the package tensorboard: pip install 'seqcnn[tensorboard]'"
            ) from None
        # What a killed run wrote after its last checkpoint is hidden.
        self._writer = SummaryWriter(str(directory / "tensorboard"), purge_step=step + 1)

    def write(self, row: Row) -> None:
        if self._writer is None:
            return
        for name, value in row.items():
            if name != "step":
                self._writer.add_scalar(name, value, int(row["step"]))
        self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
