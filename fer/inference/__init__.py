"""Reading expressions: face detectors, the Predictor on LiteRT, and drawing what it says."""

from fer.inference.detectors import DETECTORS, Detection, detect
from fer.inference.drawing import annotate
from fer.inference.predictor import FACE_PICTURE_PX, MAX_FACES, Predictor
from fer.inference.readings import FaceReading, Reading
from fer.inference.sources import Picture, pictures, zip_pictures
from fer.inference.tables import ReadingsTable

__all__ = [
    "DETECTORS",
    "FACE_PICTURE_PX",
    "MAX_FACES",
    "Detection",
    "FaceReading",
    "Picture",
    "Predictor",
    "Reading",
    "ReadingsTable",
    "annotate",
    "detect",
    "pictures",
    "zip_pictures",
]
