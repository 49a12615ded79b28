"""Models that a run begins with: what it takes from them, and that they do not flatter it."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer import bundles, home, zoo
from fer.bundles import TrainingRows
from fer.data import USAGES, FaceDataset, drawn_faces, make_split, open_dataset
from fer.errors import InputError, NotFoundError
from fer.inference import Predictor
from fer.training import RunConfig, start
from fer.training.ancestors import Ancestry, check_ancestors, keep_ancestry
from fer.training.teachers import Teachers
from tests.samples import write_csv
from tests.trained import Trained, faces, fer


def config(trained: Trained, **more: object) -> RunConfig:
    recipe = zoo.get("spec").recipe("demo")
    return RunConfig("spec", "faces", "demo", recipe, **{"split": "80-10-10", **more})


def checked(run: RunConfig) -> None:
    data = open_dataset(run.data).only(run.recipe.labels)
    check_ancestors(run, data, make_split(data, run.split, run.split_seed))


def test_models_of_the_same_split_may_help(trained: Trained) -> None:
    name = trained.bundle.name
    checked(config(trained))
    checked(config(trained, init=name, teachers=(name, "spec")))


@pytest.mark.parametrize("role", ["init", "teachers"])
def test_a_model_that_learned_from_the_test_faces_may_not(trained: Trained, role: str) -> None:
    name = trained.bundle.name
    run = config(trained, split_seed=1, **{role: name if role == "init" else (name,)})
    with pytest.raises(
        InputError, match=r"learned from \d+ of the faces .* split 80-10-10, split seed 0"
    ):
        checked(run)
    with pytest.raises(InputError, match="would flatter it"):
        start(run)
    assert not list(home.runs_dir().glob(".starting-*"))


def test_a_teacher_tells_the_same_labels(trained: Trained) -> None:
    three = zoo.get("spec").recipe("demo").with_changes(labels="happy sad neutral")
    run = RunConfig("spec", "faces", "demo", three, "80-10-10", teachers=(trained.bundle.name,))
    with pytest.raises(InputError, match=r"cannot teach happy, sad, neutral: it tells angry"):
        checked(run)
    with pytest.raises(NotFoundError, match="nobody"):
        checked(config(trained, teachers=("nobody",)))


def test_weights_start_only_their_own_network(trained: Trained) -> None:
    recipe = zoo.get("shallow").recipe(zoo.get("shallow").default_recipe)
    run = RunConfig("shallow", "faces", "x", recipe, "80-10-10", init=trained.bundle.name)
    with pytest.raises(InputError, match=r"its\s+weights do not fit a shallow"):
        checked(run)


def test_what_teachers_say_is_the_mean_over_them(trained: Trained, tmp_path: Path) -> None:
    seen, names = faces().images[[3, 150, 7]], (trained.bundle.name, "spec")
    run = config(trained, teachers=names)
    keep_ancestry(run, tmp_path)
    said = Teachers(run, tmp_path, "float32").answers(seen)
    read = [Predictor(name).probabilities(seen) for name in names]
    np.testing.assert_allclose(said, np.mean(read, axis=0), atol=1e-6)
    assert said.dtype == np.float32


def test_two_teachers_may_have_folders_of_one_name(trained: Trained, tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "model", tmp_path / "b" / "model"]
    for source, path in zip((trained.bundle, bundles.load("spec")), paths, strict=True):
        shutil.copytree(source.path, path)
    run = config(trained, teachers=tuple(map(str, paths)))
    keep_ancestry(run, tmp_path)
    seen = faces().images[:4]
    read = [Predictor(path).probabilities(seen) for path in paths]
    np.testing.assert_allclose(
        Teachers(run, tmp_path, "float32").answers(seen), np.mean(read, axis=0), atol=1e-6
    )


def test_a_run_hangs_on_no_model_that_may_be_deleted(trained: Trained, tmp_path: Path) -> None:
    bundles.import_archive(io.BytesIO(trained.bundle.archive()), "coach")
    try:
        run = config(trained, init="coach", teachers=("coach",))
        keep_ancestry(run, tmp_path)
        before = Teachers(run, tmp_path, "float32").answers(faces().images[:4])
        assert Ancestry.of(tmp_path).beginning("coach").name == "coach"
        bundles.delete("coach")
        bundles.import_archive(io.BytesIO(bundles.load("spec").archive()), "coach")
        # It goes on with the teacher that it had, and begins with no other weights.
        after = Teachers(run, tmp_path, "float32").answers(faces().images[:4])
        np.testing.assert_array_equal(before, after)
        with pytest.raises(InputError, match="another model now"):
            Ancestry.of(tmp_path).beginning("coach")
        bundles.delete("coach")
        with pytest.raises(NotFoundError, match="coach"):
            Ancestry.of(tmp_path).beginning("coach")
        # What it learned from stays known, with its name.
        (told,) = Ancestry.of(tmp_path).teachers
        assert told["name"] == "coach"
        (rows,) = Ancestry.of(tmp_path).rows
        assert rows.seen(faces()).sum() == 170
    finally:
        shutil.rmtree(home.models_dir() / "coach", ignore_errors=True)


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_faulty_copy_of_a_teacher_is_told_by_its_name(
    trained: Trained, tmp_path: Path, fault: str
) -> None:
    run = config(trained, teachers=("spec",))
    keep_ancestry(run, tmp_path)
    served = next((tmp_path / "teachers").rglob(bundles.SERVED))
    if fault == "missing":
        shutil.rmtree(served.parent)
    else:
        served.write_bytes(b"damaged")
    teachers = Teachers(run, tmp_path, "float32")  # a run that is done with its epochs asks nothing
    with pytest.raises(InputError, match="its teacher spec is missing or damaged; start a new run"):
        teachers.answers(faces().images[:2])


def test_rows_are_united_each_once() -> None:
    def rows(*triples: tuple[int, int, int]) -> TrainingRows:
        keys, usage, copies = np.array(triples).T
        return TrainingRows(keys.astype(np.uint64) << 40, usage.astype(np.uint8),
                            copies.astype(np.uint8))  # fmt: skip

    one, other = rows((5, 0, 0), (5, 0, 1), (2, 1, 0)), rows((2, 1, 0), (2, 0, 0), (9, 2, 0))
    both = one.united([other, one])
    found = zip((both.keys >> np.uint64(40)).tolist(), both.usage.tolist(), both.copies.tolist(),
                strict=True)  # fmt: skip
    assert sorted(found) == [(2, 0, 0), (2, 1, 0), (5, 0, 0), (5, 0, 1), (9, 2, 0)]
    alone = one.united([])
    assert sorted(alone.keys) == sorted(one.keys)


def test_united_rows_are_seen_where_either_was() -> None:
    """Also where two know the same image under another Usage."""
    image = drawn_faces(1).images
    both = FaceDataset(
        "both", np.concatenate([image, image]), np.zeros(2, np.int8),
        np.array([USAGES.index("Training"), USAGES.index("PrivateTest")], np.uint8),
    )  # fmt: skip

    def only(row: int) -> TrainingRows:
        key, usage = both.keys[[row]], both.usage[[row]]
        return TrainingRows(key, usage, np.zeros(1, np.uint8))

    seen = [only(0).seen(both), only(0).united([only(1)]).seen(both)]
    assert (seen[0] <= seen[1]).all()
    assert seen[0].any()


def test_a_student_is_trained_and_knows_what_its_teacher_knew(
    trained: Trained, tmp_path: Path
) -> None:
    teacher = trained.bundle
    others = write_csv(tmp_path / "others.csv", drawn_faces(140, seed=6))
    done = fer(
        trained.home, "train", "--arch", "shallow", "--data", others, "--split", "80-10-10",
        "--epochs", 1, "--teacher", teacher.name, "--teacher", "spec", "--set", "distil=0.8",
        "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    student = bundles.load(json.loads(done.stdout)["bundle"])
    try:
        assert [told["name"] for told in student.card["teachers"]] == [teacher.name, "spec"]
        assert student.card["teachers"][0]["sha256"] == teacher.card["files"]["model.tflite"]
        assert student.card["recipe"]["distil"] == 0.8
        left = {path.name for path in (home.runs_dir() / student.name).iterdir()}
        assert "ancestors.json" in left
        assert "teachers" not in left
        learned = faces()
        assert student.training_rows().seen(learned).sum() == 170
        data = open_dataset(str(others))
        own = np.zeros(len(data), bool)
        own[make_split(data, "80-10-10").train] = True
        teachers = [
            bundles.load(name).training_rows().seen(data) for name in (teacher.name, "spec")
        ]
        seen = student.training_rows().seen(data)
        assert (seen == own | teachers[0] | teachers[1]).all()
        assert student.metrics["test"]["n"] == student.card["data"]["n_test"]
    finally:
        bundles.delete(student.name)
