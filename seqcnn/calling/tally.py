"""Numbers of the calls in a VCF, for each of its samples, in one pass of constant memory."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcnn.data.variant_stream import VariantStream, open_variant_stream
from seqcnn.errors import InputError

SHORT = 4  # bases of REF and ALT together that are remembered instead of judged each time
TRANSITIONS = {("A", "G"), ("G", "A"), ("C", "T"), ("T", "C")}
BASES = set("ACGT")
EVERY = 1 << 14  # records between two reports of how much was read
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Kind(NamedTuple):
    """What a genotype over REF and ALT is."""

    snp: bool
    indel: bool
    transitions: int
    transversions: int
    het: bool


@dataclass
class Tally:
    """Counts of one sample: of its variants that pass, if not said otherwise.

    Attributes:
        records: all records of the file.
        filtered: records with an alternative genotype and a FILTER other than PASS.
        variants: records with an alternative genotype that pass: `snps` + `indels` (a called
            allele differs from REF in length).
        transitions, transversions: called alleles that change one base.
        het, hom: genotypes with two alleles, and with one alternative allele alone.
        depth, quality: how many variants have each DP and each GQ.
    """

    records: int = 0
    filtered: int = 0
    variants: int = 0
    snps: int = 0
    indels: int = 0
    transitions: int = 0
    transversions: int = 0
    het: int = 0
    hom: int = 0
    depth: Counter[str] = field(default_factory=Counter)
    quality: Counter[str] = field(default_factory=Counter)

    def add(self, kind: Kind, number: int) -> None:
        """Count `number` variants of a kind; alleles that are deletions from before (`*`) alone
        are none of this record's."""
        if not (kind.snp or kind.indel):
            return
        self.variants += number
        self.snps += number * kind.snp
        self.indels += number * kind.indel
        self.transitions += number * kind.transitions
        self.transversions += number * kind.transversions
        self.het += number * kind.het
        self.hom += number * (not kind.het)


def tally(
    path: Path | str, advance: Callable[[int, int], None] | None = None
) -> tuple[dict[str, Tally], tuple[str, ...]]:
    """The counts of each sample of a VCF or BCF, and the lines of its header.

    `advance` is called now and then with the bytes read and the bytes of the file.

    Raises:
        InputError: the file is no VCF, is cut short, has two samples of one name, or a line is
            malformed.
    """
    with open_variant_stream(path) as stream:
        names = stream.columns.split("\t")[9:]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"{path}: two samples are called '{twice}'; rename one in the header")
        counts = {name: Tally() for name in names}
        _count(stream, list(counts.values()), advance)
        return counts, stream.header


def _count(
    stream: VariantStream, counts: list[Tally], advance: Callable[[int, int], None] | None
) -> None:
    records = 0
    # Substitutions are few kinds, however many there are.
    short: list[Counter[tuple[str, str, str]]] = [Counter() for _ in counts]
    for line in stream:
        records += 1
        if advance is not None and records % EVERY == 0:
            advance(stream.read, stream.size)
        if not counts:
            continue
        alt, passed = line.fields[4], line.fields[6] in ("PASS", ".")
        keys, *columns = line.fields[8].split("\t")
        names = keys.split(":")
        if names[0] != "GT" or alt == ".":
            continue
        depth = names.index("DP") if "DP" in names else -1
        quality = names.index("GQ") if "GQ" in names else -1
        for place, column in enumerate(columns):
            values = column.split(":")
            genotype = values[0]
            if not _is_variant(genotype):
                continue
            mine = counts[place]
            if not passed:
                mine.filtered += 1
                continue
            if len(line.ref) + len(alt) <= SHORT:
                short[place][line.ref, alt, genotype] += 1
            else:
                mine.add(kind_of(line.ref, alt, genotype), 1)
            if 0 < depth < len(values):
                mine.depth[values[depth]] += 1
            if 0 < quality < len(values):
                mine.quality[values[quality]] += 1
    for mine, found in zip(counts, short, strict=True):
        mine.records = records
        for (ref, alt, genotype), number in found.items():
            mine.add(kind_of(ref, alt, genotype), number)


def _is_variant(genotype: str) -> bool:
    return any(letter in "123456789" for letter in genotype)


def kind_of(ref: str, alt: str, genotype: str) -> Kind:
    """What the genotype (``0/1``, ``1|2``, ``1``) is over REF and the ALT column."""
    alleles = [ref, *alt.split(",")]
    copies = {name for name in genotype.replace("|", "/").split("/") if name.isdecimal()}
    called = [alleles[int(name)] for name in copies if 0 < int(name) < len(alleles)]
    called = [allele for allele in called if allele != "*"]
    lengths = {len(allele) for allele in called if not allele.startswith("<")}
    indel = bool(lengths - {len(ref)}) or any(allele.startswith("<") for allele in called)
    single = [
        (ref[0].upper(), allele[0].upper())
        for allele in called
        if len(ref) == len(allele) == 1 and {ref.upper(), allele.upper()} <= BASES
    ]
    changed = sum(pair in TRANSITIONS for pair in single)
    return Kind(bool(called) and not indel, indel, changed, len(single) - changed, len(copies) > 1)


def quantiles(counts: Counter[str]) -> tuple[float, ...]:
    """The `QUANTILES` of the numbers counted; none where there are none."""
    known = sorted((float(value), number) for value, number in counts.items() if _number(value))
    if not known:
        return ()
    values, numbers = (np.array(column) for column in zip(*known, strict=True))
    places = np.searchsorted(np.cumsum(numbers), np.array(QUANTILES) * numbers.sum())
    return tuple(float(value) for value in values[np.minimum(places, len(values) - 1)])


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
