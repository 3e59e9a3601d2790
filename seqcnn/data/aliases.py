"""Names of one contig in two files: chr1 and 1, chr9 and chrIX, or a table of the user's."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from seqcnn.data.textfiles import read_bytes
from seqcnn.errors import InputError

BUILT_IN = ("add-chr", "strip-chr", "roman")
ROMAN = ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True)
class ContigAlias:
    """How the contig names of the user's regions become those of the genome.

    `rule` is ``add-chr``, ``strip-chr``, ``roman`` or ``pairs``; `pairs` maps the regions' names
    to the genome's.
    """

    rule: str
    pairs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: str) -> "ContigAlias":
        """Read the value of ``--contig-alias``: a rule, ``a=b,c=d``, or a file of two columns.

        Raises:
            InputError: the value is none of these, or the file has a line without two columns.
        """
        if value in BUILT_IN:
            return cls(value)
        if Path(value).is_file():
            return cls("pairs", _read_pairs(Path(value)))
        if "=" not in value:
            raise InputError(
                f"--contig-alias '{value}' is neither {', '.join(BUILT_IN)}, nor a file of two "
                "columns, nor pairs like 1=chr1,2=chr2"
            )
        pairs = {}
        for part in value.split(","):
            ours, equals, theirs = (text.strip() for text in part.partition("="))
            if not (ours and equals and theirs):
                raise InputError(f"--contig-alias: '{part}' is not a pair like 1=chr1")
            pairs[ours] = theirs
        return cls("pairs", pairs)

    def translate(self, names: Iterable[str], genome: Collection[str]) -> dict[str, str]:
        """The genome's name for each of `names`; a name that stays unknown maps to itself.

        A name that the genome has already is kept, except that pairs always come first. So
        ``roman`` leaves chrX alone where the genome has a chrX.
        """
        found = {}
        for name in names:
            if name in self.pairs:
                found[name] = self.pairs[name]
            elif name in genome:
                found[name] = name
            else:
                other = [name for name in self._candidates(name) if name in genome]
                found[name] = other[0] if other else name
        return found

    def _candidates(self, name: str) -> tuple[str, ...]:
        if self.rule == "add-chr" and not name.startswith("chr"):
            return (f"chr{name}", "chrM") if name == "MT" else (f"chr{name}",)
        if self.rule == "strip-chr" and name.startswith("chr"):
            return (name[3:], "MT") if name == "chrM" else (name[3:],)
        if self.rule == "roman":
            return _other_numeral(name)
        return ()


def suggest_alias(names: Collection[str], genome: Collection[str]) -> str | None:
    """The built-in rule that makes most of the unknown `names` known, or None if none helps."""

    def known(rule: str) -> int:
        return sum(new in genome for new in ContigAlias(rule).translate(names, genome).values())

    best = max(BUILT_IN, key=known)
    return best if known(best) > sum(name in genome for name in names) else None


def _other_numeral(name: str) -> tuple[str, ...]:
    prefix = "chr" if name.startswith("chr") else ""
    rest = name[len(prefix) :]
    if re.fullmatch("[1-9][0-9]?", rest) and int(rest) < 90:
        numeral = _roman(int(rest))
    else:
        numeral = next((str(n) for n in range(1, 90) if _roman(n) == rest), "")
    if not numeral:
        return ()
    # Ensembl writes yeast's contigs as I, II, …; UCSC as chrI, chrII, ….
    return (prefix + numeral, numeral, "chr" + numeral)


def _roman(number: int) -> str:
    text = ""
    for value, letters in ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _read_pairs(path: Path) -> dict[str, str]:
    pairs = {}
    lines = read_bytes(path).decode("utf-8", errors="replace").splitlines()
    for line, text in enumerate(lines, start=1):
        if not text.strip() or text.startswith("#"):
            continue
        fields = text.split()
        if len(fields) != 2:
            raise InputError(
                f"{path}:{line}: {len(fields)} columns; wanted two, the regions' name and the "
                "genome's"
            )
        pairs[fields[0]] = fields[1]
    if not pairs:
        raise InputError(f"{path}: has no pairs of contig names")
    return pairs
