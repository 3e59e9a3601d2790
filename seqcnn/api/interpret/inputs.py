"""The bundle, tracks and sequences that a verb of `seqcnn interpret` looks at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from seqcnn.api.model import Model, load
from seqcnn.api.regions import read_regions
from seqcnn.data.fasta import text_chunks
from seqcnn.data.sequences import SequenceTable, read_fasta
from seqcnn.data.tables import read_table
from seqcnn.encoders.dna import N_CODE
from seqcnn.errors import InputError
from seqcnn.settings.interpret.base import InterpretSettings
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.tables import codes_of, ending, labels

BED_ENDINGS = (".bed", ".narrowpeak", ".broadpeak")


@dataclass(frozen=True)
class Inputs:
    """Sequences with what is known of each.

    `codes` is uint8 `(N, L)`; `names` are `contig:start-end` (the window that is read; 1-based, the
    end included, as regions are written), identifiers of a FASTA or table, or `row 3`. `labels`
    float32 `(N, T)` and their `label_names` come from a table or from `class:` in a FASTA's
    headers: yes or no in each column, one column of indices into `label_names` where they are
    classes, or one of numbers. `places` has contig, start and end (0-based, half-open).
    """

    codes: np.ndarray
    names: tuple[str, ...]
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    places: pd.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def subset(self, rows: Sequence[int] | np.ndarray) -> "Inputs":
        """The sequences of `rows`, in that order."""
        chosen = np.asarray(rows, np.int64)
        return replace(
            self,
            codes=self.codes[chosen],
            names=tuple(self.names[row] for row in chosen),
            labels=None if self.labels is None else self.labels[chosen],
            places=None if self.places is None else self.places.iloc[chosen].reset_index(drop=True),
        )


def open_model(bundle: Path | str | Model, settings: InterpretSettings) -> Model:
    """The bundle as a model on the chosen device; a `Model` is taken as it is."""
    if isinstance(bundle, Model):
        return bundle
    return load(bundle, device=settings.device, precision=settings.precision)


def chosen_tracks(model: Model, names: Sequence[str]) -> list[int]:
    """Indices of the named outputs, in the order asked for; all of them without names.

    Raises:
        InputError: an output is not the bundle's; names the nearest.
    """
    for name in names:
        if name not in model.outputs:
            near = get_close_matches(name, model.outputs, n=1)
            known = ", ".join(model.outputs[:8]) + (", …" if len(model.outputs) > 8 else "")
            hint = f"; did you mean '{near[0]}'?" if near else f"; it has {known}"
            raise InputError(f"--track {name}: not an output of {model.name}{hint}")
    chosen = [model.outputs.index(name) for name in dict.fromkeys(names)]
    return chosen or list(range(len(model.outputs)))


def targets_of(model: Model, inputs: Inputs, tracks: Sequence[int]) -> np.ndarray | None:
    """Labels `(N, tracks)` of the bundle's own outputs, 1 or 0; of classes, each against the rest.

    None where the inputs have no such labels. One column without the name of an output is taken for
    the only track that is looked at.
    """
    labels, names = inputs.labels, inputs.label_names
    if labels is None or model.target.baselines == "regression":
        return None
    if model.target.baselines == "multiclass":
        if names != model.outputs or labels.shape[1] != 1:
            return None
        return np.asarray(labels == np.asarray(tracks), np.float32)
    if len(names) != labels.shape[1] or not np.isin(labels, (0, 1)).all():
        return None
    wanted = [model.outputs[track] for track in tracks]
    if set(wanted) <= set(names):
        return labels[:, [names.index(name) for name in wanted]]
    return labels if labels.shape[1] == len(wanted) == 1 else None


def read_inputs(
    model: Model, settings: InterpretSettings, *, console: Console | None = None
) -> Inputs:
    """The sequences of `settings.input` as the bundle reads them, at most `max_sequences`.

    A BED's windows have the bundle's length around the middle of each region; sequences of a FASTA
    or table have that length already.

    Raises:
        InputError: no input, another kind of bundle, or a file that cannot be used.
    """
    require_sequences(model)
    found = _read(model, settings, console)
    if (found.codes == N_CODE).all():
        raise InputError(f"{settings.input}: has nothing but N; is it masked, or another file?")
    return found


def _read(model: Model, settings: InterpretSettings, console: Console | None) -> Inputs:
    if settings.input is None:
        raise InputError("INPUT is needed: regions (BED, with --genome), FASTA or a table")
    path = settings.input
    if path.is_dir():
        raise InputError(f"{path}: is a folder; wanted BED, FASTA or a table")
    if next(text_chunks(path), b"").lstrip().startswith(b">"):
        return _of_table(model, read_fasta(path), settings)
    if settings.genome is not None or ending(path).lower() in BED_ENDINGS:
        return _of_regions(model, settings, console)
    table = read_table(
        path, sequence_column=settings.sequence_column, label_column=settings.label_column
    )
    return _of_table(model, table, settings)


def refuse_flags(model: Model, flags: dict[str, object], *, reads: str) -> None:
    """Refuse flags (without their dashes) that are of bundles that read something else.

    Raises:
        InputError: one of them was given.
    """
    for name, value in flags.items():
        if value:
            raise InputError(
                f"--{name}: is for bundles that read {reads}; {model.name} reads "
                f"{model.encoding.words}; leave it out"
            )


def require_sequences(model: Model) -> None:
    """Refuse a bundle that does not read sequences.

    Raises:
        InputError: naming what it reads.
    """
    if not isinstance(model.encoding, SequenceEncoding):
        raise InputError(
            f"{model.name}: reads {model.encoding.words}; this needs a bundle that reads sequences"
        )


def _of_table(model: Model, table: SequenceTable, settings: InterpretSettings) -> Inputs:
    for line, sequence in zip(table.lines, table.sequences, strict=True):
        if len(sequence) != model.length:
            raise InputError(
                f"{table.path}:{line}: sequence of {len(sequence)} bp; this bundle reads "
                f"{model.length} bp: crop or pad it with N"
            )
    identifiers = table.identifiers or tuple(f"row {row + 1}" for row in range(len(table)))
    whole = Inputs(codes_of(table, model.length), tuple(identifiers))
    if table.labels is not None:
        found, label_names = _labels(model, table)
        whole = replace(whole, labels=found, label_names=label_names)
    return whole.subset(_chosen_rows(len(whole), settings))


def _labels(model: Model, table: SequenceTable) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels and their names, as `Inputs` has them. Classes of the bundle keep its numbers, though
    the table may not have all of them, and fractions are no classes.
    """
    given = table.labels
    assert given is not None
    if given.shape[1] == 1:
        written = [f"{value:g}" for value in given[:, 0]]
        if model.target.baselines == "multiclass" and set(written) <= set(model.outputs):
            index = [model.outputs.index(value) for value in written]
            return np.array(index, np.float32)[:, None], model.outputs
        if (given % 1 != 0).any():
            return given, (str(table.label_names[0]),)
    _, names, columns = labels({"input": table})
    return columns["input"], names


def _of_regions(model: Model, settings: InterpretSettings, console: Console | None) -> Inputs:
    assert settings.input is not None
    genome, regions = read_regions(
        settings.input,
        settings.genome,
        contig_alias=settings.contig_alias,
        off_end="drop",
        console=console,
    )
    regions = regions.iloc[_chosen_rows(len(regions), settings)].reset_index(drop=True)
    start = (regions["start"] + regions["end"]) // 2 - model.length // 2
    places = pd.DataFrame(
        {"contig": regions["contig"].astype(str), "start": start, "end": start + model.length}
    )
    contigs = np.array([genome.index_of[name] for name in places["contig"]], np.int64)
    codes = genome.windows(contigs, start.to_numpy(np.int64), model.length)
    names = tuple(f"{contig}:{a + 1}-{b}" for contig, a, b in places.itertuples(index=False))
    return Inputs(codes, names, places=places)


def _chosen_rows(number: int, settings: InterpretSettings) -> np.ndarray:
    if not number:
        raise InputError(f"{settings.input}: nothing in it can be used")
    if number <= settings.max_sequences or settings.choose == "first":
        return np.arange(min(number, settings.max_sequences))
    generator = np.random.default_rng(settings.seed)
    return np.sort(generator.choice(number, settings.max_sequences, replace=False))
