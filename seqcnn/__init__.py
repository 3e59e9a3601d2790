"""The image networks of ImageNet, applied to biological sequence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqcnn.errors import InputError
from seqcnn.version import __version__

if TYPE_CHECKING:
    from seqcnn.api.call_variants import call_variants
    from seqcnn.api.doctor import doctor
    from seqcnn.api.evaluate import evaluate
    from seqcnn.api.explain import explain
    from seqcnn.api.model import Model, load
    from seqcnn.api.predict import predict
    from seqcnn.api.train import train

__all__ = [
    "InputError", "Model", "__version__", "call_variants", "doctor", "evaluate", "explain", "load",
    "predict", "train",
]  # fmt: skip

# Loaded on first use: torch takes a second to import, and `seqcnn --help` does not need it.
_LAZY = {
    "Model": "model",
    "call_variants": "call_variants",
    "doctor": "doctor",
    "evaluate": "evaluate",
    "explain": "explain",
    "load": "model",
    "predict": "predict",
    "train": "train",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"seqcnn.api.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'seqcnn' has no attribute '{name}'")
