from pathlib import Path

import pytest

from seqcnn.errors import InputError
from seqcnn.tasks.tracks import named_file, track_files


def test_a_track_is_called_as_said_else_as_its_file():
    given = [Path("liver=data/ENCFF1.bed.gz"), Path("data/brain.narrowPeak.gz")]
    paths, names = track_files(given, "--peaks")
    assert names == ("liver", "brain")
    assert paths == [Path("data/ENCFF1.bed.gz"), Path("data/brain.narrowPeak.gz")]


def test_an_equals_sign_in_a_folder_or_in_a_file_that_is_there_names_nothing(tmp_path, monkeypatch):
    assert named_file(Path("a/b=c/d.bed")) == ("d", Path("a/b=c/d.bed"))
    monkeypatch.chdir(tmp_path)
    Path("x=y.bed").touch()
    assert named_file(Path("x=y.bed")) == ("x=y", Path("x=y.bed"))


@pytest.mark.parametrize("given", ["=a.bed", "a="])
def test_half_a_name_is_refused(given):
    with pytest.raises(InputError, match="wanted NAME=FILE or FILE"):
        named_file(Path(given))


def test_two_tracks_of_one_name_are_refused():
    with pytest.raises(InputError, match=r"--peaks: two tracks are called 'a'.*pass NAME=FILE"):
        track_files([Path("a.bed"), Path("b/a.bed.gz")], "--peaks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty; wanted columns file and name"),
        ("file\tname\n", "names no track; wanted a line a track"),
        ("file\tname\n\tliver\n", r"sheet.tsv:2: nothing stands in column 'file'"),
        ("file\tname\na.bed\tliver\na.bed\tliver\n", r":3: a second track is called 'liver'"),
        ("file\tname\na.bed\tliver\nb.bed\tbrain\n", r"sheet.tsv:3: no such file: .*b.bed"),
        ("path\tname\na.bed\tliver\n", "needs the columns 'file' and 'name'; it has path, name"),
    ],
)
def test_what_is_wrong_in_a_sheet_is_named_by_its_line(tmp_path, text, said):
    (tmp_path / "sheet.tsv").write_text(text)
    (tmp_path / "a.bed").touch()
    with pytest.raises(InputError, match=said):
        track_files([tmp_path / "sheet.tsv"], "--peaks")


def test_a_sheet_names_files_beside_it(tmp_path):
    (tmp_path / "sheet.tsv").write_text("name\tfile\nliver\ta.bed\n")
    (tmp_path / "a.bed").touch()
    assert track_files([tmp_path / "sheet.tsv"], "--peaks") == ([tmp_path / "a.bed"], ("liver",))


@pytest.mark.parametrize("content", [b"\xff\x00 of no text", b"file\tname\na\tb\nc\td\te\n"])
def test_what_is_no_table_is_refused_as_a_sheet(tmp_path, content):
    (tmp_path / "sheet.tsv").write_bytes(content)
    with pytest.raises(InputError, match=r"sheet.tsv: is no table"):
        track_files([tmp_path / "sheet.tsv"], "--peaks")
