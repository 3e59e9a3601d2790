"""Image files as they are opened: their kind, their size and which way up they are."""

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from seqcnn.errors import InputError

LARGEST = 178_956_970  # pixels; Pillow's limit, above which a small file fills the memory
# By the EXIF tag "orientation", what sets an image upright (Exif 2.3, table 4).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112
# Errors of the place rather than of what is in the file.
PLACE = (errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG)


class _Jpeg(JpegImageFile):
    """Without Pillow's reader of EXIF, which warns of damage: threads cannot silence warnings."""

    def getexif(self) -> Image.Exif:
        return Image.Exif()


# Not `Image.open`, which warns of large images.
KINDS: dict[bytes, type[ImageFile.ImageFile]] = {
    b"\xff\xd8\xff": _Jpeg,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
}


@contextmanager
def opened(file: Path) -> Iterator[ImageFile.ImageFile]:
    """An open JPEG or PNG image; what is wrong with the file, now or on reading, is an InputError.

    Raises:
        InputError: the file is missing, too large, or not a whole JPEG or PNG image.
    """
    try:
        with open(file, "rb") as stream:
            first = stream.read(8)
            stream.seek(0)
            kinds = [kind for begin, kind in KINDS.items() if first.startswith(begin)]
            if not first:
                raise InputError(f"{file}: the file is empty; wanted a JPEG or PNG image")
            if not kinds:
                raise InputError(f"{file}: not a JPEG or PNG image: it begins like neither")
            with kinds[0](stream) as image:
                if image.width * image.height > LARGEST:
                    raise InputError(
                        f"{file}: {image.width:,} x {image.height:,} pixels; at most "
                        f"{LARGEST:,} in all are read: scale it down"
                    )
                yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        if isinstance(error, OSError) and error.errno in PLACE:
            raise InputError(f"{file}: {os.strerror(error.errno).lower()}") from None
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{file}: not a whole JPEG or PNG image ({why})") from None


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF says; as it lies where that is missing or damaged."""
    how = UPRIGHT.get(_orientation(image.info.get("exif", b"")))
    return image if how is None else image.transpose(how)


def _orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in a TIFF header (TIFF 6.0, section 2); 1 where there is none."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (entries,) = struct.unpack_from(order + "H", tiff, start)
    for entry in range(start + 2, min(start + 2 + 12 * entries, len(tiff) - 9), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == ORIENTATION and kind == 3:
            return int(value)
    return 1
