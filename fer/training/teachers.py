"""What the teachers of a run say of the faces that it learns from.

Only the worker imports it: on an accelerator teachers answer there.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from fer import bundles
from fer.bundles import Bundle
from fer.errors import FerError, InputError
from fer.images import model_input
from fer.inference import Predictor
from fer.training import network
from fer.training.ancestors import copy_of_teacher
from fer.training.config import RunConfig
from fer.training.conversion import keras_model
from fer.zoo import Recipe

# (n, s, s) uint8 faces to (n, k) probabilities.
_Answers = Callable[[np.ndarray], np.ndarray]


class Teachers:
    """The models that teach the run in `folder`: its own copies of them, asked together.

    They answer from their served files, which a processor is quickest with; on an accelerator the
    Keras networks of those that come with one do, in `precision`.
    """

    def __init__(self, config: RunConfig, folder: Path, precision: str) -> None:
        self._names, self._folder, self._precision = config.teachers, folder, precision

    def answers(self, faces: np.ndarray) -> np.ndarray:
        """(n, k) float32: the mean of their probabilities for (n, s, s) uint8 faces.

        Raises:
            InputError: the run's copy of one is missing or damaged.
        """
        said = sum(teachers * answers(faces) for teachers, answers in self._loaded)
        return np.asarray(said / len(self._names), np.float32)

    # Only when first asked: a run whose epochs are done needs them no more.
    @cached_property
    def _loaded(self) -> list[tuple[int, _Answers]]:
        """How many teachers answer in one, and how."""
        accelerated = bool(network.accelerators())
        served, networks = [], []
        for place, name in enumerate(self._names):
            try:
                bundle = bundles.load(copy_of_teacher(self._folder, place))
                if accelerated and bundle.has_weights:
                    networks.append((bundle, self._network(bundle)))
                else:
                    served.append(Predictor(bundle))
            except FerError as error:
                raise InputError(
                    f"This run's copy of its teacher {name} is missing or damaged; start a new run."
                ) from error
        together = [(len(networks), _together(networks))] if networks else []
        return [(1, predictor.probabilities) for predictor in served] + together

    def _network(self, bundle: Bundle) -> keras.Model:
        classes = len(bundle.labels)
        # A recipe changes nothing in what it says.
        model = network.trainable(bundle.architecture, classes, self._precision, Recipe())
        model.set_weights(keras_model(bundle).get_weights())
        return model


def _together(networks: list[tuple[Bundle, keras.Model]]) -> _Answers:
    """The mean of what they say, as one network: asked once a batch, not once a teacher."""
    specs = list(dict.fromkeys(bundle.input for bundle, _ in networks))
    inputs = {spec: keras.Input((spec.size_px, spec.size_px, 1)) for spec in specs}
    said = [
        keras.layers.Softmax(dtype="float32")(logits(inputs[bundle.input]))
        for bundle, logits in networks
    ]
    mean = said[0] if len(said) == 1 else keras.layers.Average(dtype="float32")(said)
    asked = keras.Model(list(inputs.values()), mean)

    def answers(faces: np.ndarray) -> np.ndarray:
        return np.asarray(asked.predict_on_batch([model_input(faces, spec) for spec in specs]))

    return answers
