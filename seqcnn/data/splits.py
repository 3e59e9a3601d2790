"""Who goes to train, val and test: by contig, or by rows kept together in groups."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from seqcnn.encoders.dna import reverse_complement
from seqcnn.errors import InputError

SPLITS = ("train", "val", "test")
FAR = 2**40  # beyond the end of any contig


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
    chosen = _given(contig_bases, val, test)
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


def split_spans(
    regions: pd.DataFrame,
    *,
    val: Sequence[str] = (),
    test: Sequence[str] = (),
    shares: tuple[float, float] = (0.1, 0.1),
    seed: int = 0,
) -> tuple[pd.DataFrame, str | None]:
    """Give the contigs of `regions` to train, val and test: whole, as `split_by_contig` does.

    Where there are fewer contigs than splits to fill, each contig is cut in place: its first bases
    of `regions` train, the next are val, the last are test, by their shares.

    Returns:
        Spans (contig, start, end, split) that cover the contigs without gaps, and a sentence where
        contigs were cut.

    Raises:
        InputError: as `split_by_contig`.
    """
    check_shares(shares)
    sizes = (regions["end"] - regions["start"]).groupby(regions["contig"].to_numpy()).sum()
    bases = {str(contig): int(size) for contig, size in sizes.items()}
    chosen = _given(bases, val, test)
    rest = [contig for contig in bases if contig not in chosen]
    wanted = [
        (split, share)
        for split, share, patterns in (("val", shares[0], val), ("test", shares[1], test))
        if share > 0 and not patterns
    ]
    if not rest or len(rest) > len(wanted):
        chosen = split_by_contig(bases, val=val, test=test, shares=shares, seed=seed)
        rest = []
    rows = [(contig, -FAR, FAR, split) for contig, split in chosen.items()]
    goals = [("train", 1 - sum(share for _, share in wanted)), *wanted]
    for contig in rest:
        begin = -FAR
        for split, end in _cuts(regions[regions["contig"] == contig], goals):
            rows.append((contig, begin, end, split))
            begin = end
    note = None
    if rest:
        shown = ", ".join(f"{share:.0%} {split}" for split, share in goals)
        note = (
            f"{len(rest)} contigs are too few for {len(goals)} splits, so each is cut, in its "
            f"order, into {shown}"
        )
    return pd.DataFrame(rows, columns=["contig", "start", "end", "split"]), note


def assign(windows: pd.DataFrame, spans: pd.DataFrame) -> np.ndarray:
    """The split of the span that holds each window (contig, start, end) whole, "" where none does.

    Returns:
        Array of text (N,).
    """
    split = np.full(len(windows), "", "<U5")
    for contig, rows in windows.groupby("contig", sort=False).indices.items():
        here = spans[spans["contig"] == contig].sort_values("start")
        if not len(here):
            continue
        span = np.searchsorted(here["start"], windows["start"].to_numpy()[rows], "right") - 1
        inside = (span >= 0) & (windows["end"].to_numpy()[rows] <= here["end"].to_numpy()[span])
        split[rows] = np.where(inside, here["split"].to_numpy(dtype="<U5")[span], "")
    return split


def _cuts(regions: pd.DataFrame, goals: list[tuple[str, float]]) -> list[tuple[str, int]]:
    """Each split with the position where it ends, by bases of the regions of one contig."""
    ordered = regions.sort_values("start")
    start, end = ordered["start"].to_numpy(np.int64), ordered["end"].to_numpy(np.int64)
    before = np.cumsum(end - start) - (end - start)
    cuts, done = [], 0.0
    for split, share in goals[:-1]:
        done += share
        bases = round(done * int((end - start).sum()))
        row = int(np.searchsorted(before, bases, "right")) - 1
        cuts.append((split, int(min(start[row] + bases - before[row], end[row]))))
    return [*cuts, (goals[-1][0], FAR)]


def _given(contigs: Mapping[str, int], val: Sequence[str], test: Sequence[str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for split, patterns in (("val", val), ("test", test)):
        for contig in _matches(split, patterns, contigs):
            if contig in chosen and chosen[contig] != split:
                raise InputError(
                    f"contig '{contig}' is in --val-contigs and in --test-contigs; "
                    f"give it to one (there is {_listed(contigs)})"
                )
            chosen[contig] = split
    return chosen


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
