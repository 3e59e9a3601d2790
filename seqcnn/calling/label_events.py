"""What truth records and candidate sites may mean in the search for labels, and what it is worth.

Copies of one chromosome do not hinder each other here: each allele takes only the bases it changes.
"""

from itertools import combinations_with_replacement

from seqcnn.calling.events import called, change_of
from seqcnn.calling.haplotypes import Change, Event, Option
from seqcnn.calling.sites import Site
from seqcnn.data.variants import Variant

# A truth record scores two an allele that is explained, and one if its whole genotype is.
ALLELE, WHOLE = 2 * 10**12, 10**12
PER_MILLE, EACH = 1000, 1


def truth_event(variant: Variant) -> Event:
    """The genotype whole, or one of its two alternative alleles alone; tag: alleles explained."""
    one, two = called(variant) or (0, 0)
    changes = [change_of(variant.pos, variant.ref, variant.alleles[i]) for i in (one, two)]
    number = len({one, two} - {0})
    ways: dict[tuple[Change | None, ...], Option] = {}
    for way in (changes, changes[::-1]):
        ways.setdefault(tuple(way), Option(tuple(way), ALLELE * number + WHOLE, number))
    if number == 2:
        for change in changes:
            for way in ([change, None], [None, change]):
                ways.setdefault(tuple(way), Option(tuple(way), ALLELE, 1))
    return _event(variant.pos, variant.end, ways)


def site_event(site: Site) -> Event:
    """Every genotype of the site but 0/0; tag: the genotype."""
    changes = [change_of(site.pos, site.ref, text) for text in (site.ref, *site.alts)]
    # Alleles that reads show are likelier than others that would make the same haplotypes.
    depth = max(site.depth, sum(site.allele_depths), 1)
    support = [PER_MILLE * n // depth for n in (0, *site.allele_depths[1:])]
    ways: dict[tuple[Change | None, ...], Option] = {}
    for one, two in combinations_with_replacement(range(len(changes)), 2):
        used = {one, two} - {0}
        score = sum(PER_MILLE * support[i] - EACH for i in used)
        for way in ((changes[one], changes[two]), (changes[two], changes[one])):
            if any(way):
                ways.setdefault(way, Option(way, score, (one, two)))
    return _event(site.pos, site.pos + len(site.ref), ways)


def _event(start: int, end: int, ways: dict[tuple[Change | None, ...], Option]) -> Event:
    options = tuple(option for way, option in ways.items() if any(way))
    touched = [change for option in options for change in option.changes if change is not None]
    return Event(
        min((change.start for change in touched), default=start),
        max((change.end for change in touched), default=end),
        options,
    )
