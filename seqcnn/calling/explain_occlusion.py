"""Which fragments, channels, columns and numbers hold a call: each is hidden in turn."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from seqcnn.calling.explain_basis import Effect, FragmentEffect, Loss, Occlusion
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_neutral import (
    blank_columns,
    neutral_channel,
    number_groups,
    numbers_of,
    typical_numbers,
    window_numbers,
)
from seqcnn.calling.explain_redraw import Fragment, draw_without, shows
from seqcnn.encoders.reads import REVERSE

WINDOW = 5  # columns hidden together
AT_ONCE = 16  # sets of fragments that are left out
MOST_FRAGMENTS = 400  # that are left out in turn, those with a row first

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


def occlude(case: Case, fragments: Sequence[Fragment], names: Mapping[int, str]) -> Occlusion:
    """Hide every part of what was drawn in turn; `names` are those of reads by their hash."""
    whole = float(case.values(case.single)[0])
    effects = fragment_effects(case, fragments[:MOST_FRAGMENTS], names, whole)
    numbers, around = _by_numbers(case, whole)
    channels, columns, windows = _by_picture(case, whole)
    return Occlusion(
        fragments=tuple(effects),
        loss=fewest_to_lose(case, fragments, effects),
        channels=channels,
        numbers=numbers,
        columns=columns,
        windows=windows,
        window=WINDOW,
        around=around,
    )


def fragment_effects(
    case: Case, fragments: Sequence[Fragment], names: Mapping[int, str], whole: float
) -> list[FragmentEffect]:
    """Each fragment left out, and the site drawn without it."""
    if not fragments:
        return []
    drawn = drawn_without(case, [np.array([one.key]) for one in fragments])
    losses = whole - case.values(drawn)
    said = case.voices.answer(drawn, case.possible).calibrated[:, case.genotype]
    reads, found = case.prepared.reads, case.candidates.observations
    effects = []
    for one, loss, probability in zip(fragments, losses.tolist(), said.tolist(), strict=True):
        at = int(found.query[one.observation]) if one.observation >= 0 else -1
        effects.append(
            FragmentEffect(
                names.get(int(one.key), ""),
                one.rows,
                shows(case.candidates, one.observation),
                "-" if reads.flag[one.read] & REVERSE else "+",
                int(reads.mapping_quality[one.read]),
                int(reads.qualities[min(at, len(reads.qualities) - 1)]) if at >= 0 else -1,
                loss,
                probability,
            )
        )
    return effects


def fewest_to_lose(
    case: Case, fragments: Sequence[Fragment], effects: Sequence[FragmentEffect]
) -> Loss | None:
    """Fragments go one after another, the strongest first: of all, and of each allele alone."""
    order = sorted(range(len(effects)), key=lambda number: -effects[number].effect)
    tried = [("", [number for number in order if effects[number].effect > 0])]
    for shown in sorted({one.shows for one in effects}):
        tried.append((shown, [number for number in order if effects[number].shows == shown]))
    best: Loss | None = None
    for shown, numbers in tried:
        most = len(numbers) if best is None else best.fragments - 1
        keys = np.array([fragments[number].key for number in numbers[:most]], np.uint64)
        best = _first_loss(case, keys, shown) or best
    return best


def _first_loss(case: Case, keys: npt.NDArray[np.uint64], shown: str) -> Loss | None:
    for first in range(0, len(keys), AT_ONCE):
        last = min(first + AT_ONCE, len(keys))
        drawn = drawn_without(case, [keys[: n + 1] for n in range(first, last)])
        best = case.voices.answer(drawn, case.possible).calibrated.argmax(1)
        lost = np.flatnonzero(best != case.genotype)
        if len(lost):
            becomes = case.genotypes[int(best[lost[0]])][0]
            return Loss(first + int(lost[0]) + 1, shown, becomes)
    return None


def drawn_without(case: Case, left_out: Sequence[npt.NDArray[np.uint64]]) -> dict[str, Pixels]:
    drawers = {name: voice.images for name, voice in case.voices.by_name.items()}
    drawn = draw_without(case.prepared, case.candidates, drawers, left_out)
    return {name: images[:, case.image] for name, images in drawn.items()}


def _by_picture(case: Case, whole: float) -> tuple[tuple[Effect, ...], Numbers, Numbers]:
    """Channels that say nothing, and columns that no fragment reaches, alone and in windows."""
    empty = np.zeros(0)
    if "picture" not in case.deciding.voices:
        return (), empty, empty
    pixels, images = case.images["picture"], case.voice("picture").images
    hidden = [neutral_channel(pixels, name, images) for name in images.channels]
    channels = whole - case.varied("picture", hidden)
    columns = range(images.columns)
    side = WINDOW // 2
    single = [blank_columns(pixels, at, at + 1, images) for at in columns]
    several = [blank_columns(pixels, at - side, at + side + 1, images) for at in columns]
    return (
        _ranked(images.channels, channels),
        whole - case.varied("picture", single),
        whole - case.varied("picture", several),
    )


def _by_numbers(case: Case, whole: float) -> tuple[tuple[Effect, ...], Numbers]:
    """Numbers as at the mean training site: in groups, and those about each position."""
    present = {
        name: numbers_of(case.images[name], case.voice(name).images)
        for name in case.deciding.voices
    }
    own = {name: values for name, values in present.items() if len(values)}
    if not own:
        return (), np.zeros(0)
    typical = {name: typical_numbers(case.voice(name)) for name in own}
    groups = number_groups()
    chosen = [*groups.values(), *window_numbers()[:, None]]
    hidden = []
    for indices in chosen:
        one = {name: values.astype(np.float64) for name, values in present.items()}
        for name in own:
            one[name][indices] = typical[name][indices]
        hidden.append(one)
    losses = whole - case.numbers_varied(hidden)
    return _ranked(tuple(groups), losses[: len(groups)]), losses[len(groups) :]


def _ranked(names: Sequence[str], effects: Numbers) -> tuple[Effect, ...]:
    found = [Effect(name, effect) for name, effect in zip(names, effects.tolist(), strict=True)]
    return tuple(sorted(found, key=lambda one: -abs(one.effect)))
