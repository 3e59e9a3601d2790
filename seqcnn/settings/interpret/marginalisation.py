"""Settings of `seqcnn interpret marginalisation`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class MarginalisationSettings(InterpretSettings):
    """What is planted, where, and in which backgrounds."""

    motif: list[str] = Field(
        min_length=1,
        description="one or more: IUPAC letters such as CACGTG, or names in --motifs",
    )
    motifs: Path | None = Field(None, description="MEME file with the named motifs")
    bases: Literal["likely", "drawn"] = Field(
        "likely",
        description="of a motif that is not one word: each column's most likely base (ties are "
        "drawn), or bases drawn by their share",
    )
    orientation: Literal["forward", "reverse", "both"] = Field(
        "forward", description="of the motifs; both measures each by itself"
    )
    how: Literal["replace", "insert"] = Field(
        "replace", description="overwrite bases, or push the background apart and trim its ends"
    )
    background: Literal["auto", "shuffled", "input", "random"] = Field(
        "auto",
        description="what is planted in: dinucleotide shuffles of the input, the input itself, or "
        "random bases; auto is shuffled, or random without an input",
    )
    backgrounds: int = Field(100, ge=2, description="how many sequences are planted in")
    gc: float = Field(0.5, gt=0, lt=1, description="share of G and C in random backgrounds")
    at: int | None = Field(
        None, ge=0, description="0-based start of the motif in bp; the middle when not given"
    )
    copies: list[int] = Field([], description="plant so many copies in a row as well: 2 3 4")
    gap: int = Field(10, ge=0, description="bp between copies")
    profile: bool = Field(False, description="plant at every place, for the effect by position")
    step: int | None = Field(
        None, ge=1, description="bp between those places; about 100 places when not given"
    )
    second: str | None = Field(
        None, description="plant this motif after the first of --motif, for the effect by spacing"
    )
    spacings: str = Field(
        "0:60",
        description="bp between the end of the first and the start of the second, LOW:HIGH or "
        "LOW:HIGH:STEP, HIGH included; as far as the window reaches",
    )
