import pytest

from seqcnn.data.samples import choose_sample
from seqcnn.errors import InputError


def group(identity: str, sample: str | None = None) -> dict[str, str]:
    return {"ID": identity} if sample is None else {"ID": identity, "SM": sample}


def test_one_sample_takes_every_read():
    assert choose_sample([group("a", "Ann"), group("b", "Ann")], "x.bam") == ("Ann", None, ())


def test_without_read_groups_the_sample_has_the_name_of_the_file():
    name, groups, notes = choose_sample([], "folder/child.sorted.bam")
    assert (name, groups) == ("child.sorted", None)
    assert notes == (
        "child.sorted.bam: no read group in the header; the sample is called 'child.sorted'",
    )


def test_read_groups_without_sample_names_are_as_none():
    name, _, notes = choose_sample([group("a"), group("b", "")], "x.bam")
    assert name == "x"
    assert notes == (
        "x.bam: no read group with a sample name (SM) in the header; the sample is called 'x'",
    )


def test_the_chosen_name_is_that_of_a_file_without_read_groups():
    assert choose_sample([], "x.bam", "Ann").name == "Ann"


@pytest.mark.parametrize(
    ("name_options", "way"),
    [(True, "choose one with --sample"), (False, "take one out with samtools view -r")],
)
def test_several_samples_are_listed(name_options, way):
    with pytest.raises(InputError) as error:
        groups = [group("a", "Ann"), group("b", "Bob")]
        choose_sample(groups, "x.bam", name_options=name_options)
    assert str(error.value) == f"x.bam: holds 2 samples (Ann, Bob); {way}"


def test_a_chosen_sample_takes_its_own_read_groups():
    lines = [group("a", "Ann"), group("b", "Bob"), group("c", "Ann")]
    assert choose_sample(lines, "x.bam", "Ann") == ("Ann", frozenset("ac"), ())


def test_an_absent_sample_is_refused_with_those_there_are():
    with pytest.raises(InputError) as error:
        choose_sample([group("a", "Ann")], "x.bam", "Eve")
    assert str(error.value) == "x.bam: has no sample 'Eve'; it has Ann"


def test_a_read_group_without_a_sample_is_taken_as_the_only_one():
    name, groups, notes = choose_sample([group("a", "Ann"), group("b")], "x.bam")
    assert (name, groups) == ("Ann", None)
    assert notes == (
        "x.bam: b: a read group without a sample name (SM); its reads are taken as those of 'Ann'",
    )


def test_a_read_group_without_a_sample_is_left_out_beside_several():
    lines = [group("a", "Ann"), group("b", "Bob"), group("c")]
    name, groups, notes = choose_sample(lines, "x.bam", "Bob")
    assert (name, groups) == ("Bob", frozenset("b"))
    assert notes == ("x.bam: c: a read group without a sample name (SM); its reads are left out",)


def test_one_read_group_of_two_samples_is_refused():
    with pytest.raises(InputError) as error:
        choose_sample([group("a", "Ann"), group("a", "Bob")], "x.bam")
    assert str(error.value) == (
        "x.bam: read group 'a' belongs to two samples, 'Ann' and 'Bob'; give the groups their own "
        "IDs (samtools addreplacerg)"
    )


def test_a_read_group_that_stands_twice_is_noted():
    chosen = choose_sample([group("a", "Ann"), group("a", "Ann")], "x.bam")
    assert chosen.name == "Ann"
    assert chosen.notes == ("x.bam: read group 'a' stands twice in the header",)
