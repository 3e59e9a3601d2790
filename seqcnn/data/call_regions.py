"""Where to call: literals such as chr20:1,000-2,000, whole contigs and BED files."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from seqcnn.data.aliases import ContigAlias, suggest_alias
from seqcnn.errors import InputError

LITERAL = re.compile(r"(?P<contig>.+):(?P<start>[0-9,]+)(?:-(?P<end>[0-9,]*))?")
BED_ENDINGS = (".bed", ".bed.gz", ".bed.bgz", ".narrowpeak", ".narrowpeak.gz")


class Region(NamedTuple):
    """Positions `[start, end)` of a contig, 0-based."""

    contig: str
    start: int
    end: int

    def __str__(self) -> str:
        """1-based with its end included, as people write it: chr20:1,001-2,000."""
        return f"{self.contig}:{self.start + 1:,}-{self.end:,}"


class _Known(NamedTuple):
    """The contigs that may be named, and how messages speak of them."""

    length_of: dict[str, int]
    others: Mapping[str, str]
    flag: str
    whose: str


class _Asked(NamedTuple):
    region: Region
    where: str  # of the user's: the literal, or file:line
    counted: str  # how its numbers count


def parse_regions(
    texts: Sequence[str],
    names: Sequence[str],
    lengths: Sequence[int],
    *,
    other_names: Mapping[str, str] | None = None,
    flag: str = "--regions",
    whose: str = "reads",
) -> list[Region]:
    """The regions that `--regions` names, merged and in the order of the contigs.

    Args:
        texts: each a literal ``contig``, ``contig:pos``, ``contig:start-`` or ``contig:start-end``
            (1-based, the end included, commas allowed), or the path of a BED file. Empty is every
            contig.
        names: contigs of the file that is called.
        lengths: theirs, in bp.
        other_names: names that the contigs may also go by, those of the reference for one, to
            the file's.
        flag: where the texts come from, for messages.
        whose: contigs they are, for messages.

    Raises:
        InputError: with the literal, or file and line: not readable, on an unknown contig, or
            outside of it; or a BED file without a region.
    """
    length_of = dict(zip(names, lengths, strict=True))
    if not texts:
        return [Region(name, 0, length) for name, length in length_of.items() if length]
    known = _Known(length_of, other_names or {}, flag, whose)
    asked = list(chain.from_iterable(_asked(text, known) for text in texts))
    for one in asked:
        _check_inside(one, length_of[one.region.contig])
    return merged([one.region for one in asked], names)


def merged(regions: Collection[Region], names: Sequence[str]) -> list[Region]:
    """Regions without overlap, those that touch as one, in the order of `names` and position."""
    order = {name: i for i, name in enumerate(names)}
    found: list[Region] = []
    for region in sorted(regions, key=lambda one: (order[one.contig], one.start, one.end)):
        last = found[-1] if found else None
        if last is not None and last.contig == region.contig and region.start <= last.end:
            found[-1] = last._replace(end=max(last.end, region.end))
        else:
            found.append(region)
    return found


def _asked(text: str, known: _Known) -> list[_Asked]:
    text = text.strip()
    if not text:
        raise InputError(f"{known.flag}: is empty; wanted a region like chr20:1,000-2,000")
    if text in known.length_of or _is_literal(text):
        return [_literal(text, known)]
    if not (Path(text).exists() or text.lower().endswith(BED_ENDINGS) or "/" in text):
        return [_literal(text, known)]
    return _from_bed(Path(text), known)


def _is_literal(text: str) -> bool:
    return LITERAL.fullmatch(text) is not None and not Path(text).is_file()


def _literal(text: str, known: _Known) -> _Asked:
    length_of = known.length_of
    where = f"{known.flag} {text}"
    counted = "1-based, the end included"
    # Names such as HLA-DRB1*15:01:01 hold colons: a known name comes before a range.
    found = None if text in length_of else LITERAL.fullmatch(text)
    if found is None:
        contig = _contig(text, where, known)
        return _Asked(Region(contig, 0, length_of[contig]), where, counted)
    contig = _contig(found["contig"], where, known)
    start = _number(found["start"], where)
    if found["end"] is None:
        end = start
    else:
        end = _number(found["end"], where) if found["end"] else length_of[contig]
    if start < 1:
        raise InputError(f"{where}: starts at {start}; positions count from 1")
    if end < start and found["end"]:
        raise InputError(f"{where}: ends before it starts")
    return _Asked(Region(contig, start - 1, end), where, counted)


def _number(text: str, where: str) -> int:
    digits = text.replace(",", "")
    if not digits:
        raise InputError(
            f"{where}: '{text}' is no position; wanted a region like chr20:1,000-2,000"
        )
    return int(digits)


def _from_bed(path: Path, known: _Known) -> list[_Asked]:
    # Loads pandas, for which a call without a BED need not wait.
    from seqcnn.data.intervals import read_bed

    table = read_bed(path)
    rows = zip(
        table["contig"].tolist(),
        table["start"].tolist(),
        table["end"].tolist(),
        table["line"].tolist(),
        strict=True,
    )
    found = []
    for contig, start, end, line in rows:
        where = f"{path}:{line}"
        ours = _contig(contig, where, known)
        found.append(_Asked(Region(ours, start, end), where, "BED: 0-based, half-open"))
    return found


def _contig(contig: str, where: str, known: _Known) -> str:
    length_of, whose = known.length_of, known.whose
    if contig in length_of:
        return contig
    if contig in known.others:
        return known.others[contig]
    rule = suggest_alias([contig], length_of)
    if rule is not None:
        same = ContigAlias(rule).translate([contig], length_of)[contig]
        have = "have" if whose == "reads" else "has"
        raise InputError(f"{where}: no contig '{contig}'; write '{same}', as the {whose} {have} it")
    shown = ", ".join(f"'{name}'" for name in list(length_of)[:3])
    more = ", …" * (len(length_of) > 3)
    raise InputError(f"{where}: no contig '{contig}' among those of the {whose} ({shown}{more})")


def _check_inside(one: _Asked, length: int) -> None:
    region = one.region
    if region.start < length and region.end <= length:
        return
    place = f"{region.contig}:{region.start:,}-{region.end:,}"
    if "1-based" in one.counted:
        place = str(region)
    raise InputError(
        f"{one.where}: {place} ({one.counted}) is outside of '{region.contig}', which is "
        f"{length:,} bp"
    )
