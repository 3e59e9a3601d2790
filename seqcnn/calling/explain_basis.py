"""What a call rests on, as plain data: log-odds that change when a part is hidden, and gradients.

All effects are in the natural logarithm of the odds p / (1 - p) of the explained genotype, with it
minus without: what holds the call has a positive one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.explain_voices import Tier

Numbers = npt.NDArray[np.float64]

FELT = 0.05  # an effect below is as good as none


class FragmentEffect(NamedTuple):
    """A fragment, and what the call loses without it."""

    name: str  # of the read; "" where it is not known
    rows: tuple[int, ...]  # of the picture; none where the picture has no room for it
    shows: str  # an allele as REF>ALT, "reference", "other", "not known" or "not at the site"
    strand: str  # + or -, of the read that counts
    mapping_quality: int
    base_quality: int  # Phred at the site, -1 where it has no base there
    effect: float
    probability: float  # of the genotype, calibrated, without the fragment


class Effect(NamedTuple):
    """A channel, a group of numbers or one number, and what the call loses without it."""

    name: str
    effect: float


class Loss(NamedTuple):
    """The strongest fragments of an allele, or of all, without which a call is another."""

    fragments: int
    shows: str  # as `FragmentEffect.shows`; "" where fragments of any allele are taken
    becomes: str  # the genotype then, as 0/0


@dataclass(frozen=True)
class Occlusion:
    """What becomes of a call when parts of what was drawn are hidden.

    Attributes:
        fragments: in the order of the picture's rows, then those without a row.
        loss: the fewest fragments, of those tried, without which the caller says another genotype;
            None where it never does.
        channels: of the picture, the strongest first; none where counts alone decide.
        numbers: groups of counted numbers, the strongest first; none where pictures alone decide.
        columns: (W,) of the picture, each alone; empty where counts alone decide.
        windows: (W,) the `window` columns around each.
        window: how many these are.
        around: (51,) the numbers about each position from -25 to +25 bp; empty without numbers.
    """

    fragments: tuple[FragmentEffect, ...]
    loss: Loss | None
    channels: tuple[Effect, ...]
    numbers: tuple[Effect, ...]
    columns: Numbers
    windows: Numbers
    window: int
    around: Numbers

    @property
    def holding(self) -> int:
        """Fragments that hold the call."""
        return sum(one.effect > FELT for one in self.fragments)

    @property
    def against(self) -> int:
        """Fragments without which it would be surer."""
        return sum(one.effect < -FELT for one in self.fragments)


@dataclass(frozen=True)
class Gradients:
    """Integrated gradients (Sundararajan, Taly and Yan, ICML 2017) from a baseline to the site.

    Attributes:
        baseline: "empty" or "reference" of the picture; numbers begin at those of the mean
            training site.
        picture: (H, W, C) float32 shares of its pixels; empty where counts alone decide.
        numbers: (F,) shares of the numbers, those of both networks added up; empty without.
        total: of all shares.
        wanted: log-odds of the site less those of the baseline, which shares add up to.
        steps: points on the way.
    """

    baseline: str
    picture: npt.NDArray[np.float32]
    numbers: Numbers
    total: float
    wanted: float
    steps: int

    @property
    def gap(self) -> float:
        """How far the shares miss what they should add up to."""
        return abs(self.total - self.wanted)


@dataclass(frozen=True)
class Basis:
    """What the answer to one image rests on.

    Attributes:
        genotype: the most probable one, as 0/1, and `alleles`, as A/G.
        tier: which networks decided.
        log_odds: of the genotype, calibrated.
        alone: the log-odds by each of the deciding networks as if it were alone.
        occlusion: see there.
        gradients: from each baseline.
        agreement: Pearson correlation of the fragments' effects with the gradients of their rows
            from an empty picture; None with fewer than 3 rows, or without a picture.
    """

    genotype: str
    alleles: str
    tier: Tier
    log_odds: float
    alone: dict[str, float]
    occlusion: Occlusion
    gradients: tuple[Gradients, ...]
    agreement: float | None
