"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqcnn.errors import InputError


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`, moved onto `path` when the block ends well.

    On any exception the temporary file is removed and what stood at `path` stays as it was.
    The temporary name keeps the suffixes of `path`, so writers that look at them still work.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a regular file; name a file to write")
    try:
        handle, name = tempfile.mkstemp(
            prefix=".tmp-", suffix="".join(path.suffixes[-2:]), dir=path.parent
        )
    except OSError as error:
        raise InputError(
            f"{path}: cannot write here ({error.strerror}); name another place with --out"
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: could not be written ({error.strerror or error}); nothing was changed"
        ) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_text(path: Path | str, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
