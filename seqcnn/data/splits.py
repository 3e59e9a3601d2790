"""Who goes to train, val and test: by contig, or by rows kept together in groups."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from seqcnn.encoders.dna import reverse_complement
from seqcnn.errors import InputError

SPLITS = ("train", "val", "test")


def split_by_contig(
    contig_bases: Mapping[str, int],
    *,
    val: Sequence[str] = (),
    test: Sequence[str] = (),
    shares: tuple[float, float] = (0.1, 0.1),
    seed: int = 0,
) -> dict[str, str]:
    """Give each contig to "train", "val" or "test".

    `contig_bases` weighs the contigs, by bases or by examples. `val` and `test` are names, comma
    lists or globs (``chr8``, ``chr8,chr9``, ``valid_*``). A split without patterns is filled with
    whole contigs to about its share (val, test) of all bases; a share of 0 leaves it empty.

    Raises:
        InputError: a pattern that matches nothing, a contig in both, nothing left to train on, or
            fewer contigs than splits.
    """
    check_shares(shares)
    chosen: dict[str, str] = {}
    for split, patterns in (("val", val), ("test", test)):
        for contig in _matches(split, patterns, contig_bases):
            if contig in chosen and chosen[contig] != split:
                raise InputError(
                    f"contig '{contig}' is in --val-contigs and in --test-contigs; "
                    f"give it to one (there is {_listed(contig_bases)})"
                )
            chosen[contig] = split
    whole = sum(contig_bases.values())
    goals = {
        split: share * whole
        for split, share, patterns in (("val", shares[0], val), ("test", shares[1], test))
        if share > 0 and not patterns
    }
    rest = {contig: bases for contig, bases in contig_bases.items() if contig not in chosen}
    goals["train"] = sum(rest.values()) - sum(goals.values())
    if len(rest) < len(goals):
        raise InputError(
            f"{len(rest)} contigs are left for {', '.join(goals)} "
            f"(there is {_listed(contig_bases)}); choose with --val-contigs and --test-contigs, "
            "and leave at least one for training"
        )
    chosen |= _fill(rest, goals, seed)
    return {contig: chosen[contig] for contig in contig_bases}


def _matches(split: str, patterns: Sequence[str], contigs: Mapping[str, int]) -> list[str]:
    found = []
    for pattern in (part.strip() for text in patterns for part in text.split(",")):
        hits = [contig for contig in contigs if contig == pattern or fnmatchcase(contig, pattern)]
        if not hits:
            raise InputError(
                f"--{split}-contigs '{pattern}' matches no contig (there is {_listed(contigs)})"
            )
        found += hits
    return found


def _listed(contigs: Mapping[str, int]) -> str:
    names = list(contigs)
    return ", ".join(names[:12]) + (f", … {len(names)} in all" if len(names) > 12 else "")


def _fill(rest: Mapping[str, int], goals: dict[str, float], seed: int) -> dict[str, str]:
    """Large contigs first, each to the split that misses most; so small ones even it out."""
    random = np.random.default_rng(seed).permutation(len(rest))
    # Contigs within a factor of 2 change places with the seed, so other seeds give other splits.
    order = sorted(
        zip(rest, random.tolist(), strict=True),
        key=lambda pair: (-max(rest[pair[0]], 1).bit_length(), pair[1]),
    )
    missing = dict(goals)
    chosen: dict[str, str] = {}
    for contig, _ in order:
        split = max(missing, key=lambda name: missing[name])
        chosen[contig] = split
        missing[split] -= rest[contig]
    for split in goals:
        if split not in chosen.values():
            members = list(chosen.values())
            spare = [contig for contig in chosen if members.count(chosen[contig]) > 1]
            chosen[min(spare, key=lambda contig: rest[contig])] = split
    return chosen


def split_rows(
    n: int,
    shares: tuple[float, float] = (0.1, 0.1),
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Give each of `n` rows to "train", "val" or "test", whole groups at a time.

    `groups` int (n,), for example from `strand_groups`; without it each row is a group. Groups
    are shuffled by `seed`; test is filled to its share (val, test) of the rows, then val.

    Returns:
        Array of text (n,).

    Raises:
        InputError: shares out of range, or a split with a share above 0 that would get no row.
    """
    check_shares(shares)
    names = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(names, minlength=1)
    order = np.random.default_rng(seed).permutation(len(sizes))
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    val, test = shares
    of_group = np.empty(len(sizes), "<U5")
    of_group[order] = np.where(
        middle < test * n, "test", np.where(middle < (test + val) * n, "val", "train")
    )
    split = of_group[names]
    for name, share in zip(SPLITS, (1 - val - test, val, test), strict=True):
        if share > 0 and not (split == name).any():
            raise InputError(
                f"{n} sequences in {len(sizes)} groups are too few for a {name} split of "
                f"{share:.0%}; give more, or files of your own for each split"
            )
    return split


def strand_groups(codes: np.ndarray) -> np.ndarray:
    """Group numbers int64 (N,), equal for sequences (codes (N, L)) equal on either strand."""
    codes = np.ascontiguousarray(codes)
    if not codes.size:
        return np.arange(len(codes))
    other = np.ascontiguousarray(reverse_complement(codes))
    whole = np.dtype((np.void, codes.shape[1]))
    forward, reverse = codes.view(whole).ravel(), other.view(whole).ravel()
    _, number = np.unique(np.concatenate([forward, reverse]), return_inverse=True)
    return np.minimum(number[: len(codes)], number[len(codes) :]).astype(np.int64)


def check_shares(shares: tuple[float, float]) -> None:
    """Raise an InputError unless the shares of val and test leave something to train on."""
    if min(shares) < 0 or sum(shares) >= 1:
        raise InputError(
            f"shares of val and test are {shares[0]} and {shares[1]}; wanted 0 or more, "
            "together below 1"
        )
