"""A BAM or CRAM opened for calling: checked, its sample chosen, its reads by region."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pysam

from seqcnn.data.alignment_checks import check_header, check_order, check_whole, kind_of
from seqcnn.data.alignment_files import close, contigs_of_crai, header_lines, open_file, opened
from seqcnn.data.alignment_index import check_index, index_of, missing_index, unreadable_index
from seqcnn.data.call_regions import Region
from seqcnn.data.cram_reference import decoding_fasta
from seqcnn.data.reads import Decoded, decode_reads
from seqcnn.data.samples import choose_sample
from seqcnn.encoders.reads import Reads
from seqcnn.errors import InputError

NOT_PRIMARY = 0x904  # unmapped, secondary, supplementary


class CorruptRegion(InputError):
    """Reads of one region cannot be read; those of others may. Has `contig`, `start` and `end`."""

    def __init__(self, message: str, contig: str, start: int, end: int) -> None:
        super().__init__(message)
        self.contig, self.start, self.end = contig, start, end

    def __reduce__(self) -> tuple[type, tuple[str, str, int, int]]:
        return CorruptRegion, (str(self), self.contig, self.start, self.end)


@dataclass(frozen=True)
class AlignmentsSpec:
    """All it takes to open a checked file again, in another process for one.

    `reference` is the FASTA that a CRAM is decoded with; None for a BAM. `cut_short` says that
    the file lacks its end and is read as far as it goes.
    """

    path: Path
    index: Path
    reference: Path | None
    sample: str
    read_groups: frozenset[str] | None
    cut_short: bool = False

    def open(self) -> "Alignments":
        """A handle of its own, unchecked."""
        return Alignments(self)


class Alignments:
    """The reads of one sample, by region. Pickled, it opens the file anew.

    Attributes:
        names: contigs of the header, in its order; `lengths` theirs, in bp.
        header: its lines by kind (SQ, RG, …), each a dictionary of its fields.
        sample: name of the sample.
        dropped: reads so far by what became of them (see `seqcnn.data.reads.DROPPED`).
        notes: what the user should know, one sentence each.
    """

    def __init__(self, spec: AlignmentsSpec) -> None:
        self.spec, self.path, self.sample = spec, spec.path, spec.sample
        self.notes: list[str] = []
        self.dropped: Counter[str] = Counter()
        self._file = open_file(spec.path, index=spec.index, reference=spec.reference)
        self.header = header_lines(spec.path, self._file)
        self.names: tuple[str, ...] = tuple(self._file.references)
        self.lengths: tuple[int, ...] = tuple(self._file.lengths)
        self.length_of = dict(zip(self.names, self.lengths, strict=True))

    def __reduce__(self) -> tuple[object, tuple[AlignmentsSpec]]:
        return AlignmentsSpec.open, (self.spec,)

    def __enter__(self) -> "Alignments":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        close(self._file)

    def reads(
        self,
        contig: str,
        start: int,
        end: int,
        *,
        counted: tuple[int, int] | None = None,
        bounded: bool = False,
    ) -> Reads:
        """Usable reads of the sample that overlap `[start, end)`; adds to `dropped`.

        Only reads that start in `counted`, by default anywhere, are added.

        Raises:
            CorruptRegion: the file is damaged here.
            InputError: the reads are not in order of position.
            TooManyReads: with `bounded`, see `decode_reads`.
        """

        def decode(last: int) -> Decoded:
            return decode_reads(
                self._file, contig, start, last,
                read_groups=self.spec.read_groups, counted=counted, bounded=bounded,
            )  # fmt: skip

        start = max(start, 0)
        try:
            decoded = decode(end)
        except OSError:
            self._reopen()
            if not self.spec.cut_short:
                raise self._corrupt(contig, start, end) from None
            decoded = decode(self._readable_end(contig, start, end))
        found = decoded.reads
        if (found.start[1:] < found.start[:-1]).any():
            raise InputError(
                f"{self.path}: is not sorted by position at {Region(contig, start, end)}; "
                "sort and index it with samtools"
            )
        self.dropped.update(decoded.counts)
        return found

    def _readable_end(self, contig: str, start: int, end: int) -> int:
        """Where the last read begins that a file without its end still has; else `start`."""
        last = start
        try:
            for read in self._file.fetch(contig, start, end):
                last = max(start, read.reference_start)
        except OSError:
            self._reopen()
        return last

    def segments(self, contig: str, start: int, end: int) -> Iterator[pysam.AlignedSegment]:
        """Mapped primary reads with SEQ over `[start, end)`, of all samples, as pysam's objects.

        Only one such walk, or `reads`, at a time.

        Raises:
            CorruptRegion: the file is damaged here.
        """
        try:
            for read in self._file.fetch(contig, start, end):
                if _is_primary(read):
                    yield read
        except OSError:
            self._reopen()
            if not self.spec.cut_short:
                raise self._corrupt(contig, start, end) from None

    def segments_in_order(self) -> Iterator[pysam.AlignedSegment]:
        """The same from the start of the file, without its index; ends where it is damaged."""
        try:
            yield from filter(_is_primary, self._file.fetch(until_eof=True))
        except OSError:
            self._reopen()

    def contigs_with_reads(self) -> tuple[str, ...]:
        """Contigs that have mapped reads by the index, in the header's order."""
        if self.spec.index.suffix == ".crai":
            return tuple(self.names[i] for i in sorted(contigs_of_crai(self.spec.index)))
        counts = self._file.get_index_statistics()
        if any(found.mapped for found in counts):
            return tuple(found.contig for found in counts if found.mapped)
        # Some old indexes hold no counts.
        return tuple(name for name in self.names if self._any_read(name))

    def _any_read(self, contig: str) -> bool:
        try:
            return next(self._file.fetch(contig), None) is not None
        except OSError:
            self._reopen()
            return True

    def _reopen(self) -> None:
        # A handle that met a damaged block fails everywhere afterwards.
        self.close()
        self._file = open_file(self.path, index=self.spec.index, reference=self.spec.reference)

    def _corrupt(self, contig: str, start: int, end: int) -> CorruptRegion:
        what = "the file or its index is damaged"
        if self.spec.reference is not None:
            what += f", or it was not made with {self.spec.reference.name}"
        return CorruptRegion(
            f"{self.path}: cannot be read at {Region(contig, start, end)} ({what}); "
            "copy or make it again",
            contig, start, end,
        )  # fmt: skip


def open_alignments(
    path: Path | str,
    *,
    reference: Path | str | None = None,
    sample: str | None = None,
    allow_truncated: bool = False,
    make_index: bool = False,
    name_options: bool = False,
) -> Alignments:
    """Open a sorted, indexed BAM or CRAM for calling, after looking at all that can be wrong.

    Args:
        path: the file.
        reference: FASTA to decode a CRAM with; without one, the places that
            `seqcnn.data.reference_paths` names are searched. Not used for a BAM.
        sample: whose reads, where the file holds several samples.
        allow_truncated: read a file without its end mark as far as it goes.
        make_index: write an index beside the file where there is none, or it is older.
        name_options: the caller is a command with --sample, --allow-truncated and --make-index,
            which errors may then recommend.

    Raises:
        InputError: the file is missing, of another kind, cut short, unsorted, without index or
            contigs, of several samples, or a CRAM that cannot be decoded.
    """
    path = Path(path)
    kind = kind_of(path)
    notes = check_whole(path, kind, allow_truncated=allow_truncated, name_options=name_options)
    cut_short = bool(notes)
    if kind == "BAM":
        check_header(path)
    with opened(path) as file:
        header = header_lines(path, file)
        if not file.lengths:
            raise InputError(f"{path}: its header names no contigs (@SQ); align the reads first")
        contigs, longest = len(file.lengths), max(file.lengths)
        chosen = choose_sample(header.get("RG", []), path, sample, name_options=name_options)
        fasta = decoding_fasta(path, header, reference) if kind == "CRAM" else None
    index = index_of(path, kind, longest, make=make_index)
    order = next(iter(header.get("HD", [])), {}).get("SO", "")
    with opened(path, reference=fasta) as file:
        notes += check_order(path, file, order, indexed=index is not None)
    if index is None:
        raise missing_index(path, kind, name_options=name_options)
    notes += check_index(path, index, contigs)
    spec = AlignmentsSpec(path, index, fasta, chosen.name, chosen.read_groups, cut_short)
    try:
        alignments = Alignments(spec)
    except OSError:
        raise unreadable_index(path, index) from None
    alignments.notes = [*notes, *chosen.notes]
    return alignments


def _is_primary(read: pysam.AlignedSegment) -> bool:
    return not read.flag & NOT_PRIMARY and bool(read.query_length)
