import random

import pytest

from fer import plots
from fer.labels import COLOURS


def rows(losses: list[float], steps_per_epoch: int) -> list[dict]:
    """Step rows as the worker writes them: means over the epoch so far."""
    out = []
    for step, _ in enumerate(losses, 1):
        epoch = (step - 1) // steps_per_epoch
        so_far = losses[epoch * steps_per_epoch : step]
        mean = sum(so_far) / len(so_far)
        out.append({"step": step, "epoch": epoch + 1, "loss": mean, "accuracy": mean / 10})
    return out


def curve(steps: list[dict], epochs: list[dict] | None = None, quantity: str = "loss"):  # type: ignore[no-untyped-def]
    return plots.learning_curve(
        steps,
        epochs or [],
        quantity,  # type: ignore[arg-type]
        steps_per_epoch=10,
        n_epochs=4,
        name="r",
    )


def test_a_curve_shows_each_step_and_not_the_mean_since_the_epoch_began() -> None:
    rng = random.Random(0)
    losses = [rng.uniform(0, 3) for _ in range(25)]
    line = curve(rows(losses, 10)).data[0]
    shown = [step for step in range(1, 26) if step % 10]
    assert list(line.x) == pytest.approx([step / 10 for step in shown])
    assert list(line.y) == pytest.approx([losses[step - 1] for step in shown])


def test_rows_some_steps_apart_show_the_mean_between_them() -> None:
    losses = [float(i) for i in range(1, 10)]
    sparse = [rows(losses, 10)[i] for i in (2, 5, 8)]
    assert list(curve(sparse).data[0].y) == pytest.approx([2, 5, 8])


def test_validation_stands_at_the_end_of_its_epoch() -> None:
    epochs = [
        {"step": 10, "val_loss": 2.0, "val_accuracy": 0.3},
        {"step": 20, "val_loss": 1.0, "val_accuracy": 0.6},
    ]
    line = curve([], epochs, "accuracy").data[1]
    assert list(line.x) == [1, 2]
    assert list(line.y) == [0.3, 0.6]


def test_the_axes_stand_still_while_a_curve_grows() -> None:
    early, late = (curve(rows([1.0] * n, 10)).layout for n in (3, 33))
    assert early.xaxis.range == late.xaxis.range == (0, 4)
    assert early.uirevision == late.uirevision == "r"


def test_a_run_that_has_nothing_yet_is_an_empty_curve() -> None:
    assert [len(line.x) for line in curve([]).data] == [0, 0]


@pytest.mark.parametrize("n", [0, 1, 399, 400, 401, 5000])
def test_averaging_keeps_few_points_and_the_mean(n: int) -> None:
    rng = random.Random(n)
    y = [rng.random() for _ in range(n)]
    xs, ys = plots.averaged(list(range(n)), y)
    assert len(xs) == len(ys) <= plots.MAX_POINTS
    assert len(xs) >= min(n, plots.MAX_POINTS / 2)
    if n and n == len(ys):
        assert ys == y


def test_averaged_points_stay_where_they_are_as_values_are_added() -> None:
    values = [float(i % 7) for i in range(1000)]
    before = plots.averaged(values, values, max_points=300)[1]
    after = plots.averaged([*values, 5.0, 6.0], [*values, 5.0, 6.0], max_points=300)[1]
    assert after[: len(before) - 1] == before[:-1]


def test_a_histogram_has_each_count_in_its_labels_colour() -> None:
    counts = {"sad": 30, "happy": 10, "angry": 0}
    bars = plots.class_histogram(counts).data[0]
    assert list(bars.x) == [0, 10, 30]  # in the order of LABELS
    assert list(bars.marker.color) == [COLOURS[label] for label in ("angry", "happy", "sad")]
    assert list(bars.text) == ["0 · 0.0%", "10 · 25.0%", "30 · 75.0%"]
    assert bars.y[1].endswith("happy")


def test_a_histogram_of_nothing_can_be_drawn() -> None:
    assert list(plots.class_histogram({"happy": 0}).data[0].x) == [0]
