"""DNA and RNA letters to uint8 codes and one-hot arrays, and back.

A code is an index into `LETTERS`: 0..3 are A C G T, 4 is N, the rest are the IUPAC ambiguity
codes. One-hot arrays have their channels in the order A C G T.
"""

import ctypes
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seqcnn.encoders.alphabet import (
    CODE_OF_BYTE,
    COMPLEMENT,
    LETTER_OF_CODE,
    LETTERS,
    N_CODE,
    NOT_A_CODE,
    Ambiguous,
    Codes,
    channel_table,
)
from seqcnn.encoders.blocks import BLOCK, encode_text, expand_codes, expand_text
from seqcnn.errors import InputError

__all__ = [
    "CODE_OF_BYTE",
    "COMPLEMENT",
    "LETTERS",
    "N_CODE",
    "Ambiguous",
    "Codes",
    "channel_table",
    "decode",
    "encode",
    "from_one_hot",
    "one_hot",
    "reverse_complement",
]

Sequence = TypeVar("Sequence", str, bytes, Codes)

_address_of_text = ctypes.pythonapi.PyUnicode_AsUTF8
_address_of_text.argtypes = [ctypes.py_object]
_address_of_text.restype = ctypes.c_void_p


def encode(sequence: str | bytes) -> Codes:
    """Codes (L,) of a DNA or RNA sequence in either case; U is read as T.

    Raises:
        InputError: a character is no nucleotide code; names its 1-based position.
    """
    text = _bytes_of(sequence)
    codes = np.empty(text.size, np.uint8)
    bad = encode_text(text, CODE_OF_BYTE, codes)
    if bad >= 0:
        raise _bad_character(sequence, bad)
    return codes


def decode(codes: Codes, *, rna: bool = False) -> str:
    """The upper-case letters of codes (L,); with `rna`, U in place of T."""
    _check_codes(codes)
    letters = LETTER_OF_CODE[codes].tobytes().decode("ascii")
    return letters.replace("T", "U") if rna else letters


def one_hot(
    codes: Codes | str | bytes,
    *,
    ambiguous: Ambiguous = "share",
    dtype: npt.DTypeLike = np.float32,
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """One-hot (4, L) of codes (L,) or of a sequence, or (N, 4, L) of codes (N, L).

    Args:
        codes: uint8 codes, or the letters themselves (then no codes are kept in between).
        ambiguous: "share" gives each base an ambiguity code stands for an equal share (float
            types only), "zero" gives zeros.
        dtype: of the result; ignored when `out` is given.
        out: C-contiguous array to fill, which saves the time a fresh one takes to page in.

    Raises:
        InputError: a character or value that is no code, an integer type with "share", or an
            `out` of another shape.
    """
    text = isinstance(codes, str | bytes)
    source = _bytes_of(codes) if isinstance(codes, str | bytes) else codes
    if source.dtype != np.uint8 or source.ndim not in (1, 2):
        raise InputError(f"codes are uint8 (L,) or (N, L), not {source.dtype} {source.shape}")
    shape = (*source.shape[:-1], 4, source.shape[-1])
    if out is None:
        out = np.empty(shape, dtype)
    if out.shape != shape or not out.flags.c_contiguous:
        raise InputError(f"out has shape {out.shape}, wanted C-contiguous {shape}")
    if ambiguous == "share" and out.dtype.kind != "f":
        raise InputError(f"{out.dtype} cannot hold shares; pass ambiguous='zero' or a float type")
    # The kernels copy bit patterns, so one integer kernel of each width serves every type.
    bits = np.dtype(f"u{out.dtype.itemsize}")
    table = np.ascontiguousarray(channel_table(ambiguous).astype(out.dtype)).view(bits)
    if text:
        bad = expand_text(source, CODE_OF_BYTE, table, out.view(bits))
        if bad >= 0:
            raise _bad_character(codes, bad)
        return out
    batch = np.ascontiguousarray(np.atleast_2d(source))
    bad = expand_codes(batch, table, out.view(bits).reshape(len(batch), 4, -1))
    if bad >= 0:
        raise _bad_code(batch.reshape(-1), bad)
    return out


def from_one_hot(x: npt.NDArray[Any]) -> Codes:
    """Codes (L,) or (N, L) of one-hot arrays (4, L) or (N, 4, L): the inverse of "share".

    Raises:
        InputError: a column is not the share of any code (zeros, say); names its position.
    """
    if x.ndim not in (2, 3) or x.shape[-2] != 4:
        raise InputError(f"a one-hot array is (4, L) or (N, 4, L), not {x.shape}")
    weights = np.array([1, 2, 4, 8], np.uint8)[:, None]
    code_of_bits = np.full(16, NOT_A_CODE, np.uint8)
    code_of_bits[((channel_table() > 0) * weights).sum(axis=0)] = np.arange(len(LETTERS))
    codes = code_of_bits[((x != 0) * weights).sum(axis=-2)]
    table = np.zeros((4, 256))
    table[:, : len(LETTERS)] = channel_table()
    wrong = codes == NOT_A_CODE
    for channel in range(4):
        wrong |= ~(np.abs(table[channel][codes] - x[..., channel, :]) < 1e-3)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        column = [round(float(v), 4) for v in np.swapaxes(x, -1, -2)[place]]
        row = f"sequence {place[0] + 1}, " if len(place) == 2 else ""
        raise InputError(
            f"{row}position {place[-1] + 1}: column {column} is not the share of any code; "
            "expected 1 for a base or equal shares for an ambiguity code"
        )
    return codes


def reverse_complement(x: Sequence) -> Sequence:
    """The reverse complement of a string, of bytes, or of codes (..., L); same type, same case.

    Letters with a U and no T stay RNA.

    Raises:
        InputError: a character or value is no nucleotide code.
    """
    if isinstance(x, str):
        return _complement_letters(x).decode("ascii")
    if isinstance(x, bytes):
        return _complement_letters(x)
    _check_codes(x)
    return np.ascontiguousarray(COMPLEMENT[x[..., ::-1]])


def _complement_letters(sequence: str | bytes) -> bytes:
    text = _bytes_of(sequence)
    encode(sequence)
    upper = text & 0xDF
    rna = bool((upper == ord("U")).any()) and not bool((upper == ord("T")).any())
    table = np.zeros(256, np.uint8)
    table[LETTER_OF_CODE] = LETTER_OF_CODE[COMPLEMENT]
    table[ord("U")] = ord("A")
    if rna:
        table[ord("A")] = ord("U")
    return (table[upper] | (text & 0x20))[::-1].tobytes()


def _bytes_of(sequence: str | bytes) -> Codes:
    if isinstance(sequence, bytes):
        return np.frombuffer(sequence, np.uint8)
    if sequence.isascii() and len(sequence) > BLOCK:
        # CPython keeps ASCII text as bytes: read them in place, as a copy of a contig costs more
        # than its encoding. The caller holds `sequence` for as long as the array is read.
        buffer = (ctypes.c_uint8 * len(sequence)).from_address(_address_of_text(sequence))
        return np.ctypeslib.as_array(buffer)
    # "replace" keeps one byte a character, so positions still point into the user's string.
    return np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)


def _bad_character(sequence: Any, index: int) -> InputError:
    character = sequence[index] if isinstance(sequence, str) else chr(sequence[index])
    return InputError(
        f"position {index + 1}: {character!r} is not a nucleotide code; expected {LETTERS} or U"
    )


def _bad_code(codes: Codes, index: int) -> InputError:
    return InputError(
        f"value {codes[index]} at index {index} is not a code; codes run from 0 to "
        f"{len(LETTERS) - 1} ({LETTERS})"
    )


def _check_codes(codes: Codes) -> None:
    if codes.size and codes.max() >= len(LETTERS):
        raise _bad_code(codes.reshape(-1), int((codes.reshape(-1) >= len(LETTERS)).argmax()))
