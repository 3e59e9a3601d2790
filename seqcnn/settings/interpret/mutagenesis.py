"""Settings of `seqcnn interpret mutagenesis`."""

from typing import Literal

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class MutagenesisSettings(InterpretSettings):
    """What is mutated, and how its effects are computed."""

    max_sequences: int = Field(20, ge=1, description="use at most so many of the input")
    around: str | None = Field(
        None,
        description="mutate only START:END of each window (bp, 0-based, END left out)",
    )
    incremental: Literal["auto", "always", "never"] = Field(
        "auto",
        description="compute only what a substitution changes: where that is the faster, wherever "
        "it gives the same, or never",
    )
    figures: int = Field(4, ge=0, description="draw the maps of so many sequences, the first ones")
