"""What the values of a compact image's channels stand for, and the colours they are drawn in."""

from typing import NamedTuple

from seqcnn.calling.explained import Explained
from seqcnn.encoders import pileup, pileup_rows
from seqcnn.report.style import BLUE, GREEN, INK, ORANGE, PINK, RED, SKY

EMPTY = "white"
BASES = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": RED}


class ChannelValues(NamedTuple):
    """Colour and meaning of the few values that a channel has."""

    colours: dict[int, str]
    names: dict[int, str]


def known_values(name: str, found: Explained, image: int) -> ChannelValues | None:
    """The values of a channel of the compact image; None where it has a scale."""
    if name == "read base":
        codes = dict(zip(pileup_rows.BASES[:4].tolist(), "ACGT", strict=True))
        return ChannelValues(
            {0: EMPTY, **{code: BASES[base] for code, base in codes.items()}}, codes
        )
    if name == "strand":
        return ChannelValues(
            {0: EMPTY, pileup_rows.FORWARD: SKY, pileup_rows.BACKWARD: PINK},
            {pileup_rows.FORWARD: "forward", pileup_rows.BACKWARD: "reverse"},
        )
    if name == "allele":
        return allele_values(found, image)
    if name == "difference":
        return ChannelValues(
            {
                0: EMPTY, pileup_rows.SAME: "#e3e8ed", pileup_rows.CLIPPED: "#b9a6d9",
                pileup_rows.DELETED: INK, pileup_rows.INSERTED: GREEN,
                pileup_rows.INSERTED_ELSEWHERE: SKY, pileup_rows.MISMATCH: RED,
            },
            {
                pileup_rows.SAME: "same", pileup_rows.CLIPPED: "clipped",
                pileup_rows.DELETED: "deleted", pileup_rows.INSERTED: "inserted",
                pileup_rows.INSERTED_ELSEWHERE: "insertion here",
                pileup_rows.MISMATCH: "mismatch",
            },
        )  # fmt: skip
    return None


def allele_values(found: Explained, image: int) -> ChannelValues:
    """What channel "allele" says of a row, and its colours."""
    alts = found.site.alts if found.site is not None else ()
    shown = [int(alt) for alt in found.drawn.shown[image] if alt]
    called = [_short(found, alts[alt - 1]) for alt in shown if alt <= len(alts)]
    joint = found.settings.images.scheme == "joint"
    first, second = (called[:1], called[1:]) if joint else (called, [])
    return ChannelValues(
        {
            0: EMPTY, pileup.NOT_KNOWN: "#eceff2", pileup.OF_OTHER: PINK,
            pileup.OF_REFERENCE: "#b4bfca", pileup.SHOWN_SECOND: ORANGE, pileup.SHOWN: BLUE,
        },
        {
            pileup.NOT_KNOWN: "not known", pileup.OF_OTHER: "other",
            pileup.OF_REFERENCE: "reference", pileup.SHOWN_SECOND: " ".join(second) or "-",
            pileup.SHOWN: ", ".join(first) or "-",
        },
    )  # fmt: skip


def _short(found: Explained, alt: str) -> str:
    ref = found.site.ref if found.site is not None else ""
    longer = len(alt) - len(ref)
    if longer:
        return f"{'+' if longer > 0 else '-'}{abs(longer)} bases"
    return f"{ref[0]}>{alt[0]}"
