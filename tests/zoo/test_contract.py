"""One harness that every architecture of the zoo passes; a new one is under it by being there."""

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from fer import zoo
from fer.bundles import AGREEMENT, Bundle
from fer.images import model_input
from fer.inference.litert import LiteRtModel

NAMES = zoo.names()


@pytest.fixture(scope="module", params=NAMES)
def built(request):
    """(entry, its number of classes, a fresh Keras model with moved batch statistics)."""
    import keras

    entry = zoo.get(request.param)
    classes = len(entry.recipe(entry.default_recipe).labels)
    keras.utils.set_random_seed(7)
    model = zoo.build(entry.name, classes)
    rng = np.random.default_rng(7)
    for layer in model.layers:
        # As after training: with mean 0 and variance 1 a mistake in serving them would not show.
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(rng.normal(0, 0.2, layer.moving_mean.shape))
            layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_variance.shape))
    return entry, classes, model


def answers(model, x):
    """What the Keras model makes of `x`; without a graph, which takes longer than it saves."""
    return np.asarray(model(x, training=False))


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(1).integers(0, 256, (19, 48, 48), dtype=np.uint8)


def test_parameters_are_those_of_the_entry_and_of_its_layer_table(built):
    entry, _, model = built
    assert model.count_params() == entry.parameters
    assert sum(row.parameters for row in entry.layers) == entry.parameters


def test_every_output_of_the_layer_table_occurs_in_the_network_in_that_order(built):
    entry, _, model = built
    outputs = iter([tuple(layer.output.shape[1:]) for layer in model.layers])
    for row in entry.layers:
        assert row.output in outputs, row  # an iterator: each row is looked for after the last


def test_it_takes_faces_and_gives_probabilities(built, faces):
    entry, classes, model = built
    size = entry.input.size_px
    assert model.input_shape == (None, size, size, 1)
    p = answers(model, model_input(faces, entry.input))
    assert p.shape == (len(faces), classes)
    assert np.isfinite(p).all()
    assert np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert p.std(axis=0).max() > 1e-6, "the answer does not depend on the face"


def test_the_served_file_agrees_alone_and_in_a_batch(built, faces, tmp_path):
    from fer.training.conversion import write_served

    entry, classes, model = built
    write_served(model, tmp_path / "model.tflite")
    x = model_input(faces, entry.input)
    served = LiteRtModel((tmp_path / "model.tflite").read_bytes(), entry.input.size_px, classes)
    expected = answers(model, x)
    assert np.abs(served.probabilities(x) - expected).max() < AGREEMENT
    assert np.abs(served.probabilities(x[:1]) - expected[:1]).max() < AGREEMENT


# Keras's patch for tf2onnx asks for a name that NumPy 2 will give another meaning.
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")
def test_it_can_be_had_as_onnx(built, faces, tmp_path):
    from fer.training.exports_worker import write_onnx

    entry, classes, model = built
    card = {"labels": list(range(classes)), "input": entry.input.to_dict()}
    path = tmp_path / "model.onnx"
    write_onnx(model, Bundle(tmp_path, card), path)
    x = model_input(faces, entry.input)
    expected = answers(model, x)
    (read,) = onnxruntime.InferenceSession(path).run(None, {"face": x})
    assert np.abs(read - expected).max() < AGREEMENT
    opencv = cv2.dnn.readNetFromONNX(str(path))
    opencv.setInput(x[:1])
    assert np.abs(opencv.forward() - expected[:1]).max() < AGREEMENT
    assert [output.name for output in onnx.load(path).graph.output] == ["probabilities"]


def test_weights_saved_and_loaded_into_a_new_network_give_the_same(built, faces, tmp_path):
    entry, classes, model = built
    model.save(tmp_path / "model.keras")
    again = zoo.build(entry.name, classes)
    again.load_weights(tmp_path / "model.keras")
    x = model_input(faces, entry.input)
    assert np.array_equal(answers(model, x), answers(again, x))


def test_dividing_the_weights_of_its_last_layer_divides_its_logits(built, faces):
    """So a temperature can be put into them."""
    import keras

    entry, _, model = built
    last = [layer for layer in model.layers if layer.weights][-1]
    weights = [np.asarray(part) + 0.1 for part in last.get_weights()]
    logits = keras.Model(model.input, model.get_layer("logits").output)
    x = model_input(faces, entry.input)
    last.set_weights(weights)
    before = answers(logits, x)
    last.set_weights([part / 2 for part in weights])
    after = answers(logits, x)
    assert np.abs(before).max() > 0.05
    assert np.allclose(after, before / 2, rtol=1e-4, atol=1e-5)


def test_a_few_steps_of_its_recipe_lower_the_loss(built, faces):
    from fer.training import network

    entry, classes, _ = built
    recipe = entry.recipe(entry.default_recipe).with_changes(label_smoothing=0, weight_decay=0)
    model = network.compiled(network.trainable(entry.name, classes, "float32", recipe), recipe)
    # For so few steps making a graph takes longer than it saves.
    model.run_eagerly = True
    model.optimizer.learning_rate = 0.01 if recipe.optimizer == "sgd" else 1e-3
    x = model_input(faces[:8], entry.input)
    y = np.eye(classes, dtype=np.float32)[np.arange(8) % classes]
    losses = []
    for _ in range(5):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, y, return_dict=True)["loss"]))
    assert np.isfinite(losses).all()
    assert min(losses[1:]) < losses[0]


def test_multiply_adds_are_counted(built):
    from fer.training.network import multiply_adds

    # As counted by hand from the layers' shapes.
    by_hand = {
        "se-resnet-s": 64,
        "se-resnet-12": 146,
        "se-resnet-14": 116,
        "se-resnet-14-wide": 464,
        "se-resnet-18": 1_096,
        "se-resnet-m": 143,
        "spec": 88,
    }
    entry, _, model = built
    counted = multiply_adds(model)
    assert counted > 0.9 * entry.parameters  # each kernel's number is used at least once
    if entry.name in by_hand:
        assert round(counted / 1e6) == by_hand[entry.name]


@pytest.mark.parametrize("name", NAMES)
def test_recipes_can_be_kept_and_read_back(name):
    entry = zoo.get(name)
    assert entry.default_recipe in entry.recipes
    for recipe in entry.recipes.values():
        assert recipe.summary
        assert zoo.Recipe.from_dict(recipe.to_dict()) == recipe
