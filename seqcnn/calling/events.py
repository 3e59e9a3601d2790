"""Variants as events of the haplotype search: what their genotypes write, in every phase."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from seqcnn.calling.haplotypes import Change, Event, Option
from seqcnn.data.variants import Variant
from seqcnn.errors import InputError

# How the records of one list may overlap. "strict": a record takes its whole reference span, but
# for a first base that all its alleles share, on both copies of the chromosome. "loose": each
# allele takes only the bases it changes, on its own copy; the reference allele takes none.
Overlap = Literal["strict", "loose"]
LETTERS = np.frombuffer(b"ACGT" + b"N" * 252, np.uint8)  # by code
SPANNED = "*"  # the allele of a copy that another record has deleted
FLANK = 100_000  # bp after the last variant in which haplotypes must agree again


class Bases(Protocol):
    """A reference: its contigs' lengths and their bases as codes, A C G T = 0..3."""

    @property
    def length_of(self) -> Mapping[str, int]: ...

    def fetch(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        """Codes of [start, end), 0-based."""
        ...


def letters(reference: Bases, contig: str, start: int, end: int) -> bytes:
    """The bases of [start, end) as upper-case text, all that is not A, C, G or T as N."""
    return LETTERS[reference.fetch(contig, start, end)].tobytes()


def bases_around(
    reference: Bases, contig: str, spans: Sequence[tuple[int, int]]
) -> tuple[bytes, int]:
    """The bases of the contig that a search over `spans` needs, and where they start."""
    length = reference.length_of[contig]
    start = min(start for start, _ in spans)
    end = min(length, max(end for _, end in spans) + FLANK)
    return letters(reference, contig, start, end), start


def check_reference(
    variants: Sequence[Variant], contig: str, bases: bytes, offset: int, length: int, name: str
) -> None:
    """Refuse a variant of `contig` whose REF is not what the reference has there.

    `bases` are those of the reference from `offset` on; letters other than A, C, G and T on
    either side are not compared.

    Raises:
        InputError: naming the file (`name`), the record, and what the reference has.
    """
    for variant in variants:
        if variant.end > length:
            raise InputError(
                f"{name}: {variant} ends after {contig}, which has {length:,} bp in the "
                "reference; is it another build?"
            )
        ours = variant.ref.encode()
        theirs = bases[variant.pos - offset : variant.end - offset]
        if ours == theirs:
            continue
        for mine, yours in zip(ours, theirs, strict=True):
            if mine != yours and mine in b"ACGT" and yours in b"ACGT":
                shown = theirs.decode() if len(theirs) <= 30 else theirs[:30].decode() + "…"
                raise InputError(
                    f"{name}: {variant}: the reference has {shown} there, not the record's REF; "
                    "is it another build?"
                )


def called(variant: Variant) -> tuple[int, int] | None:
    """The two alleles of the genotype, a haploid one doubled; None if there is no variant in it.

    Without a variant is what has no alternative allele, more than two copies, or an allele that is
    not spelled out (``<DEL>``, a breakend). Of ``./1`` the unknown allele counts as reference.
    """
    genotype = tuple(max(index, 0) for index in variant.genotype or ())
    if len(genotype) not in (1, 2) or not any(genotype):
        return None
    texts = [variant.alleles[index] for index in set(genotype) if index]
    if all(text == SPANNED for text in texts):
        return None
    if any(text != SPANNED and not text.isalpha() for text in texts):
        return None
    return (genotype[0], genotype[-1])


def diploid_event(
    variant: Variant, genotype: Sequence[int], score: int, overlap: Overlap = "strict"
) -> Event:
    """The genotype written on two haplotypes, in both phases."""
    changes = _changes(variant, genotype, overlap)
    return _event(variant, [changes, changes[::-1]], [score, score])


def haploid_event(
    variant: Variant, genotype: Sequence[int], score: int, overlap: Overlap = "strict"
) -> Event:
    """One haplotype with any of the genotype's alternative alleles; the first is preferred."""
    indices = sorted({index for index in genotype if index})
    ways = [(change,) for change in _changes(variant, indices, overlap)]
    return _event(variant, ways, [score + (i == 0) for i in range(len(ways))])


def _event(
    variant: Variant, ways: Sequence[Sequence[Change | None]], scores: Sequence[int]
) -> Event:
    options: dict[tuple[Change | None, ...], Option] = {}
    for way, score in zip(ways, scores, strict=True):
        if any(way):
            options.setdefault(tuple(way), Option(tuple(way), score, True))
    spans = [change for option in options.values() for change in option.changes if change]
    start = min((change.start for change in spans), default=variant.pos)
    end = max((change.end for change in spans), default=variant.end)
    return Event(start, end, tuple(options.values()))


def _changes(variant: Variant, indices: Sequence[int], overlap: Overlap) -> list[Change | None]:
    texts = [variant.alleles[index] for index in indices]
    if overlap == "loose":
        return [change_of(variant.pos, variant.ref, text) for text in texts]
    spelled = [text for text in texts if text != SPANNED]
    shared = len({text[0] for text in (variant.ref, *spelled)}) == 1
    skip = int(shared and any(len(text) > 1 for text in (variant.ref, *spelled)))
    start, end = variant.pos + skip, variant.end
    return [None if text == SPANNED else Change(start, end, text[skip:].encode()) for text in texts]


def change_of(pos: int, ref: str, text: str) -> Change | None:
    """What the allele changes and no more: shared ends are cut, first the right, then the left."""
    if text in (ref, SPANNED):
        return None
    right = 0
    most = min(len(ref), len(text))
    while right < most and ref[-1 - right] == text[-1 - right]:
        right += 1
    left = 0
    while left < most - right and ref[left] == text[left]:
        left += 1
    return Change(pos + left, pos + len(ref) - right, text[left : len(text) - right].encode())


def sorted_events(
    variants: Sequence[Variant], make: Callable[[Variant], Event | None]
) -> tuple[list[Event], list[int]]:
    """The events of those variants that have one, in the order of the search; their indices."""
    found = [(i, make(variant)) for i, variant in enumerate(variants)]
    kept = [(event, i) for i, event in found if event is not None and event.options]
    kept.sort(key=lambda item: (item[0].start, item[0].end, item[1]))
    return [event for event, _ in kept], [i for _, i in kept]
