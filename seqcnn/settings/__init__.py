"""Typed settings of every command."""

from seqcnn.settings.base import Settings, read_config, resolve
from seqcnn.settings.compare import CompareSettings
from seqcnn.settings.simulate import SimulateSettings
from seqcnn.settings.training import (
    DataSettings,
    EvaluateSettings,
    FitSettings,
    PredictSettings,
    TrainSettings,
)

__all__ = [
    "CompareSettings",
    "DataSettings",
    "EvaluateSettings",
    "FitSettings",
    "PredictSettings",
    "Settings",
    "SimulateSettings",
    "TrainSettings",
    "read_config",
    "resolve",
]
