"""Sequences and labels of files, as the examples of a task."""

from pathlib import Path

import numpy as np

from seqcnn.data.sequences import SequenceTable, fit_length, read_fasta
from seqcnn.data.tables import read_table
from seqcnn.encoders import dna
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings
from seqcnn.tasks.labels import MultiClass, MultiLabel
from seqcnn.tasks.target import Target

FASTA_ENDINGS = (".fa", ".fasta", ".fna")


def read_sequences(path: Path, settings: DataSettings, *, labelled: bool) -> SequenceTable:
    """Read FASTA or a table, by its name.

    Raises:
        InputError: the file cannot be used, or has no labels where they are wanted.
    """
    if ending(path) in FASTA_ENDINGS:
        table = read_fasta(path)
    else:
        table = read_table(
            path, sequence_column=settings.sequence_column, label_column=settings.label_column
        )
    if labelled and table.labels is None:
        raise InputError(
            f"{path}: has no labels; give a table with a label column, FASTA headers with "
            "'class:0', or two files as --positives and --negatives"
        )
    return table


def labels(
    tables: dict[str, SequenceTable],
) -> tuple[Target, tuple[str, ...], dict[str, np.ndarray]]:
    """Target, output names and targets by split: 0/1 columns, or one column of classes."""
    first = next(iter(tables.values()))
    assert first.labels is not None
    if first.labels.shape[1] > 1:
        return MultiLabel(), first.label_names, _columns(tables)
    classes = np.unique(first.labels)
    for table in tables.values():
        assert table.labels is not None
        foreign = np.flatnonzero(~np.isin(table.labels[:, 0], classes))
        if len(foreign):
            row = foreign[0]
            raise InputError(
                f"{table.path}:{table.lines[row]}: label {table.labels[row, 0]:g} is not among "
                f"the training classes ({', '.join(f'{one:g}' for one in classes)}); "
                "mend it or leave the row out"
            )
    if len(classes) <= 2:
        # A table of negatives alone has zeros and nothing else.
        highest = 1.0 if set(classes.tolist()) <= {0.0, 1.0} else float(classes[-1])
        ones = {
            split: (np.asarray(table.labels) == highest).astype(np.float32)
            for split, table in tables.items()
        }
        return MultiLabel(), (str(first.label_names[0]),), ones
    indices = {
        split: np.searchsorted(classes, table.labels).astype(np.float32)  # type: ignore[arg-type]
        for split, table in tables.items()
    }
    return MultiClass(), tuple(f"{one:g}" for one in classes), indices


def _columns(tables: dict[str, SequenceTable]) -> dict[str, np.ndarray]:
    columns = {}
    for split, table in tables.items():
        assert table.labels is not None
        wrong = ~np.isin(table.labels, (0, 1)).all(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                f"{table.path}:{table.lines[row]}: with several label columns each label is 0 or 1"
            )
        columns[split] = table.labels.astype(np.float32)
    return columns


def common_length(tables: dict[str, SequenceTable]) -> int:
    """The one length of all sequences.

    Raises:
        InputError: there are several; names the first two lines that differ.
    """
    first: tuple[str, int] | None = None
    for table in tables.values():
        for line, sequence in zip(table.lines, table.sequences, strict=True):
            here = (f"{table.path}:{line}", len(sequence))
            if first is None:
                first = here
            elif here[1] != first[1]:
                raise InputError(
                    f"{here[0]}: sequence of {here[1]} bp, {first[0]} has {first[1]}; "
                    f"pass --length {first[1]} to crop and pad around the centre"
                )
    assert first is not None
    return first[1]


def codes_of(table: SequenceTable, length: int) -> np.ndarray:
    """Codes uint8 (N, length), cropped or padded around the centres.

    Raises:
        InputError: a foreign letter, with file and line.
    """
    rows = fit_length(table.sequences, length)
    codes = np.empty((len(rows), length), np.uint8)
    for row, sequence in enumerate(rows):
        try:
            codes[row] = dna.encode(sequence)
        except InputError as error:
            raise InputError(f"{table.path}:{table.lines[row]}: {error}") from None
    return codes


def identifiers_of(table: SequenceTable) -> tuple[str, ...] | None:
    """The identifiers, where there are any."""
    return tuple(table.identifiers) if table.identifiers is not None else None


def ending(path: Path) -> str:
    """The ending of a path without its compression: `.fa` of `x.fa.gz`."""
    return Path(path.name.removesuffix(".gz")).suffix
