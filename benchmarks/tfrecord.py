"""Reads TFRecord files of `tf.train.Example` and of DeepVariant's records, without TensorFlow."""

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Field = int | bytes


class Example(NamedTuple):
    """One DeepVariant example: a pileup image and the variant that it shows."""

    contig: str
    pos: int  # 0-based
    ref: str
    alts: tuple[str, ...]
    shown: tuple[int, ...]  # alternative alleles of this image, counted from 0
    label: int | None
    image: npt.NDArray[np.uint8]  # (height, width, channels)


class Candidate(NamedTuple):
    """One site with the names of the reads that support each allele."""

    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    support: dict[str, list[str]]  # allele -> "fragment/number"


def records(path: Path) -> Iterator[bytes]:
    """The payloads of a TFRecord file, gzipped or not; a truncated file is an error.

    Each record is its length (8 bytes, little endian), a checksum of that (4), the payload and
    its checksum (4). The checksums are not verified: gzip has its own.
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        if at + 16 + length > len(data):
            raise ValueError(f"{path}: record at byte {at} wants {length} bytes, the file ends")
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def fields(message: bytes) -> dict[int, list[Field]]:
    """A protocol-buffer message as field number -> values, in the order of the wire.

    Numbers for varints, bytes for everything else (fixed 32 and 64 bits as they are).
    """
    found: dict[int, list[Field]] = {}
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind = key & 7
        value: Field
        if kind == 0:
            value, at = varint(message, at)
        else:
            if kind == 2:
                size, at = varint(message, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError(f"wire type {kind} at byte {at}")
            value, at = message[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a byte, and the byte after it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def examples(path: Path) -> Iterator[Example]:
    """The examples of a file that `make_examples` wrote, in its order."""
    for record in records(path):
        features = dict(feature(entry) for entry in messages(messages(record, 1)[0], 1))
        contig, pos, ref, alts = variant(payload(features, "variant/encoded"))
        shown = integers(payload(features, "alt_allele_indices/encoded"), 1)
        shape = integers(features["image/shape"], 1)
        image = np.frombuffer(payload(features, "image/encoded"), np.uint8).reshape(shape)
        label = integers(features["label"], 1)[0] if "label" in features else None
        yield Example(contig, pos, ref, alts, tuple(shown), label, image)


def candidates(path: Path) -> Iterator[Candidate]:
    """The sites of a file of `DeepVariantCall` records, in its order."""
    for record in records(path):
        support = {
            messages(entry, 1)[0].decode(): [
                name.decode() for reads in messages(entry, 2) for name in messages(reads, 1)
            ]
            for entry in messages(record, 2)
        }
        yield Candidate(*variant(messages(record, 1)[0]), support)


def feature(entry: bytes) -> tuple[str, bytes]:
    """The name of a feature and its list of bytes (1), floats (2) or integers (3)."""
    lists = fields(messages(entry, 2)[0])
    return messages(entry, 1)[0].decode(), next(iter(lists.values()))[0]  # type: ignore[return-value]


def variant(message: bytes) -> tuple[str, int, str, tuple[str, ...]]:
    """Contig, 0-based position, reference and alternative alleles of a `Variant`."""
    texts = {
        number: tuple(text.decode() for text in messages(message, number)) for number in (6, 7, 14)
    }
    (pos,) = integers(message, 16) or [0]
    return texts[14][0], pos, texts[6][0], texts[7]


def payload(features: dict[str, bytes], name: str) -> bytes:
    """The one bytes value of a feature."""
    return messages(features[name], 1)[0]


def messages(message: bytes, number: int) -> list[bytes]:
    """The values of one field that has a length: messages, text or bytes."""
    return [value for value in fields(message).get(number, []) if isinstance(value, bytes)]


def integers(message: bytes, number: int) -> list[int]:
    """The values of a repeated integer field, packed or not."""
    values: list[int] = []
    for value in fields(message).get(number, []):
        if isinstance(value, int):
            values.append(value)
            continue
        at = 0
        while at < len(value):
            one, at = varint(value, at)
            values.append(one)
    return values
