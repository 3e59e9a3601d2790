"""Scores by networks whose answers can be worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.special import expit, logit, softmax
from small_networks import NAMES, small_network
from torch import Tensor, nn

from seqcnn.data.genome import Genome
from seqcnn.effects.score import NUMBERS, VariantScorer, exchanged
from seqcnn.effects.windows import Changes, Windows, variant_windows
from seqcnn.encoders.dna import encode, one_hot
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.tasks.labels import MultiClass, MultiLabel

LENGTH = 31
MOTIF = "GATTACA"
SEQUENCE = "C" * 40 + MOTIF + "C" * 40


class BestMatch(nn.Module):
    """The number of bases of a motif at its best match, by `scale`; a track a motif."""

    def __init__(self, motifs: Sequence[str] = (MOTIF,), scale: float = 1.0) -> None:
        super().__init__()
        kernel = np.stack([one_hot(encode(motif)) for motif in motifs])
        self.weight = nn.Parameter(torch.from_numpy(kernel) * scale)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv1d(x, self.weight).amax(-1)


class At(nn.Module):
    """1 where a window has G at a place, else 0."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))
        self.place = place

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 2, self.place, None] + self.zero


def best_match(text: str) -> int:
    return max(
        sum(one == other for one, other in zip(MOTIF, text[at:], strict=False))
        for at in range(len(text) - len(MOTIF) + 1)
    )


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Genome:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text(f">one\n{SEQUENCE}\n")
    return Genome(path)


def scored(genome, networks, variants, *, shifts=(0,), target=None, **rest) -> dict:
    pos, refs, alts = zip(*variants, strict=True)
    zero = np.zeros(len(pos), np.int64)
    changes = Changes(zero, np.array(pos), refs, alts, zero.astype(bool))
    outputs = networks[0](torch.zeros(1, 4, LENGTH)).shape[1]
    rest = {"tracks": list(range(outputs)), "batch_size": 3, **rest}
    scorer = VariantScorer(
        networks=networks,
        encoding=SequenceEncoding(LENGTH, stranded=rest.pop("stranded", True)),
        target=target or MultiLabel(),
        calibration=None,
        device=torch.device("cpu"),
        **rest,
    )
    windows = variant_windows(genome, changes, LENGTH, shifts)
    with scorer.ready():
        numbers = scorer.launch(windows).numbers()
    return dict(zip(NUMBERS, numbers, strict=True))


def test_a_base_of_the_motif_lost_costs_its_weight(genome):
    found = scored(genome, [BestMatch(scale=0.5)], [(40, "G", "C"), (44, "A", "T"), (36, "C", "A")])
    np.testing.assert_allclose(found["reference"][:, 0], 3.5)
    np.testing.assert_allclose(found["alternative"][:, 0], [3, 3, 3.5])
    np.testing.assert_allclose(found["difference"][:, 0], [-0.5, -0.5, 0])
    np.testing.assert_allclose(found["reference_value"][:, 0], expit(3.5), rtol=1e-6)
    change = expit(3) - expit(3.5)
    np.testing.assert_allclose(found["difference_value"][:, 0], [change, change, 0], rtol=1e-5)


def test_a_motif_that_an_insertion_brings_is_found_whole(genome):
    found = scored(genome, [BestMatch()], [(20, "", MOTIF), (40, MOTIF, "")])
    # Without the motif the best match is one of the C's of the background, or one base of it.
    np.testing.assert_allclose(found["alternative"][0], 7)
    np.testing.assert_allclose(found["difference"][:, 0], [found["difference"][0, 0], -6])


def test_both_strands_are_averaged_and_spread(genome):
    found = scored(genome, [BestMatch()], [(44, "A", "C")], stranded=False)
    edited = SEQUENCE[:44] + "C" + SEQUENCE[45:]
    windows = [text[29:60] for text in (SEQUENCE, edited)]
    other = [text[::-1].translate(str.maketrans("ACGT", "TGCA")) for text in windows]
    changes = [best_match(after) - best_match(before) for before, after in (windows, other)]
    assert changes == [-1, 0]
    np.testing.assert_allclose(found["reference"], (7 + best_match(other[0])) / 2)
    np.testing.assert_allclose(found["difference"], np.mean(changes))
    np.testing.assert_allclose(found["spread"], np.std(changes))


def test_shifts_move_the_window_and_spread_is_their_standard_deviation(genome):
    # G comes to index 15 only in the window that is not moved.
    found = scored(genome, [At(15)], [(30, "C", "G")], shifts=(-1, 0, 1))
    np.testing.assert_allclose(found["difference"], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(found["spread"], np.std([0, 1, 0]), rtol=1e-6)


def test_a_window_moved_to_the_right_has_the_variant_on_its_left(genome):
    found = scored(genome, [At(13)], [(30, "C", "G")], shifts=(2,))
    np.testing.assert_allclose(found["difference"], 1)


def test_indels_are_means_of_both_anchorings(genome):
    # With the same left flank the insertion is at 15 and 16, with the same right at 13 and 14.
    found = scored(genome, [At(16)], [(30, "", "GG")])
    np.testing.assert_allclose(found["difference"], 0.5)
    np.testing.assert_allclose(found["spread"], 0.5)
    found = scored(genome, [At(13)], [(30, "", "GG")])
    np.testing.assert_allclose(found["difference"], 0.5)
    assert scored(genome, [At(12)], [(30, "", "GG")])["difference"] == 0
    assert scored(genome, [At(17)], [(30, "", "GG")])["difference"] == 0


def test_ensemble_sd_is_that_of_a_sample_of_networks(genome):
    networks = [BestMatch(scale=scale) for scale in (1, 2, 4)]
    found = scored(genome, networks, [(44, "A", "T")])
    np.testing.assert_allclose(found["difference"], -7 / 3, rtol=1e-6)
    np.testing.assert_allclose(found["ensemble_sd"], np.std([1, 2, 4], ddof=1), rtol=1e-6)
    assert np.isnan(scored(genome, networks[:1], [(44, "A", "T")])["ensemble_sd"]).all()


def test_classes_are_told_as_log_odds_and_probabilities_of_the_softmax(genome):
    network = BestMatch((MOTIF, "CCCCCCC", "AAAAAAA"))
    found = scored(genome, [network], [(44, "A", "T")], target=MultiClass())
    before, after = np.array([7.0, 7, 3]), np.array([6.0, 7, 2])
    np.testing.assert_allclose(found["reference_value"][0], softmax(before), rtol=1e-5)
    np.testing.assert_allclose(found["reference"][0], logit(softmax(before)), rtol=1e-4)
    np.testing.assert_allclose(found["alternative"][0], logit(softmax(after)), rtol=1e-4)


def test_log_odds_keep_their_digits_where_a_class_is_certain(genome):
    network = BestMatch((MOTIF, "CCCCCCC", "AAAAAAA"), scale=10)
    found = scored(genome, [network], [(30, "C", "G")], target=MultiClass())
    # Matches of 1, 7 and 2 bases.
    expected = [10 - 70, 70 - np.logaddexp(10, 20), 20 - 70]
    np.testing.assert_allclose(found["reference"][0], expected, rtol=1e-6)


def test_only_chosen_tracks_come_back(genome):
    network = BestMatch((MOTIF, "CCCCCCC", "AAAAAAA"))
    found = scored(genome, [network], [(44, "A", "T")], tracks=[2, 0])
    np.testing.assert_allclose(found["reference"], [[3, 7]])


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_scores_do_not_depend_on_the_batch_size(genome, batch_size):
    variants = [(pos, SEQUENCE[pos], "T" if pos % 2 else "GA") for pos in range(30, 55)]
    network = BestMatch((MOTIF, "CATCCTT"), scale=0.7)
    one = scored(genome, [network], variants, shifts=(-1, 0, 1), batch_size=7)
    other = scored(genome, [network], variants, shifts=(-1, 0, 1), batch_size=batch_size)
    for name in NUMBERS[:-1]:
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)


def test_exchanging_reference_and_alternative_changes_signs_alone():
    numbers = np.arange(8 * 2, dtype=np.float32).reshape(8, 2, 1)
    found = exchanged(numbers, np.array([False, True]))
    np.testing.assert_array_equal(found[:, 0], numbers[:, 0])
    np.testing.assert_array_equal(found[:, 1, 0], [3, 1, -5, 9, 7, -11, 13, 15])


def test_networks_get_their_mode_back(genome):
    network = BestMatch().train()
    scored(genome, [network], [(44, "A", "T")])
    assert network.training


@pytest.mark.parametrize("name", NAMES)
def test_every_network_scores_substitutions_and_indels(name, tmp_path):
    network, length = small_network(name)
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 3 * length))
    (tmp_path / "g.fa").write_text(f">one\n{text}\n")
    middle = length + length // 2
    alt = "ACGT"["CGTA".index(text[middle])]
    changes = Changes(
        np.zeros(3, np.int64),
        np.full(3, middle),
        [text[middle], "", text[middle : middle + 3]],
        [alt, "GATT", ""],
        np.zeros(3, bool),
    )
    scorer = VariantScorer(
        [network], SequenceEncoding(length), MultiLabel(), None, [0, 1], torch.device("cpu")
    )
    windows = variant_windows(Genome(tmp_path / "g.fa"), changes, length, [-1, 0])
    with scorer.ready():
        found = scorer.launch(windows).numbers()
    assert np.isfinite(found[:7]).all()
    edited = text[:middle] + alt + text[middle + 1 :]
    x = torch.stack(
        [
            torch.from_numpy(one_hot(encode(whole[length + shift : 2 * length + shift])))
            for whole in (text, edited)
            for shift in (-1, 0)
        ]
    )
    with torch.inference_mode():
        logits = (network(x) + network(x.flip(1, 2))) / 2
    means = logits.reshape(2, 2, 2).mean(1).numpy()
    np.testing.assert_allclose(found[:2, 0], means, rtol=1e-4, atol=1e-5)


class Seen(nn.Module):
    """Keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.zero = nn.Parameter(torch.zeros(1))
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.inputs.append(x)
        return x[:, 0, :1] + self.zero


@pytest.mark.parametrize("stranded", [True, False])
@pytest.mark.parametrize("ambiguous", ["share", "zero"])
def test_networks_are_shown_what_prediction_shows_them(stranded, ambiguous):
    codes = np.random.default_rng(0).integers(0, 15, (7, LENGTH)).astype(np.uint8)
    encoding = SequenceEncoding(LENGTH, ambiguous, stranded)
    networks = [Seen(), Seen()]
    cpu = torch.device("cpu")
    scorer = VariantScorer(networks, encoding, MultiLabel(), None, [0], cpu, batch_size=100)
    with scorer.ready():
        scorer.launch(Windows(codes, np.zeros((1, 1, 2), int), np.ones((1, 1, 2), int)))
    for network in networks:
        torch.testing.assert_close(
            network.inputs, encoding.views(torch.from_numpy(codes)), rtol=0, atol=0
        )
