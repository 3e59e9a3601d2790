"""A candidate site: the alleles that reads show at one position, and how many fragments do."""

from typing import NamedTuple


class Site(NamedTuple):
    """Alternative alleles at one anchor position, as one VCF record would have them.

    `pos` is the 0-based position of the first base of `ref`; for insertions and deletions that is
    the base before the change. `depth` counts the usable fragments over the anchor that tell
    what they have there: not those whose base is below the floor, whose mates contradict each
    other, or which end inside the repeat in which an indel lies. `allele_depths` are those of the
    reference and of each of `alts`; others make up the rest.
    """

    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    depth: int
    allele_depths: tuple[int, ...]  # reference first, then one an alternative allele
