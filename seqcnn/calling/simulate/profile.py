"""The profile of a sequencing run: lengths, qualities, errors, coverage; one small JSON file."""

import base64
import json
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqcnn.atomic import write_text
from seqcnn.errors import InputError

FORMAT = 1
LONGEST_TRACT = 24  # longer ones share the last entry
Array = npt.NDArray[Any]


class Profile(NamedTuple):
    """What one paired-end run looks like; K classes of reads, B bins of cycles, A qualities."""

    name: str
    read_length: int
    fragment_lengths: Array  # float64 (101,): percentiles
    qualities: Array  # uint8 (A,): the values that occur, ascending
    classes: Array  # float64 (K, K): weights of (class of read 1, class of read 2)
    first_quality: Array  # float64 (2, K, A): cumulative; read 1 and read 2
    next_quality: Array  # float64 (2, K, B, A, A): cumulative over the last axis
    mismatch: Array  # float64 (A,): chance of a wrong base where the quality is called
    substitution: Array  # float64 (4, 4): cumulative over what is read instead of A C G T
    deletion: Array  # float64 (25,): chance a read and homopolymer of so many bases, [0] a base
    insertion: Array  # float64 (25,): the same
    repeat: Array  # float64 (25, 2): deletion, insertion of a copy by copies of a longer unit
    gc: Array  # float64 (101,): relative coverage by GC per cent of the fragment
    dispersion: float  # standard deviation of log coverage over about 100 bp to 5 kb
    duplicates: float  # share of all reads
    chimeras: float  # share of fragments
    spread: float  # standard deviation of the log of a read's errors against what it promises
    clipped: float  # share of reads whose end belongs elsewhere
    hotspots: Array  # float64 (3,): share of strand positions, least and most of their error rate
    bursts: Array  # float64 (3,): the same of positions after which a read goes bad


# In the file as text numbers, the others packed.
_PLAIN = ("name", "read_length", "dispersion", "duplicates", "chimeras", "spread", "clipped")
_PACKED = ("first_quality", "next_quality")


def write_profile(path: Path | str, profile: Profile) -> None:
    """Write `profile` as JSON, whole or not at all."""
    content: dict[str, Any] = {"format": FORMAT}
    for name, value in profile._asdict().items():
        if name in _PLAIN:
            content[name] = value
        elif name in _PACKED:
            content[name] = {"shape": list(value.shape), "packed": _pack(value)}
        else:
            content[name] = np.round(value, 7).tolist()
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_profile(path: Path | str) -> Profile:
    """A profile from the JSON of `write_profile`.

    Raises:
        InputError: no such file, not JSON, or not such a profile.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check --profile") from None
    return parse_profile(text, str(path))


def built_in_profile(name: str) -> Profile:
    """A profile that comes with seqcnn.

    Raises:
        InputError: unknown name; the known are listed.
    """
    if name not in built_in_names():
        raise InputError(
            f"--profile {name}: no such file, and not built in; give a BAM, a JSON of "
            f"--write-profile, or one of {', '.join(built_in_names())}"
        )
    text = (files("seqcnn.calling.simulate") / "profiles" / f"{name}.json").read_text()
    return parse_profile(text, name)


def built_in_names() -> list[str]:
    """The names of the profiles that come with seqcnn."""
    folder = files("seqcnn.calling.simulate") / "profiles"
    return sorted(file.name.removesuffix(".json") for file in folder.iterdir()
                  if file.name.endswith(".json"))  # fmt: skip


def parse_profile(text: str, source: str) -> Profile:
    """The profile in a JSON text; `source` names it in errors."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{source}: not JSON ({error}); write one with --write-profile") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(
            f"{source}: not a profile of seqcnn simulate; write one by --write-profile"
        )
    values: dict[str, Any] = {}
    for name in Profile._fields:
        if name not in content:
            raise InputError(f"{source}: the profile has no '{name}'; write it anew")
        value = content[name]
        if name in _PLAIN:
            values[name] = value
        elif name in _PACKED:
            values[name] = _unpack(value["packed"], value["shape"])
        else:
            values[name] = np.array(value, np.uint8 if name == "qualities" else np.float64)
    return Profile(**values)


def _pack(values: Array) -> str:
    whole = np.round(values * 65535).astype("<u2")
    return base64.b64encode(zlib.compress(whole.tobytes(), 9)).decode()


def _unpack(text: str, shape: list[int]) -> Array:
    whole = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2")
    return whole.reshape(shape).astype(np.float64) / 65535
