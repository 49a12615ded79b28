"""Opening what is to be scored: data sets as they are, photographs through the face detector."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer.data import FaceDataset, is_registered, open_dataset, read_folder, whole_picture
from fer.data.dataset import SIDE_PX
from fer.evaluation.evaluate import Progress
from fer.images import crop_face
from fer.inference import detect


@dataclass(frozen=True)
class FacesToScore:
    """Faces to score a model on.

    Attributes:
        is_path: whether they were read from a path and not from a registered data set.
        no_face: photographs without a detected face, which were read whole; None where no
            photograph went through the detector.
    """

    dataset: FaceDataset
    is_path: bool
    no_face: int | None = None


def open_for_evaluation(data: str, progress: Progress | None = None) -> FacesToScore:
    """Open `data` as `fer.data.open_dataset` does; photographs in class folders are cropped.

    Pictures larger than 48x48 go through the default detector, as they would in prediction, and
    their biggest face is taken.
    """
    path = Path(data).expanduser()
    if is_registered(data) or not path.is_dir():
        return FacesToScore(open_dataset(data), is_path=not is_registered(data))
    detected = _Detected()
    dataset = read_folder(path, progress, detected.face_of)
    return FacesToScore(dataset, True, detected.without if detected.photographs else None)


class _Detected:
    """Crops the biggest face and counts the photographs without one; called from many threads."""

    def __init__(self) -> None:
        self.photographs = 0
        self.without = 0
        self._lock = threading.Lock()

    def face_of(self, image: np.ndarray) -> np.ndarray:
        if max(image.shape[:2]) <= SIDE_PX:
            return whole_picture(image)
        faces = detect(image)
        with self._lock:
            self.photographs += 1
            self.without += not faces
        return crop_face(image, faces[0].box, SIDE_PX) if faces else whole_picture(image)
