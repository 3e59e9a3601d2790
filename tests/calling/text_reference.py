"""A reference written in the test itself."""

import numpy as np
import numpy.typing as npt

CODES = np.full(256, 4, np.uint8)
CODES[list(b"ACGT")] = range(4)


class TextReference:
    """Contigs given as text: `TextReference(chr1="ACGT")`."""

    def __init__(self, **contigs: str) -> None:
        self.contigs = contigs

    @property
    def length_of(self) -> dict[str, int]:
        return {name: len(bases) for name, bases in self.contigs.items()}

    def fetch(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        bases = self.contigs[contig]
        inside = bases[max(start, 0) : max(end, 0)].encode()
        codes = np.full(end - start, 4, np.uint8)
        first = max(-start, 0)
        codes[first : first + len(inside)] = CODES[np.frombuffer(inside, np.uint8)]
        return codes
