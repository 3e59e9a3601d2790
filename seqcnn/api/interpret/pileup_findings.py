"""What the trials on a caller say, in sentences."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from seqcnn.api.interpret.pileup_sites import Sampled
from seqcnn.api.interpret.pileup_trials import SURE, Flipped, Grown, Kind
from seqcnn.report.records import Finding
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

FRAGILE = 2  # fragments; calls of as few are worth a warning
BELIEVED = 0.1  # share of pictures of no sample that are called surely: as many are worth one


def flip_findings(
    flipped: Sequence[Flipped], flips: pd.DataFrame, settings: WeaknessesSettings
) -> list[Finding]:
    """How much it takes to flip calls that the caller is sure of."""
    if not flipped:
        return [
            Finding(
                "warning",
                f"No site was called with a probability of {settings.confident:g} or more, so no "
                "call was attacked; lower --confident.",
            )
        ]
    found = []
    removed = flips["fragments_removed"].dropna()
    few = int((removed <= FRAGILE).sum())
    share = removed / flips["depth"][removed.index]
    if len(removed):
        found.append(
            Finding(
                "warning" if few else "good",
                f"{len(removed)} of {len(flips)} sure calls are lost without their strongest "
                f"fragments: half of them without {removed.median():g} or fewer "
                f"({100 * share.median():.0f} % of the depth); {few} without {FRAGILE} or fewer.",
            )
        )
    changed = flips["base_calls_changed"].dropna()
    if len(changed):
        found.append(
            Finding(
                "warning" if changed.median() <= FRAGILE else "good",
                f"Half of {len(changed)} substitutions are lost when {changed.median():g} or fewer "
                "fragments show the other allele at the site.",
            )
        )
    tried = [one.cells for one in flipped if one.cells is not None]
    if tried:
        done = sum(one.flipped for one in tried)
        found.append(
            Finding(
                "warning" if done > BELIEVED * len(tried) else "good",
                f"Up to {settings.max_edits} cells of the picture elsewhere (another base, or a "
                f"quality of 2) flip the picture's network at {done} of {len(tried)} sites.",
            )
        )
    return found


def grown_findings(
    grown: Sequence[Grown], sampled: Sampled, settings: WeaknessesSettings
) -> list[Finding]:
    """Whether noise was evolved until it was believed."""
    if not grown:
        return []
    held = ""
    if sampled.voices.by_name["picture"].images.number_rows:
        held = "; their counts are those of the mean training site, and hold the network back"
    reached = [one for one in grown if one.evolved.path[-1] >= settings.fooled]
    ends = [one.evolved.path[-1] for one in grown]
    if not reached:
        return [
            Finding(
                "good",
                f"None of {len(grown)} pictures of noise reached {settings.fooled:g} in "
                f"{settings.max_steps} steps (the surest: {max(ends):.2f}){held}.",
            )
        ]
    steps = np.median([len(one.evolved.path) - 1 for one in reached])
    return [
        Finding(
            "warning",
            f"{len(reached)} of {len(grown)} pictures of noise were evolved to {settings.fooled:g} "
            f"(half in {steps:g} steps or fewer). No reads give such pictures.",
        )
    ]


def kind_findings(kinds: dict[str, dict[str, Kind]]) -> list[Finding]:
    """How sure networks are of what no sample shows, and whether the order of rows matters."""
    found = []
    for network, of in kinds.items():
        for kind in ("noise", "no reads", "all zero"):
            if kind not in of:
                continue
            share = float((of[kind].calibrated > SURE).mean())
            before = float((of[kind].raw > SURE).mean())
            found.append(
                Finding(
                    "warning" if share > BELIEVED else "good",
                    f"The {network} network, alone, is more than {SURE:g} sure of "
                    f'{100 * share:.0f} % of inputs of the kind "{kind}" '
                    f"({100 * before:.0f} % before calibration).",
                )
            )
        same = of["rows shuffled"].kept if "rows shuffled" in of else None
        if same is not None:
            found.append(
                Finding(
                    "good" if same.mean() > 1 - BELIEVED else "warning",
                    "With its rows shuffled, the picture keeps its call at "
                    f"{100 * same.mean():.0f} % of the sites; their order says nothing of the "
                    "genotype.",
                )
            )
        empty = of["no reads"].kept if "no reads" in of else None
        if empty is not None and empty.mean() > 1 - BELIEVED:
            found.append(
                Finding(
                    "warning",
                    f"Without any read in the picture it keeps {100 * empty.mean():.0f} % of its "
                    "calls: at these sites it goes by the counts below the picture.",
                )
            )
    return found
