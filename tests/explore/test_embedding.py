import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import CorruptModelError
from fer.explore import embed, saved_embedding
from fer.explore.embedding import MAX_DIMENSIONS, reduced
from fer.inference import Predictor


def constant(bundle: Bundle, shape: tuple[int, ...]) -> np.ndarray:
    """The one constant of that shape in the served file."""
    network = Interpreter(model_path=str(bundle.served_path))
    network.allocate_tensors()
    (detail,) = [d for d in network.get_tensor_details() if tuple(d["shape"]) == shape]
    return np.asarray(network.get_tensor(detail["index"]))


def test_the_last_layer_makes_the_probabilities_from_the_points(
    spec: Bundle, faces: FaceDataset
) -> None:
    found = embed(spec, faces.images)
    assert found.points.shape == (70, 128)
    logits = found.points @ constant(spec, (7, 128)).T + constant(spec, (7,))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        odds / odds.sum(axis=1, keepdims=True), found.probabilities, atol=1e-5
    )


def test_the_probabilities_are_the_predictors(spec: Bundle, faces: FaceDataset) -> None:
    read = Predictor(spec).probabilities(np.asarray(faces.images))
    np.testing.assert_allclose(embed(spec, faces.images).probabilities, read, atol=1e-5)


def test_a_face_is_the_same_point_wherever_it_stands(spec: Bundle, faces: FaceDataset) -> None:
    points = embed(spec, faces.images).points
    np.testing.assert_allclose(embed(spec, faces.images[69:]).points[0], points[69], atol=1e-4)


def test_what_is_kept_has_the_same_distances_as_far_as_it_goes(
    spec: Bundle, faces: FaceDataset
) -> None:
    whole, kept = embed(spec, faces.images).points, saved_embedding(faces, spec).points
    assert kept.shape == (70, MAX_DIMENSIONS)
    assert np.abs(kept.mean(axis=0)).max() < 1e-3
    far = np.linalg.norm(whole[:, None] - whole, axis=2)
    far_kept = np.linalg.norm(kept[:, None] - kept, axis=2)
    assert np.corrcoef(far.ravel(), far_kept.ravel())[0, 1] > 0.99
    assert (far_kept <= far * 1.001 + 1e-3).all()


def test_it_is_kept_for_these_faces_and_this_model(
    spec: Bundle, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = saved_embedding(faces, spec)

    def fails(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("fer.explore.embedding.embed", fails)
    np.testing.assert_array_equal(saved_embedding(faces, spec).points, first.points)
    with pytest.raises(AssertionError, match="read again"):
        saved_embedding(faces.subset(np.arange(69, -1, -1)), spec)


def test_reducing_narrow_points_only_turns_them() -> None:
    points = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    turned = reduced(points)
    assert turned.shape == (50, 5)
    assert (np.diff(turned.var(axis=0)) <= 1e-6).all()
    assert turned.var() == pytest.approx(points.var(axis=0).mean(), rel=1e-4)


def test_a_damaged_model_is_refused(broken: Bundle, faces: FaceDataset) -> None:
    with pytest.raises(CorruptModelError, match="broken cannot be run"):
        embed(broken, faces.images)


def test_progress_is_told(spec: Bundle) -> None:
    shares: list[float] = []
    embed(spec, np.zeros((600, 48, 48), np.uint8), lambda share, _: shares.append(share))
    assert shares == [0.0, 512 / 600]
