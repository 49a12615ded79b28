"""The training loop in this process: stopped anywhere it goes on as if nothing had happened."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer import zoo
from fer.data import FaceDataset, drawn_faces, make_split
from fer.errors import InputError
from fer.training import RunConfig, checkpoints, network
from fer.training.validation import Validation
from fer.zoo import Recipe

FACES = drawn_faces(60, seed=9)
# A network with dropout, whose random numbers must go on where they were, too.
RECIPE = Recipe(
    batch_size=8, epochs=3, flip=True, shift=0.05, mixup=0.2, ema=0.9, bn_momentum=0.7, erasing=0.2,
    optimizer="sgd", learning_rate=0.01, schedule="plateau", plateau_patience=1, keep="best",
    weight_decay=1e-3, precision="float32",
)  # fmt: skip


class Recorder:
    """A reporter that keeps what it is told, and asks to stop before the given steps."""

    def __init__(self, stop_before: tuple[int, ...] = ()) -> None:
        self.rows: list[dict[str, Any]] = []
        self.epochs: list[dict[str, Any]] = []
        self._asked, self._stops = 0, stop_before

    def stop_requested(self) -> bool:
        self._asked += 1
        return self._asked in self._stops

    def step(self, row: dict[str, Any], **_: Any) -> None:
        self.rows.append(row)

    def epoch(self, row: dict[str, Any], **_: Any) -> None:
        self.epochs.append(row)


def fit(
    folder: Path,
    reporter: Recorder,
    recipe: Recipe = RECIPE,
    name: str = "shallow",
    faces: FaceDataset = FACES,
) -> Any:
    from fer.training.fit import Fit

    config = RunConfig(name, "drawn", "-", recipe, "80-10-10", seed=3)
    split = make_split(faces, "80-10-10")
    made = Fit(config, faces, split, zoo.get(name).input, "float32", folder, reporter)  # type: ignore[arg-type]
    made.restore()
    return made


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Recorder, Path]:
    folder, reporter = tmp_path_factory.mktemp("run"), Recorder()
    whole = fit(folder, reporter)
    assert whole.run()
    return whole, reporter, folder


def test_a_run_stopped_anywhere_ends_with_the_same_weights(
    uninterrupted: tuple[Any, Recorder, Path], tmp_path: Path
) -> None:
    whole, reporter, folder = uninterrupted
    # 48 training faces, 6 steps an epoch: stopped in mid-epoch, then between two epochs.
    rows = []
    for stop_before in [(4,), (4,), ()]:
        recorder = Recorder(stop_before)
        part = fit(tmp_path, recorder)
        ended = part.run()
        rows += recorder.rows
        assert ended == (stop_before == ())
    assert [row["step"] for row in rows] == list(range(1, 19))
    assert [row["loss"] for row in rows] == [row["loss"] for row in reporter.rows]
    expected, found = checkpoints.latest(folder), checkpoints.latest(tmp_path)
    assert expected is not None
    assert found is not None
    assert found.step == expected.step == 18
    assert found.arrays.keys() == {"network", "optimizer", "average", "best"}
    for group, arrays in expected.arrays.items():
        for one, other in zip(found.arrays[group], arrays, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=group)
    for one, other in zip(part.final_weights(), whole.final_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_does_not_go_on_with_other_faces(
    uninterrupted: tuple[Any, Recorder, Path],
) -> None:
    _, _, folder = uninterrupted
    with pytest.raises(InputError, match="put the data back as it was"):
        fit(folder, Recorder(), faces=drawn_faces(60, seed=10))
    assert fit(folder, Recorder(), faces=drawn_faces(60, seed=9)).run()


def test_other_labels_of_the_same_faces_are_other_training(
    uninterrupted: tuple[Any, Recorder, Path],
) -> None:
    _, _, folder = uninterrupted
    labels = FACES.labels.copy()
    labels[make_split(FACES, "80-10-10").train[0]] ^= 1
    with pytest.raises(InputError, match="or their labels"):
        fit(folder, Recorder(), faces=replace(FACES, labels=labels))


def test_a_network_of_no_numbers_is_never_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer.training.fit import Fit

    nothing = Validation.of(np.full((6, 7), np.nan, np.float32), np.arange(6))
    monkeypatch.setattr(Fit, "_validate", lambda self, weights: nothing)
    recorder = Recorder()
    with pytest.raises(FloatingPointError):
        fit(tmp_path, recorder).run()
    assert recorder.epochs == []


def test_decay_is_for_kernels_of_every_kind() -> None:
    from fer.training import network

    recipe = Recipe(weight_decay=0.1)
    model = network.compiled(network.trainable("mini-xception", 7, "float32", recipe), recipe)
    decays = {v.path for v in model.trainable_variables if model.optimizer._use_weight_decay(v)}
    assert decays == {v.path for v in model.trainable_variables if v.path.endswith("kernel")}
    assert any("depthwise" in path for path in decays)


def test_dropout_is_among_what_is_kept(uninterrupted: tuple[Any, Recorder, Path]) -> None:
    whole, _, _ = uninterrupted
    assert any("seed" in variable.path for variable in network.state_variables(whole.model))


def test_the_record_of_an_epoch(uninterrupted: tuple[Any, Recorder, Path]) -> None:
    whole, reporter, _ = uninterrupted
    assert [row["epoch"] for row in reporter.epochs] == [1, 2, 3]
    assert [row["step"] for row in reporter.epochs] == [6, 12, 18]
    assert len(whole.history) == 3
    for row, last in zip(reporter.epochs, reporter.rows[5::6], strict=True):
        assert row["loss"] == last["loss"]  # the mean over the epoch, as the last step shows it
        assert row["accuracy"] == last["accuracy"]
        assert np.isfinite(row["val_loss"])
        assert 0 <= row["val_accuracy"] <= 1


def test_validation_is_of_the_averaged_weights_and_of_the_right_rows(
    uninterrupted: tuple[Any, Recorder, Path],
) -> None:
    from fer.images import model_input
    from fer.training.network import servable

    _, reporter, folder = uninterrupted
    kept = checkpoints.latest(folder)
    assert kept is not None
    rows = make_split(FACES, "80-10-10").validation
    plain = servable("shallow", 7, kept.arrays["average"])
    p = np.asarray(plain(model_input(FACES.images[rows], zoo.get("shallow").input)), np.float64)
    labels = FACES.labels[rows]
    assert reporter.epochs[-1]["val_accuracy"] == (p.argmax(axis=1) == labels).mean()
    loss = -np.log(p[np.arange(len(rows)), labels]).mean()
    assert reporter.epochs[-1]["val_loss"] == pytest.approx(loss, rel=1e-4)
    best = max(reporter.epochs, key=lambda row: row["val_accuracy"])
    assert kept.meta["watch"]["best_epoch"] == best["epoch"] - 1


@pytest.mark.parametrize(("size", "every"), [(2, 8), (8, 6), (48, 1)])
def test_the_average_is_of_every_eighth_step_or_of_each_epoch(
    tmp_path: Path, size: int, every: int
) -> None:
    recipe = replace(RECIPE, batch_size=size, epochs=2)
    recorder, weights = Recorder(), []
    made = fit(tmp_path, recorder, recipe)
    expected = [w.copy() for w in made.model.get_weights()]
    recorder.step = lambda row, **_: weights.append(made.model.get_weights())  # type: ignore[method-assign]
    assert made.run()
    assert len(weights) == 2 * (48 // size)
    for step in range(every - 1, len(weights), every):
        decay = min(recipe.ema, (1 + step) / (10 + step)) ** every
        expected = [
            decay * average + (1 - decay) * weight
            for average, weight in zip(expected, weights[step], strict=True)
        ]
    found = checkpoints.latest(tmp_path)
    assert found is not None
    for one, other in zip(found.arrays["average"], expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_what_it_was_trained_by_is_kept_where_its_model_is_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "accelerators", lambda: ["gpu:0"])
    there = fit(tmp_path, Recorder(stop_before=(9,)))
    assert there.trained_by["machine"].endswith(" CPU cores, gpu:0")
    there.run()
    monkeypatch.setattr(network, "accelerators", list)
    here = fit(tmp_path, Recorder())
    assert here.trained_by["machine"].endswith(" CPU cores")  # the rest of it is
    monkeypatch.setattr(network, "accelerators", lambda: ["gpu:0"])
    there = fit(tmp_path, Recorder())
    assert there.run()
    monkeypatch.setattr(network, "accelerators", list)
    assert fit(tmp_path, Recorder()).trained_by == there.trained_by
    found = checkpoints.latest(tmp_path)
    assert found is not None
    del found.meta["trained_by"]  # as earlier versions left them
    checkpoints.save(tmp_path, found)
    assert fit(tmp_path, Recorder()).trained_by == {}


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    wild = Recipe(batch_size=8, epochs=30, optimizer="sgd", learning_rate=10.0, precision="float32")
    recorder = Recorder()
    with pytest.raises(FloatingPointError):
        fit(tmp_path, recorder, wild, "spec").run()
    assert all(np.isfinite(row["loss"]) for row in recorder.rows)


def test_weights_decay_in_kernels_alone(tmp_path: Path) -> None:
    from fer.training.network import compiled, trainable

    recipe = Recipe(weight_decay=0.01)
    model = compiled(trainable("spec", 7, "float32", recipe), recipe)
    decays = {
        variable.path: model.optimizer._use_weight_decay(variable)
        for variable in model.trainable_variables
    }
    assert {path.rsplit("/", 1)[1] for path, decayed in decays.items() if decayed} == {"kernel"}
    assert {path.rsplit("/", 1)[1] for path, decayed in decays.items() if not decayed} == {
        "bias", "gamma", "beta",
    }  # fmt: skip


def test_the_first_step_is_traced_once(tmp_path: Path) -> None:
    """Twice would be seconds more in which nothing moves."""
    from fer.training.network import compiled, trainable

    recipe = Recipe(optimizer="sgd")
    model = compiled(trainable("shallow", 7, "float32", recipe), recipe)
    traced = []
    step = model.train_step
    model.train_step = lambda *batch: traced.append(batch) or step(*batch)
    for _ in range(2):
        logs = model.train_on_batch(
            np.zeros((7, 48, 48, 1), np.float32), np.eye(7), return_dict=True
        )
    assert len(traced) == 1
    assert set(logs) == {"loss", "accuracy"}


def test_training_in_bfloat16_keeps_float32_weights_and_logits() -> None:
    import keras

    from fer.training.network import resolved_precision, trainable

    model = trainable("spec", 7, "bfloat16", Recipe(bn_momentum=0.5))
    assert {variable.dtype for variable in model.variables} == {"float32"}
    assert model.output.dtype == "float32"
    assert {layer.compute_dtype for layer in model.layers} == {"bfloat16", "float32"}
    normalising = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert {type(layer).__name__ for layer in normalising} == {"FusedBatchNormalization"}
    assert {layer.momentum for layer in normalising} == {0.5}
    assert keras.config.dtype_policy().name == "float32"  # others build as before
    assert resolved_precision(Recipe(precision="bfloat16")) == "bfloat16"
    assert resolved_precision(Recipe()) in ("float32", "bfloat16")


def test_where_there_is_no_tensorflow_it_says_where_to_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from fer.training import Run, job

    monkeypatch.setattr(job, "find_spec", lambda name: None)
    split = make_split(FACES, "80-10-10")
    config = RunConfig("shallow", "drawn", "-", RECIPE, "80-10-10")
    trained = job.Job(Run(tmp_path), config, FACES, split, "float32", fit=fit(tmp_path, Recorder()))
    monkeypatch.setattr("keras.config.backend", lambda: "jax")
    with pytest.raises(InputError, match="resume the run there; nothing is trained again"):
        trained.export(lambda doing: None)
    monkeypatch.undo()
    monkeypatch.setattr("keras.config.backend", lambda: "jax")
    with pytest.raises(InputError, match="with KERAS_BACKEND=tensorflow; nothing is trained again"):
        trained.export(lambda doing: None)
