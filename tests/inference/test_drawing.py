"""Boxes and labels on a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageColor

from fer.images import Box
from fer.inference import FaceReading, Reading, annotate
from fer.inference.drawing import _ink
from fer.labels import COLOURS, LABELS


def reading_of(box: Box, label: str = "happy", width: int = 400, height: int = 300) -> Reading:
    rest = {other: 0.0 for other in LABELS if other != label}
    return Reading(width, height, (FaceReading(box, 0.9, {label: 1.0, **rest}),))


def luminance(colour: tuple[int, ...]) -> float:
    channels = np.array(colour[:3]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    darker, lighter = sorted([luminance(a), luminance(b)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("background", [0, 255])
def test_box_and_label_have_the_emotions_colour(label: str, background: int) -> None:
    image = np.full((300, 400, 3), background, np.uint8)
    drawn = annotate(image, reading_of(Box(100, 100, 150, 150), label))
    colour = ImageColor.getrgb(COLOURS[label])
    own = (drawn == colour).all(axis=2)
    assert own[102:248, 100:110].any(axis=1).all()  # the left side of the box, in every row
    assert own[80:100, 100:170].sum() > 200  # the label above it
    assert not own[130:220, 130:220].any()  # the face itself stays free
    assert (image == background).all()  # the original is not drawn upon


@pytest.mark.parametrize("label", LABELS)
def test_letters_stand_out_from_their_label(label: str) -> None:
    ink, ground = ImageColor.getrgb(_ink(COLOURS[label])), ImageColor.getrgb(COLOURS[label])
    assert contrast(ink, ground) >= 4.5  # WCAG AA


def test_a_box_is_seen_on_its_own_colour() -> None:
    image = np.full((300, 400, 3), ImageColor.getrgb(COLOURS["happy"]), np.uint8)
    drawn = annotate(image, reading_of(Box(100, 100, 150, 150)))
    assert (drawn[150, 100] != image[150, 100]).any()


def test_lines_grow_with_the_picture() -> None:
    small, big = (
        annotate(
            np.zeros((side, side, 3), np.uint8),
            reading_of(Box(side // 4, side // 4, side // 2, side // 2), "sad", side, side),
        )
        for side in (300, 3000)
    )
    colour = ImageColor.getrgb(COLOURS["sad"])
    widths = [(p[len(p) // 2, : len(p) // 2] == colour).all(axis=1).sum() for p in (small, big)]
    assert widths[1] >= 8 * widths[0] > 0


def test_no_faces_leave_the_picture_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    np.testing.assert_array_equal(annotate(image, Reading(40, 30, ())), image)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 120),
    height=st.integers(1, 120),
    x=st.integers(0, 119),
    y=st.integers(0, 119),
    size=st.integers(1, 120),
)
def test_any_box_in_any_picture_can_be_drawn(
    width: int, height: int, x: int, y: int, size: int
) -> None:
    box = Box(x % width, y % height, size, size).clipped(width, height)
    assert box is not None
    image = np.zeros((height, width, 3), np.uint8)
    assert annotate(image, reading_of(box, "fear", width, height)).shape == image.shape


@pytest.mark.parametrize("box", [Box(380, 0, 20, 40), Box(0, 280, 20, 20), Box(0, 0, 400, 300)])
def test_a_label_stays_inside_the_picture(box: Box) -> None:
    drawn = annotate(np.zeros((300, 400, 3), np.uint8), reading_of(box))
    rows, columns = np.nonzero((drawn == ImageColor.getrgb(COLOURS["happy"])).all(axis=2))
    # As long as the words "happy 100%" are, wherever the box is.
    assert columns.max() - columns.min() > 50
    assert rows.max() - rows.min() > 10


def test_a_name_stands_before_the_emotion() -> None:
    image = np.full((300, 400, 3), 255, np.uint8)
    reading = reading_of(Box(100, 100, 150, 150))
    without, named = annotate(image, reading), annotate(image, reading, ["12"])
    label = np.s_[70:100, 100:]
    # Two more digits make the label wider; the box is the same.
    assert (named[label] != 255).any(axis=(0, 2)).sum() > (without[label] != 255).any(
        axis=(0, 2)
    ).sum() + 5
    assert (named[110:] == without[110:]).all()
    with pytest.raises(ValueError, match="argument 2 is longer"):
        annotate(image, reading, ["1", "2"])


def test_below_the_threshold_the_label_says_not_sure_too() -> None:
    image = np.full((300, 400, 3), 30, np.uint8)
    reading = reading_of(Box(100, 100, 150, 150))
    sure = annotate(image, reading)
    confidence = reading.faces[0].confidence
    np.testing.assert_array_equal(annotate(image, reading, None, confidence), sure)
    unsure = annotate(image, reading, None, confidence + 0.01)
    # What is written stands above the box.
    widths = [np.count_nonzero((drawn != image)[:99].any(axis=(0, 2))) for drawn in (sure, unsure)]
    assert widths[1] > widths[0] > 0
