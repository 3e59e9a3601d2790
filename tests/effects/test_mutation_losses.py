import numpy as np

from seqcnn.effects.mutation_losses import losses, stretches


def test_loss_is_less_the_mean_of_the_three_effects():
    effects = np.zeros((1, 2, 4, 1), np.float32)
    effects[0, 0, :, 0] = [-3, 0, -1, -2]  # the base is C
    effects[0, 1, :, 0] = [1, 1, 1, 1]  # an N, which cannot be lost
    np.testing.assert_allclose(losses(effects, np.array([[1, 4]]))[..., 0], [[2, 0]])


def test_runs_that_stand_out_are_found_strongest_first():
    random = np.random.default_rng(0)
    loss = random.normal(0, 0.02, 200)
    loss[50:60] += 1.0
    loss[120:130] -= 2.0
    found = stretches(loss)
    assert len(found) == 2
    assert found[0].loss < -18 and found[1].loss > 8
    assert abs(found[0].start - 120) <= 2 and abs(found[0].end - 130) <= 2
    assert abs(found[1].start - 50) <= 2 and abs(found[1].end - 60) <= 2


def test_even_sequence_has_no_stretch():
    assert stretches(np.ones(80)) == []
    assert stretches(np.zeros(3)) == []
