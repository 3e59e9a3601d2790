"""Sequences with labels from CSV and TSV tables."""

import csv
import difflib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqcnn.data.sequences import SequenceTable, as_number, check_letters, read_text
from seqcnn.errors import InputError

SEQUENCE_NAMES = ("sequence", "seq")
LABEL_NAMES = ("label", "labels", "bound", "target", "class")
IDENTIFIER_NAMES = ("identifier", "id", "name", "eventid")


def read_table(
    path: Path | str,
    *,
    sequence_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
) -> SequenceTable:
    """Read a CSV or TSV file with a header line (plain, gzip): sequences, labels, weights.

    The delimiter is the tab, comma or semicolon that the header has most of. Without
    `sequence_column` the column is the one called sequence or seq; without `label_column` every
    column called label, labels, bound, target or class (none is fine: labels is None); case does
    not matter. Several label columns, a list or ``"a,b"``, make a multi-label table. A column
    ``weight`` gives weights; identifier, id, name or EventID gives identifiers, else ``row N``.

    Raises:
        InputError: with file and line: no such file, empty, an absent column (lists the columns and
            the nearest), a row with another number of columns, a label or weight that is not a
            number, an empty sequence, a foreign character.
    """
    rows = _rows(path, read_text(path))
    _, header = rows[0]
    sequence_at = _column(path, header, sequence_column, SEQUENCE_NAMES, "--sequence-column")
    labels_at = _label_columns(path, header, label_column)
    weight_at = _known(header, ("weight",))
    identifier_at = _known(header, IDENTIFIER_NAMES)
    count = len(rows) - 1
    labels = np.empty((count, len(labels_at)), np.float32)
    weights = np.empty(count, np.float32)
    sequences, identifiers = [], []
    for i, (line, fields) in enumerate(rows[1:]):
        where = f"{path}:{line}"
        if len(fields) != len(header):
            raise InputError(f"{where}: {len(fields)} columns, the header has {len(header)}")
        sequence = fields[sequence_at].strip()
        if not sequence:
            raise InputError(f"{where}: the sequence is empty; remove the row")
        check_letters(sequence, where)
        sequences.append(sequence)
        for k, at in enumerate(labels_at):
            labels[i, k] = as_number(fields[at], f"label '{header[at]}'", where)
        if weight_at is not None:
            weights[i] = as_number(fields[weight_at], "weight", where)
        identifiers.append(fields[identifier_at] if identifier_at is not None else f"row {i + 1}")
    return SequenceTable(
        path=str(path),
        identifiers=tuple(identifiers),
        sequences=sequences,
        lines=np.array([line for line, _ in rows[1:]], np.int64),
        labels=labels if labels_at else None,
        label_names=tuple(header[at] for at in labels_at),
        weights=weights if weight_at is not None else None,
    )


def _rows(path: Path | str, text: str) -> list[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    delimiter = max("\t,;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not a table ({error})") from None
    if len(rows) < 2:
        raise InputError(f"{path}: has a header but no rows; wanted at least one sequence")
    rows[0] = (rows[0][0], [name.strip() for name in rows[0][1]])
    return rows


def _known(header: list[str], names: Sequence[str]) -> int | None:
    lower = [name.lower() for name in header]
    return next((lower.index(name) for name in names if name in lower), None)


def _column(
    path: Path | str, header: list[str], wanted: str | None, guesses: Sequence[str], flag: str
) -> int:
    if wanted is not None and wanted in header:
        return header.index(wanted)
    at = _known(header, (wanted.lower(),) if wanted is not None else guesses)
    if at is not None:
        return at
    columns = ", ".join(header[:12]) + (", …" if len(header) > 12 else "")
    if wanted is None:
        raise InputError(
            f"{path}:1: no column called {' or '.join(guesses)} (columns: {columns}); name it "
            f"with {flag}"
        )
    near = difflib.get_close_matches(wanted, header, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else f"; name one of them with {flag}"
    raise InputError(f"{path}:1: no column '{wanted}' (columns: {columns}){hint}")


def _label_columns(
    path: Path | str, header: list[str], wanted: str | Sequence[str] | None
) -> list[int]:
    if wanted is None:
        return [i for i, name in enumerate(header) if name.lower() in LABEL_NAMES]
    names = wanted.split(",") if isinstance(wanted, str) and wanted not in header else wanted
    names = [names] if isinstance(names, str) else names
    return [_column(path, header, name.strip(), (), "--label-column") for name in names]
