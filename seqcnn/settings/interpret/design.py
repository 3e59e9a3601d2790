"""Settings of `seqcnn interpret design`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class DesignSettings(InterpretSettings):
    """The wish, where to start, how to search, and what the sequences must keep to."""

    up: list[str] = Field([], description="outputs to raise; NAME=2 counts twice")
    down: list[str] = Field([], description="outputs to lower; NAME=2 counts twice")
    until: float | None = Field(
        None,
        gt=0.5,
        lt=1,
        description="stop once every output to raise has this probability and every one to lower "
        "at most the rest to 1; goes on while an edit helps when not given",
    )
    objective: Literal["logit", "value"] = Field(
        "logit",
        description="what is added over outputs to raise and taken off for those to lower; value "
        "is the calibrated probability or the signal",
    )
    max_edits: int = Field(20, ge=0, description="substitutions of a sequence at most")
    method: Literal["greedy", "beam"] = Field(
        "greedy",
        description="the best edit each time, or several sequences kept each time, which can go "
        "round what greedy stops at, such as a limit of GC",
    )
    beam_width: int = Field(5, ge=2, description="sequences that a beam keeps")
    start: Literal["auto", "input", "shuffled", "random"] = Field(
        "auto",
        description="begin at the input, its dinucleotide shuffles, or random sequences; "
        "auto is the input, or random without one",
    )
    number: int = Field(10, ge=1, description="shuffled or random sequences to begin at")
    track: list[str] = Field([], description="other outputs to watch beside those wished")
    max_sequences: int = Field(10, ge=1, description="use at most so many of the input")
    gc: str | None = Field(None, description="share of G and C to keep within, LOW:HIGH as 0.4:0.6")
    forbid: list[str] = Field(
        [],
        description="motifs that must not occur on either strand: IUPAC letters such as GAATTC, "
        "or names in --motifs",
    )
    motifs: Path | None = Field(None, description="MEME file with the named motifs")
    keep: list[str] = Field(
        [],
        description="stretches that must not change, START:END in bp of the window (0-based, "
        "END excluded)",
    )
    longest_run: int | None = Field(None, ge=1, description="of one base, in bp")
