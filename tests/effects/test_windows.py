"""Windows around variants, against edits of the genome as a string."""

import numpy as np
import pytest

from seqcnn.data.genome import Genome
from seqcnn.effects.windows import Changes, variant_windows
from seqcnn.encoders.dna import decode

LENGTH = 21


@pytest.fixture(scope="module")
def sequence() -> str:
    return "".join(np.random.default_rng(3).choice(list("ACGT"), 300))


@pytest.fixture(scope="module")
def genome(sequence, tmp_path_factory) -> Genome:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text(f">other\n{'ACGTA' * 20}\n>one\n{sequence}\n")
    return Genome(path)


def changes(*variants, written=False) -> Changes:
    pos, refs, alts = zip(*variants, strict=True)
    one = np.ones(len(pos), np.int64)
    return Changes(one, np.array(pos), refs, alts, np.full(len(pos), written))


def by_hand(sequence: str, pos: int, ref: str, allele: str, other: str, shift: int) -> list[str]:
    """Windows of the haplotype with `allele` in place of `ref`, with the same left and the same
    right flank as the shorter of `allele` and `other` has that stands in the middle."""
    pad = "N" * LENGTH * 3
    whole = pad + sequence[:pos] + allele + sequence[pos + len(ref) :] + pad
    at = len(pad) + pos
    shorter = min(len(allele), len(other))
    first = LENGTH // 2 - shorter // 2 - shift
    surplus = len(allele) - shorter
    return [whole[at - first + step :][:LENGTH] for step in (0, surplus)]


VARIANTS = [
    (150, "{1}", "A"),
    (150, "{3}", "TTG"),  # of several bases
    (150, "", "ACCA"),
    (150, "{4}", ""),
    (150, "{2}", "GATTACA"),
    (150, "{5}", "G"),
    (150, "", "ACGTT" * 9),  # longer than the window
    (100, "{60}", ""),
    (100, "{61}", "T"),
    (2, "{1}", "C"),  # near the ends
    (299, "{1}", "CC"),
    (0, "", "T"),
    (300, "", "T"),
]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shift", [0, -2, 5])
def test_windows_are_cut_from_the_edited_sequence(genome, sequence, variant, shift):
    pos, template, alt = variant
    ref = sequence[pos : pos + int(template.strip("{}"))] if template else ""
    found = variant_windows(genome, changes((pos, ref, alt)), LENGTH, [shift])
    for index, allele, other in ((found.ref, ref, alt), (found.alt, alt, ref)):
        rows = [decode(found.codes[row]) for row in index[0, 0]]
        assert rows == by_hand(sequence, pos, ref, allele, other, shift)


def test_many_variants_and_shifts_are_laid_out_at_once_as_one_by_one(genome, sequence):
    made = [
        (pos, sequence[pos : pos + pos % 4], "ACG"[: pos % 3] + "T" * (pos % 4 == 0))
        for pos in range(20, 280, 7)
    ]
    together = variant_windows(genome, changes(*made), LENGTH, [-1, 0, 3])
    for row, variant in enumerate(made):
        alone = variant_windows(genome, changes(variant), LENGTH, [-1, 0, 3])
        for index, one in ((together.ref[row], alone.ref[0]), (together.alt[row], alone.alt[0])):
            np.testing.assert_array_equal(together.codes[index], alone.codes[one])


def test_a_base_stands_in_the_middle(genome, sequence):
    found = variant_windows(genome, changes((150, sequence[150], "N")), LENGTH, [0])
    text = decode(found.codes[found.alt[0, 0, 0]])
    assert text == sequence[140:150] + "N" + sequence[151:161]


def test_alleles_of_one_place_and_moved_neighbours_share_reference_windows(genome, sequence):
    base = [(pos, sequence[pos], alt) for pos in (150, 151) for alt in "ACGT"]
    found = variant_windows(genome, changes(*base), LENGTH, [-1, 0, 1])
    # Starts 139 to 142 of the reference, and 8 alleles moved to 3 places.
    assert len(found.codes) == 4 + 24


def test_a_reference_that_the_genome_does_not_have_is_written_into_it(genome, sequence):
    ref = "".join("CGTA"["ACGT".index(base)] for base in sequence[150:153])
    found = variant_windows(genome, changes((150, ref, "A"), written=True), LENGTH, [0])
    edited = sequence[:150] + ref + sequence[153:]
    assert [decode(found.codes[row]) for row in found.ref[0, 0]] == by_hand(
        edited, 150, ref, ref, "A", 0
    )


def test_share_of_n_is_the_largest_of_all_windows(genome, sequence):
    found = variant_windows(
        genome, changes((150, sequence[150], "A"), (3, sequence[3], "A")), LENGTH, [-1, 0]
    )
    np.testing.assert_allclose(found.unknown(), [0, 8 / 21])


def test_no_variants_give_no_windows(genome):
    none = changes((1, "A", "C")).subset(np.zeros(0, np.int64))
    found = variant_windows(genome, none, LENGTH, [0, 1])
    assert found.codes.shape == (0, LENGTH)
    assert found.ref.shape == (0, 2, 2)
    assert found.unknown().shape == (0,)
