"""Call variants: from a BAM or CRAM to a VCF."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from seqcnn.api.call_header import UNTOLD, header_of, header_parts
from seqcnn.api.call_shard import keeps_all, write_called
from seqcnn.api.called_html import called_html
from seqcnn.api.calling_bar import CallingBar
from seqcnn.api.calling_inputs import Calling, open_calling
from seqcnn.api.out_file import check_out_file
from seqcnn.calling.call import Called, CallPlan, call_chunks, chunks_of, cores, in_order
from seqcnn.calling.genotype import Call
from seqcnn.calling.journal import Journal, digest_of, file_identity
from seqcnn.calling.overlaps import resolve as resolve_overlaps
from seqcnn.calling.shard_files import SUFFIX
from seqcnn.calling.store import InJournal, InMemory, Store
from seqcnn.calling.vcf import calls_frame, write_calls
from seqcnn.calling.wanted import read_wanted
from seqcnn.data.alignments import CorruptRegion
from seqcnn.data.call_regions import Region
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.calling import CallSettings
from seqcnn.training.device_choice import resolve_device, resolve_precision
from seqcnn.training.interrupt import StopRequest, stop_on_signals
from seqcnn.version import __version__

if TYPE_CHECKING:
    import pandas as pd


VCF_ENDINGS = (".vcf", ".vcf.gz")


@dataclass(frozen=True)
class CallResult:
    """The calls of a run, and how it went.

    Attributes:
        path: the VCF or shard; None where none was asked for, and then `calls` holds the records.
        calls: the records, None where they are in the file.
        filters: how many records there are of each FILTER.
        counts: reads by what became of them, candidates, images.
        notes: what the user should know, one sentence each.
        seconds: wall time.
    """

    path: Path | None
    calls: list[Call] | None
    filters: Counter[str]
    counts: Counter[str]
    notes: tuple[str, ...]
    seconds: float

    @property
    def frame(self) -> "pd.DataFrame":
        """The calls as a table, one row a record; `pos` is 0-based."""
        if self.calls is None:
            raise ValueError(f"the calls are in {self.path}; call without `out` to have them here")
        return calls_frame(self.calls)

    def lines(self) -> list[str]:
        """What a person wants to know, a line each."""
        reads = {name: n for name, n in self.counts.items() if name not in ("candidates", "images")}
        kept = f"{reads.pop('kept', 0):,}"
        if unrated := reads.pop("without qualities", 0):
            kept += f", {unrated:,} of them without base qualities"
        dropped = ", ".join(f"{n:,} {name}" for name, n in sorted(reads.items()) if n) or "none"
        calls = ", ".join(f"{n:,} {name}" for name, n in sorted(self.filters.items())) or "none"
        return [
            f"reads used {kept}; dropped: {dropped}",
            f"candidate sites {self.counts['candidates']:,}; records: {calls}; "
            f"{self.seconds:.1f} s",
        ]

    def __repr__(self) -> str:
        calls = ", ".join(f"{n:,} {name}" for name, n in sorted(self.filters.items())) or "none"
        return f"CallResult({calls}" + (f"; {self.path})" if self.path else ")")

    def _repr_html_(self) -> str:
        return called_html(self)


def call_variants(
    bam: Path | str,
    reference: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> CallResult:
    """Call as `seqcnn call-variants` does; keyword arguments are its settings (`CallSettings`).

    Without `out` nothing is written and the records are in the result:
    `seqcnn.call_variants("sample.bam", "hg38.fa", regions=["chr20:1-2,000,000"]).frame`.

    Raises:
        InputError: a file or setting cannot be used, or a region of the BAM is damaged.
        SystemExit: a signal stopped the run; the same call again goes on with it.
    """
    began = time.perf_counter()
    given = {**flags, "bam": Path(bam)}
    if reference is not None:
        given["reference"] = Path(reference)
    settings = resolve(CallSettings, config, given, {})
    console = Console(quiet=quiet, stderr=True, highlight=False)
    _check_out(settings)
    calling = open_calling(settings, settings.regions, console, shard=settings.shard)
    plan = _plan(settings, calling)
    chunks = chunks_of(calling.regions, settings.chunk_size)
    with ExitStack() as stack:
        store: Store = InMemory()
        if settings.out is not None:
            journal = stack.enter_context(_journal(settings.out, settings, calling))
            for note in journal.notes:
                console.print(f"note: {note}", soft_wrap=True)
            store = InJournal(journal)
        stop = stack.enter_context(stop_on_signals())
        _call_all(plan, chunks, store, settings, console, stop)
        counts: Counter[str] = Counter()

        def check_stop() -> None:
            if stop.made:
                raise _stopped(store, console)

        calls = _until(check_stop, _records(store, chunks, settings, counts))
        kept = None
        if settings.out is not None and settings.out.suffix == SUFFIX:
            filters = write_called(settings, calling, chunks, store, counts, check_stop)
            journal.remove()
        elif settings.out is None:
            kept = list(calls)
            filters = Counter(call.filter for call in kept)
        else:
            header = header_of(header_parts(settings, calling), settings.regions)
            filters = write_calls(settings.out, header, calls)
            journal.remove()
    if not counts["kept"] and (calling.regions or not settings.shard):
        console.print(f"note: no usable reads in {_places(calling.regions)}", soft_wrap=True)
    seconds = time.perf_counter() - began
    said = calling.notes + calling.warnings
    return CallResult(settings.out, kept, filters, counts, said, seconds)


def _check_out(settings: CallSettings) -> None:
    out = settings.out
    if out is None or out.suffix != SUFFIX:
        if settings.shard:
            raise InputError(f"--shard: is for --out x{SUFFIX}, which `seqcnn gather` reads")
    if out is None:
        return
    if not out.name.endswith((*VCF_ENDINGS, SUFFIX)):
        raise InputError(
            f"--out {out}: calls are written as .vcf.gz or .vcf, a shard as {SUFFIX}; "
            "choose one of these"
        )
    check_out_file(out)


def _places(regions: Sequence[Region]) -> str:
    if not regions:
        return "the file"
    return f"{regions[0]}" + (f" and {len(regions) - 1:,} more regions" if len(regions) > 1 else "")


def _plan(settings: CallSettings, calling: Calling) -> CallPlan:
    device = resolve_device(settings.device)
    resolve_precision(settings.precision, device)
    wanted = None
    if settings.sites is not None:
        wanted = read_wanted(settings.sites, calling.reference, calling.regions)
    return CallPlan(
        alignments=calling.alignments.spec,
        reference=calling.reference,
        caller=calling.card,
        settings=calling.settings,
        wanted=wanted,
        min_quality=settings.min_quality,
        device=str(device),
        precision=settings.precision,
        cascade=settings.cascade,
    )


def _journal(out: Path, settings: CallSettings, calling: Calling) -> Journal:
    """The journal of this run: of these inputs and settings."""
    files = [settings.bam, calling.reference.path, settings.sites]
    identity = {
        "seqcnn": __version__,
        "settings": settings.model_dump(mode="json", exclude=UNTOLD - {"chunk_size"}),
        "files": [file_identity(path) for path in files if path is not None],
        "model": calling.card.sha256,
        "examine": calling.settings.to_dict(),
        "regions": [list(region) for region in calling.regions],
    }
    return Journal.open(out.with_name(out.name + ".journal"), digest_of(identity), settings.resume)


def _call_all(
    plan: CallPlan,
    chunks: Sequence[Region],
    store: Store,
    settings: CallSettings,
    console: Console,
    stop: StopRequest,
) -> None:
    """Call the chunks that the store lacks.

    Raises:
        InputError: some of them cannot be read; the others are kept.
        SystemExit: a signal came; what was at work is kept.
    """
    left = [chunk for chunk in chunks if not store.has(chunk)]
    failures: list[CorruptRegion] = []

    def fail(chunk: Region, error: CorruptRegion) -> None:
        store.fail(chunk, error)
        failures.append(error)
        console.print(f"failed: {error}", soft_wrap=True)

    # The processes are forked before threads run: the bar begins with the first result.
    with CallingBar(chunks, left, console) as bar:

        def done(chunk: Region, called: Called) -> None:
            store.add(chunk, called)
            bar.advance(chunk, called)

        if left:
            call_chunks(
                plan,
                left,
                processes=settings.threads or cores(),
                done=done,
                failed=fail,
                stopped=lambda: stop.made,
            )
    if stop.made:
        raise _stopped(store, console)
    if failures:
        more = f" (and {len(failures) - 1} more regions)" if len(failures) > 1 else ""
        raise InputError(f"{failures[0]}{more}; no VCF was written, the other regions are kept")


def _until(check_stop: Callable[[], None], calls: Iterable[Call]) -> Iterator[Call]:
    """The calls; a signal while they are written leaves no half file."""
    for call in calls:
        check_stop()
        yield call


def _stopped(store: Store, console: Console) -> SystemExit:
    again = "; run the same command again to go on" if isinstance(store, InJournal) else ""
    console.print(f"stopped by a signal{again}", soft_wrap=True)
    return SystemExit(143)


def records(
    chunks: Iterable[tuple[Region, Iterable[Any]]], *, min_quality: float, every: bool
) -> Iterator[Call]:
    """The records of chunks in genome order, overlapping ones resolved over all of them."""
    for call in resolve_overlaps(in_order(chunks), min_quality=min_quality):
        if every or call.is_variant:
            yield call


def _records(
    store: Store, chunks: Sequence[Region], settings: CallSettings, counts: Counter[str]
) -> Iterator[Call]:
    """The records of all chunks; adds up `counts`."""

    def rows() -> Iterator[tuple[Region, Iterable[Any]]]:
        for chunk, (calls, numbers) in zip(chunks, store.read(chunks), strict=True):
            counts.update(numbers)
            yield chunk, calls

    yield from records(rows(), min_quality=settings.min_quality, every=keeps_all(settings))
