"""The classic image networks, from LeNet-5 to DenseNet, applied to biological sequence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqcnn.errors import InputError
from seqcnn.version import __version__

if TYPE_CHECKING:
    from seqcnn.api.call_variants import call_variants
    from seqcnn.api.check import check
    from seqcnn.api.compare import compare
    from seqcnn.api.demo import demo
    from seqcnn.api.doctor import doctor
    from seqcnn.api.draw import draw
    from seqcnn.api.evaluate import evaluate
    from seqcnn.api.explain import explain
    from seqcnn.api.gather import gather
    from seqcnn.api.model import Model, load
    from seqcnn.api.predict import predict
    from seqcnn.api.score_variants import score_variants
    from seqcnn.api.simulate import simulate
    from seqcnn.api.split import split
    from seqcnn.api.train import train

__all__ = [
    "InputError", "Model", "__version__", "call_variants", "check", "compare", "demo", "doctor",
    "draw", "evaluate", "explain", "gather", "load", "predict", "score_variants", "simulate",
    "split", "train",
]  # fmt: skip

# Loaded on first use: torch takes a second to import, and `seqcnn --help` does not need it.
# (The page of many runs is `seqcnn.api.collect.report`: `seqcnn.report` is the layer.)
_LAZY = {name: name for name in __all__ if name not in ("InputError", "__version__")}
_LAZY |= {"Model": "model", "load": "model"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"seqcnn.api.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'seqcnn' has no attribute '{name}'")
