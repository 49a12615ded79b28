"""What the layers of a served network look for, and what they find in one face.

Filters are weights, the same for every face; feature maps are what a convolution makes of a face.
Both are read from the served file; TensorFlow is not needed.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer.bundles import Bundle
from fer.errors import CorruptModelError
from fer.images import model_input
from fer.inference.graph import FAULTS, Graph


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What one convolution makes of a face.

    Attributes:
        title: "convolution 2 of 8". maps: (n, h, w) float32, a map a filter.
    """

    title: str
    maps: np.ndarray


def first_filters(bundle: Bundle) -> np.ndarray:
    """(n, h, w) float32, the filters of the first convolution, which see the face itself.

    Raises:
        CorruptModelError: the served file cannot be read.
    """
    try:
        filters = Graph(bundle.served_path.read_bytes()).first_filters()
        return np.ascontiguousarray(filters.mean(axis=-1))  # of one channel, for a grey face
    except (OSError, *FAULTS) as error:
        raise _damaged(bundle) from error


def feature_maps(bundle: Bundle, face: np.ndarray) -> list[FeatureMaps]:
    """The feature maps of every convolution that still makes a picture, the first one first.

    Args:
        face: (h, w) uint8 grey.

    Raises:
        CorruptModelError: the served file cannot be run.
    """
    from ai_edge_litert.interpreter import Interpreter

    x = model_input(face[None], bundle.input)
    try:
        graph = Graph(bundle.served_path.read_bytes())
        tensors = graph.convolutions()
        network = Interpreter(model_content=graph.with_outputs([graph.output, *tensors]))
        given = network.get_input_details()[0]["index"]
        network.resize_tensor_input(given, x.shape)
        network.allocate_tensors()
        network.set_tensor(given, x)
        network.invoke()
        made = [network.get_tensor(detail["index"])[0] for detail in network.get_output_details()]
    except (OSError, *FAULTS) as error:
        raise _damaged(bundle) from error
    return [
        FeatureMaps(f"convolution {number} of {len(tensors)}", maps.transpose(2, 0, 1))
        for number, maps in enumerate(made[1:], start=1)
        if min(maps.shape[:2]) > 1
    ]


def contact_sheet(maps: np.ndarray, columns: int = 8, tile_px: int = 48) -> np.ndarray:
    """Filters or feature maps (n, h, w) side by side: (height, width) uint8, white between them.

    Each is stretched to its own range from black to white, so that its shape shows.
    """
    rows = -(-len(maps) // columns)
    step = tile_px + 2
    sheet = np.full((rows * step - 2, columns * step - 2), 255, np.uint8)
    for index, values in enumerate(maps):
        low, high = float(values.min()), float(values.max())
        grey = np.round((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
        tile = cv2.resize(grey, (tile_px, tile_px), interpolation=cv2.INTER_NEAREST)
        top, left = index // columns * step, index % columns * step
        sheet[top : top + tile_px, left : left + tile_px] = tile
    return sheet


def _damaged(bundle: Bundle) -> CorruptModelError:
    return CorruptModelError(
        f"{bundle.name} cannot be run as a LiteRT model: train or install it again."
    )
