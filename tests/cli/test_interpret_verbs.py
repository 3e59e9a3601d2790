"""The verbs of `seqcnn interpret`, their help and what is said where one is misspelt."""

import pytest

from seqcnn.cli.interpret import VERBS


@pytest.mark.parametrize("words", [("nonsense", "x"), ("-o", "r")])
def test_a_verb_that_is_not_there_leads_to_the_list_of_verbs(seqcnn, words):
    done = seqcnn("interpret", *words)
    assert done.code == 2
    assert done.err.rstrip().endswith("see seqcnn interpret --help")
    assert done.err.count("\n") == 1


def test_an_unknown_option_leads_to_the_help_of_its_verb(seqcnn):
    done = seqcnn("interpret", "filters", "x", "--nonsense", "3")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.rstrip().endswith("see seqcnn interpret filters --help")


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_stands_in_a_group_of_its_help(seqcnn, verb):
    text = seqcnn("interpret", verb, "--help").out
    alone = text.split("─ Options ─")[1].split("╰")[0]
    assert [line for line in alone.splitlines() if "--" in line and "--help" not in line] == []
