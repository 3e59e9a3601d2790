"""The calling of many regions: one process a core, in any order; results in genome order."""

import heapq
import multiprocessing
import os
import signal
import sys
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from seqcnn.calling.caller import Caller, CallerCard
from seqcnn.calling.candidates import Wanted
from seqcnn.calling.examine import MARGIN, ExamineSettings, examine, with_thresholds
from seqcnn.calling.genotype import Call, call_from_row
from seqcnn.data.alignments import AlignmentsSpec, CorruptRegion
from seqcnn.data.call_regions import Region
from seqcnn.data.reads import TooManyReads
from seqcnn.data.references import Reference
from seqcnn.errors import InputError

# Chunks are a 24th of what is called, between these; a killed run repeats at most one a process.
SMALLEST_CHUNK, LARGEST_CHUNK, CHUNKS = 20_000, 200_000, 24
# A region with too many reads at once is called in halves, down to this.
SMALLEST_PART = 2_000
NEVER = 1 << 30  # more fragments than any site has: no allele but those asked for
WAITING = 4  # chunks handed out beyond those at work, a process


@dataclass(frozen=True)
class CallPlan:
    """All that a process needs to call a region."""

    alignments: AlignmentsSpec
    reference: Reference
    caller: CallerCard
    settings: ExamineSettings
    wanted: dict[str, tuple[Wanted, ...]] | None  # by contig, sorted; None: whatever is found
    min_quality: float
    device: str
    precision: str
    cascade: bool = True


class Called(NamedTuple):
    """What came of a chunk."""

    calls: list[Call]  # all candidates, the reference's genotype among them
    counts: dict[str, int]  # reads by what became of them, candidates, images


def chunks_of(regions: Sequence[Region], size: int | None = None) -> list[Region]:
    """Regions cut into chunks; the cut depends on the regions only, so that a run can resume."""
    total = sum(region.end - region.start for region in regions)
    size = size or max(SMALLEST_CHUNK, min(LARGEST_CHUNK, total // CHUNKS))
    return [
        region._replace(start=start, end=min(start + size, region.end))
        for region in regions
        for start in range(region.start, region.end, size)
    ]


def call_chunks(
    plan: CallPlan,
    chunks: Sequence[Region],
    *,
    processes: int,
    done: Callable[[Region, Called], None],
    failed: Callable[[Region, CorruptRegion], None],
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Call `chunks`, telling `done` or `failed` of each as it ends, in any order.

    Returns early, with what is at work finished, once `stopped` says so.

    Raises:
        InputError: a process was killed, most often for want of memory.
    """
    if processes == 1 or len(chunks) == 1:
        worker = _Worker(plan)
        for chunk in chunks:
            if stopped():
                return
            try:
                done(chunk, worker.call(chunk))
            except CorruptRegion as error:
                failed(chunk, error)
        return
    # A forked process has all modules loaded; elsewhere than on Linux forking is not safe.
    kind = "fork" if sys.platform == "linux" and plan.device == "cpu" else "spawn"
    with ProcessPoolExecutor(
        min(processes, len(chunks)),
        mp_context=multiprocessing.get_context(kind),
        initializer=_begin,
        initargs=(plan,),
    ) as pool:
        try:
            _hand_out(pool, chunks, processes * WAITING, done, failed, stopped)
        except BrokenProcessPool:
            if stopped():  # a signal to the whole group of processes
                return
            raise InputError(
                "a calling process was killed, most often for want of memory; pass fewer "
                "--threads and run again: it goes on where it stopped"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _hand_out(
    pool: ProcessPoolExecutor,
    chunks: Sequence[Region],
    ahead: int,
    done: Callable[[Region, Called], None],
    failed: Callable[[Region, CorruptRegion], None],
    stopped: Callable[[], bool],
) -> None:
    waiting = iter(chunks)
    at_work: dict[Future[Called], Region] = {}
    while not stopped():
        while len(at_work) < ahead and (chunk := next(waiting, None)) is not None:
            at_work[pool.submit(_call, chunk)] = chunk
        if not at_work:
            return
        ended, _ = wait(at_work, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in ended:
            chunk = at_work.pop(future)
            try:
                called = future.result()
            except CorruptRegion as error:
                failed(chunk, error)
            else:
                done(chunk, called)
    for future in at_work:
        future.cancel()


_worker: "_Worker | InputError | None" = None


def _begin(plan: CallPlan) -> None:
    """Make this process a worker. Signals of the terminal are the first process's to handle."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _worker = _Worker(plan)
    except InputError as error:  # raised here, it would be told as a process that died
        _worker = error


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(chunk: Region) -> Called:
    if isinstance(_worker, InputError):
        raise _worker
    assert _worker is not None
    return _worker.call(chunk)


class _Worker:
    """Handles of one process: its reads, and its networks on one thread."""

    def __init__(self, plan: CallPlan) -> None:
        if plan.device == "cpu":
            torch.set_num_threads(1)
        self.plan = plan
        self.settings = plan.settings
        if plan.wanted is not None:
            self.settings = with_thresholds(
                plan.settings, min_count_snp=NEVER, min_count_indel=NEVER
            )
        self.alignments = plan.alignments.open()
        # As the alignments: a forked process would share the file position of the first one's.
        self.reference = copy(plan.reference)
        self.caller = Caller(
            plan.caller, device=plan.device, precision=plan.precision, cascade=plan.cascade
        )

    def call(self, region: Region) -> Called:
        self.alignments.dropped = Counter()
        calls, counts = self._call(region)
        return Called(calls, {**self.alignments.dropped, **counts})

    def _call(self, region: Region) -> tuple[list[Call], Counter[str]]:
        plan = self.plan
        wanted = _near(plan.wanted, region)
        counts: Counter[str] = Counter()
        if plan.wanted is not None and not wanted:
            return [], counts
        before = self.alignments.dropped.copy()
        try:
            found = examine(
                self.alignments, self.reference, *region, self.settings, wanted,
                bounded=region.end - region.start > SMALLEST_PART,
                draw=self.caller.cascade is None,
            )  # fmt: skip
        except TooManyReads:
            self.alignments.dropped = before
            middle = (region.start + region.end) // 2
            calls = []
            for part in (region._replace(end=middle), region._replace(start=middle)):
                more, more_counts = self._call(part)
                calls += more
                counts += more_counts
            return calls, counts
        judged = self.caller.judge(found)
        counts.update(candidates=len(found.candidates.sites), images=judged.images)
        calls = self.caller.calls(
            found,
            judged,
            min_quality=plan.min_quality,
            keep_alleles=plan.wanted is not None,
        )
        return calls, counts


def _near(wanted: dict[str, tuple[Wanted, ...]] | None, region: Region) -> Sequence[Wanted]:
    """Those whose anchor may lie in the region once they are left-aligned."""
    if wanted is None:
        return ()
    here = wanted.get(region.contig, ())
    low = bisect_left(here, (region.start - MARGIN,))
    return here[low : bisect_left(here, (region.end + MARGIN,))]


def in_order(chunks: Iterable[tuple[Region, Iterable[Any]]]) -> Iterator[Call]:
    """The calls of chunks in genome order, sorted.

    Trimming an allele can move a record to the right, past the next one and the chunk's end, but
    never before its anchor: what lies before the next chunk's start can go.
    """
    held: list[tuple[int, str, tuple[str, ...], Call]] = []
    contig = ""
    for region, rows in chunks:
        while held and (region.contig != contig or held[0][0] < region.start):
            yield heapq.heappop(held)[-1]
        contig = region.contig
        for row in rows:
            call = call_from_row(list(row))
            heapq.heappush(held, (call.pos, call.ref, call.alts, call))
    while held:
        yield heapq.heappop(held)[-1]


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
