"""Backgrounds of variants and the quantiles they give."""

import numpy as np
import pytest

from seqcnn.data.genome import Genome
from seqcnn.effects.variant_background import (
    VariantBackground,
    drawn,
    random_substitutions,
    windows_of,
)
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Genome:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    bases = "".join(np.random.default_rng(0).choice(list("ACGT"), 3000))
    path.write_text(f">a\n{bases[:1000]}\n>n\n{'N' * 1000}\n>b\n{bases[1000:]}\n")
    return Genome(path)


def test_a_quantile_is_the_share_of_smaller_differences_of_either_sign():
    background = VariantBackground.of(
        np.array([[1.0, 9], [-2, 9], [3, 9], [-4, 9], [np.nan, np.nan]])
    )
    found = background.quantiles(np.array([[0.0, 9], [-2.5, -10], [4, 1], [5, np.nan]]))
    np.testing.assert_allclose(found[:, 0], [0, 0.5, 0.75, 1])
    np.testing.assert_allclose(found[:, 1], [0, 1, 0, np.nan])


def test_random_substitutions_are_of_the_genome_and_of_its_contigs(genome):
    found = random_substitutions(genome, ["a", "n", "b"], 900, length=21, max_n=0.1, seed=4)
    assert len(found) == 900
    assert all(ref != alt and alt in "ACGT" for ref, alt in zip(found.ref, found.alt, strict=True))
    bases = genome.windows(found.contig, found.pos, 1)
    assert decode(bases[:, 0]) == "".join(found.ref)
    # Twice as many on a contig of twice the length, none where there is only N.
    shares = np.bincount(found.contig, minlength=3) / 900
    np.testing.assert_allclose(shares, [1 / 3, 0, 2 / 3], atol=0.05)
    assert found.pos.min() >= 8
    one = random_substitutions(genome, ["a"], 900, length=21, max_n=0.1, seed=4)
    again = random_substitutions(genome, ["a"], 900, length=21, max_n=0.1, seed=4)
    assert set(one.contig) == {0}
    np.testing.assert_array_equal(one.pos, again.pos)
    assert one.alt == again.alt


def test_a_genome_of_n_gives_no_background(genome):
    with pytest.raises(InputError, match="too few places without N"):
        random_substitutions(genome, ["n"], 10, length=21, max_n=0.1, seed=0)


def test_windows_come_in_parts(genome):
    changes = random_substitutions(genome, ["a"], 10, length=21, max_n=0.1, seed=0)
    parts = list(windows_of(genome, changes, 21, [0], 4))
    assert [len(part.ref) for part in parts] == [4, 4, 2]


def test_a_reservoir_keeps_all_or_a_seeded_sample_in_order():
    assert drawn(range(5), 10, seed=0) == [0, 1, 2, 3, 4]
    some = drawn(range(1000), 10, seed=0)
    assert some == sorted(set(some)) and len(some) == 10
    assert some == drawn(range(1000), 10, seed=0) != drawn(range(1000), 10, seed=1)
    assert max(some) > 500
