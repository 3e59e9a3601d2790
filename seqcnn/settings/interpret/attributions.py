"""Settings of `seqcnn interpret attributions`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class AttributionsSettings(InterpretSettings):
    """How attributions are computed, tested and gathered into motifs."""

    method: Literal["auto", "deeplift", "integrated-gradients", "saliency"] = Field(
        "auto", description="auto is the first of the others that passes the gate"
    )
    baseline: Literal["shuffled", "uniform"] = Field(
        "shuffled",
        description="what a sequence is set against: shuffles of its own that keep its "
        "dinucleotides, or a quarter of each base everywhere (faster)",
    )
    references: int = Field(10, ge=1, description="shuffles a sequence")
    steps: int = Field(20, ge=2, description="of integrated gradients, between two sequences")
    gate_sequences: int = Field(16, ge=2, description="sequences that the gate tests")
    shown: int = Field(4, ge=1, le=8, description="sequences drawn, the highest outputs first")
    table_sequences: int = Field(
        100, ge=1, description="sequences in the table; attributions.npz has all"
    )
    modisco: bool = Field(False, description="find motifs in the attributions (TF-MoDISco)")
    motifs: Path | None = Field(
        None, description="MEME file of known motifs to name those found; means --modisco"
    )
    max_seqlets: int = Field(2000, ge=200, description="of each sign for TF-MoDISco, at most")
