"""Whose reads a BAM holds: the sample by its read groups."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqcnn.errors import InputError

LISTED = 8


class Sample(NamedTuple):
    """The sample to be called.

    `read_groups` are the IDs of its reads; None takes every read, those without a group too.
    """

    name: str
    read_groups: frozenset[str] | None
    notes: tuple[str, ...]


def choose_sample(
    read_groups: Sequence[Mapping[str, str]],
    path: Path | str,
    sample: str | None = None,
    *,
    name_options: bool = False,
) -> Sample:
    """Choose the sample of a file by the @RG lines of its header.

    Args:
        read_groups: the lines as dictionaries (ID, SM, …).
        path: the file, for messages; its stem is the name where the header has none.
        sample: the name of the user's choice.
        name_options: as of `open_alignments`.

    Raises:
        InputError: several samples and none chosen, the chosen one is absent, or two samples
            share the ID of a read group.
    """
    path = Path(path)
    groups, unnamed, notes = _by_sample(read_groups, path)
    if not groups:
        what = "no read group" if not read_groups else "no read group with a sample name (SM)"
        name = sample or path.stem
        notes.append(f"{path.name}: {what} in the header; the sample is called '{name}'")
        return Sample(name, None, tuple(notes))
    if sample is not None and sample not in groups:
        raise InputError(f"{path}: has no sample '{sample}'; it has {_listed(groups)}")
    if len(groups) > 1 and sample is None:
        way = "choose one with --sample" if name_options else "take one out with samtools view -r"
        raise InputError(f"{path}: holds {len(groups)} samples ({_listed(groups)}); {way}")
    name = sample or next(iter(groups))
    if unnamed:
        fate = "left out" if len(groups) > 1 else f"taken as those of '{name}'"
        notes.append(
            f"{path.name}: {_listed(unnamed)}: a read group without a sample name (SM); "
            f"its reads are {fate}"
        )
    return Sample(name, frozenset(groups[name]) if len(groups) > 1 else None, tuple(notes))


def _by_sample(
    read_groups: Sequence[Mapping[str, str]], path: Path
) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """IDs by sample, the IDs without one, and notes."""
    owner: dict[str, str] = {}
    notes = []
    for group in read_groups:
        identity, name = group.get("ID", ""), group.get("SM", "")
        before = owner.get(identity)
        if before is not None and before != name:
            raise InputError(
                f"{path}: read group '{identity}' belongs to two samples, '{before}' and '{name}'; "
                "give the groups their own IDs (samtools addreplacerg)"
            )
        if before is not None:
            notes.append(f"{path.name}: read group '{identity}' stands twice in the header")
        owner[identity] = name
    groups: dict[str, list[str]] = {}
    for identity, name in owner.items():
        if name:
            groups.setdefault(name, []).append(identity)
    return groups, [identity for identity, name in owner.items() if not name], notes


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    shown = ", ".join(list(names)[:LISTED])
    return shown + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
