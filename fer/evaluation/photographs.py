"""Opening what is to be scored: data sets as they are, photographs through the face detector."""

import threading
from dataclasses import dataclass

import numpy as np

from fer import files
from fer.data import FaceDataset, is_registered, open_dataset, read, whole_picture
from fer.data.dataset import SIDE_PX
from fer.evaluation.scored import Progress
from fer.images import crop_face
from fer.inference import FACE_PICTURE_PX, detect


@dataclass(frozen=True)
class FacesToScore:
    """Faces to score a model on.

    Attributes:
        is_path: whether they were read from a path and not from a registered data set.
        no_face: (m,) rows of photographs without a detected face, which were read whole; None
            where no photograph went through the detector.
    """

    dataset: FaceDataset
    is_path: bool
    no_face: np.ndarray | None = None


def open_for_evaluation(data: str, progress: Progress | None = None) -> FacesToScore:
    """Open `data` as `fer.data.open_dataset` does; the photographs of a path are cropped.

    Pictures of more than `fer.inference.FACE_PICTURE_PX` a side go through the default detector,
    and their biggest face is taken; smaller ones are faces already, as they are in prediction.
    """
    path = files.named(data)
    if is_registered(data) or not (data and path.exists()):
        return FacesToScore(open_dataset(data), is_path=False)
    faces = BiggestFace()
    dataset = read(path, progress, faces.face_of)
    return FacesToScore(dataset, True, faces.rows_without(dataset) if faces.photographs else None)


class BiggestFace:
    """Crops the biggest face of each photograph; called from many threads.

    Attributes:
        photographs: how many pictures that are more than a face there were so far.
        without: in how many of them no face was found; they are read whole.
    """

    def __init__(self) -> None:
        self.photographs = 0
        self.without = 0
        self._whole: set[bytes] = set()
        self._lock = threading.Lock()

    def face_of(self, image: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8 picture -> (48, 48) uint8 face."""
        if max(image.shape[:2]) <= FACE_PICTURE_PX:
            return whole_picture(image)
        faces = detect(image)
        face = crop_face(image, faces[0].box, SIDE_PX) if faces else whole_picture(image)
        with self._lock:
            self.photographs += 1
            if not faces:
                self.without += 1
                self._whole.add(face.tobytes())
        return face

    def rows_without(self, dataset: FaceDataset) -> np.ndarray:
        """(m,) intp: rows of the data set made of these faces that are a picture read whole."""
        whole = [face.tobytes() in self._whole for face in dataset.images]
        return np.flatnonzero(whole)
