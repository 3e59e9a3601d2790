"""Sequences evolved towards a wish, within limits."""

import re
from itertools import combinations, groupby, pairwise, product

import numpy as np
import pytest
import torch
from small_networks import NAMES, small_network
from torch import nn

from seqcnn.data.motif_text import named_motifs, possible_bases
from seqcnn.effects.backgrounds import random_sequences
from seqcnn.effects.design import Step, Wish, evolve, first_steps
from seqcnn.effects.design_constraints import Constraints, repairs
from seqcnn.effects.design_wish import constraints_of, weights_of
from seqcnn.encoders.dna import decode, encode, reverse_complement
from seqcnn.encoders.tensors import expand
from seqcnn.errors import InputError

WORD = "GATTACA"


def matching(word: str = WORD):
    """A convolution that matches a word, and the best match: its largest logit is len(word)."""
    layer = nn.Conv1d(4, 1, len(word), bias=False)
    with torch.no_grad():
        layer.weight.copy_(expand(torch.from_numpy(encode(word))[None]))

    def score(codes: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return layer(expand(torch.from_numpy(codes))).amax(2).numpy()

    return score


def wish(*weights: float, until: float | None = None) -> Wish:
    return Wish(np.array(weights), lambda x: 1 / (1 + np.exp(-x)), until=until)


def designed(score, codes, wanted, limits=None, *, max_edits=10, beam_width=1) -> Step:
    limits = limits or Constraints()
    mended = repairs(codes, limits, np.random.default_rng(0))
    assert mended is not None
    start = first_steps(score, codes, mended, wanted)
    return evolve(
        lambda parent, edits: score(edits.of(parent)), start, wanted, limits,
        max_edits=max_edits, beam_width=beam_width,
    )  # fmt: skip


def start(seed: int = 0, length: int = 30) -> np.ndarray:
    return random_sequences(1, length, 0.5, np.random.default_rng(seed))[0]


def limits(length: int = 30, **given) -> Constraints:
    told = {"gc": None, "keep": [], "longest_run": None, "forbidden": []} | given
    told["forbidden"] = named_motifs(told["forbidden"], None, flag="--forbid")
    return constraints_of(length, **told)


def test_the_word_that_a_filter_matches_is_written():
    end = designed(matching(), start(), wish(1))
    assert WORD in decode(end.codes)
    assert end.objective == len(WORD)
    assert len(end.path()) - 1 == 7 - first_match(start())


def first_match(codes: np.ndarray) -> int:
    """Bases of the word that the best place has already."""
    text = decode(codes)
    return max(
        sum(a == b for a, b in zip(text[i : i + 7], WORD, strict=True))
        for i in range(len(text) - 6)
    )


def test_each_greedy_step_is_one_base_and_raises_the_objective():
    path = designed(matching(), start(1), wish(1)).path()
    for before, after in pairwise(path):
        assert (before.codes != after.codes).sum() == 1
        assert after.codes[after.position] == after.after != before.codes[after.position]
        assert after.objective > before.objective


def test_what_is_to_be_lowered_is_lowered():
    codes = start(2)
    codes[10:17] = encode(WORD)
    end = designed(matching(), codes, wish(-1), max_edits=3)
    assert end.objective == -4.0
    assert WORD not in decode(end.codes)


def test_a_forbidden_word_never_appears_on_either_strand():
    for seed, width in product(range(4), (1, 4)):
        end = designed(
            matching(), start(seed), wish(1), limits(forbidden=["TTAC", "TGYA"]), beam_width=width
        )
        for step in end.path():
            if step.purpose == "wish":
                both = decode(step.codes) + " " + decode(reverse_complement(step.codes))
                assert not re.search("TTAC|TG[CT]A", both)
        assert len(end.path()) > 1


def test_gc_stays_within_its_limits_at_every_step():
    for seed, width in product(range(4), (1, 4)):
        end = designed(
            matching("GCGCGCGC"), start(seed), wish(1), limits(gc="0.4:0.5"), beam_width=width
        )
        counts = [
            sum(decode(step.codes).count(base) for base in "GC")
            for step in end.path()
            if step.purpose == "wish"
        ]
        assert all(12 <= count <= 15 for count in counts)
        # Greedy search may stop at a limit of GC; a beam goes round it.
        assert counts or width == 1


def test_kept_positions_never_change():
    codes = start(3)
    end = designed(matching(), codes, wish(1), limits(keep=["0:12", "18:30"]))
    assert end.codes[:12].tolist() == codes[:12].tolist()
    assert end.codes[18:].tolist() == codes[18:].tolist()


def test_no_run_is_longer_than_allowed():
    end = designed(matching("AAAAAAAA"), start(4), wish(1), limits(longest_run=3))
    text = decode(end.codes)
    assert max(len(list(run)) for _, run in groupby(text)) == 3


def test_a_start_that_breaks_the_limits_is_mended_first():
    codes = encode("A" * 12 + "GAATTC" + "A" * 12)
    end = designed(matching(), codes, wish(1), limits(gc="0.3:0.6", forbidden=["GAATTC"]))
    purposes = [step.purpose for step in end.path()]
    assert purposes[0] == "start"
    assert purposes == sorted(purposes, key=["start", "constraint", "wish"].index)
    assert purposes.count("constraint") == 7  # 2 of 30 are G or C, 9 are wanted
    assert "GAATTC" not in decode(end.codes)


def test_limits_that_no_edit_can_keep_are_noticed():
    codes = encode("ACGAATTCAC")
    kept = limits(10, forbidden=["GAATTC"], keep=["0:10"])
    assert repairs(codes, kept, np.random.default_rng(0)) is None


def random_scores(length: int, seed: int):
    """A score drawn for every sequence there is: as rugged as can be."""
    table = np.random.default_rng(seed).normal(size=4**length)
    powers = 4 ** np.arange(length)
    return lambda codes: table[codes.astype(np.int64) @ powers][:, None]


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_best_of_all_within_two_edits(seed):
    score, codes = random_scores(5, seed), start(seed, 5)
    best = float(score(codes[None])[0, 0])
    for places in combinations(range(5), 2):
        for bases in product(range(4), repeat=2):
            changed = codes.copy()
            changed[list(places)] = bases
            best = max(best, float(score(changed[None])[0, 0]))
    wide = designed(score, codes, wish(1), max_edits=2, beam_width=15)
    assert wide.objective == best


@pytest.mark.parametrize("seed", range(12))
def test_a_beam_ends_no_lower_than_greedy(seed):
    score, codes = random_scores(6, seed), start(seed, 6)
    greedy = designed(score, codes, wish(1), max_edits=6)
    beam = designed(score, codes, wish(1), max_edits=6, beam_width=3)
    assert beam.objective >= greedy.objective


def test_greedy_takes_the_best_of_all_single_edits():
    score, codes = random_scores(6, 3), start(3, 6)
    singles = []
    for place, base in product(range(6), range(4)):
        changed = codes.copy()
        changed[place] = base
        singles.append(float(score(changed[None])[0, 0]))
    assert designed(score, codes, wish(1), max_edits=1).objective == max(singles)


def test_a_wish_that_came_true_ends_the_search():
    end = designed(matching(), start(), wish(1, until=0.99))
    # The sigmoid of 5 is .993, of 4 is .982.
    assert end.objective == 5.0


def test_up_here_and_down_there_are_both_wanted():
    both = wish(1, -1, until=0.9)
    assert both.reached(np.array([3.0, -3.0]))
    assert not both.reached(np.array([3.0, -1.0]))
    assert both.objective(np.array([[3.0, -1.0], [1.0, 2.0]])).tolist() == [4.0, -1.0]


def test_no_edits_leave_the_start():
    end = designed(matching(), start(), wish(1), max_edits=0)
    assert end.purpose == "start"


def test_violations_are_counted_as_on_paper():
    told = limits(20, gc="0.5:0.6", forbidden=["ACGT", "GGN"], longest_run=2)
    for codes in random_sequences(60, 20, 0.5, np.random.default_rng(1)):
        text = decode(codes)
        gc = text.count("G") + text.count("C")
        broken = max(10 - gc, 0) + max(gc - 12, 0)
        broken += len(re.findall("(?=ACGT)", text))  # its own reverse complement
        broken += len(re.findall("(?=GG[ACGT])", text)) + len(re.findall("(?=[ACGT]CC)", text))
        broken += sum(max(len(list(run)) - 2, 0) for _, run in groupby(text))
        assert told.violations(codes[None]).tolist() == [broken]


def test_an_unknown_base_is_no_forbidden_word_and_can_be_changed():
    codes = encode("GAANTC")
    told = limits(6, forbidden=["GAATTC"])
    assert told.violations(codes[None]).tolist() == [0]
    made = {decode(row) for row in told.allowed(codes).of(codes)}
    assert {"GAAATC", "GAACTC", "GAAGTC"} <= made
    assert "GAATTC" not in made
    assert len(told.edits(codes)) == 5 * 3 + 4


def test_a_motif_of_probabilities_forbids_its_common_bases():
    (motif,) = named_motifs(["CRN"], None, flag="--forbid")
    assert possible_bases(motif).astype(int).T.tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [1] * 4]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_of_the_registry_can_be_designed_for(name):
    network, length = small_network(name)

    def score(codes: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(expand(torch.from_numpy(codes))).numpy()

    codes = start(0, length)
    told = limits(length, keep=[f"0:{length // 2}", f"{length // 2 + 4}:{length}"])
    end = designed(score, codes, wish(1, -1), told, max_edits=2)
    path = [step.objective for step in end.path()]
    assert path == sorted(path)
    assert end.codes.shape == (length,)


OUTPUTS = ("liver", "blood", "a=b")


def test_wishes_may_have_weights():
    assert weights_of(["liver=2", "a=b"], ["blood"], OUTPUTS).tolist() == [2.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [
        ([], [], "--up or --down is needed; outputs: liver, blood, a=b"),
        (["livre"], [], r"--up livre: not an output of the bundle; did you mean 'liver'\?"),
        (["liver=x"], [], "--up liver=x: 'x' is no weight"),
        (["liver=0"], [], "--up liver=0: wanted a weight above 0"),
        (["liver"], ["liver"], "--down liver: liver is named twice"),
    ],
)
def test_a_wish_that_cannot_be_read_is_told(up, down, said):
    with pytest.raises(InputError, match=said):
        weights_of(up, down, OUTPUTS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"gc": "40:60"}, "--gc 40:60: wanted two shares"),
        ({"gc": "0.6:0.4"}, "--gc 0.6:0.4: wanted two shares"),
        ({"gc": "0.41:0.42"}, "--gc 0.41:0.42: no number of bases of 30"),
        ({"keep": ["5"]}, "--keep 5: wanted START:END"),
        ({"keep": ["20:31"]}, "--keep 20:31: wanted a start before its end"),
        ({"forbidden": ["NN"]}, "--forbid NN: every sequence holds it"),
        ({"forbidden": ["EcoRI"]}, "--forbid EcoRI: position 1: 'E' is not a nucleotide code"),
    ],
)
def test_limits_that_cannot_be_read_are_told(given, said):
    with pytest.raises(InputError, match=re.escape(said)):
        limits(**given)
