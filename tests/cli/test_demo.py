"""`seqcnn demo`."""

from pathlib import Path

import seqcnn as package

DATA = Path(__file__).parents[2] / "data" / "demo"
# What seqcnn makes beside a genome is no part of the data.
CACHE = ".seqcnn"


def test_demo_copies_every_file_of_the_data_and_says_what_it_is(seqcnn, tmp_path):
    outcome = seqcnn("demo", "--out", tmp_path / "new" / "demo")
    assert outcome.code == 0
    assert outcome.out == f"{tmp_path / 'new' / 'demo'}\n"
    copied = {file.name: file.read_bytes() for file in (tmp_path / "new" / "demo").iterdir()}
    wanted = {file.name: file.read_bytes() for file in DATA.iterdir() if file.suffix != CACHE}
    assert copied == wanted
    assert {line.split()[0] for line in outcome.err.splitlines()} == set(wanted)
    assert "factor.bed.gz            binding sites of one factor" in outcome.err.splitlines()


def test_without_a_folder_demo_prints_where_the_data_are(seqcnn):
    assert seqcnn("demo").out == f"{package.demo()}\n"
    assert (package.demo() / "genome.fa.gz").read_bytes() == (DATA / "genome.fa.gz").read_bytes()


def test_demo_may_be_copied_twice_but_over_no_other_file(seqcnn, tmp_path):
    assert seqcnn("demo", "--out", tmp_path).code == 0
    assert seqcnn("demo", "--out", tmp_path).code == 0
    (tmp_path / "factor.bed.gz").write_text("mine")
    (tmp_path / "liver.bed.gz").unlink()
    outcome = seqcnn("demo", "--out", tmp_path)
    assert outcome.code == 2
    assert outcome.err == (
        f"seqcnn: {tmp_path / 'factor.bed.gz'}: is there and is not the demo's file of this name; "
        "name another folder with --out\n"
    )
    assert not (tmp_path / "liver.bed.gz").exists()


def test_demo_refuses_a_file_in_place_of_its_folder(seqcnn, tmp_path):
    (tmp_path / "taken").write_text("")
    outcome = seqcnn("demo", "--out", tmp_path / "taken")
    assert outcome.code == 2
    assert outcome.err == (
        f"seqcnn: --out {tmp_path / 'taken'}: cannot make this folder (File exists); name another\n"
    )
