"""Reading expressions: face detectors, the Predictor on LiteRT, and drawing what it says."""

from fer.inference.detectors import DETECTORS, Detection, detect
from fer.inference.drawing import annotate
from fer.inference.predictor import Predictor
from fer.inference.readings import FaceReading, Reading

__all__ = [
    "DETECTORS",
    "Detection",
    "FaceReading",
    "Predictor",
    "Reading",
    "annotate",
    "detect",
]
