import numpy as np
import torch
from torch import Tensor

from seqcnn.encoders.dna import encode, reverse_complement
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.call_goals import Goals
from seqcnn.interpret.fooling import evolve, likeness, noise


def sites(x: Tensor) -> Tensor:
    """One output: 4 for the best GATTACA in the sequence, for its letters that fit, less 20."""
    kernel = expand(torch.from_numpy(encode("GATTACA")[None]))
    return 4 * torch.nn.functional.conv1d(x, kernel).amax(2) - 20


def goals(number: int) -> Goals:
    return Goals(np.zeros(number, np.int64), np.ones(number), np.full(number, 4.6))


def test_noise_is_evolved_to_the_site_by_the_letters_that_miss() -> None:
    start = noise(5, 40, np.random.default_rng(0))
    with torch.no_grad():
        fit = (sites(expand(torch.from_numpy(start))) + 20) / 4
    found = evolve(sites, start, goals(5), expand=expand, most=20, candidates=16)
    assert found.reached.all()
    # All seven letters are needed; each step adds the one that is worth most.
    assert found.edited.number.tolist() == (7 - fit[:, 0]).int().tolist()
    assert all(encode("GATTACA").tobytes() in row.tobytes() for row in found.after)
    assert ((found.after != start).sum(1) == found.edited.number).all()


def test_goal_may_stay_out_of_reach() -> None:
    start = noise(2, 40, np.random.default_rng(0))
    found = evolve(sites, start, goals(2), expand=expand, most=1, candidates=16)
    assert not found.reached.any()


def test_noise_is_seeded_and_has_every_letter() -> None:
    one, other = (noise(50, 40, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    share = np.bincount(one.reshape(-1), minlength=4) / one.size
    assert one.dtype == np.uint8 and (np.abs(share - 0.25) < 0.05).all()


def test_likeness_is_one_to_the_other_strand_and_zero_to_other_words() -> None:
    real = np.stack([encode("ACGGTCATTGCA"), encode("TTTTTTTTTTTT")])
    given = np.stack([reverse_complement(encode("ACGGTCATTGCA")), encode("CCCCCCCCCCCC")])
    np.testing.assert_allclose(likeness(given, real, stranded=False), [1, 0], atol=1e-6)
    assert likeness(given, real, stranded=True)[0] < 0.5


def test_sequence_is_not_compared_with_itself() -> None:
    real = np.stack([encode("ACGGTCATTGCA"), encode("ACGGTCATTGCC")])
    # Six of seven 6-mers are shared.
    np.testing.assert_allclose(likeness(real, real, stranded=True), 6 / 7, rtol=1e-6)


def test_likeness_of_the_only_sequence_to_itself_is_unknown() -> None:
    one = noise(2, 40, np.random.default_rng(0))
    found = likeness(one, one[:1], stranded=True)
    assert np.isnan(found[0]) and 0 <= found[1] < 1
