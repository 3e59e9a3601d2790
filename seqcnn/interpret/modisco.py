"""TF-MoDISco: recurring patterns in attributions, as motifs (Shrikumar et al. 2018, arXiv
1811.00416), in the implementation of modisco-lite.

The settings are those of its own command, but for a narrower core of the stretches it starts from,
which finds more in windows of about 100 bp.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from seqcnn.atomic import whole_file
from seqcnn.errors import InputError

WINDOW, FLANK = 15, 5  # bp of a seqlet's core, and on each side of it
FEWEST = 100  # seqlets of one sign, above which patterns are looked for
TRIM = 0.3  # of the greatest column, below which the ends of a pattern are cut


@dataclass(frozen=True)
class Pattern:
    """One pattern, all of it `(4, w)`, rows A C G T.

    `probabilities` of the seqlets' bases; `contribution`, their mean attributions, and
    `hypothetical`, those of all four bases. `places` int `(S, 3)`: sequence, start and end, 0-based
    and half-open, of each seqlet; `reverse` bool `(S,)` where it is read on the other strand.
    """

    name: str
    sign: Literal["positive", "negative"]
    probabilities: np.ndarray
    contribution: np.ndarray
    hypothetical: np.ndarray
    places: np.ndarray
    reverse: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    @property
    def core(self) -> slice:
        """The columns left when weak ones are cut off both ends."""
        strength = np.abs(self.contribution).sum(0)
        strong = np.flatnonzero(strength >= TRIM * strength.max())
        return slice(int(strong[0]), int(strong[-1]) + 1)


@dataclass(frozen=True)
class Motifs:
    """The patterns, of each sign those with most seqlets first, and what `write` needs."""

    patterns: tuple[Pattern, ...]
    length: int
    found: tuple[Any, Any] = field(default=(None, None), repr=False)

    def write(self, path: Path) -> None:
        """Write the HDF5 that modisco's own commands read, by its own writer."""
        with whole_file(path) as temporary:
            _modisco().io.save_hdf5(str(temporary), *self.found, self.length)


def find_motifs(
    one_hot: np.ndarray, hypothetical: np.ndarray, *, max_seqlets: int = 2000
) -> Motifs:
    """Patterns in hypothetical attributions of one output; both arrays are `(N, 4, L)`.

    At most `max_seqlets` of each sign are used. No pattern where there are too few seqlets.

    Raises:
        InputError: modisco-lite is not installed; the sequences are too short; the attributions
            are zero.
    """
    modisco = _modisco()
    shortest = WINDOW + 2 * FLANK + 1
    if one_hot.shape[2] < shortest:
        raise InputError(
            f"--modisco: sequences of {one_hot.shape[2]} bp; TF-MoDISco needs {shortest} or more"
        )
    if not np.any(one_hot * hypothetical):
        raise InputError("--modisco: all attributions are zero; there is no pattern to find")
    arrays = [np.ascontiguousarray(one.transpose(0, 2, 1), "f4") for one in (one_hot, hypothetical)]
    found = modisco.tfmodisco.TFMoDISco(
        one_hot=arrays[0],
        hypothetical_contribs=arrays[1],
        max_seqlets_per_metacluster=max_seqlets,
        sliding_window_size=WINDOW,
        flank_size=FLANK,
        min_metacluster_size=FEWEST,
        target_seqlet_fdr=0.05,
        n_leiden_runs=2,
    )
    patterns = [
        _pattern(one, sign, number)
        for sign, several in zip(("positive", "negative"), found, strict=True)
        for number, one in enumerate(several or ())
    ]
    return Motifs(tuple(patterns), one_hot.shape[2], tuple(found))


def _pattern(found: Any, sign: Any, number: int) -> Pattern:
    seqlets = found.seqlets
    return Pattern(
        name=f"{sign[:3]}_{number + 1}",
        sign=sign,
        probabilities=np.asarray(found.sequence, float).T,
        contribution=np.asarray(found.contrib_scores, float).T,
        hypothetical=np.asarray(found.hypothetical_contribs, float).T,
        places=np.array([(one.example_idx, one.start, one.end) for one in seqlets], np.int64),
        reverse=np.array([one.is_revcomp for one in seqlets], bool),
    )


def require_modisco() -> None:
    """Refuse early where modisco-lite is not installed.

    Raises:
        InputError: with what to install.
    """
    _modisco()


def _modisco() -> ModuleType:
    try:
        import modiscolite as found
    except ImportError:
        try:
            # The name of the project after the two were merged.
            import modisco as found
        except ImportError:
            found = None
    if found is None or not hasattr(found, "tfmodisco"):
        raise InputError("--modisco needs modisco-lite: pip install 'seqcnn[interpret]'")
    module: ModuleType = found
    return module
