"""The strongest inputs of channels, their windows, and what these share."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqcnn.data.examples import Examples
from seqcnn.encoders.dna import decode, encode
from seqcnn.encoders.tensors import expand
from seqcnn.interpret.activations import layer_maps, map_layers
from seqcnn.interpret.aligned_windows import (
    align,
    column_bits,
    composition,
    consensus,
    cut,
    informative_columns,
    letter_counts,
    mean_composition,
    relative_entropy,
    total_bits,
)
from seqcnn.interpret.channel_patches import class_shares, patches_of, random_shares
from seqcnn.interpret.channel_windows import (
    channel_windows,
    distinct_channels,
    random_windows,
    unlike,
)
from seqcnn.interpret.layer_windows import located
from seqcnn.interpret.top_inputs import TopInputs, find_top_inputs

EVEN = np.full(4, 0.25)
LENGTH = 60


class Motif(nn.Module):
    """Two channels that look for GATTACA and for CCGG, pooled by 4; then two steps are added."""

    def __init__(self) -> None:
        super().__init__()
        self.scan = nn.Conv1d(4, 2, 7, padding=3, bias=False)
        self.pool = nn.MaxPool1d(4)
        self.join = nn.Conv1d(2, 1, 3, padding=1, bias=False)
        with torch.no_grad():
            self.scan.weight.zero_()
            for row, word in enumerate(("GATTACA", "CCGG")):
                for place, letter in enumerate(word):
                    self.scan.weight[row, "ACGT".index(letter), place] = 1.0
            self.join.weight.fill_(1.0)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.join(self.pool(self.scan(x)))
        return made.amax(2)


def random_codes(number: int, seed: int = 0, length: int = LENGTH) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (number, length)).astype(np.uint8)


def planted(number: int, word: str, share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Random sequences and where `word` stands in the first `share` of them, -1 = nowhere."""
    codes = random_codes(number)
    places = np.full(number, -1)
    generator = np.random.default_rng(1)
    for row in range(int(number * share)):
        places[row] = generator.integers(10, LENGTH - 20)
        codes[row, places[row] : places[row] + len(word)] = encode(word)
    return codes, places


def found_in(codes: np.ndarray, k: int, batch_size: int = 7) -> list[TopInputs]:
    network = Motif().eval()
    layers = located(network, map_layers(network, (4, LENGTH)), (4, LENGTH))
    return find_top_inputs(
        network, layers, examples(codes), view=expand, k=k, batch_size=batch_size
    )


def examples(codes: np.ndarray) -> Examples:
    return Examples.from_sequences(codes, np.zeros((len(codes), 0), np.float32), names=())


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_the_strongest_inputs_are_those_of_a_search_through_all(batch_size: int) -> None:
    codes = random_codes(40)
    network = Motif().eval()
    x = expand(torch.from_numpy(codes))
    for top in found_in(codes, 9, batch_size):
        maps = layer_maps(network, [top.layer], x)[top.layer.name].numpy()
        for channel in range(top.layer.channels):
            highest = maps[:, channel].max(1)
            order = sorted(range(40), key=lambda row: (-highest[row], row))[:9]
            assert top.rows[channel].tolist() == order
            places = [int(maps[row, channel].argmax()) for row in order]
            assert top.places[channel, :, 0].tolist() == places
            np.testing.assert_allclose(top.values[channel], highest[order])
            assert top.mean[channel] == pytest.approx(highest.mean())
            assert top.deviation[channel] == pytest.approx(highest.std(), abs=1e-6)


def test_of_equal_inputs_that_read_first_comes_first() -> None:
    codes = np.repeat(random_codes(1), 6, axis=0)
    network = Motif().eval()
    layers = map_layers(network, (4, LENGTH))[:1]
    (top,) = find_top_inputs(
        network, layers, examples(codes), view=expand, k=3, order=np.array([4, 2, 5, 0, 1, 3])
    )
    assert top.rows[0].tolist() == [4, 2, 5]


def test_windows_begin_at_the_planted_word() -> None:
    codes, places = planted(60, "GATTACA")
    scan = found_in(codes, 20)[0]
    starts = scan.windows(0)[:, 0]
    assert starts.tolist() == [places[row] for row in scan.rows[0]]


def test_a_channel_that_never_changes_is_not_selective() -> None:
    top = found_in(random_codes(30), 10)[0]
    still = TopInputs(
        top.layer, np.ones((1, 10)), top.rows[:1], top.places[:1], np.ones(1), np.zeros(1), 30
    )
    assert still.selectivity.tolist() == [0.0]
    expected = (top.values.mean(1) - top.mean) / top.deviation
    np.testing.assert_allclose(top.selectivity, expected)


def test_windows_beyond_the_ends_are_n() -> None:
    codes = np.stack([encode("ACGTAC"), encode("TTTTTT")])
    found = cut(codes, np.array([0, 1, 0]), np.array([-2, 4, 1]), 4)
    assert [decode(one) for one in found] == ["NNAC", "TTNN", "CGTA"]


def test_pooled_windows_are_brought_into_line_on_both_strands() -> None:
    codes, _ = planted(60, "GATTACA", share=1.0)
    codes[::2] = 3 - codes[::2, ::-1]  # every second is its reverse complement
    generator = np.random.default_rng(2)
    rows = np.arange(60)
    starts = np.array(
        [decode(one).find("GATTACA") if decode(one).find("GATTACA") >= 0 else
         decode(one).find("TGTAATC") for one in codes]
    ) - generator.integers(2, 6, 60)  # fmt: skip
    how = {"slack": 4, "background": EVEN}
    one = align(codes, rows, starts, 16, both_strands=False, **how)
    both = align(codes, rows, starts, 16, both_strands=True, **how)
    assert total_bits(both.counts, EVEN) > total_bits(one.counts, EVEN) + 4
    assert "GATTACA" in consensus(both.counts, EVEN) or "TGTAATC" in consensus(both.counts, EVEN)
    assert both.turned.mean() == pytest.approx(0.5)


def test_shift_and_strand_say_where_an_aligned_window_lies() -> None:
    codes, _ = planted(40, "GATTACA", share=1.0)
    pool = found_in(codes, 20)[1]
    for one in channel_windows(pool, codes, [0], both_strands=True):
        for row, start, turned, window in zip(
            one.rows, one.starts, one.aligned.turned, one.aligned.codes, strict=True
        ):
            whole = cut(codes, np.array([row]), np.array([start]), len(window))[0]
            there = decode(whole)
            if turned:
                there = there[::-1].translate(str.maketrans("ACGT", "TGCA"))
            assert there == decode(window)


def test_bits_are_relative_entropy_less_what_chance_gives() -> None:
    counts = np.array([[40.0, 10], [0, 10], [0, 10], [0, 10]])
    bias = 3 / (2 * np.log(2) * 40)
    np.testing.assert_allclose(column_bits(counts, EVEN), [2 - bias, -bias])
    skewed = np.array([0.4, 0.1, 0.1, 0.4])
    first = np.log2(1 / 0.4) - bias
    assert column_bits(counts, skewed)[0] == pytest.approx(first)
    assert informative_columns(counts, EVEN).tolist() == [0]
    assert consensus(counts, EVEN) == "A"


def test_columns_that_few_windows_reach_say_nothing() -> None:
    counts = np.array([[20.0, 4], [0, 0], [0, 0], [0, 0]])
    assert column_bits(counts, EVEN)[1] == 0


def test_random_letters_share_nothing_on_average() -> None:
    bits = [column_bits(letter_counts(random_codes(50, seed)), EVEN).mean() for seed in range(20)]
    assert abs(float(np.mean(bits))) < 0.002


def test_order_and_composition_add_up_to_all_bits() -> None:
    generator = np.random.default_rng(3)
    counts = generator.multinomial(50, [0.5, 0.2, 0.2, 0.1], 12).T.astype(float)
    own = mean_composition(counts)
    whole = column_bits(counts, EVEN).sum()
    parts = column_bits(counts, own).sum() + 12 * relative_entropy(own, EVEN)
    assert whole == pytest.approx(parts, abs=0.01)


def test_the_composition_of_sequences_counts_known_letters() -> None:
    assert composition(np.stack([encode("AACN"), encode("GANN")])) == pytest.approx(
        np.array([4, 2, 2, 1]) / 9
    )


def test_a_channel_of_a_motif_shares_more_than_random_windows() -> None:
    codes, _ = planted(80, "GATTACA")
    pool = found_in(codes, 30)[1]
    (one,) = channel_windows(pool, codes, [0], both_strands=True)
    chance = [other.bits for other in random_windows(pool, codes, both_strands=True, seed=0)]
    assert one.bits > max(chance) + 4
    assert "GATTACA" in one.consensus.upper() or "TGTAATC" in one.consensus.upper()
    assert 7 <= one.span <= 10


def test_random_windows_are_the_same_for_the_same_seed() -> None:
    codes = random_codes(40)
    pool = found_in(codes, 20)[1]
    bits = [
        [one.bits for one in random_windows(pool, codes, both_strands=False, seed=seed)]
        for seed in (1, 1, 2)
    ]
    assert bits[0] == bits[1] != bits[2]


def test_channels_that_look_alike_are_drawn_once() -> None:
    codes, _ = planted(60, "GATTACA")
    scan = found_in(codes, 20)[0]
    first, second = channel_windows(scan, codes, [0, 1], both_strands=False)
    found = unlike([first, second, first], most=5)
    assert [(one.channel, alike) for one, alike in found] == [(0, 1), (1, 0)]


def test_channels_with_the_same_strongest_windows_count_once() -> None:
    top = found_in(random_codes(40), 10)[0]
    double = TopInputs(
        top.layer, top.values[[0, 0, 1]], top.rows[[0, 0, 1]], top.places[[0, 0, 1]],
        top.mean[[0, 0, 1]], top.deviation[[0, 0, 1]], 40,
    )  # fmt: skip
    assert distinct_channels(double, [0, 1, 2], 9, LENGTH) == [0, 2]


class Bright(nn.Module):
    """The mean of 3 x 3 pixels, every second one, with padding."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Conv2d(1, 1, 3, stride=2, padding=1, bias=False)
        nn.init.constant_(self.mean.weight, 1 / 9)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.mean(x)
        return made


class Pictures:
    """Dark pictures 8 x 8 with one bright square 3 x 3 about `places`."""

    def __init__(self, places: list[tuple[int, int]]) -> None:
        self.pixels = np.zeros((len(places), 8, 8, 1), np.uint8)
        for number, (row, column) in enumerate(places):
            square = self.pixels[number, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            square[:] = 100 + number

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: np.ndarray) -> np.ndarray:
        return self.pixels[rows]


def test_patches_are_the_pixels_under_the_strongest_places() -> None:
    pictures = Pictures([(4, 4), (2, 6), (0, 0)])
    network = Bright().eval()
    layers = located(network, map_layers(network, (1, 8, 8)), (1, 8, 8))
    (top,) = find_top_inputs(
        network, layers, pictures, view=lambda taken: taken.permute(0, 3, 1, 2).float(), k=3
    )
    assert top.rows[0].tolist() == [1, 0, 2]
    assert top.windows(0).tolist() == [[1, 5], [3, 3], [-1, -1]]
    patches = patches_of(top, 0, pictures.take, (8, 8))
    assert patches[:2, :, :, 0].reshape(2, 9).tolist() == [[101] * 9, [100] * 9]
    outside = 200
    assert patches[2, :, :, 0].tolist() == [[outside] * 3, [outside, 102, 102], [outside, 102, 102]]


def test_the_share_of_one_class_is_that_of_the_commonest() -> None:
    top = found_in(random_codes(30), 9)[0]
    classes = np.zeros(30, np.int64)
    classes[top.rows[0, :3]] = 1
    assert class_shares(top, [0], classes).tolist() == pytest.approx([6 / 9])
    shares = random_shares(np.arange(30), 9, seed=0)
    assert shares.tolist() == pytest.approx([1 / 9] * len(shares))
