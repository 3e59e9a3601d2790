"""A candidate site: the alleles that reads show at one position, and how many fragments do."""

from typing import NamedTuple


class Site(NamedTuple):
    """Alternative alleles at one anchor position, as one VCF record would have them.

    `pos` is the 0-based position of the first base of `ref`; for insertions and deletions that is
    the base before the change. `depth` counts all usable fragments over the anchor,
    `allele_depths` those of the reference and of each of `alts`; others make up the rest.
    """

    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    depth: int
    allele_depths: tuple[int, ...]  # reference first, then one an alternative allele
