"""One image of a site, the genotype that is asked about, and the networks that decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqcnn.calling.candidates import Candidates
from seqcnn.calling.examine import Prepared
from seqcnn.calling.explain_neutral import with_numbers
from seqcnn.calling.explain_voices import Deciding, Voice, Voices

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One image of a site and the genotype that is asked about."""

    voices: Voices
    deciding: Deciding
    prepared: Prepared
    candidates: Candidates  # of the site alone
    image: int  # of the site's images
    shown: npt.NDArray[np.int64]  # (2,) alternative alleles of the image
    images: Mapping[str, Pixels]  # (H, W, C) by voice
    possible: list[bool]
    genotype: int
    genotypes: tuple[tuple[str, str], ...]  # names of all, as 0/1 and A/G

    @property
    def single(self) -> dict[str, Pixels]:
        """The images (1, H, W, C) by voice."""
        return {name: image[None] for name, image in self.images.items()}

    def values(self, images: Mapping[str, npt.NDArray[np.number]]) -> Numbers:
        """Log-odds (n,) of images (n, H, W, C) by voice, of those that decide."""
        deciding = {name: images[name] for name in self.deciding.voices}
        return self.deciding.values(self.voices.inputs(deciding))

    def varied(self, name: str, images: Sequence[npt.NDArray[np.number]]) -> Numbers:
        """Log-odds (n,) with other images of one voice, all else as it is."""
        return self.values({**self._repeated(len(images)), name: np.stack(images)})

    def numbers_varied(self, numbers: Sequence[Mapping[str, npt.NDArray[np.number]]]) -> Numbers:
        """Log-odds (n,) with other numbers by voice, in pictures and counts alike."""
        changed = {
            name: np.stack(
                [with_numbers(image, one[name], self.voice(name).images) for one in numbers]
            )
            for name, image in self.images.items()
            if name in self.deciding.voices
        }
        return self.values(changed)

    def voice(self, name: str) -> Voice:
        """One of the voices."""
        return self.voices.by_name[name]

    def _repeated(self, times: int) -> dict[str, npt.NDArray[np.number]]:
        return {
            name: np.broadcast_to(image, (times, *image.shape))
            for name, image in self.images.items()
        }
