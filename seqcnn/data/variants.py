"""Variants: the records of a VCF or BCF, read for one sample, checked, and written."""

import contextlib
import gzip
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pysam

from seqcnn.data.whole_vcf import silent_htslib, whole_vcf
from seqcnn.errors import InputError
from seqcnn.version import __version__

MISSING = -1  # an allele of a genotype that is not known: the '.' of './1'


class Variant(NamedTuple):
    """One record: alleles at a place of the reference, and one sample's genotype over them.

    `pos` is the 0-based position of the first base of `ref`; alleles are upper case. `genotype`
    holds allele indices (0 = `ref`, 1 = `alts[0]`, -1 = missing), one a copy of the chromosome;
    None where the file has no sample column or the record no GT. `filters` is empty for PASS
    and '.'. `genotype_quality` is GQ.
    """

    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    genotype: tuple[int, ...] | None
    quality: float | None
    filters: tuple[str, ...]
    genotype_quality: float | None = None
    phased: bool = False

    @property
    def end(self) -> int:
        """One past the last base of `ref`, 0-based."""
        return self.pos + len(self.ref)

    @property
    def alleles(self) -> tuple[str, ...]:
        """The reference allele and the alternative ones, as a genotype numbers them."""
        return (self.ref, *self.alts)

    def __str__(self) -> str:
        """As a person names it, 1-based: ``chr20:10001436 A>AG,T``."""
        return f"{self.contig}:{self.pos + 1} {self.ref}>{','.join(self.alts) or '.'}"


def read_variants(
    path: Path | str,
    *,
    sample: str | None = None,
    contigs: Collection[str] | None = None,
    flag: str | None = None,
) -> list[Variant]:
    """All records of a VCF (plain, gzip, bgzip) or BCF, in the order of the file.

    Args:
        path: the file; no index is needed.
        sample: whose genotypes; not needed where the file has one sample or none.
        contigs: keep the records of these alone.
        flag: the option that chooses the sample, where the caller's command has one.

    Raises:
        InputError: no such file, not a VCF, cut short, not sorted by position within each contig,
            several samples and none chosen, or a sample that is not there.
    """
    variants = []
    with open_variants(path) as file:
        chosen = choose_sample(path, list(file.header.samples), sample, flag)
        last: tuple[str, int] = ("", -1)
        done: set[str] = set()
        for record in records_of(path, file):
            contig, pos = record.chrom, record.start
            if contig != last[0]:
                _refuse_unsorted(path, contig in done, contig, pos, last)
                done.add(contig)
            else:
                _refuse_unsorted(path, pos < last[1], contig, pos, last)
            last = (contig, pos)
            if contigs is None or contig in contigs:
                variants.append(_as_variant(record, chosen))
    return variants


@contextlib.contextmanager
def open_variants(path: Path | str) -> Iterator[Any]:
    """Open a VCF or BCF for reading as a `pysam.VariantFile`, htslib's own messages silenced.

    Raises:
        InputError: the file is missing or is not a VCF or BCF.
    """
    place = Path(path)
    if not place.is_file():
        found = "is a folder" if place.is_dir() else "no such file"
        raise InputError(f"{place}: {found}; a VCF or BCF was wanted")
    if not place.stat().st_size:
        raise InputError(f"{place}: the file is empty; a VCF has a header at least")
    with silent_htslib(), _as_htslib_takes(place) as readable:
        try:
            file = pysam.VariantFile(str(readable))
        except (OSError, ValueError) as error:
            reason = str(error)
            if "invalid file" in reason:  # names the unpacked copy, not the user's file
                reason = "a VCF begins with ##fileformat=VCF"
            raise InputError(f"{place}: is not a VCF or BCF, or is damaged ({reason})") from None
        with file:
            yield file


@contextlib.contextmanager
def _as_htslib_takes(path: Path) -> Iterator[Path]:
    """The file, or where it is gzipped but not bgzipped, which pysam refuses, a copy unpacked.

    Raises:
        InputError: the gzip is damaged, or the disk is full.
    """
    with path.open("rb") as opened:
        head = opened.read(16)
    if head[:2] != b"\x1f\x8b" or (head[3] & 4 and head[12:14] == b"BC"):
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".vcf") as copy:
        try:
            with gzip.open(path) as packed:
                shutil.copyfileobj(packed, copy)
            copy.flush()
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path}: cannot be unpacked ({error}); is it whole?") from None
        yield Path(copy.name)


def records_of(path: Path | str, file: Any) -> Iterator[Any]:
    """The records of an open file; what htslib cannot read becomes an InputError."""
    number, last = 0, "the header"
    records = iter(file)
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path}: record {number + 1}, after {last}, cannot be read ({error}); "
                "the file is cut short or malformed"
            ) from None
        number, last = number + 1, f"{record.chrom}:{record.pos}"
        yield record


def choose_sample(
    path: Path | str, samples: Sequence[str], sample: str | None, flag: str | None = None
) -> str | None:
    """The sample whose genotypes are read; None in a file without sample columns.

    `flag` is as of `read_variants`.

    Raises:
        InputError: `sample` is not in the file, or none was named and there are several.
    """
    if sample is not None:
        if sample in samples:
            return sample
        found = f"has {', '.join(samples[:5])}" if samples else "has no sample columns"
        raise InputError(f"{path}: no sample '{sample}'; the file {found}")
    if len(samples) > 1:
        listed = ", ".join(samples[:5]) + (", …" if len(samples) > 5 else "")
        way = f"choose with {flag}" if flag else "take one out: bcftools view -s NAME"
        raise InputError(f"{path}: has {len(samples)} samples ({listed}); {way}")
    return samples[0] if samples else None


def _refuse_unsorted(
    path: Path | str, wrong: bool, contig: str, pos: int, last: tuple[str, int]
) -> None:
    if wrong:
        raise InputError(
            f"{path}: not sorted: {contig}:{pos + 1} comes after {last[0]}:{last[1] + 1}; "
            "sort it first (bcftools sort)"
        )


def _as_variant(record: Any, sample: str | None) -> Variant:
    alleles = record.alleles or ("N",)
    genotype, quality, phased = None, None, False
    if sample is not None:
        call = record.samples[sample]
        if "GT" in record.format:
            genotype = tuple(MISSING if index is None else index for index in call.allele_indices)
            phased = call.phased
        if "GQ" in record.format:
            value = call["GQ"]
            quality = None if value is None else float(value)
    filters = tuple(name for name in record.filter if name != "PASS")
    return Variant(
        record.chrom,
        record.start,
        alleles[0].upper(),
        tuple(text if text.startswith("<") else text.upper() for text in alleles[1:]),
        genotype,
        record.qual,
        filters,
        quality,
        phased,
    )


def write_variants(
    path: Path | str,
    variants: Sequence[Variant],
    contigs: dict[str, int],
    sample: str,
    *,
    header_lines: Sequence[str] = (),
) -> None:
    """Write sorted variants as a VCF of one sample, whole or not at all.

    A name that ends in .gz is bgzipped and indexed (.tbi; .csi where a contig is longer than
    512 Mb). The written columns are GT and, where known, GQ.

    Args:
        path: where to.
        variants: in the order of `contigs`, sorted by position.
        contigs: length of each contig, in the order of the header.
        sample: name of the sample column.
        header_lines: more header lines, ``##…``.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    header = pysam.VariantHeader()
    header.add_line(f"##source=seqcnn {__version__}")
    for line in header_lines:
        header.add_line(line)
    for name, length in contigs.items():
        header.contigs.add(name, length=length)
    header.formats.add("GT", 1, "String", "Genotype")
    header.formats.add("GQ", 1, "Integer", "Phred-scaled probability that the genotype is wrong")
    for name in sorted({name for variant in variants for name in variant.filters}):
        header.filters.add(name, None, None, name)
    header.add_sample(sample)
    with whole_vcf(path, max(contigs.values(), default=0)) as temporary:
        compressed = Path(path).suffix == ".gz"
        with pysam.VariantFile(str(temporary), "wz" if compressed else "w", header=header) as file:
            for variant in variants:
                file.write(_as_record(header, variant))


def _as_record(header: Any, variant: Variant) -> Any:
    record = header.new_record(
        contig=variant.contig,
        start=variant.pos,
        stop=variant.end,
        alleles=variant.alleles,
        qual=variant.quality,
        filter=variant.filters or ("PASS",),
    )
    call = record.samples[0]
    genotype = (MISSING,) if variant.genotype is None else variant.genotype
    call["GT"] = tuple(None if index == MISSING else index for index in genotype)
    call.phased = variant.phased
    if variant.genotype_quality is not None:
        call["GQ"] = round(variant.genotype_quality)
    return record
