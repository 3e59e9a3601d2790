"""Settings of `seqcnn interpret weaknesses`."""

from pathlib import Path

from pydantic import Field

from seqcnn.settings.interpret.base import InterpretSettings


class WeaknessesSettings(InterpretSettings):
    """What is tried to mislead a bundle, and how hard."""

    input: Path | None = Field(
        None,
        description="sequences like the training's: regions (BED, with --genome), FASTA, or a "
        "table with a sequence column; for a bundle that reads pileups a BAM or CRAM",
    )
    number: int = Field(50, ge=1, description="sequences that are attacked, and evolved from noise")
    max_edits: int = Field(10, ge=1, description="substitutions at most, to flip a call")
    max_steps: int = Field(60, ge=1, description="substitutions at most, to make a call of noise")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="calibrated probability at which a call flips"
    )
    confident: float = Field(
        0.9, gt=0.5, lt=1, description="attack only calls at least so sure, either way"
    )
    fooled: float = Field(
        0.99, gt=0.5, lt=1, description="noise is evolved to this probability, raw and calibrated"
    )
    beam: int = Field(8, ge=1, description="states kept in the search for substitutions")
    candidates: int = Field(
        32, ge=1, description="substitutions of each state that are tried after the first"
    )
    other: Path | None = Field(
        None, description="FASTA of other sequences or of another species' genome, for comparison"
    )
    regions: list[str] = Field(
        [], description="of a BAM: contigs or regions to take sites from, such as chr20:1-100,000"
    )
    like: Path | None = Field(
        None,
        description="sequences like the training's, to fit the distance score of a bundle that "
        "has none (one trained by an older seqcnn)",
    )
