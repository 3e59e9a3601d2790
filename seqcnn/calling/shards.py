"""The plan of a call in pieces: the shards of a genome, and whether finished ones tile it.

Neither torch nor numpy is imported here: a workflow makes its plan each time it starts.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from seqcnn.data.call_regions import Region, merged, parse_regions
from seqcnn.data.region_parts import overlap, without
from seqcnn.errors import InputError

SHARD = 1_000_000  # bp


def shards(reference: Path | str, size: int = SHARD, regions: Sequence[str] = ()) -> list[Region]:
    """Regions of at most `size` bp that tile a genome, or the regions named, in its order.

    The cut is at multiples of `size` from the start of each contig, so that it does not depend on
    the regions. Each piece is trimmed to the first and last wanted position in it; a piece of a
    BED may so hold gaps.

    Args:
        reference: a .fai, or a FASTA; of a FASTA, the .fai or the packed copy beside it is read.
        size: bp.
        regions: as `seqcnn call-variants --regions` takes them; empty is all contigs.

    Raises:
        InputError: the reference or a region cannot be used, or `size` is not positive.
    """
    if size < 1:
        raise InputError(f"shards of {size} bp: wanted 1 bp or more")
    length_of = contig_lengths(reference)
    names, lengths = tuple(length_of), tuple(length_of.values())
    wanted = parse_regions(regions, names, lengths, whose="reference")
    found: list[Region] = []
    for region in wanted:
        for start in range(region.start - region.start % size, region.end, size):
            low, high = max(start, region.start), min(start + size, region.end)
            last = found[-1] if found else None
            if last is not None and last.contig == region.contig and last.end > start:
                found[-1] = last._replace(end=high)
            else:
                found.append(Region(region.contig, low, high))
    return found


def contig_lengths(reference: Path | str) -> dict[str, int]:
    """Length in bp of each contig of a .fai, or of a FASTA (see `shards`), in its order.

    Raises:
        InputError: it is missing, or no .fai and no FASTA.
    """
    path = Path(reference)
    index = path if path.suffix == ".fai" else path.with_name(path.name + ".fai")
    if index.is_file():
        return _read_fai(index)
    if path.suffix == ".fai":
        raise InputError(f"{path}: no such file; make it with samtools faidx")
    # Takes as long as numba to import; a .fai is faster.
    from seqcnn.data.genome import Genome

    genome = Genome(path)
    return dict(genome.length_of)


def _read_fai(path: Path) -> dict[str, int]:
    length_of: dict[str, int] = {}
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            fields = line.split("\t")
            if len(fields) < 5 or not fields[1].isdigit():
                raise InputError(f"{path}:{number}: is no line of a .fai; make it: samtools faidx")
            length_of[fields[0]] = int(fields[1])
    if not length_of:
        raise InputError(f"{path}: is empty; make it again with samtools faidx")
    return length_of


class Placed(NamedTuple):
    """A region, and the number of the shard that holds it."""

    region: Region
    shard: int


def in_genome_order(held: Sequence[Iterable[Region]], contigs: Sequence[str]) -> list[Placed]:
    """The regions of all shards in the order of the genome."""
    order = {name: place for place, name in enumerate(contigs)}
    placed = [Placed(region, i) for i, regions in enumerate(held) for region in regions]
    return sorted(placed, key=lambda one: (order[one.region.contig], *one.region[1:]))


def check_tiles(
    placed: Sequence[Placed], wanted: Sequence[Region], names: Sequence[str], contigs: Sequence[str]
) -> None:
    """Refuse regions that do not tile the wanted ones exactly.

    Args:
        placed: the regions of the shards, in genome order.
        wanted: what they are to tile, merged and in genome order.
        names: of the shards, for the message.
        contigs: in genome order.

    Raises:
        InputError: something is there twice, missing, or not wanted.
    """
    for before, after in pairwise(placed):
        if before.region.contig == after.region.contig and after.region.start < before.region.end:
            end = min(before.region.end, after.region.end)
            twice = after.region._replace(end=end)
            raise InputError(
                f"{twice} is in {names[before.shard]} and again in {names[after.shard]}; "
                "leave one of them out"
            )
    covered = merged([one.region for one in placed], contigs)
    beyond = without(covered, wanted)
    if beyond:
        name = next(names[i] for one, i in placed if overlap(one, beyond[0]))
        raise InputError(
            f"{name}: holds {beyond[0]}, which is not among the regions wanted; leave it out, or "
            "name with --regions what the shards are of"
        )
    missing = without(wanted, covered)
    if missing:
        total = sum(one.end - one.start for one in missing)
        more = f" and {len(missing) - 1:,} more regions" if len(missing) > 1 else ""
        raise InputError(
            f"{missing[0]}{more} ({total:,} bp) missing: in none of the {len(names):,} shards; "
            "call them too, or name with --regions what the shards are of"
        )
