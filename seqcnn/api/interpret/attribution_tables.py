"""What was found of attributions, and its tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqcnn.api.interpret.inputs import Inputs
from seqcnn.data.motifs import Motif, consensus
from seqcnn.encoders.dna import LETTERS
from seqcnn.interpret.attribution import Attributions
from seqcnn.interpret.gate import Gate
from seqcnn.interpret.modisco import Motifs, Pattern
from seqcnn.interpret.tomtom import Match

METHOD_NAMES = {
    "deeplift": "DeepLIFT",
    "integrated-gradients": "integrated gradients",
    "saliency": "saliency x input",
}


@dataclass(frozen=True)
class Found:
    """Attributions of T `tracks`, their gate, the gates of methods passed over, and motifs.

    `motifs` has one entry a track, empty without TF-MoDISco; `matches` those of each pattern of
    each track among `database`. `units` are those of the tracks' outputs.
    """

    inputs: Inputs
    tracks: tuple[str, ...]
    of: int
    attributions: Attributions
    gate: Gate
    passed_over: Sequence[Gate]
    motifs: Sequence[Motifs]
    matches: Sequence[Sequence[Sequence[Match]]]
    database: Sequence[Motif]
    units: Sequence[str]

    @property
    def method(self) -> str:
        """The method, in words."""
        return METHOD_NAMES[self.attributions.method]

    def best(self, track: int, pattern: int) -> Match | None:
        """The best match of a pattern."""
        found = self.matches[track][pattern] if self.matches else []
        return found[0] if found else None


def attribution_table(found: Found, most: int) -> pd.DataFrame:
    """A row for each position of the first `most` sequences and each track.

    Columns: sequence, contig and start of the base (where places are known), position (in the
    window), base, track, attribution; both are 0-based.
    """
    number = min(most, len(found.inputs))
    codes = found.inputs.codes[:number]
    length, tracks = codes.shape[1], len(found.tracks)
    repeat = length * tracks
    position = np.tile(np.repeat(np.arange(length), tracks), number)
    columns: dict[str, object] = {"sequence": np.repeat(found.inputs.names[:number], repeat)}
    places = found.inputs.places
    if places is not None:
        columns["contig"] = np.repeat(places["contig"].to_numpy()[:number], repeat)
        columns["start"] = np.repeat(places["start"].to_numpy()[:number], repeat) + position
    letters = np.array(list(LETTERS))
    columns |= {
        "position": position,
        "base": np.repeat(letters[codes].reshape(-1), tracks),
        "track": np.tile(found.tracks, number * length),
        "attribution": found.attributions.importance[:number].transpose(0, 2, 1).reshape(-1),
    }
    return pd.DataFrame(columns)


def gate_table(gates: Sequence[Gate], tracks: Sequence[str]) -> pd.DataFrame:
    """A row for each method that was tried, each track and each test."""
    rows = []
    for gate in gates:
        for number, track in enumerate(tracks):
            values = {
                "convergence": gate.convergence[number],
                "mutagenesis": gate.mutagenesis[number],
                "randomised": gate.likeness[number],
            }
            for test, level in gate.levels(number).items():
                rows.append((gate.method, track, test, float(values[test]), level))
    return pd.DataFrame(rows, columns=["method", "track", "test", "value", "verdict"])


def motif_table(found: Found) -> pd.DataFrame:
    """A row for each pattern: seqlets, sequences that have one, consensus, and its best match."""
    rows = []
    for track, motifs in enumerate(found.motifs):
        for number, pattern in enumerate(motifs.patterns):
            row: dict[str, object] = {
                "track": found.tracks[track],
                "pattern": pattern.name,
                "seqlets": len(pattern),
                "sequences": len(np.unique(pattern.places[:, 0])),
                "consensus": consensus(pattern.probabilities[:, pattern.core]),
                "attribution": float(pattern.contribution[:, pattern.core].sum()),
            }
            if found.database:
                best = found.best(track, number)
                row["match"] = found.database[best.target].label if best else ""
                row["e"] = best.e if best else np.nan
                row["q"] = best.q if best else np.nan
                row["strand"] = best.strand if best else ""
            rows.append(row)
    columns = ["track", "pattern", "seqlets", "sequences", "consensus", "attribution"]
    columns += ["match", "e", "q", "strand"] if found.database else []
    return pd.DataFrame(rows, columns=columns)


def seqlet_table(found: Found) -> pd.DataFrame:
    """A row for each seqlet: where the patterns lie, 0-based and half-open in the window."""
    parts = [
        _seqlets(found, track, pattern)
        for track, motifs in enumerate(found.motifs)
        for pattern in motifs.patterns
    ]
    columns = ["track", "pattern", "sequence", "start", "end", "strand"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _seqlets(found: Found, track: int, pattern: Pattern) -> pd.DataFrame:
    names = np.array(found.inputs.names)
    return pd.DataFrame(
        {
            "track": found.tracks[track],
            "pattern": pattern.name,
            "sequence": names[pattern.places[:, 0]],
            "start": pattern.places[:, 1],
            "end": pattern.places[:, 2],
            "strand": np.where(pattern.reverse, "-", "+"),
        }
    )
