"""What was found to mislead a bundle, in plain sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from seqcnn.api.interpret.weakness_attacks import Attack
from seqcnn.api.interpret.weakness_noise import Noise
from seqcnn.interpret.off_distribution import SURE
from seqcnn.report.records import Finding
from seqcnn.settings.interpret.weaknesses import WeaknessesSettings

FRAGILE = 2  # substitutions that flip half of the calls: so few are worth a warning
BELIEVED = 0.05  # share of strange sequences that are called surely: as many are worth a warning
OTHER = "other: "
KIND_WORDS = {
    "dinucleotides shuffled": "Given sequences with their dinucleotides shuffled",
    "letters shuffled": "Given sequences with their letters shuffled",
    "random, same GC": "Random sequences of the same GC content",
    "random": "Random sequences",
    "reversed": "Given sequences reversed, not complemented",
    "repeats": "Repeats of 1 to 6 bp",
    "half of it N": "Given sequences of which half is N",
    "all N": "Nothing but N",
}


@dataclass(frozen=True)
class Seen:
    """Probabilities (N, tracks) of one kind of sequence, raw and calibrated, and distances (N,)."""

    raw: np.ndarray
    calibrated: np.ndarray
    distance: np.ndarray | None

    def surest(self, calibrated: bool) -> np.ndarray:
        """Probability (N,) of the surest call of each sequence."""
        surest: np.ndarray = (self.calibrated if calibrated else self.raw).max(1)
        return surest

    @property
    def flagged(self) -> float | None:
        """Share that the distance score calls unlike the training data."""
        return None if self.distance is None else float((self.distance > 1).mean())

    @property
    def sure_and_flagged(self) -> float | None:
        """Of those called surely, the share flagged; NaN where none is."""
        sure = self.surest(True) > SURE
        if self.distance is None:
            return None
        return float((self.distance[sure] > 1).mean()) if sure.any() else float("nan")


def findings_of(
    settings: WeaknessesSettings, seen: Mapping[str, Seen], attacked: Attack, noise: Noise
) -> list[Finding]:
    """What was found, in plain sentences."""
    return [
        *_flips(settings, attacked),
        _fooled(settings, noise),
        *_believed(seen),
        _distance(seen),
    ]


def _flips(settings: WeaknessesSettings, attacked: Attack) -> list[Finding]:
    if not len(attacked.calls):
        return [
            Finding(
                "warning",
                f"No call of the given sequences was {percent(settings.confident)} sure"
                + (" and right" if attacked.calls.checked else "")
                + ", so none was attacked; lower --confident.",
            )
        ]
    found = []
    most = len(attacked.random)
    beside = attacked.beside()
    for name, mask in attacked.groups.items():
        number = attacked.edited.number[mask]
        flipped = number > 0
        what = "are lost" if name == "call lost" else "are made"
        kind = "calls" if name == "call lost" else "calls where there was none"
        if not flipped.any():
            found.append(
                Finding("good", f"None of {len(number)} {kind} {what} by {most} substitutions.")
            )
            continue
        median = float(np.median(np.where(flipped, number, most + 1)))
        if median > most:
            share = percent(float(flipped.mean()))
            text = f"{share} of {len(number)} sure {kind} {what} by {most} substitutions or fewer."
            found.append(Finding("good", text))
            continue
        one = float((number == 1).mean())
        by_chance = float(np.nanmean(beside[mask]))
        found.append(
            Finding(
                "warning" if median <= FRAGILE else "good",
                f"Half of {len(number)} sure {kind} {what} by {count_of(median)} "
                f"({percent(one)} by one); as many at random do so in {percent(by_chance)}.",
            )
        )
    # Every single substitution was tried; more are the best that the search found.
    note = " One is exact; where more are needed, fewer than were found may do."
    return [replace(found[0], text=found[0].text + note), *found[1:]]


def count_of(number: float) -> str:
    """So many substitutions, in words."""
    return "1 substitution" if number == 1 else f"{number:g} substitutions or fewer"


def _fooled(settings: WeaknessesSettings, noise: Noise) -> Finding:
    reached = noise.fooled.reached
    if not reached.any():
        return Finding(
            "good",
            f"None of {len(reached)} random sequences could be evolved to p {settings.fooled:g} "
            f"within {settings.max_steps} substitutions.",
        )
    steps = float(np.median(noise.fooled.edited.number[reached]))
    like = float(np.median(noise.likeness["evolved"][reached]))
    text = (
        f"{reached.sum()} of {len(reached)} random sequences were evolved to p {settings.fooled:g} "
        f"by a median of {steps:g} substitutions; their 6-mers are {like:.2f} like those of the "
        "nearest given sequence"
    )
    if len(noise.likeness["given"]):
        text += f", given ones {np.median(noise.likeness['given']):.2f} like each other"
    if noise.distance is not None:
        flagged = float((noise.distance[reached] > 1).mean())
        text += f". The distance score flags {percent(flagged)} of them"
    return Finding("warning", text + ".")


def _believed(seen: Mapping[str, Seen]) -> list[Finding]:
    """A sentence on each kind of sequence that is often believed, and one on the others."""
    own = float((seen["given"].surest(True) > SURE).mean())
    found, seldom = [], {}
    for kind, one in seen.items():
        before, after = (float((one.surest(side) > SURE).mean()) for side in (False, True))
        if kind == "given":
            continue
        if after <= BELIEVED:
            seldom[kind] = after
            continue
        words = KIND_WORDS.get(kind, f"Sequences of {kind.removeprefix(OTHER)}")
        text = (
            f"{words}: {percent(after)} are called with p > {SURE} ({percent(before)} before "
            f"calibration; {percent(own)} of the given sequences are)"
        )
        hidden = after
        flagged = one.sure_and_flagged
        if flagged is not None:
            text += f"; the distance score flags {percent(flagged)} of those"
            hidden = after * (1 - flagged)
        found.append(Finding("warning" if hidden > BELIEVED else "good", text + "."))
    if seldom:
        most = max(seldom.values())
        kinds = "; ".join(seldom)
        share = f"At most {percent(most)} are" if most > 0 else "None is"
        text = f"{share} called with p > {SURE} of: {kinds}."
        found.append(Finding("good", text))
    return found


def _distance(seen: Mapping[str, Seen]) -> Finding:
    given = seen["given"].flagged
    if given is None:
        return Finding(
            "warning",
            "The bundle has no distance score (it was trained by an older seqcnn), so nothing "
            "tells it where not to be trusted: train it again, or pass sequences like its "
            "training data as --like.",
        )
    text = f"The distance score flags {percent(given)} of the given sequences"
    if given > 0.05:
        return Finding("warning", f"{text}: they are not like its training data.")
    return Finding("good", f"{text}; about 1 % is what data like the training's give.")


def percent(share: float) -> str:
    """A share in words of two figures: 37 %, 0.4 %, < 0.1 %."""
    if not np.isfinite(share):
        return "none"
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.2g} %"
