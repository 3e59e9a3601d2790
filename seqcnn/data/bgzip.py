"""Blocks of bgzip, so that compressed text can be cut where a run stopped, and gone on with."""

import struct
import zlib

from seqcnn.data.textfiles import BGZIP_END

END = BGZIP_END
_TEXT = 65_280  # bytes of text a block, as bgzip itself takes
_LEVEL = 5
# gzip with one extra field: "BC", two bytes long, the size of the block less one.
_HEAD = struct.Struct("<4B4x2B HBBHH")


def bgzip_blocks(text: bytes) -> bytes:
    """`text` as whole bgzip blocks, without the end marker `END` (SAM specification, 4.1)."""
    return b"".join(_block(text[at : at + _TEXT]) for at in range(0, len(text), _TEXT))


def _block(text: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    packed = compressor.compress(text) + compressor.flush()
    if _HEAD.size + len(packed) + 8 > 1 << 16:  # text that does not shrink
        stored = zlib.compressobj(0, zlib.DEFLATED, -15)
        packed = stored.compress(text) + stored.flush()
    size = _HEAD.size + len(packed) + 8
    head = _HEAD.pack(0x1F, 0x8B, 8, 4, 0, 0xFF, 6, ord("B"), ord("C"), 2, size - 1)
    return head + packed + struct.pack("<II", zlib.crc32(text), len(text))
