"""The journal of a run: what survives a kill, a full disk, damage, and a second process."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqcnn.calling import journal as module
from seqcnn.calling.genotype import Call, call_from_row
from seqcnn.calling.journal import Journal, digest_of, file_identity
from seqcnn.errors import InputError

CALL = Call("chr1", 9, "A", ("C",), (0, 1), 50, 30, (15, 14), (0.4667,), (50, 0, 60), 50.1, "PASS")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.vcf.gz.journal"


def filled(path: Path, digest: str = "a") -> None:
    with Journal.open(path, digest) as journal:
        journal.append("chr1:1-100", {"calls": [CALL], "reads": 7})
        journal.append("chr2:1-100", {"calls": [], "reads": 0})


def test_finished_chunks_are_read_back_in_any_order(path: Path) -> None:
    filled(path)
    with Journal.open(path, "a") as journal:
        assert journal.done == {"chr1:1-100", "chr2:1-100"}
        second, first = journal.read_in_order(["chr2:1-100", "chr1:1-100"])
    assert second == {"calls": [], "reads": 0}
    assert [call_from_row(row) for row in first["calls"]] == [CALL]


def test_every_line_is_json(path: Path) -> None:
    filled(path)
    first, second, _ = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["journal"], first["digest"]) == ("seqcnn calls 1", "a")
    assert second["chunk"] == "chr1:1-100"
    assert second["payload"]["reads"] == 7


def test_chunks_can_be_read_while_others_are_added(path: Path) -> None:
    with Journal.open(path, "a") as journal:
        journal.append("one", 1)
        found = journal.read_in_order(["one", "two"])
        assert next(found) == 1
        journal.append("two", 2)
        assert next(found) == 2


def test_a_chunk_that_is_not_done_cannot_be_read(path: Path) -> None:
    with Journal.open(path, "a") as journal, pytest.raises(KeyError):
        next(journal.read_in_order(["one"]))


def test_a_run_goes_on_and_says_so(path: Path) -> None:
    filled(path)
    with Journal.open(path, "a") as journal:
        assert journal.notes == [f"{path}: going on after 2 finished chunks"]
        journal.append("chr3:1-100", 3)
    with Journal.open(path, "a") as journal:
        assert len(journal.done) == 3


def test_another_digest_starts_anew_and_says_so(path: Path) -> None:
    filled(path)
    with Journal.open(path, "b") as journal:
        assert journal.done == set()
        assert journal.notes == [f"{path}: is of other settings or inputs; starting anew"]
    with Journal.open(path, "a") as journal:
        assert journal.done == set()


def test_without_resume_everything_is_made_again(path: Path) -> None:
    filled(path)
    with Journal.open(path, "a", resume=False) as journal:
        assert journal.done == set()
        assert journal.notes == []


def test_a_file_cut_anywhere_gives_the_chunks_before_the_cut(path: Path) -> None:
    filled(path)
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with Journal.open(path, "a") as journal:
            assert len(journal.done) == max(0, sum(end <= cut for end in ends) - 1)
            journal.append("after", 5)
        with Journal.open(path, "a") as journal:
            assert "after" in journal.done
            assert list(journal.read_in_order(["after"])) == [5]


def test_a_damaged_line_is_one_chunk_lost(path: Path) -> None:
    filled(path)
    text = path.read_text()
    path.write_text(text.replace('"reads":7', '"reads":8'))
    with Journal.open(path, "a") as journal:
        assert journal.done == {"chr2:1-100"}
        assert journal.notes[0] == f"{path}: 1 damaged chunks are called again"


def test_failures_are_kept_until_the_chunk_is_done(path: Path) -> None:
    with Journal.open(path, "a") as journal:
        journal.append("one", 1)
        journal.append_failure("two", "damaged block")
    with Journal.open(path, "a") as journal:
        assert journal.done == {"one"}
        assert journal.failed == {"two": "damaged block"}
        journal.append("two", 2)
        assert journal.failed == {}
    with Journal.open(path, "a") as journal:
        assert (journal.done, journal.failed) == ({"one", "two"}, {})


def test_a_file_of_the_user_is_not_overwritten(path: Path) -> None:
    path.write_text("my notes\n")
    with pytest.raises(InputError, match="is not a journal of seqcnn; move it away"):
        Journal.open(path, "a")
    assert path.read_text() == "my notes\n"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write the journal here"):
        Journal.open(tmp_path / "no" / "journal", "a")


OPEN_IT = """
import sys
from seqcnn.calling.journal import Journal
from seqcnn.errors import InputError
try:
    print(len(Journal.open(sys.argv[1], "a").done))
except InputError as error:
    print(error)
"""


def open_elsewhere(path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", OPEN_IT, path], capture_output=True, text=True, check=True
    ).stdout


def test_two_runs_cannot_write_one_journal(path: Path) -> None:
    busy = f"{path}: another run is writing this output; wait for it or name another output"
    filled(path)
    with Journal.open(path, "a"):
        assert open_elsewhere(path) == busy + "\n"
        with pytest.raises(InputError) as refused:
            Journal.open(path, "a")
        assert str(refused.value) == busy
        # The refused attempt must not have let the lock go.
        assert open_elsewhere(path) == busy + "\n"
    assert open_elsewhere(path) == "2\n"


def test_a_removed_journal_is_gone_and_free(path: Path) -> None:
    journal = Journal.open(path, "a")
    journal.append("one", 1)
    journal.remove()
    assert not path.exists()
    with Journal.open(path, "a") as again:
        assert again.done == set()


def test_a_full_disk_keeps_what_was_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(path, "a") as journal:
        journal.append("one", 1)
        write = os.pwrite

        def full(descriptor: int, data: bytes, offset: int) -> int:
            if len(data) < 20:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(descriptor, data[:20], offset)

        monkeypatch.setattr(module.os, "pwrite", full)
        with pytest.raises(InputError, match=r"No space left on device.*finished chunks are kept"):
            journal.append("two", 2)
        assert journal.done == {"one"}
        monkeypatch.undo()
        journal.append("three", 3)
    with Journal.open(path, "a") as journal:
        assert journal.done == {"one", "three"}
        assert len(journal.notes) == 1


def test_the_digest_depends_on_content_and_not_on_order(tmp_path: Path) -> None:
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": (1, 2), "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    assert digest_of({"a": Path("x")}) == digest_of({"a": "x"})
    bam = tmp_path / "a.bam"
    bam.write_text("reads")
    before = file_identity(bam)
    assert before["size"] == 5
    os.utime(bam, (1, 1))
    assert digest_of(before) != digest_of(file_identity(bam))
