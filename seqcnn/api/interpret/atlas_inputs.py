"""The inputs of an atlas: what the last layer reads of each, and which lie nearest to which."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
from rich.console import Console

from seqcnn.api.interpret.given import Given, read_given
from seqcnn.api.interpret.given_pileups import read_sites
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.errors import InputError
from seqcnn.interpret.atlas import nearest_inputs
from seqcnn.settings.interpret.embeddings import EmbeddingsSettings
from seqcnn.tasks.pileup_encoding import PileupEncoding

FEWEST = 3  # inputs of an atlas
PART = 4096  # inputs between two steps of the progress bar


@dataclass(frozen=True)
class Atlas:
    """All inputs: `source` (N,) of each is 0, or 1 for those of --compare; `vectors` (N, D),
    predictions `values` (N, T), and the `near` (N, k) others with their `cosine` (N, k)."""

    given: Given
    source: np.ndarray
    vectors: np.ndarray
    values: np.ndarray
    near: np.ndarray
    cosine: np.ndarray


def read_atlas(model: Model, settings: EmbeddingsSettings, console: Console) -> Atlas:
    """Vectors and predictions of the inputs, and of those to compare, and their neighbours.

    Raises:
        InputError: an input that the bundle does not read, or fewer than three of them.
    """

    def read(asked: EmbeddingsSettings) -> tuple[Given, np.ndarray, np.ndarray]:
        if isinstance(model.encoding, PileupEncoding):
            given = read_sites(model, asked, asked.site, console=console)
        else:
            given = read_given(model, asked, console=console)
        return given, *_computed(model, given, asked, console)

    given, vectors, values = read(settings)
    source = np.zeros(len(given), np.int64)
    if settings.compare is not None:
        other, more, theirs = read(settings.model_copy(update={"input": settings.compare}))
        given = _joined(given, other)
        source = np.concatenate([source, np.ones(len(other), np.int64)])
        vectors, values = np.concatenate([vectors, more]), np.concatenate([values, theirs])
    if len(given) < FEWEST:
        raise InputError(f"{settings.input}: an atlas needs {FEWEST} inputs or more")
    near, cosine = nearest_inputs(vectors, settings.neighbours)
    return Atlas(given, source, vectors, values, near, cosine)


def _computed(
    model: Model, given: Given, settings: EmbeddingsSettings, console: Console
) -> tuple[np.ndarray, np.ndarray]:
    """What the output layer reads (N, D), and predictions (N, T)."""
    vectors, values = [], []
    with progress(console, "reading", len(given)) as advance:
        for first in range(0, len(given), PART):
            rows = np.arange(first, min(first + PART, len(given)))
            part = given.examples.subset(rows)
            vectors.append(model.embeddings(part, batch_size=settings.batch_size))
            values += list(model.predict_batches(part, batch_size=settings.batch_size))
            advance(len(rows))
    return np.concatenate(vectors), np.concatenate(values)


def _joined(first: Given, second: Given) -> Given:
    """Names, sequences and labels of both; labels only where both have the same."""
    labels = None
    if first.labels is not None and second.labels is not None:
        if first.label_names == second.label_names:
            labels = np.concatenate([first.labels, second.labels])
    sequences = None
    if first.sequences is not None and second.sequences is not None:
        codes = np.concatenate([first.sequences.codes, second.sequences.codes])
        sequences = replace(first.sequences, codes=codes)
    return Given(
        first.examples,
        (*first.names, *second.names),
        labels,
        first.label_names if labels is not None else (),
        sequences,
    )


def wanted_rows(atlas: Atlas, settings: EmbeddingsSettings, track: int) -> list[int]:
    """Rows whose neighbours are listed: those asked for, else the surest and the least sure."""
    names = atlas.given.names
    if not settings.neighbours_of:
        values = atlas.values[:, track]
        middle = int(np.abs(values - 0.5 * (values.min() + values.max())).argmin())
        return list(dict.fromkeys([int(values.argmax()), middle, int(values.argmin())]))
    row_of = {name: row for row, name in reversed(list(enumerate(names)))}
    found = []
    for asked in settings.neighbours_of:
        number = int(asked) if asked.isascii() and asked.isdigit() else 0
        if asked in row_of:
            found.append(row_of[asked])
        elif 1 <= number <= len(names):
            found.append(number - 1)
        else:
            near = get_close_matches(asked, names, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; the first is '{names[0]}'"
            raise InputError(
                f"--neighbours-of {asked}: no such input, nor a number from 1 to {len(names)}{hint}"
            )
    return found
