"""A run of call-variants that is killed or stopped, and the same command again.

Runs end in a forked process at a chosen chunk: the journal's `append` sends the signal.
"""

import multiprocessing
import os
import signal
import sys
import time

import pytest

from seqcnn.api import call_variants as api
from seqcnn.calling.journal import Journal
from seqcnn.cli import main

CHUNKS = 9  # of 1,000 bp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


class Runs:
    """The same command in this process and in others that end before their time."""

    def __init__(self, seqcnn, words, out):
        self._seqcnn, self.words, self.out = seqcnn, words, out
        self.journal = out.with_name(out.name + ".journal")

    def here(self, *flags, code=0):
        outcome = self._seqcnn(*self.words, "--out", self.out, *flags)
        assert outcome.code == code, outcome
        return outcome

    def signalled(self, number, after, *flags, group=False):
        """Exit code of a run that gets a signal once so many chunks are kept."""
        append, kept = Journal.append, []

        def append_and_signal(journal, chunk, payload):
            append(journal, chunk, payload)
            kept.append(chunk)
            if len(kept) == after:
                os.killpg(0, number) if group else os.kill(os.getpid(), number)
                if group:
                    time.sleep(0.5)

        def run():
            os.setpgid(0, 0)
            Journal.append = append_and_signal
            main([str(word) for word in (*self.words, "--out", self.out, *flags)])

        process = multiprocessing.get_context("fork").Process(target=run)
        process.start()
        process.join()
        return process.exitcode

    def kept(self):
        return self.journal.read_text().count('"payload"')


@pytest.fixture
def runs(seqcnn, invented, counting_model, tmp_path):
    words = (
        *("call-variants", invented.bam, "--reference", invented.reference),
        *("--model", counting_model, "--threads", "1", "--chunk-size", "1000"),
    )
    return Runs(seqcnn, words, tmp_path / "calls.vcf.gz")


@pytest.fixture
def whole(runs, tmp_path):
    """The bytes of a run that nothing disturbed, written elsewhere."""
    out, runs.out = runs.out, tmp_path / "whole.vcf.gz"
    runs.here()
    runs.out = out
    return (tmp_path / "whole.vcf.gz").read_bytes()


@pytest.fixture
def counted(monkeypatch):
    """Chunks that this process adds to a journal."""
    added = []
    append = Journal.append

    def count(journal, chunk, payload):
        added.append(chunk)
        append(journal, chunk, payload)

    monkeypatch.setattr(Journal, "append", count)
    return added


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(runs, whole, counted, threads):
    assert runs.signalled(signal.SIGKILL, 4, "--threads", threads) == -signal.SIGKILL
    assert not runs.out.exists()
    assert runs.kept() == 4
    outcome = runs.here()
    assert outcome.err == f"note: {runs.journal}: going on after 4 finished chunks\n"
    assert len(counted) == CHUNKS - 4
    assert runs.out.read_bytes() == whole
    assert not runs.journal.exists()


def test_a_half_written_line_is_called_again(runs, whole, counted):
    runs.signalled(signal.SIGKILL, 4)
    runs.journal.write_bytes(runs.journal.read_bytes()[:-9])
    assert "going on after 3 finished chunks" in runs.here().err
    assert len(counted) == CHUNKS - 3
    assert runs.out.read_bytes() == whole


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_ends_with_143_and_keeps_its_journal(runs, whole, number):
    assert runs.signalled(number, 3) == 143
    assert not runs.out.exists()
    assert runs.kept() == 3
    runs.here()
    assert runs.out.read_bytes() == whole


def test_a_signal_to_all_processes_of_a_run_is_a_stop_too(runs, whole):
    assert runs.signalled(signal.SIGTERM, 3, "--threads", "2", group=True) == 143
    assert not runs.out.exists()
    assert runs.kept() >= 3
    runs.here()
    assert runs.out.read_bytes() == whole


def test_a_signal_while_the_file_is_written_leaves_no_part_of_it(runs, whole, monkeypatch):
    write = api.write_calls

    def write_and_signal(path, header, calls):
        os.kill(os.getpid(), signal.SIGTERM)
        return write(path, header, calls)

    monkeypatch.setattr(api, "write_calls", write_and_signal)
    outcome = runs.here(code=143)
    monkeypatch.undo()
    assert outcome.err == "stopped by a signal; run the same command again to go on\n"
    names = [path.name for path in runs.out.parent.iterdir() if "whole" not in path.name]
    assert names == [runs.journal.name]
    assert "going on after 9 finished chunks" in runs.here().err
    assert runs.out.read_bytes() == whole


def test_processes_end_with_the_one_that_started_them(runs):
    assert runs.signalled(signal.SIGKILL, 2, "--threads", "2") == -signal.SIGKILL
    # Orphans would hold the reads open for ever.
    name = str(runs.words[1])
    for _ in range(100):
        if not _others_with(name):
            return
        time.sleep(0.05)
    raise AssertionError(_others_with(name))


def _others_with(name):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        folder = f"/proc/{pid}/fd"
        try:
            held = [os.readlink(f"{folder}/{one}") for one in os.listdir(folder)]
        except OSError:
            continue
        if int(pid) != os.getpid() and name in held:
            found.append(int(pid))
    return found


def test_an_earlier_output_stands_until_the_later_one_is_whole(runs, whole):
    runs.here("--min-quality", "70")
    before = runs.out.read_bytes()
    index = runs.out.with_name("calls.vcf.gz.tbi").read_bytes()
    assert before != whole
    for number in (signal.SIGKILL, signal.SIGTERM):
        runs.signalled(number, 4)
        assert runs.out.read_bytes() == before
        assert runs.out.with_name("calls.vcf.gz.tbi").read_bytes() == index
    runs.here()
    assert runs.out.read_bytes() == whole


def test_a_process_that_dies_leaves_the_chunks_of_the_others(runs, whole, monkeypatch):
    from seqcnn.calling import call

    examine = call.examine

    def die_at(alignments, reference, contig, start, *rest, **how):
        if start == 5000:
            os._exit(9)
        return examine(alignments, reference, contig, start, *rest, **how)

    monkeypatch.setattr(call, "examine", die_at)
    outcome = runs.here("--threads", "2", code=2)
    monkeypatch.undo()
    assert "a calling process was killed, most often for want of memory" in outcome.err
    assert not runs.out.exists()
    assert runs.kept() > 0
    runs.here()
    assert runs.out.read_bytes() == whole


def test_two_runs_cannot_write_one_output(runs):
    runs.signalled(signal.SIGKILL, 2)
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:  # holds the journal's lock until the other end says so
        import fcntl

        held = os.open(runs.journal, os.O_RDWR)
        fcntl.lockf(held, fcntl.LOCK_EX)
        os.write(writing, b"x")
        time.sleep(30)
        os._exit(0)
    os.read(reading, 1)
    try:
        outcome = runs.here(code=2)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reading)
        os.close(writing)
    assert outcome.err == (
        f"seqcnn: {runs.journal}: another run is writing this output; wait for it or name another "
        "output\n"
    )


def test_other_settings_start_anew(runs, whole, counted):
    runs.signalled(signal.SIGKILL, 4)
    outcome = runs.here("--min-count-snp", "3")
    assert outcome.err == (f"note: {runs.journal}: is of other settings or inputs; starting anew\n")
    assert len(counted) == CHUNKS


def test_what_cannot_change_the_calls_does_not_start_anew(runs, whole, counted):
    runs.signalled(signal.SIGKILL, 4)
    runs.here("--threads", "2")
    assert len(counted) == CHUNKS - 4
    assert runs.out.read_bytes() == whole


def test_without_resume_all_is_called_again(runs, whole, counted):
    runs.signalled(signal.SIGKILL, 4)
    assert runs.here("--no-resume").err == ""
    assert len(counted) == CHUNKS
    assert runs.out.read_bytes() == whole


def test_a_file_of_the_user_is_not_taken_for_a_journal(runs):
    runs.journal.write_text("my notes\n")
    outcome = runs.here(code=2)
    assert "is not a journal of seqcnn; move it away" in outcome.err
    assert runs.journal.read_text() == "my notes\n"
