"""What a call rests on, as lines for the terminal and as numbers for JSON."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcnn.calling.explain_basis import FELT, Basis, Effect, FragmentEffect, Gradients, Loss
from seqcnn.calling.explained import Explained
from seqcnn.encoders.count_features import FEATURES, FLANK

INDENT = "  "
TOLD = 4  # of the strongest
NONE = f"none changes it by more than {FELT:g}"
TIERS = {
    "counts": "counts of fragments alone",
    "picture": "the picture",
    "both": "picture and counts together",
}


def basis_lines(found: Explained) -> list[str]:
    """The strongest parts of each image, a line a kind; none where nothing was asked."""
    lines: list[str] = []
    for number, basis in enumerate(found.bases):
        which = f"image {number + 1}: " if len(found.bases) > 1 else ""
        lines.append(
            f"what {which}{basis.genotype} ({basis.alleles}) rests on: log-odds "
            f"{basis.log_odds:+.2f} by {TIERS[basis.tier]}{_alone(basis)}"
        )
        rows = [*_by_part(found, basis), *_by_gradients(basis)]
        width = max(len(head) for head, _ in rows)
        lines += [f"{INDENT}{head:<{width}}  {text}" for head, text in rows]
    return lines


def summary(basis: Basis) -> str:
    """Who holds the call, in a few words."""
    found = basis.occlusion
    text = f"held by {found.holding} of {len(found.fragments)} fragments"
    if found.against:
        text += f", {found.against} speak against it"
    return f"{text}; {loss_words(found.loss)}"


def loss_words(loss: Loss | None) -> str:
    """What it takes to lose the call."""
    if loss is None:
        return "it stays when all of any one allele go"
    which = f" of {loss.shows}" if loss.shows else ""
    strongest = "the strongest" if loss.fragments == 1 else f"the {loss.fragments} strongest"
    return f"without {strongest}{which} it becomes {loss.becomes}"


def position_of(found: Explained, column: int) -> int | None:
    """The 0-based position of a picture's column; None for those of inserted bases."""
    centre = found.settings.images.columns // 2
    if centre < column <= centre + found.inserted:
        return None
    return found.at.pos + column - centre - (found.inserted if column > centre else 0)


def basis_dicts(found: Explained) -> list[dict[str, Any]]:
    """All numbers of each image; positions are 1-based."""
    return [_basis_dict(found, basis) for basis in found.bases]


def _alone(basis: Basis) -> str:
    if len(basis.alone) < 2:
        return ""
    told = ", ".join(f"{name} alone {value:+.2f}" for name, value in sorted(basis.alone.items()))
    return f" ({told})"


def _by_part(found: Explained, basis: Basis) -> list[tuple[str, str]]:
    hidden = basis.occlusion
    rows = [("fragments", summary(basis))]
    for one in strongest(hidden.fragments)[:TOLD]:
        rows.append(("", f"{one.effect:+.2f}  {_described(one)}"))
    if hidden.channels:
        rows.append(("channels", _listed(hidden.channels)))
    if len(hidden.windows):
        rows.append(("columns", _most_by_column(found, basis)))
    if hidden.numbers:
        rows.append(("counts", _listed(hidden.numbers)))
    return rows


def _most_by_column(found: Explained, basis: Basis) -> str:
    hidden = basis.occlusion
    at = int(np.abs(hidden.windows).argmax())
    if abs(hidden.windows[at]) <= FELT:
        return NONE
    where = position_of(found, at)
    named = "the inserted bases" if where is None else f"{where + 1:,}"
    return f"the {hidden.window} around {named} {hidden.windows[at]:+.2f}, all others less"


def _by_gradients(basis: Basis) -> list[tuple[str, str]]:
    rows = []
    for one in basis.gradients:
        parts = [("picture", float(one.picture.sum()))] if one.picture.size else []
        parts += [("counts", float(one.numbers.sum()))] if one.numbers.size else []
        shares = ", ".join(f"{name} {share:+.2f}" for name, share in parts)
        rows.append(("gradients", f"{start_words(one, basis)}: {shares}; off by {one.gap:.3f}"))
    if basis.agreement is not None:
        rows.append(
            ("", f"the gradients of rows and the fragments' effects: r = {basis.agreement:.2f}")
        )
    return rows


def start_words(gradients: Gradients, basis: Basis) -> str:
    """Where the gradients begin."""
    if basis.tier == "counts":
        return "from the counts of the mean training site"
    if gradients.baseline == "empty":
        return "from an empty picture"
    return "from a picture of the reference alone"


def strongest(fragments: Sequence[FragmentEffect]) -> list[FragmentEffect]:
    """Fragments with an effect, the largest first."""
    felt = [one for one in fragments if abs(one.effect) > FELT]
    return sorted(felt, key=lambda one: (-abs(one.effect), one.name))


def _described(one: FragmentEffect) -> str:
    quality = f", base Q {one.base_quality}" if one.base_quality >= 0 else ""
    name = one.name or "a fragment"
    return f"{one.shows}: {name} ({one.strand}, map Q {one.mapping_quality}{quality})"


def _listed(effects: Sequence[Effect]) -> str:
    felt = [one for one in effects if abs(one.effect) > FELT][:TOLD]
    if not felt:
        return NONE
    return ", ".join(f"{one.name} {one.effect:+.2f}" for one in felt)


def _basis_dict(found: Explained, basis: Basis) -> dict[str, Any]:
    hidden = basis.occlusion
    offsets = range(-FLANK, FLANK + 1)
    return {
        "genotype": basis.genotype,
        "alleles": basis.alleles,
        "decided_by": basis.tier,
        "log_odds": basis.log_odds,
        "log_odds_alone": basis.alone,
        "fragments": [one._asdict() for one in hidden.fragments],
        "holding": hidden.holding,
        "against": hidden.against,
        "lost_without": hidden.loss and hidden.loss._asdict(),
        "channels": {one.name: one.effect for one in hidden.channels},
        "counts": {one.name: one.effect for one in hidden.numbers},
        "window": hidden.window,
        "columns": [
            {"position": None if at is None else at + 1, "alone": one, "window": several}
            for column, (one, several) in enumerate(
                zip(hidden.columns.tolist(), hidden.windows.tolist(), strict=True)
            )
            for at in [position_of(found, column)]
        ],
        "counts_by_position": [
            {"position": found.at.pos + offset + 1, "effect": effect}
            for offset, effect in zip(offsets, hidden.around.tolist(), strict=False)
        ],
        "gradients": [_gradients_dict(found, one) for one in basis.gradients],
        "agreement": basis.agreement,
    }


def _gradients_dict(found: Explained, one: Gradients) -> dict[str, Any]:
    names = found.settings.images.channels if one.picture.size else ()
    return {
        "baseline": one.baseline,
        "total": one.total,
        "wanted": one.wanted,
        "convergence_difference": one.gap,
        "steps": one.steps,
        "channels": dict(zip(names, one.picture.sum((0, 1)).tolist(), strict=True))
        if names
        else {},
        "rows": one.picture.sum((1, 2)).tolist() if names else [],
        "columns": one.picture.sum((0, 2)).tolist() if names else [],
        "counts": dict(zip(FEATURES, one.numbers.tolist(), strict=False)),
    }
