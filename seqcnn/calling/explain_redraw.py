"""One site drawn again without some of the fragments over it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.calling.candidates import Candidates
from seqcnn.calling.examine import Prepared
from seqcnn.calling.images import PileupImages, allele_values
from seqcnn.encoders.deepvariant import REFERENCE_ROWS, SEED
from seqcnn.encoders.deepvariant_rows import MARGIN, mates_elsewhere, near_reads, sample
from seqcnn.encoders.dna import encode
from seqcnn.encoders.observations import CONFLICT, OTHER, SECOND, Observations
from seqcnn.encoders.pileup_choice import choose_rows

Integers = npt.NDArray[np.int64]
MIN_QUALITIES = (10, 5)  # of bases and mappings that DeepVariant draws


class Fragment(NamedTuple):
    """A fragment over a site."""

    key: np.uint64  # hash of its name
    read: int  # index of the read that counts for it
    observation: int  # -1 where the site has none of it
    rows: tuple[int, ...]  # of the picture that show it


def only_site(candidates: Candidates, index: int) -> Candidates:
    """Candidates of one site alone."""
    found = candidates.observations
    here = slice(int(found.first[index]), int(found.first[index + 1]))
    return Candidates(
        [candidates.sites[index]],
        candidates.positions[index : index + 1],
        _chosen(found, here),
        candidates.inserted[index : index + 1],
    )


def _chosen(found: Observations, rows: slice | npt.NDArray[np.bool_]) -> Observations:
    """Some observations of one site alone."""
    return Observations(
        np.array([0, len(found.read[rows])], np.int64),
        found.read[rows],
        found.operation[rows],
        found.offset[rows],
        found.query[rows],
        found.allele[rows],
        found.counted[rows],
    )


def without(
    prepared: Prepared, candidates: Candidates, keys: npt.NDArray[np.uint64]
) -> tuple[Prepared, Candidates]:
    """The same site as if the fragments of these names were not in the file.

    Its alleles stay, and the others stay as they were realigned. A read that is gone keeps its
    place in the arrays, with a mapping quality of 0, which no encoder draws or counts.
    """
    reads = prepared.reads
    gone = np.isin(reads.fragment, keys)
    quality = np.where(gone, 0, reads.mapping_quality).astype(np.uint8)
    found = candidates.observations
    kept = ~gone[found.read]
    left = _chosen(found, kept)
    return (
        prepared._replace(reads=reads._replace(mapping_quality=quality)),
        candidates._replace(observations=left),
    )


def fragments_of(
    prepared: Prepared, candidates: Candidates, images: PileupImages, shown: Integers
) -> list[Fragment]:
    """The fragments over a site in the order of the picture's rows, then those without a row.

    `shown` (2,) are the alternative alleles of the image.
    """
    reads, found = prepared.reads, candidates.observations
    rows = row_reads(prepared, candidates, images, shown)
    counts = np.flatnonzero(found.counted != SECOND)
    reading: dict[int, tuple[int, int]] = {}
    for o in counts.tolist():
        reading.setdefault(int(reads.fragment[found.read[o]]), (int(found.read[o]), o))
    of_row: dict[int, list[int]] = {}
    for row, read in rows:
        key = int(reads.fragment[read])
        reading.setdefault(key, (read, -1))
        of_row.setdefault(key, []).append(row)
    order = [*of_row, *(key for key in reading if key not in of_row)]
    return [Fragment(np.uint64(key), *reading[key], tuple(of_row.get(key, ()))) for key in order]


def row_reads(
    prepared: Prepared, candidates: Candidates, images: PileupImages, shown: Integers
) -> list[tuple[int, int]]:
    """Row of the picture and index of the read that begins it."""
    if not images.pictures:
        return []
    if images.encoder == "deepvariant":
        return _deepvariant_rows(prepared, candidates, images)
    alts = max(len(candidates.sites[0].alts), 1)
    values = allele_values(shown[None], alts, images.scheme)[0]
    chosen = choose_rows(prepared.reads, candidates.observations, 0, values, images.picture_rows)
    return list(enumerate(candidates.observations.read[chosen].tolist()))


def _deepvariant_rows(
    prepared: Prepared, candidates: Candidates, images: PileupImages
) -> list[tuple[int, int]]:
    reads, site = prepared.reads, candidates.sites[0]
    reach = np.maximum.accumulate(reads.end) if len(reads.end) else reads.end
    low = int(np.searchsorted(reach, site.pos - MARGIN, side="right"))
    high = int(np.searchsorted(reads.start, site.pos + len(site.ref) + MARGIN, side="left"))
    near = near_reads(reads, mates_elsewhere(reads), low, high, site.pos, *MIN_QUALITIES)
    near = sample(reads, near, images.rows - REFERENCE_ROWS, np.uint64(SEED))
    return [(REFERENCE_ROWS + row, read) for row, read in enumerate(near.tolist())]


def shows(candidates: Candidates, observation: int) -> str:
    """What an observation shows: an allele of the site as its bases, "other", or "not known"."""
    if observation < 0:
        return "not at the site"
    code = int(candidates.observations.counted[observation])
    site = candidates.sites[0]
    if code < 0:
        return "not known"
    if code == OTHER or code > len(site.alts):
        return "other"
    return "reference" if code == 0 else f"{site.ref}>{site.alts[code - 1]}"


def draw_without(
    prepared: Prepared,
    candidates: Candidates,
    drawers: dict[str, PileupImages],
    left_out: Sequence[npt.NDArray[np.uint64]],
) -> dict[str, npt.NDArray[np.uint8]]:
    """Images (n, images, H, W, C) by voice, one a set of fragments that are left out."""
    parts: dict[str, list[npt.NDArray[np.uint8]]] = {name: [] for name in drawers}
    for keys in left_out:
        what, of = without(prepared, candidates, keys)
        for name, images in drawers.items():
            parts[name].append(images.draw(*what, of).images)
    return {name: np.stack(found) for name, found in parts.items()}


def with_allele(
    prepared: Prepared, candidates: Candidates, keys: npt.NDArray[np.uint64], allele: int
) -> tuple[Prepared, Candidates]:
    """A site of substitutions as if these fragments had been read as showing `allele` there.

    Their qualities stay. `allele` is a number within the site, 0 = the reference.
    """
    site, reads, found = candidates.sites[0], prepared.reads, candidates.observations
    letter = site.ref if allele == 0 else site.alts[allele - 1]
    turned = np.isin(reads.fragment[found.read], keys) & (found.counted != CONFLICT)
    bases = reads.bases.copy()
    bases[found.query[turned]] = encode(letter[0])[0]
    own = found.allele.copy()
    own[turned] = allele
    counted = found.counted.copy()
    counted[turned & (counted >= 0)] = allele
    return (
        prepared._replace(reads=reads._replace(bases=bases)),
        candidates._replace(observations=found._replace(allele=own, counted=counted)),
    )
