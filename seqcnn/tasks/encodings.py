"""The registry of encodings."""

from collections.abc import Callable
from typing import Any

from seqcnn.errors import InputError
from seqcnn.tasks.encoding import Encoding, SequenceEncoding
from seqcnn.tasks.image_encoding import ImageEncoding
from seqcnn.tasks.pileup_encoding import PileupEncoding

ENCODINGS: dict[str, Callable[..., Encoding]] = {
    SequenceEncoding.kind: SequenceEncoding,
    ImageEncoding.kind: ImageEncoding,
    PileupEncoding.kind: PileupEncoding.from_saved,
}


def encoding_from(saved: dict[str, Any]) -> Encoding:
    """The inverse of `to_dict`; bundles of the first seqcnn, without a kind, read sequences.

    Raises:
        InputError: it is not one that `to_dict` made.
    """
    values = {name: _tuples(value) for name, value in saved.items()}
    kind = values.pop("kind", SequenceEncoding.kind)
    try:
        return ENCODINGS[kind](**values)
    except (KeyError, TypeError):
        raise InputError(f"the bundle's encoder {saved!r} is not known to this seqcnn") from None


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
