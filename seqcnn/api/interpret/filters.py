"""First-layer filters as motifs: what they read, what is like them, what the bundle owes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from torch import nn

from seqcnn.api.interpret.asked import asked
from seqcnn.api.interpret.filter_panel import filters_panel, filters_text
from seqcnn.api.interpret.filter_silencing import contrast, importance
from seqcnn.api.interpret.filter_tables import (
    Filter,
    Found,
    filter_table,
    group_table,
    match_table,
)
from seqcnn.api.interpret.inputs import chosen_tracks, open_model, read_inputs, require_sequences
from seqcnn.api.interpret.reading import Reading, finished
from seqcnn.api.model import Model
from seqcnn.api.progress import progress
from seqcnn.data.motifs import Motif, read_meme, write_meme
from seqcnn.errors import InputError
from seqcnn.interpret.alike import alike_groups
from seqcnn.interpret.filters import first_convolution, motif_of_sites, strongest_sites
from seqcnn.interpret.tomtom import Match, require_memelite, tomtom
from seqcnn.settings.interpret.filters import FiltersSettings
from seqcnn.tasks.encoding import SequenceEncoding

VERB = "filters"
MATCHES = 5  # that are told of each filter


@dataclass(frozen=True)
class FiltersReading(Reading):
    """The reading, with the filters' motifs, which are written as `filters.meme` too."""

    motifs: tuple[Motif, ...] = ()

    def write(self, folder: Path | str) -> list[Path]:
        """As `Reading.write`, and the motifs."""
        paths = super().write(folder)
        write_meme(Path(folder) / f"{VERB}.meme", self.motifs)
        return [*paths, Path(folder) / f"{VERB}.meme"]


def filters(
    bundle: Path | str | Model,
    input: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> FiltersReading:
    """First-layer filters as motifs, and what the bundle's answers owe to each.

    Keyword arguments are those of `FiltersSettings`. The table has a row a filter, the most
    important first: its motif, from the strongest site of each sequence where that is over
    `threshold` of the filter's highest activation; `importance`, its share in logits of how much
    higher the sequences score that should (an Aumann-Shapley value: the shares of all filters add
    up, and filters that do the same divide it); what silencing it alone costs in AUROC and in the
    mean logit; its best match among `motifs`. `tables["groups"]` has filters alike, silenced
    together, `tables["matches"]` the best five matches of each filter. Files are written where
    `out` is given, and by the command line.

    Raises:
        InputError: a file cannot be used, or no layer of the bundle reads the bases as filters do.
    """
    settings, write = asked(FiltersSettings, bundle, input, config, flags)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    database: list[Motif] = []
    if settings.motifs is not None:
        require_memelite()
        database = read_meme(settings.motifs)
    model = open_model(bundle, settings)
    found = _found(model, settings, database, console)
    table = filter_table(found)
    tables = {"groups": group_table(found)}
    if database:
        tables["matches"] = match_table(found)
    panel, figures = filters_panel(found, table, tables["groups"])
    named = [found.filters[number] for number in found.order]
    reading = FiltersReading(
        verb=VERB,
        table=table,
        panel=panel,
        figures=figures,
        tables=tables,
        arrays={f"counts_{one.name}": one.counts for one in named},
        text=filters_text(found, model, settings.out if write else None),
        motifs=tuple(one.motif for one in named if one.known),
    )
    done = finished(reading, model, settings, write=write)
    assert isinstance(done, FiltersReading)  # `finished` only replaces fields
    return done


def _found(
    model: Model, settings: FiltersSettings, database: list[Motif], console: Console
) -> Found:
    convolutions = first_layers(model)
    tracks = chosen_tracks(model, settings.track)
    inputs = read_inputs(model, settings, console=console)
    filters = read_filters(model, convolutions, inputs.codes, settings)
    told = contrast(model, inputs, tracks, settings)
    groups: list[list[int]] = []

    def choose(shares: np.ndarray) -> list[tuple[int, ...]]:
        first = ranked(shares)[: settings.silence]
        groups.extend(grouped(filters, first, settings.alike, both_strands=_both_strands(model)))
        several = [tuple(group) for group in groups if len(group) > 1]
        return [*((number,) for number in first), *several]

    worth = importance(model, convolutions, told, settings, choose, console)
    with progress(console, "comparing (the first time ever takes a minute)", 1):
        matches = matched(filters, database)
    return Found(filters, ranked(worth.shares), worth, told, groups, matches, database)


def first_layers(model: Model) -> list[nn.Conv1d]:
    """The convolution of each network that reads the bases.

    Raises:
        InputError: the networks have none, or the bundle does not read sequences.
    """
    require_sequences(model)
    found = [first_convolution(network) for network in model.networks]
    convolutions = [one for one in found if one is not None]
    if len(convolutions) < len(found):
        raise InputError(
            f"{model.name}: {model.card['architecture']['name']} has no convolution on the bases, "
            "so no filters to look at; seqcnn interpret attributions works for every network"
        )
    return convolutions


def read_filters(
    model: Model, convolutions: Sequence[nn.Conv1d], codes: np.ndarray, settings: FiltersSettings
) -> list[Filter]:
    """The filters of all networks with their motifs, from codes (N, L).

    Raises:
        InputError: filters longer than the sequences.
    """
    found = []
    for member, convolution in enumerate(convolutions, 1):
        kernel = convolution.kernel_size[0]
        if codes.shape[1] < kernel:
            raise InputError(
                f"{model.name}: filters of {kernel} bp on sequences of {codes.shape[1]} bp have "
                "no site within them"
            )
        sites = strongest_sites(
            convolution,
            codes,
            inputs=model.inputs,
            both_strands=_both_strands(model),
            batch_size=settings.batch_size,
        )
        bias = convolution.bias
        resting = [0.0] * convolution.out_channels if bias is None else bias.tolist()
        for number in range(convolution.out_channels):
            motif = motif_of_sites(
                codes,
                sites,
                number,
                kernel,
                resting=resting[number],
                threshold=settings.threshold,
                flank=settings.flank,
            )
            found.append(
                Filter.of(motif, member=member, members=len(convolutions), bits=settings.trim)
            )
    return found


def ranked(shares: np.ndarray) -> list[int]:
    """Numbers of the filters, the most important first."""
    return [int(number) for number in np.argsort(-shares, kind="stable")]


def grouped(
    filters: Sequence[Filter], numbers: Sequence[int], least: float, *, both_strands: bool
) -> list[list[int]]:
    """Those of the filters `numbers` that are alike, in groups within one network."""
    groups = []
    for member in sorted({filters[number].member for number in numbers}):
        mine = [one for one in numbers if filters[one].member == member and filters[one].known]
        motifs = [filters[one].motif.probabilities for one in mine]
        for group in alike_groups(motifs, least=least, both_strands=both_strands):
            groups.append([mine[index] for index in group])
    place = {number: row for row, number in enumerate(numbers)}
    return sorted(groups, key=lambda group: place[group[0]])


def matched(filters: Sequence[Filter], database: Sequence[Motif]) -> list[list[Match]]:
    """The best matches of each filter that has a motif; none of the others."""
    known = [number for number, one in enumerate(filters) if one.known]
    queries = [filters[number].motif.probabilities for number in known]
    matches: list[list[Match]] = [[] for _ in filters]
    targets = [motif.probabilities for motif in database]
    for number, found in zip(known, tomtom(queries, targets, most=MATCHES), strict=True):
        matches[number] = found
    return matches


def _both_strands(model: Model) -> bool:
    return isinstance(model.encoding, SequenceEncoding) and not model.encoding.stranded
