"""Captioned pictures in rows, as one picture."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_GAP_PX, _LETTER_PX = 12, 14
_LEAST_SIDE_PX = 144


@dataclass(frozen=True, eq=False)
class Panel:
    """A caption, and a grey (h, w) or RGB (h, w, 3) uint8 picture."""

    caption: str
    image: np.ndarray


def sheet(rows: list[list[Panel]]) -> np.ndarray:
    """(h, w, 3) uint8: the rows below each other on white; small pictures are enlarged."""
    drawn = [[_captioned(panel) for panel in row] for row in rows]
    widths = [sum(image.width + _GAP_PX for image in row) + _GAP_PX for row in drawn]
    heights = [max(image.height for image in row) + _GAP_PX for row in drawn]
    whole = Image.new("RGB", (max(widths), sum(heights) + _GAP_PX), "white")
    top = _GAP_PX
    for row, height in zip(drawn, heights, strict=True):
        left = _GAP_PX
        for image in row:
            whole.paste(image, (left, top))
            left += image.width + _GAP_PX
        top += height
    return np.asarray(whole)


def _captioned(panel: Panel) -> Image.Image:
    picture = Image.fromarray(panel.image).convert("RGB")
    times = max(1, -(-_LEAST_SIDE_PX // max(picture.size)))
    picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.BOX)
    font = ImageFont.load_default(_LETTER_PX)
    caption_width = round(ImageDraw.Draw(picture).textlength(panel.caption, font))
    size = max(picture.width, caption_width), picture.height + 2 * _LETTER_PX
    whole = Image.new("RGB", size, "white")
    ImageDraw.Draw(whole).text((0, 0), panel.caption, fill="black", font=font)
    whole.paste(picture, (0, 2 * _LETTER_PX - 6))
    return whole
