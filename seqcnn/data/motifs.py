"""Motifs as MEME text files, plain or gzip: letter probabilities under names."""

import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.atomic import whole_file
from seqcnn.data.textfiles import read_bytes
from seqcnn.errors import InputError
from seqcnn.version import __version__

MATRIX = "letter-probability matrix:"
TOLERANCE = 0.02  # of a column's sum, as databases round their numbers


@dataclass(frozen=True)
class Motif:
    """Letter probabilities (4, w), rows A C G T, columns of sum 1, under a name.

    `alternative` is the second name of a MEME file, `sites` how many sites were counted (0 where
    that is not known).
    """

    name: str
    probabilities: np.ndarray
    alternative: str = ""
    sites: int = 0

    @property
    def label(self) -> str:
        """Both names in one, as a reader knows them."""
        return f"{self.name} {self.alternative}".strip()

    @property
    def consensus(self) -> str:
        """The IUPAC letter of each column, see `consensus`."""
        return consensus(self.probabilities)


def consensus(probabilities: np.ndarray) -> str:
    """A letter a column of probabilities (4, w), by Cavener's rule (1987).

    One base that has over half of the column and over twice the second; else two that have over
    three quarters; else N.
    """
    letters = []
    for column in probabilities.T:
        order = np.argsort(-column, kind="stable")
        first, second = column[order[0]], column[order[1]]
        if first > 0.5 and first > 2 * second:
            letters.append("ACGT"[order[0]])
        elif first + second > 0.75:
            letters.append(PAIRS[frozenset(order[:2].tolist())])
        else:
            letters.append("N")
    return "".join(letters)


PAIRS = {
    frozenset(pair): letter
    for pair, letter in (
        *(((0, 2), "R"), ((1, 3), "Y"), ((1, 2), "S")),
        *(((0, 3), "W"), ((2, 3), "K"), ((0, 1), "M")),
    )
}


def write_meme(path: Path | str, motifs: Iterable[Motif]) -> None:
    """Write the motifs as MEME text, compressed where the name ends in .gz.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    parts = [
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
        f"Background letter frequencies (seqcnn {__version__})\n"
        "A 0.25 C 0.25 G 0.25 T 0.25\n"
    ]
    for motif in motifs:
        width = motif.probabilities.shape[1]
        parts.append(f"\nMOTIF {motif.label}\n{MATRIX} alength= 4 w= {width}")
        parts.append(f" nsites= {motif.sites} E= 0\n" if motif.sites else " E= 0\n")
        for column in motif.probabilities.T:
            parts.append(" ".join(f"{value:.6f}" for value in column) + "\n")
    text = "".join(parts).encode()
    with whole_file(path) as temporary:
        temporary.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def read_meme(path: Path | str) -> list[Motif]:
    """The motifs of a MEME text file (versions 3 to 5), in its order.

    Columns are scaled to a sum of exactly 1. Log-odds matrices and whatever else such a file has
    are skipped.

    Raises:
        InputError: with file and line: not MEME text, of proteins, a matrix that is cut short or
            not of four probabilities a row, a name twice; or no motif in it.
    """
    path = Path(path)
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text; wanted motifs in MEME text format") from None
    lines = [line.strip() for line in text.splitlines()]
    _check_start(path, lines)
    motifs: list[Motif] = []
    first_line: dict[str, int] = {}
    waiting: tuple[int, str, str] | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("ALPHABET"):
            _check_alphabet(path, number, line)
        elif re.match(r"MOTIF\b", line):
            _refuse_without_matrix(path, waiting)
            words = line.split(maxsplit=2)[1:]
            if not words:
                raise InputError(f"{path}:{number}: MOTIF has no name; wanted MOTIF name")
            waiting = (number, words[0], words[1].strip() if len(words) > 1 else "")
            if words[0] in first_line:
                raise InputError(
                    f"{path}:{number}: motif '{words[0]}' is also in line "
                    f"{first_line[words[0]]}; give each its own name"
                )
            first_line[words[0]] = number
        elif line.startswith(MATRIX):
            if waiting is None:
                raise InputError(f"{path}:{number}: a matrix without a MOTIF line before it")
            matrix = _matrix(path, lines, number)
            sites = int(_number(line, "nsites") or 0)
            motifs.append(Motif(waiting[1], matrix, waiting[2], sites))
            waiting = None
    _refuse_without_matrix(path, waiting)
    if not motifs:
        raise InputError(f"{path}: has no motif; wanted MOTIF lines, each with its matrix")
    return motifs


def _check_start(path: Path, lines: Sequence[str]) -> None:
    number = next((number for number, line in enumerate(lines, 1) if line), None)
    if number is None:
        raise InputError(f"{path}: the file is empty; wanted motifs in MEME text format")
    if any(line.startswith("MEME version") for line in lines):
        return
    line = lines[number - 1]
    what = "MEME's XML" if line.startswith("<") else f"'{line[:30]}'"
    raise InputError(
        f"{path}:{number}: {what}; wanted MEME text format, which begins with 'MEME version 4'"
    )


def _check_alphabet(path: Path, number: int, line: str) -> None:
    told = line.removeprefix("ALPHABET").lstrip("= ").strip()
    if told.startswith('"') or not told:
        if "RNA" in told or "DNA" in told or not told:
            return
    elif told.replace("U", "T").upper() == "ACGT" or told.upper().startswith(("DNA", "RNA")):
        return
    raise InputError(f"{path}:{number}: alphabet {told}; wanted ACGT (DNA) or ACGU (RNA)")


def _refuse_without_matrix(path: Path, waiting: tuple[int, str, str] | None) -> None:
    if waiting is not None:
        raise InputError(
            f"{path}:{waiting[0]}: motif '{waiting[1]}' has no line '{MATRIX} …' after it"
        )


def _matrix(path: Path, lines: Sequence[str], header: int) -> np.ndarray:
    """Probabilities (4, w) after line `header` (1-based); w from there, or as far as rows go."""
    letters, width = (_number(lines[header - 1], name) for name in ("alength", "w"))
    if letters not in (None, 4):
        raise InputError(f"{path}:{header}: alength= {letters:g}; wanted motifs of 4 letters")
    rows: list[list[float]] = []
    for number, line in enumerate(lines[header:], header + 1):
        if not line and not rows:
            continue
        row = _row(line)
        if row is None:
            break
        if min(row) < 0 or abs(sum(row) - 1) > TOLERANCE:
            raise InputError(
                f"{path}:{number}: '{line[:40]}' has a sum of {sum(row):g}; "
                "wanted four probabilities of 0 or more with a sum of 1"
            )
        rows.append(row)
        if len(rows) == width:
            break
    if not rows or width not in (None, len(rows)):
        at = header + 1 + len(rows)
        came = f"'{lines[at - 1][:40]}'" if at <= len(lines) else "the end of the file"
        wanted = "" if width is None else f"{width:g} "
        raise InputError(
            f"{path}:{min(at, len(lines))}: row {len(rows) + 1} of a matrix is {came}; "
            f"wanted {wanted}rows of four probabilities"
        )
    matrix = np.array(rows, float).T
    return np.ascontiguousarray(matrix / matrix.sum(axis=0))


def _row(line: str) -> list[float] | None:
    words = line.split()
    try:
        row = [float(word) for word in words]
    except ValueError:
        return None
    return row if len(row) == 4 and np.isfinite(row).all() else None


def _number(header: str, name: str) -> float | None:
    found = re.search(rf"\b{name}\s*=\s*([0-9.eE+-]+)", header)
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None
