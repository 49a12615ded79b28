"""What the teachers of a run say of the faces that it learns from.

Only the worker imports it: on an accelerator teachers answer there.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from fer import bundles, zoo
from fer.errors import FerError, InputError
from fer.images import InputSpec, model_input
from fer.inference import Predictor
from fer.training import checkpoints, network
from fer.training.ancestors import copy_of_teacher
from fer.training.config import CONFIG, RunConfig
from fer.training.conversion import keras_model

# (n, s, s) uint8 faces to (n, k) probabilities.
_Answers = Callable[[np.ndarray], np.ndarray]
# A network that ends in logits, and what it takes.
_Network = tuple[keras.Model, InputSpec]


class Teachers:
    """The models that teach the run in `folder`: its own copies of them, asked together.

    A model answers from its served file, which a processor is quickest with; on an accelerator its
    Keras network does, where it comes with one. A run that is trained has no file to serve yet.
    """

    def __init__(self, config: RunConfig, folder: Path, precision: str) -> None:
        self._names, self._folder, self._precision = config.teachers, folder, precision

    def answers(self, faces: np.ndarray) -> np.ndarray:
        """(n, k) float32: the mean of their probabilities for (n, s, s) uint8 faces.

        Raises:
            InputError: the run's copy of one is missing or damaged.
        """
        said = sum(count * answer(faces) for count, answer in self._loaded)
        return np.asarray(said / len(self._names), np.float32)

    # Only when first asked: a run whose epochs are done needs them no more.
    @cached_property
    def _loaded(self) -> list[tuple[int, _Answers]]:
        """How many teachers answer in one, and how."""
        networks: list[_Network] = []
        found: list[tuple[int, _Answers]] = []
        accelerated = bool(network.accelerators())
        for place, name in enumerate(self._names):
            folder = copy_of_teacher(self._folder, place)
            try:
                if (folder / CONFIG).is_file():
                    networks.append(_of_run(folder, self._precision))
                    continue
                bundle = bundles.load(folder)
                if accelerated and bundle.has_weights:
                    networks.append(_of_model(bundle, self._precision))
                else:
                    found.append((1, Predictor(bundle).probabilities))
            except FerError as error:
                raise InputError(
                    f"This run's copy of its teacher {name} is missing or damaged; start a new run."
                ) from error
        return found + ([(len(networks), _together(networks))] if networks else [])


def _of_model(bundle: bundles.Bundle, precision: str) -> _Network:
    recipe = zoo.Recipe.from_dict(bundle.card["recipe"])
    model = network.trainable(bundle.architecture, len(bundle.labels), precision, recipe)
    model.set_weights(keras_model(bundle).get_weights())
    return model, bundle.input


def _of_run(folder: Path, precision: str) -> _Network:
    """With the weights that its model would have, but for the temperature.

    Raises:
        InputError: its checkpoint is damaged.
    """
    config, checkpoint = RunConfig.read(folder), checkpoints.latest(folder)
    if checkpoint is None:
        raise InputError(f"{folder} has no checkpoint that is whole.")
    recipe = config.recipe
    model = network.trainable(config.architecture, len(recipe.labels), precision, recipe)
    network.assign(network.state_variables(model), checkpoint.arrays["network"])
    if kept := checkpoint.kept(recipe):
        model.set_weights(kept)
    return model, zoo.get(config.architecture).input


def _together(networks: list[_Network]) -> _Answers:
    """The mean of what they say, as one network: asked once a batch, not once a teacher."""
    specs = list(dict.fromkeys(spec for _, spec in networks))
    inputs = {spec: keras.Input((spec.size_px, spec.size_px, 1)) for spec in specs}
    said = [keras.layers.Softmax(dtype="float32")(model(inputs[spec])) for model, spec in networks]
    mean = said[0] if len(said) == 1 else keras.layers.Average(dtype="float32")(said)
    asked = keras.Model(list(inputs.values()), mean)

    def answers(faces: np.ndarray) -> np.ndarray:
        return np.asarray(asked.predict_on_batch([model_input(faces, spec) for spec in specs]))

    return answers
