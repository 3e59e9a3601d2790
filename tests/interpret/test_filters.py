import numpy as np
import pytest
import torch
from torch import nn

from seqcnn.encoders.dna import encode
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.filters import (
    FilterMotif,
    Sites,
    filter_motifs,
    first_convolution,
    information,
    motif_of_sites,
    probabilities,
    strongest_sites,
    trimmed,
)

MOTIF = "TGACTCA"


def network_for(*motifs: str, bias: float = 0.0) -> nn.Sequential:
    """A first layer whose filters are +1 at the letters of each motif and -1 elsewhere."""
    convolution = nn.Conv1d(4, len(motifs), len(motifs[0]))
    with torch.no_grad():
        convolution.weight.fill_(-1)
        convolution.bias.fill_(bias)
        for number, motif in enumerate(motifs):
            convolution.weight[number, encode(motif).astype(np.int64), range(len(motif))] = 1
    return nn.Sequential(convolution, nn.ReLU())


def background(number: int = 400, length: int = 60) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (number, length)).astype(np.uint8)


def planted(number: int = 40) -> np.ndarray:
    """Sequences of C alone, of which the first `number` hold the motif once, each elsewhere."""
    codes = np.full((100, 60), 1, np.uint8)
    for row in range(number):
        codes[row, row : row + len(MOTIF)] = encode(MOTIF)
    return codes


def test_a_planted_motif_is_found() -> None:
    (motif,) = filter_motifs(network_for(MOTIF), planted(), inputs=expand)
    assert motif.sites == 40
    assert motif.share == pytest.approx(0.4)
    wanted = np.zeros((4, 7))
    wanted[encode(MOTIF), range(7)] = 40
    np.testing.assert_array_equal(motif.counts, wanted)


def test_counts_are_those_of_every_window_over_half_of_the_maximum() -> None:
    codes = background()
    (motif,) = filter_motifs(network_for(MOTIF), codes, inputs=expand)
    windows = np.lib.stride_tricks.sliding_window_view(codes, 7, axis=1)
    matches = (windows == encode(MOTIF)).sum(2)
    score = 2 * matches - 7  # +1 where the letter is the motif's, -1 elsewhere
    chosen = windows[score > 0.5 * score.max()]
    assert motif.sites == len(chosen)
    counts = np.stack([(chosen == base).sum(0) for base in range(4)])
    np.testing.assert_array_equal(motif.counts, counts)


def test_a_negative_bias_does_not_hide_the_motif() -> None:
    (motif,) = filter_motifs(network_for(MOTIF, bias=-20), planted(), inputs=expand)
    assert motif.sites == 40


def test_the_most_informative_comes_first() -> None:
    codes = background(3000)
    codes[:300, 20:27] = encode(MOTIF)
    found = filter_motifs(network_for("AAAAAAA", MOTIF), codes, inputs=expand, threshold=0.6)
    assert [motif.information for motif in found] == sorted(
        (motif.information for motif in found), reverse=True
    )
    assert found[0].number == 1


def test_a_filter_with_few_sites_is_left_out() -> None:
    assert filter_motifs(network_for(MOTIF), planted(9), inputs=expand) == []
    assert len(filter_motifs(network_for(MOTIF), planted(10), inputs=expand)) == 1


def test_batches_do_not_matter() -> None:
    codes = planted(12)
    one, other = (
        filter_motifs(network_for(MOTIF), codes, inputs=expand, batch_size=size)[0]
        for size in (7, 256)
    )
    np.testing.assert_array_equal(one.counts, other.counts)
    assert one.sites == other.sites


def test_sequences_shorter_than_the_filter_have_no_motifs() -> None:
    assert filter_motifs(network_for(MOTIF), background(20, 6), inputs=expand) == []


def test_a_network_without_a_layer_on_the_letters_has_no_motifs() -> None:
    network = nn.Sequential(nn.Conv1d(8, 2, 3), nn.Linear(4, 2))
    assert first_convolution(network) is None
    assert filter_motifs(network, background(20), inputs=expand) == []


def test_the_first_convolution_is_the_one_on_the_letters() -> None:
    first = nn.Conv1d(4, 8, 3)
    assert first_convolution(nn.Sequential(first, nn.Conv1d(8, 4, 3), nn.Conv1d(4, 2, 3))) is first


def test_one_certain_column_is_nearly_two_bits() -> None:
    assert information(np.array([[1000.0], [0], [0], [0]])) == pytest.approx(1.98, abs=0.01)
    assert information(np.full((4, 5), 25.0)) == pytest.approx(0, abs=1e-9)


# Strongest sites


def sites_of(codes: np.ndarray, *motifs: str, both_strands: bool = True, **rest: int) -> Sites:
    convolution = first_convolution(network_for(*motifs))
    assert convolution is not None
    return strongest_sites(convolution, codes, inputs=expand, both_strands=both_strands, **rest)


def test_the_strongest_site_is_found_on_either_strand() -> None:
    codes = np.full((2, 30), 1, np.uint8)
    codes[0, 4:11] = encode(MOTIF)
    codes[1, 9:16] = encode("TGAGTCA")  # its reverse complement
    found = sites_of(codes, MOTIF)
    assert found.start.tolist() == [[4, 9]]
    assert found.reverse.tolist() == [[False, True]]
    assert found.activation.tolist() == [[7, 7]]


def test_one_strand_alone_is_read_when_asked() -> None:
    codes = np.full((1, 30), 1, np.uint8)
    codes[0, 9:16] = encode("TGAGTCA")
    found = sites_of(codes, MOTIF, both_strands=False)
    assert not found.reverse.any()
    assert found.activation[0, 0] == 5  # they differ in one letter


def test_sites_are_those_of_every_window() -> None:
    codes = background(30)
    found = sites_of(codes, MOTIF, "ACGTTGC", batch_size=7)
    for number, motif in enumerate((MOTIF, "ACGTTGC")):
        for row, sequence in enumerate(codes):
            scores = []
            for read in (sequence, 3 - sequence[::-1]):
                windows = np.lib.stride_tricks.sliding_window_view(read, 7)
                scores.append(2 * (windows == encode(motif)).sum(1) - 7)
            assert found.activation[number, row] == max(scores[0].max(), scores[1].max())
            start, strand = found.start[number, row], int(found.reverse[number, row])
            at = len(sequence) - 7 - start if strand else start
            assert scores[strand][at] == found.activation[number, row]


def motif_from(codes: np.ndarray, **told: float) -> FilterMotif:
    given = {"resting": 0.0, "threshold": 0.7, "flank": 0, **told}
    return motif_of_sites(codes, sites_of(codes, MOTIF), 0, 7, **given)  # type: ignore[arg-type]


def test_a_motif_is_counted_on_its_own_strand() -> None:
    codes = np.full((20, 30), 1, np.uint8)
    codes[:10, 4:11] = encode(MOTIF)
    codes[10:, 9:16] = encode("TGAGTCA")
    motif = motif_from(codes)
    wanted = np.zeros((4, 7))
    wanted[encode(MOTIF), range(7)] = 20
    np.testing.assert_array_equal(motif.counts, wanted)
    assert (motif.sites, motif.share) == (20, 1.0)


def test_weak_sites_are_left_out() -> None:
    codes = planted(40)  # the other 60 sequences score 2 * 2 - 7 at most
    assert motif_from(codes).sites == 40
    assert motif_from(codes, threshold=0.0, resting=-8.0).sites == 100


def test_flanks_are_shown_and_lack_letters_beyond_the_sequence() -> None:
    codes = np.full((10, 30), 1, np.uint8)
    codes[:, 1:8] = encode(MOTIF)
    motif = motif_from(codes, flank=2)
    assert motif.counts.shape == (4, 11)
    assert motif.counts[:, 0].sum() == 0  # beyond the first base
    assert motif.counts[:, 1].tolist() == [0, 10, 0, 0]
    turned = motif_from(3 - codes[:, ::-1], flank=2)
    np.testing.assert_array_equal(turned.counts, motif.counts)


def test_ends_that_tell_little_are_cut_off() -> None:
    even, certain = [25.0] * 4, [0, 100.0, 0, 0]
    counts = np.array([even, even, *[certain] * 6, even]).T
    assert trimmed(counts, bits=0.25) == slice(2, 8)
    assert trimmed(counts[:, :4], bits=0.25) == slice(0, 4)  # five columns are kept, or all
    assert trimmed(np.full((4, 6), 25.0), bits=0.25) == slice(0, 6)


def test_probabilities_have_half_a_letter_of_pseudocount() -> None:
    np.testing.assert_allclose(
        probabilities(np.array([[8.0], [0], [0], [0]]))[:, 0], [0.85, *[0.05] * 3]
    )
