"""A phased variant, as it is planted: its alleles and those that the two haplotypes carry."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.encoders.dna import decode, encode

Codes = npt.NDArray[np.uint8]


class Phased(NamedTuple):
    """One record: `pos` is the 0-based first base of `ref`; `alleles` index (ref, *alts)."""

    pos: int
    ref: str
    alts: tuple[str, ...]
    alleles: tuple[int, int]

    @property
    def end(self) -> int:
        """One past the last base of `ref`."""
        return self.pos + len(self.ref)

    @property
    def is_snp(self) -> bool:
        """Whether all alleles are one base long."""
        return len(self.ref) == 1 and all(len(alt) == 1 for alt in self.alts)

    def text_of(self, haplotype: int) -> str:
        """The bases that haplotype 0 or 1 has in place of `ref`."""
        return (self.ref, *self.alts)[self.alleles[haplotype]]

    def touched(self) -> tuple[int, int]:
        """The reference bases that the alternative alleles change, without their shared ends.

        An insertion touches no base, (p, p), and comes before p.
        """
        texts = (self.ref, *self.alts)
        shortest = min(map(len, texts))
        prefix = 0
        while prefix < shortest and len({text[prefix] for text in texts}) == 1:
            prefix += 1
        suffix = 0
        while suffix < shortest - prefix and len({text[-1 - suffix] for text in texts}) == 1:
            suffix += 1
        return self.pos + prefix, self.end - suffix


def normalised(variant: Phased, codes: Codes, offset: int, floor: int) -> Phased:
    """The same change, trimmed and moved as far left as it goes, as `bcftools norm` does.

    Args:
        variant: to move.
        codes: the reference; codes[0] is at `offset`.
        offset: 0-based position of the first code.
        floor: nothing left of this position is used, so that no other variant is passed.
    """
    texts = [variant.ref, *variant.alts]
    pos = variant.pos
    while len({text[-1] for text in texts}) == 1:
        if min(map(len, texts)) == 1:
            if pos - 1 < max(offset, floor) or codes[pos - 1 - offset] > 3:
                break
            pos -= 1
            letter = decode(codes[pos - offset : pos - offset + 1])
            texts = [letter + text for text in texts]
        texts = [text[:-1] for text in texts]
    while min(map(len, texts)) > 1 and len({text[0] for text in texts}) == 1:
        texts = [text[1:] for text in texts]
        pos += 1
    return Phased(pos, texts[0], tuple(texts[1:]), variant.alleles)


def without_conflicts(variants: list[Phased]) -> tuple[list[Phased], int]:
    """Sorted variants of which none touches what one before it touches; and how many were left out.

    Variants that share only an anchor base, as a SNP and the insertion after it, both stay.
    """
    kept: list[Phased] = []
    skipped = 0
    reach, insertion = -1, -1
    seen: set[int] = set()
    for variant in sorted(variants, key=lambda one: (one.pos, one.end)):
        start, end = variant.touched()
        if start < reach or start == insertion or variant.pos in seen:
            skipped += 1
            continue
        reach = max(reach, end)
        insertion = start if start == end else -1
        seen.add(variant.pos)
        kept.append(variant)
    return kept, skipped


def edits(variants: list[Phased], haplotype: int) -> list[tuple[int, int, Codes]]:
    """What one haplotype changes: (start, end, codes in place of the reference there), sorted."""
    changes = []
    for variant in variants:
        if variant.alleles[haplotype]:
            text = variant.text_of(haplotype)
            shared = 0
            while shared < min(len(text), len(variant.ref)) and text[shared] == variant.ref[shared]:
                shared += 1
            changes.append((variant.pos + shared, variant.end, encode(text[shared:])))
    return changes
