"""Pictures evolved from noise, by a linear network."""

import numpy as np
from explained_sites import linear_case

from seqcnn.calling.images import PileupImages
from seqcnn.interpret.pileup_fooling import evolve
from seqcnn.interpret.pileup_noise import VALUES, random_pictures

IMAGES = PileupImages(rows=6, columns=5)


def test_noise_evolves_to_valid_values_that_are_believed():
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(6, 5, 7)) / 10
    start = random_pictures(1, IMAGES, generator)[0]
    case = linear_case(IMAGES, start, weights)
    found = evolve(case.voice("picture"), start, 1, [True, True], sure=0.9, most=20)
    assert found.path[-1] >= 0.9 and list(found.path) == sorted(found.path)
    for channel, name in enumerate(IMAGES.channels):
        assert set(np.unique(found.picture[:, :, channel])) <= set(VALUES[name])
    assert found.changed == (found.picture != start).any(-1).sum()


def test_no_more_steps_are_taken_than_allowed():
    weights = np.full((6, 5, 7), 1e-4)
    start = random_pictures(1, IMAGES, np.random.default_rng(1))[0]
    case = linear_case(IMAGES, start, weights)
    found = evolve(case.voice("picture"), start, 1, [True, True], sure=0.99, most=3)
    assert len(found.path) == 4
