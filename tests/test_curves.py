import random

import pytest

from fer import curves


def rows(losses: list[float], steps_per_epoch: int) -> list[dict]:
    """Step rows as the worker writes them: means over the epoch so far."""
    out = []
    for step, _ in enumerate(losses, 1):
        epoch = (step - 1) // steps_per_epoch
        so_far = losses[epoch * steps_per_epoch : step]
        mean = sum(so_far) / len(so_far)
        out.append(
            {
                "step": step,
                "epoch": epoch + 1,
                "loss": mean,
                "accuracy": mean / 10,
                "time_s": 30.0 * step,
                "learning_rate": 1 / step,
            }
        )
    return out


def curve(steps: list[dict], epochs: list[dict] | None = None, quantity: str = "loss", **more):  # type: ignore[no-untyped-def]
    return curves.learning_curve(
        steps,
        epochs or [],
        quantity,
        steps_per_epoch=10,
        name="r",
        **{"n_epochs": 4} | more,
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
    assert early.uirevision == late.uirevision


def test_the_axis_of_a_long_run_grows_in_few_steps() -> None:
    def ends(n_epochs: int) -> list[float]:
        return [
            curve(rows([1.0] * (10 * epoch + 5), 10), n_epochs=n_epochs).layout.xaxis.range[1]
            for epoch in range(n_epochs)
        ]

    assert set(ends(8)) == {8}
    assert sorted(set(ends(50))) == [4, 8, 16, 50]
    assert all(end > epoch for epoch, end in enumerate(ends(50)))


def test_a_run_that_has_nothing_yet_is_an_empty_curve() -> None:
    assert [len(line.x) for line in curve([]).data] == [0, 0]


@pytest.mark.parametrize("n", [0, 1, 399, 400, 401, 5000])
def test_averaging_keeps_few_points_and_the_mean(n: int) -> None:
    rng = random.Random(n)
    y = [rng.random() for _ in range(n)]
    xs, ys = curves.averaged(list(range(n)), y)
    assert len(xs) == len(ys) <= curves.MAX_POINTS
    assert len(xs) >= min(n, curves.MAX_POINTS / 2)
    if n and n == len(ys):
        assert ys == y


def test_averaged_points_stay_where_they_are_as_values_are_added() -> None:
    values = [float(i % 7) for i in range(1000)]
    before = curves.averaged(values, values, max_points=300)[1]
    after = curves.averaged([*values, 5.0, 6.0], [*values, 5.0, 6.0], max_points=300)[1]
    assert after[: len(before) - 1] == before[:-1]


@pytest.mark.parametrize(
    ("axis", "places", "end", "title"),
    [
        ("epoch", [0.1, 0.2, 0.3], 4, "epoch"),
        ("step", [1, 2, 3], 40, "step"),
        ("time", [30, 60, 90], None, "time (s)"),
    ],
)
def test_curves_can_be_drawn_against_epochs_steps_or_time(
    axis: str, places: list[float], end: float | None, title: str
) -> None:
    figure = curve(rows([3.0, 2.0, 1.0], 10), axis=axis)
    assert list(figure.data[0].x) == pytest.approx(places)
    assert figure.layout.xaxis.title.text == title
    assert figure.layout.xaxis.range == (None if end is None else (0, end))


def test_long_trainings_are_told_in_minutes_and_hours() -> None:
    minutes = curve(rows([1.0] * 9, 10), axis="time")
    hours = curve(rows([1.0] * 399, 10), axis="time")
    assert (minutes.layout.xaxis.title.text, minutes.data[0].x[-1]) == ("time (min)", 4.5)
    assert (hours.layout.xaxis.title.text, hours.data[0].x[-1]) == ("time (h)", 399 * 30 / 3600)


def test_another_axis_is_another_zoom() -> None:
    steps = rows([1.0], 10)
    assert curve(steps, axis="step").layout.uirevision != curve(steps).layout.uirevision


def test_smoothing_weighs_older_values_less_and_leaves_validation_alone() -> None:
    values, amount = [4.0, 1.0, 7.0, 2.0], 0.6
    expected = []
    for i in range(len(values)):
        weights = [amount ** (i - j) for j in range(i + 1)]
        expected.append(sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights))
    epochs = [{"step": 10, "val_loss": 2.0}, {"step": 20, "val_loss": 1.0}]
    figure = curve(rows(values, 10), epochs, smoothing=amount)
    assert list(figure.data[0].y) == pytest.approx(expected)
    assert list(figure.data[1].y) == [2.0, 1.0]
    assert curves.smoothed(values, 0) == values


def test_learning_rates_are_shown_as_they_were() -> None:
    line = curve(rows([1.0, 1.0, 1.0], 10), quantity="learning_rate", smoothing=0.9).data[0]
    assert list(line.y) == pytest.approx([1, 1 / 2, 1 / 3])


def test_what_older_runs_did_not_record_is_an_empty_curve() -> None:
    epochs = [{"step": 10, "val_loss": 2.0}, {"step": 20, "val_loss": 1.0, "val_macro_f1": 0.4}]
    line = curve([], epochs, "macro_f1").data[1]
    assert (list(line.x), list(line.y)) == ([2], [0.4])


def test_runs_are_compared_on_one_axis_and_told_apart_without_colour() -> None:
    def ends(steps_per_epoch: int, *accuracies: float) -> list[dict]:
        return [
            {"step": steps_per_epoch * n, "val_accuracy": value, "time_s": 60.0 * n}
            for n, value in enumerate(accuracies, 1)
        ]

    runs = {f"run-{n}": ends(10 * n, 0.2, 0.3) for n in range(1, 7)} | {"run-1": ends(10, 0.9)}
    steps = {f"run-{n}": 10 * n for n in range(1, 7)}
    epochs, by_step, by_time = (
        curves.compared(runs, "accuracy", steps_per_epoch=steps, axis=axis)
        for axis in ("epoch", "step", "time")
    )
    assert [line.name for line in epochs.data] == list(runs)
    assert list(epochs.data[0].x) == [1]
    assert [list(line.x) for line in epochs.data[1:]] == [[1, 2]] * 5
    assert list(by_step.data[5].x) == [60, 120]
    assert list(by_time.data[5].x) == [60 / 60, 120 / 60]
    assert by_step.layout.xaxis.range == (0, 120)
    looks = {(line.line.dash, line.marker.symbol) for line in epochs.data}
    assert len(looks) == 6


def test_runs_without_an_epoch_can_be_compared() -> None:
    figure = curves.compared({"a": [], "b": []}, "loss", steps_per_epoch={"a": 1, "b": 1})
    assert [len(line.x) for line in figure.data] == [0, 0]


def test_a_card_that_has_only_the_ends_of_epochs_shows_these() -> None:
    history = [{"step": 10 * n, "epoch": n, "loss": 2 / n, "val_loss": 3 / n} for n in (1, 2, 3)]
    training, validation = curve(history, history).data
    assert list(training.x) == list(validation.x) == [1, 2, 3]
    assert list(training.y) == [2 / n for n in (1, 2, 3)]
