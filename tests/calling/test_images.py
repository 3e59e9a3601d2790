"""How candidates become images: which alleles each shows, by scheme."""

import numpy as np
import pytest
import torch
from drawn_reads import codes, drawn

from seqcnn.calling.candidates import Thresholds, find_candidates
from seqcnn.calling.images import Drawn, PileupImages, allele_values, network_input
from seqcnn.encoders.pileup import CHANNELS
from seqcnn.errors import InputError

REFERENCE = "GACTGACCTGATTTTTTGCAGG"
ALLELE = CHANNELS.index("allele")


def draw(text: str, settings: PileupImages) -> Drawn:
    reads, letters = drawn(text), codes(REFERENCE)
    candidates = find_candidates(reads, letters, 0, "q", 0, 22, Thresholds())
    return settings.draw(reads, letters, 0, candidates)


def reads_with(letters: str) -> str:
    """One read of the whole reference for each letter at position 4."""
    return "\n".join(
        f"r{i} 0 0 60 22M {REFERENCE[:4]}{letter}{REFERENCE[5:]}"
        for i, letter in enumerate(letters)
    )


def test_jointly_one_image_shows_the_best_two_alleles() -> None:
    found = draw(reads_with("GGTTTAACC"), PileupImages(rows=12, columns=11))
    assert found.images.shape == (1, 12, 11, 7)
    assert (found.site.tolist(), found.shown.tolist()) == ([0], [[1, 2]])
    # T is the best allele; A comes before C.
    assert found.images[0, :, 5, ALLELE].tolist() == [
        254, 254, 254, 190, 190, 110, 110, 60, 60, 0, 0, 0,
    ]  # fmt: skip


def test_in_pairs_every_allele_and_every_pair_has_an_image() -> None:
    found = draw(reads_with("GTTTAACC"), PileupImages(scheme="pairs", rows=9, columns=11))
    assert found.site.tolist() == [0] * 6
    assert found.shown.tolist() == [[1, 0], [2, 0], [3, 0], [1, 2], [1, 3], [2, 3]]
    seen = found.images[:, :, 5, ALLELE].tolist()
    assert seen[0] == [254, 254, 254, 110, 60, 60, 60, 60, 0]
    assert seen[3] == [254] * 5 + [110, 60, 60, 0]


def test_a_site_of_one_allele_has_one_image_in_both_schemes() -> None:
    for scheme in ("joint", "pairs"):
        found = draw(reads_with("GGTT"), PileupImages(scheme=scheme))  # type: ignore[arg-type]
        assert found.images.shape == (1, 48, 61, 7)
        assert found.shown.tolist() == [[1, 0]]


@pytest.mark.parametrize("scheme", ["joint", "pairs"])
def test_without_candidates_there_are_no_images(scheme: str) -> None:
    for text in ("", reads_with("GG")):
        found = draw(text, PileupImages(scheme=scheme))  # type: ignore[arg-type]
        assert found.images.shape == (0, 48, 61, 7)
        assert found.shown.shape == (0, 2)
        assert len(found.site) == 0


def test_values_of_alleles_by_scheme() -> None:
    shown = np.array([[1, 0], [1, 2], [2, 3]])
    assert allele_values(shown, 3, "joint").tolist() == [
        [110, 254, 60, 60],
        [110, 254, 190, 60],
        [110, 60, 254, 190],
    ]
    assert allele_values(shown, 3, "pairs")[2].tolist() == [110, 60, 254, 254]


def test_a_network_sees_values_from_0_to_1_by_channel() -> None:
    images = torch.tensor([0, 127, 254], dtype=torch.uint8).reshape(1, 1, 1, 3)
    x = network_input(images)
    assert x.shape == (1, 3, 1, 1)
    assert x.flatten().tolist() == [0, 0.5, 1]


def test_combined_images_have_the_picture_above_and_the_counts_below() -> None:
    text = reads_with("GGTTTAACC")
    picture = draw(text, PileupImages("compact", rows=12, columns=11)).images
    numbers = draw(text, PileupImages("counts", rows=1, columns=1)).images
    settings = PileupImages("combined", rows=14, columns=11)
    assert (settings.number_rows, settings.picture_rows) == (2, 12)
    found = draw(text, settings)
    assert found.images.shape == (1, 14, 11, 7)
    assert (found.images[:, :12] == picture).all()
    below = found.images[0, 12:].ravel()
    assert (below[: numbers.size] == numbers.ravel()).all()
    assert not below[numbers.size :].any()
    assert draw("r 0 0 60 22M " + REFERENCE, settings).images.shape == (0, 14, 11, 7)


def test_combined_images_need_a_row_for_fragments() -> None:
    with pytest.raises(InputError, match="needs more than 2 --rows of 11 columns"):
        PileupImages("combined", rows=2, columns=11)
