"""Calls as a VCF file that other tools trust, or as a table."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pysam

from seqcnn.calling.genotype import FILTERS, Call
from seqcnn.data.whole_vcf import whole_vcf
from seqcnn.errors import InputError
from seqcnn.version import __version__

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = (
    ("GT", "1", "String", "Genotype"),
    ("GQ", "1", "Integer", "Phred-scaled probability that the genotype is another one"),
    ("DP", "1", "Integer", "Usable fragments that tell what they have at the position"),
    ("AD", "R", "Integer", "Usable fragments that show each allele; others are left out"),
    ("VAF", "A", "Float", "AD of each alternative allele divided by DP"),
    ("PL", "G", "Integer", "Phred-scaled genotype probabilities, the most probable being 0"),
)


@dataclass(frozen=True)
class CallHeader:
    """What the header says. It must not depend on threads, chunks or batches: same bytes.

    `contigs` are names and lengths in the order of the records; `command` is the command line
    without what cannot change the calls; each of `notes` becomes a line `##seqcnn_<key>=<value>`,
    for example the caps in force.
    """

    sample: str
    contigs: Mapping[str, int]
    command: str
    model: str
    model_sha256: str
    notes: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__


def write_calls(path: Path | str, header: CallHeader, calls: Iterable[Call]) -> Counter[str]:
    """Write sorted calls and return how many there are of each FILTER.

    `.vcf.gz` is bgzipped and indexed beside (`.tbi`; `.csi` where a contig is over 512 Mb),
    `.vcf` is plain text. The file appears whole or not at all. With no call it has a header only.

    Raises:
        InputError: another file ending, the folder is missing, or the disk is full.
        ValueError: the calls are not sorted.
    """
    path = Path(path)
    counts: Counter[str] = Counter()
    if not path.name.endswith((".vcf", ".vcf.gz")):
        raise InputError(f"{path}: calls are written as .vcf.gz or .vcf; choose one of these")
    with whole_vcf(path, max(header.contigs.values(), default=0)) as temporary:
        _write(temporary, "wz" if path.suffix == ".gz" else "w", header, calls, counts)
    return counts


def _write(
    path: Path, mode: str, header: CallHeader, calls: Iterable[Call], counts: Counter[str]
) -> None:
    order = {name: place for place, name in enumerate(header.contigs)}
    last = (-1, -1)
    lines = _header_lines(header)
    with pysam.VariantFile(str(path), mode, header=lines) as file:
        for call in calls:
            here = (order[call.contig], call.pos)
            if here < last:
                raise ValueError(f"{call.contig}:{call.pos + 1} comes after a later position")
            last = here
            file.write(_record(lines, call))
            counts[call.filter] += 1


def _header_lines(header: CallHeader) -> pysam.VariantHeader:
    lines = pysam.VariantHeader()
    lines.add_meta("source", f"seqcnn {header.version}")
    notes = {
        "command": header.command,
        "model": header.model,
        "model_sha256": header.model_sha256,
        **header.notes,
    }
    for key, value in notes.items():
        lines.add_meta(f"seqcnn_{key}", " ".join(str(value).split()))
    for name, text in FILTERS.items():
        lines.filters.add(name, None, None, text)
    for name, number, kind, text in _FORMATS:
        lines.formats.add(name, number, kind, text)
    for name, length in header.contigs.items():
        lines.contigs.add(name, length)
    lines.add_sample(header.sample)
    return lines


def _record(lines: pysam.VariantHeader, call: Call) -> pysam.VariantRecord:
    record = lines.new_record(
        contig=call.contig,
        start=call.pos,
        alleles=(call.ref, *call.alts),
        qual=call.quality,
        filter=call.filter,
    )
    sample = record.samples[0]
    sample["GT"] = tuple(allele if allele >= 0 else None for allele in call.genotype)
    sample["GQ"] = call.gq
    sample["DP"] = call.depth
    sample["AD"] = call.allele_depths
    sample["VAF"] = call.fractions
    sample["PL"] = call.likelihoods
    return record


def calls_frame(calls: Iterable[Call]) -> "pd.DataFrame":
    """A row a call: the fields of `Call`, `pos` 0-based, alleles and genotype as in VCF."""
    import pandas as pd  # takes a quarter of a second, which writing a VCF need not wait for

    rows = [
        call._replace(
            alts=",".join(call.alts),  # type: ignore[arg-type]
            genotype=genotype_text(call.genotype),  # type: ignore[arg-type]
        )
        for call in calls
    ]
    kinds = {"pos": "int64", "gq": "int64", "depth": "int64", "quality": "float64"}
    return pd.DataFrame(rows, columns=list(Call._fields)).astype(kinds)


def genotype_text(genotype: tuple[int, int]) -> str:
    """`(0, 1)` as `0/1`, missing alleles as `.`."""
    return "/".join(str(allele) if allele >= 0 else "." for allele in genotype)
