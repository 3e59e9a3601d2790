"""The letters of DNA, RNA and IUPAC, and the tables between bytes, codes and bases."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from seqcnn.errors import InputError

LETTERS = "ACGTNRYSWKMBDHV"
BASES = ("A", "C", "G", "T", "ACGT", "AG", "CT", "CG", "AT", "GT", "AC", "CGT", "AGT", "ACT", "ACG")
N_CODE = 4
NOT_A_CODE = 255

Ambiguous = Literal["share", "zero"]
Codes = npt.NDArray[np.uint8]


def _code_of_byte() -> Codes:
    table = np.full(256, NOT_A_CODE, np.uint8)
    for code, letter in enumerate(LETTERS):
        table[[ord(letter), ord(letter.lower())]] = code
    table[[ord("U"), ord("u")]] = LETTERS.index("T")
    return table


def _complement_of_code() -> Codes:
    opposite = str.maketrans("ACGT", "TGCA")
    sets = [frozenset(bases) for bases in BASES]
    return np.array([sets.index(frozenset(bases.translate(opposite))) for bases in BASES], np.uint8)


CODE_OF_BYTE = _code_of_byte()
COMPLEMENT = _complement_of_code()
LETTER_OF_CODE = np.frombuffer(LETTERS.encode(), np.uint8)


def channel_table(ambiguous: Ambiguous = "share") -> npt.NDArray[np.float64]:
    """The one-hot column of every code, shape (4, 15): equal shares or zeros where ambiguous."""
    if ambiguous not in ("share", "zero"):
        raise InputError(f"ambiguous={ambiguous!r} is unknown; choose 'share' or 'zero'")
    table = np.array([[base in bases for bases in BASES] for base in "ACGT"], np.float64)
    table /= table.sum(axis=0)
    if ambiguous == "zero":
        table[:, N_CODE:] = 0
    return table
