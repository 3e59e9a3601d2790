"""Print how far our pileup images are those of DeepVariant, and what the differences are.

    python benchmarks/golden_pileups.py folder sample.bam reference.fa.gz

The folder holds DeepVariant's TFRecords of the sample: training examples of version 1.5, calling
examples and candidates of 1.9. DeepVariant realigns reads before it draws them, so there are three
tables for each version: of reads as the BAM has them; of reads after our realigner; and of reads in
the alignments that their rows are pictures of, found by search. Reads support the alleles for which
DeepVariant counted them; the last line says how far our counting agrees.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from golden import (
    VERSIONS,
    Golden,
    Image,
    Near,
    by_name,
    draw,
    mates,
    rows_with_place,
    same_pixels,
)
from golden_rows import as_theirs
from tfrecord import Example

from seqcnn.calling.alleles import simplify
from seqcnn.calling.candidates import Thresholds, Wanted, find_candidates
from seqcnn.calling.realign import realign
from seqcnn.encoders.deepvariant import CHANNELS, REFERENCE_ROWS
from seqcnn.encoders.left_align import left_align

HOW = ("reads as they are", "reads realigned by us", "reads aligned as their rows show")


def realigned(near: Near) -> Near:
    """After our realigner, which wants left-aligned gaps."""
    reads = left_align(near.reads, near.reference, near.start)
    return near._replace(reads=realign(reads, near.reference, near.start))


def classes(example: Example, ours: Image, found: Counter[str]) -> None:
    """Count rows of theirs and ours by what they share beside the channel of support."""
    theirs = dict(rows_with_place(example.image))
    mine = dict(rows_with_place(ours))
    same = Counter(theirs.values()) & Counter(mine.values())
    in_place = sum(mine.get(place) == row for place, row in theirs.items())
    with_support = Counter(map(bytes, example.image)) & Counter(map(bytes, ours))
    supported = sum(count for row, count in with_support.items() if any(row)) - REFERENCE_ROWS
    found["rows in both, same place"] += in_place
    found["rows in both, another place"] += same.total() - in_place
    found["rows in both, but of another support"] += same.total() - supported
    found["rows of theirs only"] += len(theirs) - same.total()
    found["rows of ours only"] += len(mine) - same.total()
    found["images whose rows are all in both"] += same.total() == len(theirs) == len(mine)


def table(name: str, shares: npt.NDArray[np.float64]) -> None:
    """Print the shares of identical pixels of each channel."""
    print(f"\n{name}: {len(shares)} images, % of pixels that are the same")
    print(f"{'':<10}" + "".join(f"{channel:>23}" for channel in CHANNELS[: shares.shape[1]]))
    for label, function in (("median", np.median), ("mean", np.mean), ("least", np.min)):
        values = 100 * function(shares, axis=0)
        print(f"{label:<10}" + "".join(f"{value:>23.3f}" for value in values))
    whole = int((shares == 1).all(1).sum())
    print(f"{whole} images are the same to the last pixel")


def counting(golden: Golden, example: Example, near: Near) -> tuple[int, int, int]:
    """Reads that support the shown alleles by both counts, by DeepVariant's only, by ours only."""
    wanted = [Wanted(example.pos, example.ref, alt) for alt in example.alts]
    candidates = find_candidates(
        near.reads, near.reference, near.start, example.contig, example.pos - 50,
        example.pos + 50, Thresholds(), wanted,
    )  # fmt: skip
    keys = mates(near.reads)
    ours = set()
    observations = candidates.observations
    for number, site in enumerate(candidates.sites):
        named = [simplify(site.pos, site.ref, (alt,)) for alt in site.alts]
        for k in range(observations.first[number], observations.first[number + 1]):
            code = int(observations.allele[k])
            if 0 < code <= len(named):
                for alt in example.alts:
                    if simplify(example.pos, example.ref, (alt,)) == named[code - 1]:
                        ours.add((keys[observations.read[k]], alt))
    theirs = {
        (mate, example.alts[code - 1]) for mate, code in golden.supporters(example, near).items()
    }
    return len(theirs & ours), len(theirs - ours), len(ours - theirs)


def main(folder: str, bam: str, reference: str) -> None:
    golden = Golden(Path(folder), Path(bam), Path(reference))
    for version, name in VERSIONS.items():
        for how in HOW:
            pairs = []
            found: Counter[str] = Counter()
            for example in golden.examples(name):
                near = golden.near(example)
                if how == HOW[1]:
                    near = realigned(near)
                support = golden.supporters(example, near)
                if how == HOW[2]:
                    near = as_theirs(example, near, found)
                if version == "1.9":
                    near = by_name(near)
                image = draw(example, near, support)
                pairs.append((image, example.image))
                classes(example, image, found)
            table(f"DeepVariant {version}, {how}", same_pixels(pairs))
            for what, count in found.items():
                print(f"{count:8} {what}", flush=True)
    agreement = np.array(
        [
            counting(golden, example, realigned(golden.near(example)))
            for example in golden.examples(VERSIONS["1.9"])
            if len(example.shown) == 1 and example.shown == (0,)
        ]
    )
    both, theirs, ours = agreement.sum(0)
    print(f"\nreads that support an allele: {both} by both, {theirs} theirs only, {ours} ours only")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
