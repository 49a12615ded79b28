"""Grad-CAM: where in a face the gradient of a label's score comes from.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization" (2017). Gradients need Keras, which runs in a process of its own.
"""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer.bundles import Bundle
from fer.errors import InputError
from fer.training.aside import run_aside


@dataclass(frozen=True, eq=False)
class GradCam:
    """Attributes:
    labels: the model's.
    layer: the network's layer whose maps are weighed: its last one of at least 4 x 4 places.
    maps: (k, h, w) float32, one for each label: 0 to 1, the most important place 1; all 0
        where nothing speaks for the label.
    """

    labels: tuple[str, ...]
    layer: str
    maps: np.ndarray

    def heat(self, label: str) -> np.ndarray:
        """(h, w) float32, the map of one label."""
        if label not in self.labels:
            raise InputError(f"A label of this model is one of {', '.join(self.labels)}.")
        return np.asarray(self.maps[self.labels.index(label)])


def grad_cam(bundle: Bundle, face: np.ndarray) -> GradCam:
    """Grad-CAM of a face (h, w) uint8 grey for every label; takes some seconds.

    The face itself is not written to disk.

    Raises:
        FerError: the weights cannot be loaded.
    """
    given = io.BytesIO()
    np.save(given, np.ascontiguousarray(face), allow_pickle=False)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "maps.npz"
        work = "fer.training.gradcam_worker"
        run_aside(work, bundle.path.resolve(), made, given=given.getvalue())
        with open(made, "rb") as file, np.load(file, allow_pickle=False) as found:
            return GradCam(bundle.labels, str(found["layer"]), found["maps"])
