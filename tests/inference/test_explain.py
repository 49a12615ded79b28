"""Why a face is read as it is: covered parts, filters and feature maps."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from fer.bundles import Bundle
from fer.errors import CorruptModelError, InputError
from fer.images import crop_face, decode, model_input
from fer.inference import Predictor
from fer.inference.explain import CELLS, PATCH_PX, STEP_PX, Occlusion, occlusion, overlay
from fer.inference.features import contact_sheet, feature_maps, first_filters


@pytest.fixture(scope="module")
def smile(predictor: Predictor, astronaut: Path) -> np.ndarray:
    (face,) = predictor.predict(astronaut).faces
    return crop_face(decode(astronaut), face.box)


@pytest.fixture(scope="module")
def covered(predictor: Predictor, smile: np.ndarray) -> Occlusion:
    return occlusion(predictor, smile)


def test_a_smile_is_in_the_mouth(covered: Occlusion) -> None:
    assert covered.emotion == "happy"
    place, drop = covered.place()
    assert place == "lower middle"
    assert drop > 0.2
    assert covered.place("happy") == (place, drop)
    # What takes from one label gives to the others.
    np.testing.assert_allclose(covered.drops.sum(axis=2), 0, atol=1e-5)
    row, column = np.unravel_index(covered.heat("neutral").argmin(), (CELLS, CELLS))
    assert (row > CELLS // 2, abs(column - CELLS // 2) <= 2) == (True, True)


def test_a_cell_is_the_mean_over_the_patches_that_cover_it(
    predictor: Predictor, smile: np.ndarray, covered: Occlusion
) -> None:
    before = predictor.probabilities(smile[None])[0]
    np.testing.assert_array_equal(covered.probabilities, before)
    for row, column in ((0, 0), (0, 5), (7, 6), (11, 11)):
        drops = []
        for top in range(-STEP_PX, 48 - PATCH_PX + 2 * STEP_PX, STEP_PX):
            for left in range(-STEP_PX, 48 - PATCH_PX + 2 * STEP_PX, STEP_PX):
                y, x = row * STEP_PX, column * STEP_PX
                if top <= y < top + PATCH_PX and left <= x < left + PATCH_PX:
                    copy = smile.copy()
                    bottom, right = top + PATCH_PX, left + PATCH_PX
                    copy[max(top, 0) : bottom, max(left, 0) : right] = round(float(smile.mean()))
                    drops.append(before - predictor.probabilities(copy[None])[0])
        assert len(drops) in (4, 6, 9)
        np.testing.assert_allclose(covered.drops[row, column], np.mean(drops, axis=0), atol=1e-5)


def test_over_a_hundred_copies_are_read_in_one_call(
    predictor: Predictor, smile: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    read = predictor.probabilities

    def counted(faces: np.ndarray) -> np.ndarray:
        calls.append(len(faces))
        return read(faces)

    monkeypatch.setattr(predictor, "probabilities", counted)
    occlusion(predictor, smile)
    assert calls == [145]


def test_covering_a_blank_face_changes_nothing(predictor: Predictor) -> None:
    found = occlusion(predictor, np.full((48, 48), 90, np.uint8))
    assert np.abs(found.drops).max() < 1e-5


def test_faces_of_any_size_are_taken(predictor: Predictor, smile: np.ndarray) -> None:
    doubled = smile.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(
        occlusion(predictor, doubled).drops, occlusion(predictor, smile).drops, atol=1e-5
    )


def test_a_label_that_the_model_has_not_is_refused(covered: Occlusion) -> None:
    with pytest.raises(InputError, match="one of angry, disgust"):
        covered.heat("bored")


def test_what_counts_is_said_in_a_sentence() -> None:
    drops = np.zeros((12, 12, 2), np.float32)
    drops[10, 6, 0] = 0.42
    found = Occlusion(("happy", "sad"), np.array([0.96, 0.04], np.float32), drops)
    assert found.sentence() == (
        "What counts most for happy is in the lower middle of the face: covering it takes 42 of "
        "the 96 points."
    )
    assert found.sentence("sad").startswith("No part of the face alone counts for sad")


def test_the_overlay_is_orange_for_and_blue_against(smile: np.ndarray) -> None:
    heat = np.zeros((12, 12), np.float32)
    heat[:3, :3], heat[-3:, -3:] = 0.4, -0.4
    drawn = overlay(smile, heat, 96).astype(int)
    assert drawn.shape == (96, 96, 3)
    red, _, blue = np.moveaxis(drawn, 2, 0)
    assert (red[:16, :16] - blue[:16, :16] > 50).all()
    assert (blue[-16:, -16:] - red[-16:, -16:] > 50).all()
    assert (red[40:56, 40:56] == blue[40:56, 40:56]).all()


def test_small_differences_are_not_drawn_as_large(smile: np.ndarray) -> None:
    drawn = overlay(smile, np.full((12, 12), 0.001), 48).astype(int)
    assert np.abs(drawn[..., 0] - drawn[..., 2]).max() < 10


def test_the_first_filters_are_the_weights_of_the_served_file(spec: Bundle) -> None:
    filters = first_filters(spec)
    assert filters.shape == (32, 3, 3)
    network = Interpreter(model_path=str(spec.served_path))
    network.allocate_tensors()
    (detail,) = [d for d in network.get_tensor_details() if tuple(d["shape"]) == (32, 3, 3, 1)]
    np.testing.assert_array_equal(filters, network.get_tensor(detail["index"])[..., 0])


def test_the_first_feature_maps_are_the_first_filters_over_the_face(
    spec: Bundle, smile: np.ndarray
) -> None:
    maps = feature_maps(spec, smile)
    assert [(one.title, one.maps.shape) for one in (maps[0], maps[-1])] == [
        ("convolution 1 of 8", (32, 46, 46)),
        ("convolution 7 of 8", (128, 6, 6)),
    ]
    x = model_input(smile[None], spec.input)[0, :, :, 0]
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3))
    sums = np.einsum("hwij,nij->nhw", windows, first_filters(spec))
    # Before bias and ReLU; where the latter let it pass, the bias is the same everywhere.
    for found, expected in zip(maps[0].maps, sums, strict=True):
        passed = found > 0
        if passed.sum() > 10:
            assert (found - expected)[passed].std() < 1e-5


def test_a_damaged_file_is_told(spec: Bundle, smile: np.ndarray, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(spec.path, tmp_path / "cut"))
    (folder / "model.tflite").write_bytes(spec.served_path.read_bytes()[:5000])
    for look in (first_filters, lambda bundle: feature_maps(bundle, smile)):
        with pytest.raises(CorruptModelError, match="cut cannot be run"):
            look(Bundle(folder, spec.card))


def test_a_contact_sheet_has_a_tile_a_map() -> None:
    maps = np.stack([np.eye(4), 1000 * np.eye(4), np.zeros((4, 4))])
    sheet = contact_sheet(maps, columns=2, tile_px=8)
    assert (sheet.shape, sheet.dtype) == ((18, 18), np.uint8)
    np.testing.assert_array_equal(sheet[:8, :8], sheet[:8, 10:])  # each in its own range
    assert (sheet[0, 0], sheet[0, 7], sheet[10, 0], sheet[0, 8], sheet[10, 10]) == (
        *(255, 0, 0),
        *(255, 255),
    )
