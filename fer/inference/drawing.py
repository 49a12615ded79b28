"""Drawing a reading onto its picture."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from fer.images import Box
from fer.inference.readings import Reading
from fer.labels import COLOURS

_OTHER_COLOUR = "#8C8C8C"  # for a label that this project has no colour for


def annotate(
    image: np.ndarray,
    reading: Reading,
    names: Sequence[str] | None = None,
    unsure_below: float = 0.0,
) -> np.ndarray:
    """A copy of the image (h, w, 3) uint8 RGB with each face's box, emotion and confidence.

    `names`, one a face, stand before the emotions: numbers, say, by which a list refers to them.
    Below a confidence of `unsure_below` (see `Bundle.unsure_below`) it says "not sure" too.
    Lines and letters grow with the picture and the face. Boxes have a dark and a light rim and
    letters stand on a filled label, so that both are seen on any background.
    """
    picture = Image.fromarray(image, "RGB")
    canvas = ImageDraw.Draw(picture)
    longest = max(picture.size)
    named = list(zip(reading.faces, names or [""] * len(reading.faces), strict=True))
    for face, name in reversed(named):  # the biggest last: its label is the one to be on top
        colour = COLOURS.get(face.emotion, _OTHER_COLOUR)
        side = max(face.box.width, face.box.height)
        # The faces of a group are small in a big picture: there the box sets the measure, down to
        # what can still be read when the picture is shown as wide as a page.
        line_px = max(1, round(min(longest / 250, side / 30)))
        letter_px = round(max(10, longest / 85, min(longest / 34, side / 4)))
        _draw_box(canvas, face.box, colour, line_px)
        unsure = face.confidence < unsure_below
        said = f"{name} {face.emotion} {face.confidence:.0%}".strip()
        texts = [f"{said}, not sure", "not sure"] if unsure else [said, face.emotion]
        font = ImageFont.load_default(letter_px)
        _draw_label(canvas, face.box, texts, colour, font, picture.size)
    return np.asarray(picture).copy()


def _draw_box(canvas: ImageDraw.ImageDraw, box: Box, colour: str, line_px: int) -> None:
    left, top = box.x, box.y
    right, bottom = box.x + box.width - 1, box.y + box.height - 1
    rim = max(1, line_px // 3)
    rings = (("black", rim), (colour, line_px), ("white", rim))
    for ring, width in rings:
        if right - left < 2 * width or bottom - top < 2 * width:
            return
        canvas.rectangle((left, top, right, bottom), outline=ring, width=width)
        left, top, right, bottom = left + width, top + width, right - width, bottom - width


def _draw_label(
    canvas: ImageDraw.ImageDraw,
    box: Box,
    texts: list[str],
    colour: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    size: tuple[int, int],
) -> None:
    """Write the first of `texts` that fits the picture, or else the last."""
    text = next((text for text in texts if canvas.textlength(text, font) <= size[0]), texts[-1])
    _, ascent, _, descent = canvas.textbbox((0, 0), "Ag", font)
    pad = max(1, (descent - ascent) // 4)
    width = round(canvas.textlength(text, font)) + 2 * pad
    height = descent - ascent + 2 * pad
    left = max(0, min(box.x, size[0] - width))
    # Above the box where there is room, otherwise inside it along its upper edge.
    top = box.y - height if box.y >= height else box.y
    canvas.rectangle((left, top, left + width - 1, top + height - 1), fill=colour, outline="black")
    ink = _ink(colour)
    canvas.text((left + pad, top + pad - ascent), text, fill=ink, font=font)


def _ink(colour: str) -> str:
    """Black or white, whichever contrasts more with `colour` (WCAG's relative luminance)."""
    channels = [value / 255 for value in ImageColor.getrgb(colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # The contrast ratio is (lighter + 0.05) / (darker + 0.05); both are equal here.
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
