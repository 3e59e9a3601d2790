"""The reading of attributions, with the files that modisco's own command takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seqcnn.api.interpret.reading import Reading
from seqcnn.atomic import whole_file
from seqcnn.interpret.modisco import Motifs

VERB = "attributions"


@dataclass(frozen=True)
class AttributionsReading(Reading):
    """The reading, with TF-MoDISco's motifs by file stem, written as its HDF5 too.

    `write` also makes `attributions_one_hot.npz` and `attributions_hypothetical.npz`, which
    `modisco motifs -s … -a …` reads, (N, 4, L) each; of several tracks one a track.
    """

    motifs: Mapping[str, Motifs] = field(default_factory=dict)
    stems: tuple[str, ...] = ("",)

    def write(self, folder: Path | str) -> list[Path]:
        """As `Reading.write`, and the files of modisco's command."""
        paths = super().write(folder)
        wanted = {"one_hot": self.arrays["one_hot"]}
        for number, stem in enumerate(self.stems):
            wanted[f"hypothetical{stem}"] = self.arrays["hypothetical"][number]
        for name, array in wanted.items():
            path = Path(folder) / f"{VERB}_{name}.npz"
            with whole_file(path) as temporary, temporary.open("wb") as opened:
                np.savez_compressed(opened, array)
            paths.append(path)
        for stem, motifs in self.motifs.items():
            path = Path(folder) / f"{VERB}_modisco{stem}.h5"
            motifs.write(path)
            paths.append(path)
        return paths
