"""What a motif adds when it is planted in backgrounds."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network

from seqcnn.data.motif_text import drawn_bases, named_motifs, scrambled
from seqcnn.data.motifs import Motif, write_meme
from seqcnn.effects.backgrounds import make_backgrounds, random_sequences
from seqcnn.effects.planting import Planter, in_a_row, oriented, planted
from seqcnn.effects.planting_plan import Plan
from seqcnn.effects.planting_study import Plantable, motif_table, pair_table, profile_table
from seqcnn.effects.planting_summary import Summary, mean_with_interval
from seqcnn.encoders.dna import decode, encode
from seqcnn.encoders.tensors import expand
from seqcnn.errors import InputError
from seqcnn.settings.interpret.marginalisation import MarginalisationSettings


def rows(*letters: str) -> np.ndarray:
    return np.stack([encode(one) for one in letters])


def texts(codes: np.ndarray) -> list[str]:
    return [decode(row) for row in codes]


def counting(**worth: float):
    """A score of one output: each occurrence of a word on the forward strand has its worth."""

    def score(codes: np.ndarray) -> np.ndarray:
        return np.array(
            [[sum(text.count(w) * v for w, v in worth.items())] for text in texts(codes)]
        )

    return score


def backgrounds(number: int = 12, length: int = 40) -> np.ndarray:
    """Of A and T only, so that nothing that is planted is there already."""
    return np.random.default_rng(0).choice([0, 3], (number, length)).astype(np.uint8)


def summary(number: int, outputs: tuple[str, ...] = ("bound",)) -> Summary:
    return Summary(
        outputs, range(len(outputs)), lambda x: 1 / (1 + np.exp(-x)), np.arange(number), 0
    )


def plantable(text: str, number: int) -> Plantable:
    (motif,) = named_motifs([text], None, flag="--motif")
    return Plantable.draw(motif, number, likely=True, seed=0)


def settings(*motif: str, **given) -> MarginalisationSettings:
    return MarginalisationSettings(bundle=Path("m"), motif=list(motif), **given)


def test_replaced_bases_leave_the_others_in_place():
    assert texts(planted(rows("AAAATTTT"), [(3, encode("CG"))])) == ["AAACGTTT"]


def test_inserted_bases_push_the_background_apart_and_trim_both_ends():
    codes = planted(rows("ACCAATGT"), [(3, encode("GG"))], "insert")
    # The middle six bases, with the motif from the fourth place on.
    assert texts(codes) == ["CCAGGATG"]


def test_each_background_gets_its_own_bases():
    codes = planted(rows("AAAA", "TTTT"), [(1, rows("C", "G"))])
    assert texts(codes) == ["ACAA", "TGTT"]


def test_a_motif_outside_the_sequence_is_an_error():
    with pytest.raises(ValueError, match="2 bp at 3 are not within 4 bp"):
        planted(rows("AAAA"), [(3, encode("CG"))])


def test_the_effect_is_what_the_motif_is_worth():
    codes = backgrounds()
    planter = Planter.of(counting(CACG=2.5), codes)
    table = motif_table(
        planter, [plantable("CACG", 12)], summary(12), starts=[18], orientation="both",
        copies=[1, 3], gap=2,
    )  # fmt: skip
    assert table[["orientation", "copies", "start"]].to_numpy().tolist() == [
        *(["+", 1, 18], ["+", 3, 12], ["-", 1, 18], ["-", 3, 12]),
    ]
    assert table["effect"].tolist() == [2.5, 7.5, 0.0, 0.0]
    assert table["effect_low"].tolist() == table["effect_high"].tolist() == [2.5, 7.5, 0.0, 0.0]
    assert table["value_with"].to_numpy() == pytest.approx(1 / (1 + np.exp([-2.5, -7.5, 0, 0])))
    assert table["present"].eq(0).all()


def test_copies_lie_around_the_middle():
    assert [start for start, _ in in_a_row(encode("ACGT"), 3, gap=2, middle=20)] == [12, 18, 24]


def test_the_profile_has_the_worth_of_each_place():
    def by_place(codes: np.ndarray) -> np.ndarray:
        return np.array([[float(max(text.find("CCC"), 0))] for text in texts(codes)])

    codes = backgrounds(4, 20)
    table = profile_table(
        Planter.of(by_place, codes),
        [plantable("CCC", 4)],
        summary(4),
        orientation="forward",
        step=4,
    )
    assert table["start"].tolist() == table["effect"].tolist() == [0, 4, 8, 12, 16]
    assert table["offset"].tolist() == [-8.5, -4.5, -0.5, 3.5, 7.5]


def test_words_that_add_up_do_not_interact():
    table = pair(counting(CCC=1.0, GGCG=2.0), spacings=range(0, 12, 3))
    assert table["both"].tolist() == [3.0] * 4
    assert table["interaction"].abs().max() == 0


def test_a_pair_at_one_spacing_interacts_there():
    def score(codes: np.ndarray) -> np.ndarray:
        near = [any(f"CCC{gap}GGCG" in text for gap in ("AAA", "TTT")) for text in texts(codes)]
        return np.array(near, float)[:, None] * 4

    table = pair(score, spacings=[0, 3, 6], codes=np.zeros((5, 40), np.uint8))
    assert table["interaction"].tolist() == [0.0, 4.0, 0.0]
    assert table["first"].tolist() == table["second"].tolist() == [0.0] * 3


def pair(score, spacings, codes=None):
    codes = backgrounds() if codes is None else codes
    first, second = plantable("CCC", len(codes)), plantable("GGCG", len(codes))
    return pair_table(
        Planter.of(score, codes), first, second, summary(len(codes)),
        start=10, spacings=spacings, orientation="forward",
    )  # fmt: skip


def test_orientations_of_a_pair_are_four_and_of_palindromes_one():
    codes = backgrounds(3)
    planter, table = Planter.of(counting(C=1.0), codes), {}
    for first, second in (("CCC", "GGC"), ("CGCG", "GGC"), ("CGCG", "ACGT")):
        found = pair_table(
            planter, plantable(first, 3), plantable(second, 3), summary(3),
            start=5, spacings=[1], orientation="both",
        )  # fmt: skip
        table[first, second] = found["orientations"].tolist()
    assert table["CCC", "GGC"] == ["++", "+-", "-+", "--"]
    assert table["CGCG", "GGC"] == ["++", "+-"]
    assert table["CGCG", "ACGT"] == ["++"]


def test_the_interval_is_that_of_the_mean():
    values = np.random.default_rng(1).normal(3, 2, (400, 1))
    mean, low, high = mean_with_interval(values, np.arange(400), seed=0, replicates=4000)[:, 0]
    error = values.std(ddof=1) / 20
    assert mean == pytest.approx(values.mean())
    assert [low, high] == pytest.approx([mean - 1.96 * error, mean + 1.96 * error], abs=0.02)


def test_shuffles_of_one_input_do_not_narrow_the_interval():
    values = np.random.default_rng(1).normal(0, 1, (30, 2))
    once = mean_with_interval(values, np.arange(30), seed=5)
    many = mean_with_interval(np.repeat(values, 7, axis=0), np.repeat(np.arange(30), 7), seed=5)
    assert many == pytest.approx(once)


def test_the_effect_is_tangermemes():
    marginalize = pytest.importorskip("tangermeme.marginalize").marginalize
    network, length = small_network("deepbind")
    codes = random_sequences(6, length, 0.5, np.random.default_rng(0))

    def score(given: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(expand(torch.from_numpy(given))).numpy()

    planter = Planter.of(score, codes)
    start = length // 2 - 3
    one_hot = expand(torch.from_numpy(codes))
    before, after = marginalize(network, one_hot, "CACGTG", start=start, device="cpu", batch_size=8)
    assert planter.without == pytest.approx(before.numpy(), abs=1e-6)
    assert planter.with_motifs((start, encode("CACGTG"))) == pytest.approx(after.numpy(), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_every_network_of_the_registry_can_be_asked(name):
    network, length = small_network(name)

    def score(codes: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(expand(torch.from_numpy(codes))).numpy()

    codes = random_sequences(2, length, 0.5, np.random.default_rng(0))
    table = motif_table(
        Planter.of(score, codes), [plantable("CACGTG", 2)], summary(2, ("a", "b")),
        starts=[length // 2], orientation="forward", copies=[1], gap=0,
    )  # fmt: skip
    assert table["track"].tolist() == ["a", "b"]
    assert np.isfinite(table[["effect", "effect_low", "effect_high"]].to_numpy()).all()


def test_letters_of_several_bases_are_drawn_evenly_and_by_the_seed():
    (motif,) = named_motifs(["CRN"], None, flag="--motif")
    drawn = drawn_bases(motif, 4000, np.random.default_rng(0))
    again = drawn_bases(motif, 4000, np.random.default_rng(0))
    assert np.array_equal(drawn, again)
    assert (drawn[:, 0] == 1).all()
    assert np.bincount(drawn[:, 1], minlength=4) == pytest.approx([2000, 0, 2000, 0], abs=150)
    assert np.bincount(drawn[:, 2]) == pytest.approx([1000] * 4, abs=150)


def test_a_named_motif_is_planted_by_its_likely_bases_or_by_their_share(tmp_path):
    shares = np.array([[0.1, 0.7, 0.1, 0.1], [0.0, 0.0, 1.0, 0.0]]).T
    write_meme(tmp_path / "m.meme", [Motif("ebox", shares, "MAX")])
    (motif,) = named_motifs(["MAX"], tmp_path / "m.meme", flag="--motif")
    likely = drawn_bases(motif, 50, np.random.default_rng(0))
    assert set(texts(likely)) == {"CG"}
    drawn = drawn_bases(motif, 5000, np.random.default_rng(0), likely=False)
    assert (drawn[:, 0] == 1).mean() == pytest.approx(0.7, abs=0.02)


def test_a_scramble_has_the_same_bases_in_another_order():
    codes = np.repeat(rows("CACGTG"), 300, axis=0)
    mixed = scrambled(codes, np.random.default_rng(0))
    assert (np.sort(mixed, axis=1) == np.sort(codes, axis=1)).all()
    assert (mixed != codes).any(axis=1).all()


def test_reverse_is_the_reverse_complement():
    assert texts(oriented(rows("CCGGAAGT"), "-")) == ["ACTTCCGG"]


def test_shuffles_keep_dinucleotides_and_their_source():
    inputs = random_sequences(3, 60, 0.4, np.random.default_rng(2))
    made = make_backgrounds("shuffled", inputs, number=7, length=60, gc=0.5, seed=1)
    assert made.sources.tolist() == [0, 1, 2, 0, 1, 2, 0]
    for row, source in enumerate(made.sources):
        assert sorted(pairwise(made.codes[row])) == sorted(pairwise(inputs[source]))
    assert (made.codes[0] != made.codes[3]).any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"motif": ["CACGTG"], "at": 37}, r"--motif CACGTG: 6 bp at 37 are more than the window"),
        ({"motif": ["CACGTG"], "copies": [4], "gap": 6}, r"--copies 4: 4 times CACGTG, 6 bp apart"),
        ({"motif": ["C"], "second": "G", "spacings": "5"}, r"--spacings 5: wanted LOW:HIGH"),
        ({"motif": ["C"], "second": "G", "spacings": "50:60"}, r"leave room for 38 bp"),
        ({"motif": ["A" * 41]}, r"41 bp are more than the window of 40 bp has"),
    ],
)
def test_what_does_not_fit_is_told(given, said):
    chosen = settings(*given.pop("motif"), **given)
    motifs = named_motifs(chosen.motif, None, flag="--motif")
    second = named_motifs([chosen.second], None, flag="--second")[0] if chosen.second else None
    with pytest.raises(InputError, match=said):
        Plan(40, chosen, motifs, second)


def test_the_widest_pair_lies_in_the_middle():
    motifs = named_motifs(["CCCC", "GG"], None, flag="--motif")
    plan = Plan(40, settings("CCCC", second="GG", spacings="0:100:5"), motifs[:1], motifs[1])
    assert list(plan.spacings) == [0, 5, 10, 15, 20, 25, 30]
    assert plan.pair_start == 2


@pytest.mark.parametrize("text", ["CAXGTG", ""])
def test_a_motif_that_is_none_is_named(text):
    with pytest.raises(InputError, match=r"--motif"):
        named_motifs([text], None, flag="--motif")


def test_a_misspelt_name_names_the_nearest(tmp_path):
    write_meme(tmp_path / "m.meme", [Motif("USF1.H13", np.full((4, 2), 0.25))])
    with pytest.raises(InputError, match=r"--motif USF1\.H12: .*did you mean 'USF1\.H13'"):
        named_motifs(["USF1.H12"], tmp_path / "m.meme", flag="--motif")
