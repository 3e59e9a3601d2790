"""The compiled loops of `dna.py`: text to codes and codes to one-hot rows, block by block.

Each gives the index of the first letter or value that is no code, or -1.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from seqcnn.encoders.alphabet import Codes

BLOCK = 8192  # letters; a block's text, codes and one-hot rows stay in the first-level cache


@njit(cache=True, nogil=True)
def encode_block(text: Codes, code_of_byte: Codes, codes: Codes) -> int:
    """Codes of one block of text."""
    plain = np.uint8(1)
    # Numba widens every uint8 result to 64 bits; cast back, or the loop runs an eighth as fast.
    for i in range(text.size):
        upper = np.uint8(text[i] & np.uint8(0xDF))
        code = np.uint8(0)
        code = np.uint8(1) if upper == np.uint8(67) else code
        code = np.uint8(2) if upper == np.uint8(71) else code
        code = np.uint8(3) if upper == np.uint8(84) else code
        code = np.uint8(4) if upper == np.uint8(78) else code
        is_plain = np.uint8(1) if (code != np.uint8(0)) | (upper == np.uint8(65)) else np.uint8(0)
        plain = np.uint8(plain & is_plain)
        codes[i] = code
    if plain:
        return -1
    # Only a block with U, an ambiguity code or a stray character pays for the table.
    for i in range(text.size):
        codes[i] = code_of_byte[text[i]]
        if codes[i] == np.uint8(255):
            return i
    return -1


@njit(cache=True, nogil=True)
def expand_block(codes: Codes, table: npt.NDArray[Any], out: npt.NDArray[Any]) -> int:
    """One-hot rows (4, n) of one block of codes."""
    seen = np.uint8(0)
    for i in range(codes.size):
        seen = np.uint8(seen | codes[i])
    one, zero = table[0, 0], table[0, 1]
    for channel in range(4):
        row = out[channel]
        wanted = np.uint8(channel)
        for i in range(codes.size):
            row[i] = one if codes[i] == wanted else zero
    if seen > np.uint8(3):
        for i in range(codes.size):
            if codes[i] > np.uint8(3):
                if codes[i] >= np.uint8(15):
                    return i
                for channel in range(4):
                    out[channel, i] = table[channel, codes[i]]
    return -1


@njit(cache=True, nogil=True)
def encode_text(text: Codes, code_of_byte: Codes, codes: Codes) -> int:
    """Codes of a text."""
    for begin in range(0, text.size, BLOCK):
        end = min(begin + BLOCK, text.size)
        bad = encode_block(text[begin:end], code_of_byte, codes[begin:end])
        if bad >= 0:
            return begin + bad
    return -1


@njit(cache=True, nogil=True)
def expand_codes(codes: Codes, table: npt.NDArray[Any], out: npt.NDArray[Any]) -> int:
    """One-hot (N, 4, L) of codes (N, L)."""
    length = codes.shape[1]
    for row in range(codes.shape[0]):
        for begin in range(0, length, BLOCK):
            end = min(begin + BLOCK, length)
            bad = expand_block(codes[row, begin:end], table, out[row, :, begin:end])
            if bad >= 0:
                return row * length + begin + bad
    return -1


@njit(cache=True, nogil=True)
def expand_text(
    text: Codes, code_of_byte: Codes, table: npt.NDArray[Any], out: npt.NDArray[Any]
) -> int:
    """One-hot (4, L) of a text, whose codes are kept for one block only."""
    scratch = np.empty(BLOCK, np.uint8)
    for begin in range(0, text.size, BLOCK):
        end = min(begin + BLOCK, text.size)
        codes = scratch[: end - begin]
        bad = encode_block(text[begin:end], code_of_byte, codes)
        if bad >= 0:
            return begin + bad
        expand_block(codes, table, out[:, begin:end])
    return -1
