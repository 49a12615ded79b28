"""From a run's config to a network in training, and from its weights to a bundle."""

import logging
import time
from dataclasses import dataclass
from importlib.util import find_spec

import keras

from fer import zoo
from fer.bundles import Bundle
from fer.data import FaceDataset, Split, open_dataset
from fer.errors import InputError
from fer.training import conversion, exporter, network
from fer.training.ancestors import Ancestry
from fer.training.config import RunConfig, split_to_train
from fer.training.fit import Fit
from fer.training.reporter import Reporter
from fer.training.runs import Run

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A run with its data opened and its network built."""

    run: Run
    config: RunConfig
    dataset: FaceDataset
    split: Split
    precision: str
    fit: Fit

    @classmethod
    def prepare(cls, run: Run, reporter: Reporter) -> "Job":
        """Open the data, build the network, take up the newest checkpoint where there is one."""
        config = run.config
        architecture = zoo.get(config.architecture)
        dataset = open_dataset(config.data)
        faces = dataset.only(config.recipe.labels)
        split = split_to_train(faces, config)
        # A resumed run keeps the precision that it began with, on whichever machine.
        precision = reporter.status.precision or network.resolved_precision(config.recipe)
        _log.info("%s on %s, %s, keras %s", run.name, dataset.name, precision, keras.__version__)
        fit = Fit(config, faces, split, architecture.input, precision, run.path, reporter)
        if fit.restore():
            _log.info("resumed after %d epochs", len(fit.history))
        elif config.init:
            init = Ancestry.of(run.path).beginning(config.init)
            fit.start_from(conversion.keras_model(init).get_weights())
        steps = -(-len(split.train) // config.recipe.batch_size)
        reporter.state("running", "", precision=precision, steps_per_epoch=steps)
        return cls(run, config, dataset, split, precision, fit)

    def export(self, told: exporter.Told) -> Bundle:
        """Write the bundle, called like the run, and measure it on the test part of its split.

        `told` hears what is done next.

        Raises:
            InputError: where Keras's backend is not TensorFlow, which makes the served file:
                training does without it.
        """
        if keras.config.backend() != "tensorflow":
            remedy = (
                "copy the run's folder to where it is installed and resume the run there"
                if find_spec("tensorflow") is None
                else "resume the run with KERAS_BACKEND=tensorflow"
            )
            raise InputError(
                f"It is trained, but only TensorFlow can make the model of it: {remedy}; nothing "
                "is trained again."
            )
        started = time.monotonic()
        bundle = exporter.make_bundle(
            self.run.name,
            self.config,
            self.dataset,
            self.split,
            self.fit.final_weights(),
            self.fit.history,
            self.precision,
            self.fit.trained_by,
            Ancestry.of(self.run.path),
            self.run.recorded_status.created,
            told,
        )
        _log.info("bundle made in %.1f s", time.monotonic() - started)
        return bundle
