"""What is tried to mislead a caller: changed pileups, evolved noise, pictures of no sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from seqcnn.api.interpret.pileup_sites import Sampled
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_neutral import typical_numbers, with_numbers
from seqcnn.calling.explain_occlusion import fewest_to_lose, fragment_effects
from seqcnn.calling.explain_redraw import fragments_of
from seqcnn.calling.explain_voices import Voice
from seqcnn.calling.images import network_input
from seqcnn.interpret.pileup_adversarial import Cells, fewest_base_calls, fewest_cells
from seqcnn.interpret.pileup_fooling import Evolved, evolve
from seqcnn.interpret.pileup_noise import random_pictures, strange_numbers, strange_pictures
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

EVOLVED = (0, 1, 2)  # genotypes 0/0, 0/1 and 1/1
SURE = 0.99
BATCH = 64

Advance = Callable[[int], None]


class Flipped(NamedTuple):
    """What it takes to flip one call; None where it was not reached."""

    case: Case
    probability: float
    settled: bool
    fragments: int | None
    base_calls: int | None
    cells: Cells | None


class Grown(NamedTuple):
    """Noise and what it became; the genotype's number."""

    start: npt.NDArray[np.uint8]
    evolved: Evolved
    genotype: int


@dataclass(frozen=True)
class Kind:
    """How sure networks are of one kind of picture or counts: probabilities (n,) of the most
    probable genotype, and which sites keep theirs."""

    raw: npt.NDArray[np.float64]
    calibrated: npt.NDArray[np.float64]
    kept: npt.NDArray[np.bool_] | None  # None where there is nothing to keep


def flip(sampled: Sampled, settings: WeaknessesSettings, advance: Advance) -> list[Flipped]:
    """Attack the calls that the caller is sure of."""
    found = []
    for case in sampled.cases:
        said = case.voices.answer(case.single, case.possible)
        probability = float(said.calibrated[0, case.genotype])
        if probability >= settings.confident:
            whole = float(case.values(case.single)[0])
            images = case.voice(case.voices.main).images
            fragments = fragments_of(case.prepared, case.candidates, images, case.shown)
            effects = fragment_effects(case, fragments, {}, whole)
            fragments = fragments[: len(effects)]
            loss = fewest_to_lose(case, fragments, effects)
            calls = fewest_base_calls(case, fragments, effects)
            cells = None
            if "picture" in case.voices.by_name:
                cells = fewest_cells(case, settings.max_edits)
            found.append(
                Flipped(
                    case, probability, bool(said.settled[0]), loss and loss.fragments,
                    calls and calls[0], cells,
                )
            )  # fmt: skip
        advance(1)
    return found


def grow(sampled: Sampled, settings: WeaknessesSettings, advance: Advance) -> list[Grown]:
    """Evolve noise until the network of pictures is sure of a genotype; its numbers are typical."""
    voice = sampled.voices.by_name.get("picture")
    if voice is None:
        return []
    generator = np.random.default_rng(settings.seed)
    number = evolved_number(settings)
    classes = len(sampled.voices.genotypes)
    possible = [genotype < len(EVOLVED) for genotype in range(classes)]
    grown = []
    for row, picture in enumerate(random_pictures(number, voice.images, generator)):
        typical = np.round(typical_numbers(voice))
        start = with_numbers(picture, typical, voice.images).astype(np.uint8)
        genotype = EVOLVED[row % len(EVOLVED)]
        evolved = evolve(
            voice, start, genotype, possible, sure=settings.fooled, most=settings.max_steps
        )
        grown.append(Grown(start, evolved, genotype))
        advance(1)
    return grown


def evolved_number(settings: WeaknessesSettings) -> int:
    """How many pictures are evolved: a few of each genotype."""
    return min(settings.number, 4 * len(EVOLVED))


def strange_kinds(sampled: Sampled, settings: WeaknessesSettings) -> dict[str, dict[str, Kind]]:
    """By voice and kind, how sure each voice is, alone, of what no sample shows."""
    generator = np.random.default_rng(settings.seed)
    found: dict[str, dict[str, Kind]] = {}
    for name, voice in sampled.voices.by_name.items():
        cases = sampled.cases
        real = np.stack([case.images[name] for case in cases])
        possible = np.array([case.possible for case in cases])
        made: dict[str, npt.NDArray[np.number]] = {"as they are": real}
        if voice.images.pictures:
            made |= strange_pictures(real, voice.images, generator)
        else:
            made |= strange_numbers(real, typical_numbers(voice), voice.images, generator)
        said = {kind: _said(voice, images, possible) for kind, images in made.items()}
        first = said["as they are"][1].argmax(1)
        found[name] = {
            kind: Kind(
                raw.max(1),
                calibrated.max(1),
                None if kind == "as they are" else calibrated.argmax(1) == first,
            )
            for kind, (raw, calibrated) in said.items()
        }
    return found


def _said(
    voice: Voice, images: npt.NDArray[np.number], possible: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probabilities (n, K) before and after the voice's own calibration."""
    device = next(voice.parameters()).device
    parts: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []
    for first in range(0, len(images), BATCH):
        allowed = torch.tensor(possible[first : first + BATCH], device=device)
        x = network_input(torch.tensor(images[first : first + BATCH], device=device))
        with torch.inference_mode():
            raw = voice.raw(x)
            pair = [
                one.masked_fill(~allowed, -torch.inf).softmax(1).double().cpu().numpy()
                for one in (raw, voice.calibration(raw))
            ]
        parts.append((pair[0], pair[1]))
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def flips_table(flipped: Sequence[Flipped]) -> pd.DataFrame:
    """One row a call: 0-based position, what was called how surely, and what flips it (empty:
    nothing of that kind did)."""
    rows = []
    for one in flipped:
        site, case = one.case.candidates.sites[0], one.case
        cells = one.cells
        rows.append(
            {
                "contig": site.contig,
                "pos": site.pos,
                "ref": site.ref,
                "alt": ",".join(site.alts),
                "genotype": case.genotypes[case.genotype][0],
                "probability": one.probability,
                "decided_by": "counts" if one.settled else case.deciding.tier,
                "depth": site.depth,
                "fragments_removed": one.fragments,
                "base_calls_changed": one.base_calls,
                "cells_changed": len(cells.cells) if cells and cells.flipped else None,
            }
        )
    columns = ["fragments_removed", "base_calls_changed", "cells_changed"]
    return pd.DataFrame(rows).astype(dict.fromkeys(columns, "Int64")) if rows else pd.DataFrame()


def kinds_table(kinds: dict[str, dict[str, Kind]]) -> pd.DataFrame:
    """One row a voice and kind: mean probability and the share that is surer than 0.99."""
    rows = []
    for voice, found in kinds.items():
        for kind, one in found.items():
            rows.append(
                {
                    "network": voice,
                    "kind": kind,
                    "sites": len(one.raw),
                    "mean_raw": one.raw.mean(),
                    "mean_calibrated": one.calibrated.mean(),
                    "sure_raw": (one.raw > SURE).mean(),
                    "sure_calibrated": (one.calibrated > SURE).mean(),
                    "same_call": None if one.kept is None else one.kept.mean(),
                }
            )
    return pd.DataFrame(rows)


def grown_table(grown: Sequence[Grown], genotypes: Sequence[str]) -> pd.DataFrame:
    """One row a picture: the genotype wanted, its probability before and after, steps and cells."""
    return pd.DataFrame(
        [
            {
                "genotype": genotypes[one.genotype],
                "probability_of_noise": one.evolved.path[0],
                "probability_evolved": one.evolved.path[-1],
                "steps": len(one.evolved.path) - 1,
                "cells_changed": one.evolved.changed,
                "share_changed": one.evolved.changed / one.start[:, :, 0].size,
            }
            for one in grown
        ]
    )
