"""Whole text files as bytes: plain, gzip or bgzip, told apart by content and never by name."""

import gzip
import os
import zlib
from pathlib import Path

from seqcnn.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def read_bytes(path: Path | str) -> bytes:
    """Return what the file holds, decompressed when it is gzip or bgzip.

    Raises:
        InputError: the file is missing, a folder, not readable, or a gzip file cut short.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the name") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, a file was wanted") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({os.strerror(error.errno or 0)})") from None
    if not data.startswith(GZIP_MAGIC):
        return data
    try:
        text = gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: the gzip data is cut short or damaged ({error}); copy the file again"
        ) from None
    # A bgzip file cut between two blocks still decompresses; only its end marker tells.
    if data[12:14] == b"BC" and not data.endswith(BGZIP_END):
        raise InputError(
            f"{path}: the bgzip end marker is missing, the file is cut short; copy it again"
        )
    return text
