"""From bytes to a face that a model reads: decoding with limits, grey conversion, crops, scaling.

Everywhere in this project an `image` is (h, w, 3) uint8 RGB and a `face` is a square (s, s) uint8
grey crop. Training and serving turn faces into numbers by the same function, `model_input`.
"""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin

from fer.errors import InputError, NotAnImageError, NotFoundError, TooLargeError

# What people have their pictures in. Pillow reads some forty formats, many of them rare and little
# tested against hostile files; each one left out is one that need not be trusted.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF")
PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".gif"),
    *(".tif", ".tiff", ".pgm", ".ppm"),
)
MAX_BYTES = 50_000_000
MAX_PIXELS = 52_000_000  # the 50 megapixels of a telephone fit

# A square of 0.9 to 1.1 times the longer side of YuNet's box read photographs best when measured
# (1.4 times lost six points), so the square is the longer side itself.
CROP_SCALE = 1.0

FACE_SIZE_PX = 48
NORMALISATIONS = ("unit", "signed", "standard")

ImageSource = bytes | bytearray | memoryview | str | Path | BinaryIO | Image.Image | np.ndarray


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the picture: left edge, top edge, width, height (xywh)."""

    x: int
    y: int
    width: int
    height: int

    def to_dict(self) -> dict[str, int]:
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height}

    def clipped(self, width: int, height: int) -> "Box | None":
        """The part inside a picture of `width` x `height` pixels; None where nothing is."""
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = min(self.x + self.width, width), min(self.y + self.height, height)
        if right <= left or bottom <= top:
            return None
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a network takes: a square grey face of `size_px` pixels, normalised in a named way.

    "unit" is pixels / 255, so 0..1; "signed" is that stretched to -1..1. "standard" gives each
    face zero mean and unit variance; the deviation is taken as at least one grey level (1/255 of
    the range), so that a blank face gives zeros and not amplified noise.
    """

    size_px: int = FACE_SIZE_PX
    normalisation: str = "unit"

    def __post_init__(self) -> None:
        if not isinstance(self.size_px, int) or not 8 <= self.size_px <= 512:
            raise InputError(f"An input size is 8 to 512 pixels, not {self.size_px!r}.")
        if self.normalisation not in NORMALISATIONS:
            names = " or ".join(NORMALISATIONS)
            raise InputError(f"A normalisation is {names}, not {self.normalisation!r}.")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def decode(source: ImageSource, name: str | None = None) -> np.ndarray:
    """Read any picture as (h, w, 3) uint8 RGB, upright.

    `source` is an encoded picture (bytes, a path, a file opened for reading), a Pillow image, or
    an array of pixels: (h, w), (h, w, 1), (h, w, 3) RGB or (h, w, 4) RGBA, uint8 or uint16.
    EXIF orientation is applied, transparency is laid on white, 16 bits are scaled to 8, and of an
    animation the first frame is read. `name` is what an error calls the picture.

    Raises:
        NotAnImageError: it is empty, damaged or of a format that is not read.
        TooLargeError: it has too many bytes or pixels.
        NotFoundError: there is no such file.
        InputError: it is a folder, an array of another kind, or has pixels of more than 16 bits.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, name or "The array")
    if isinstance(source, Image.Image):
        name = name or "The picture"
        _check_pixels(*source.size, name)
        return _from_pillow(source, name)
    data, name = _read(source, name)
    if not data:
        raise NotAnImageError(f"{name} is empty (0 bytes): choose another file.")
    with _opened(data, name) as picture:
        _check_pixels(*picture.size, name)
        return _from_pillow(picture, name)


def _read(source: Any, name: str | None) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = source, name or "The picture"
    elif isinstance(source, str | Path):
        name = name or str(source)
        try:
            with open(source, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError as error:
            raise NotFoundError(f"{name} does not exist: check the path.") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{name} cannot be read ({reason}): give an image file.") from error
    elif hasattr(source, "read"):
        given = getattr(source, "name", None)
        name = name or (Path(given).name if isinstance(given, str) else "The picture")
        try:
            if source.seekable():
                source.seek(0)  # an upload that was looked at before is still read whole
            data = source.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:  # such as of a file that was closed
            raise InputError(f"{name} cannot be read ({error}): open it again.") from error
        if not isinstance(data, bytes):
            raise InputError(f"{name} does not read as bytes: open it in binary mode ('rb').")
    else:
        raise InputError(
            "A picture is bytes, a path, a binary file, a Pillow image or an array, not "
            f"{type(source).__name__}."
        )
    if len(data) > MAX_BYTES:
        raise TooLargeError(
            f"{name} has more than {MAX_BYTES // 1_000_000} MB: save it smaller and try again."
        )
    return bytes(data), name


def _opened(data: bytes, name: str) -> Image.Image:
    """Read the header alone; no pixel is decoded yet."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, "far more") from error
    except Exception as error:  # whatever a decoder trips over, the file is what is wrong
        raise NotAnImageError(
            f"{name} is not a picture that can be read: give a JPEG, PNG, WebP, AVIF, BMP, GIF, "
            "TIFF or PPM file."
        ) from error


def _check_pixels(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(name, f"{width:,} x {height:,}")
    if width * height < 1:
        raise NotAnImageError(f"{name} has no pixels ({width} x {height}): choose another file.")


def _too_many_pixels(name: str, found: str) -> TooLargeError:
    return TooLargeError(
        f"{name} has too many pixels ({found}; at most {MAX_PIXELS // 1_000_000} million are "
        "read): scale it down and try again."
    )


def _from_pillow(picture: Image.Image, name: str) -> np.ndarray:
    try:
        picture.load()
        pixels = _rgb(_upright(picture), name)
        # Pillow turns such TIFF files of 8 bits alone.
        tags = getattr(picture, "tag_v2", {})
        white_is_zero = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
        return 255 - pixels if white_is_zero and picture.mode.startswith("I") else pixels
    except InputError:
        raise
    except Exception as error:  # decoders raise nearly every built-in exception on broken files
        raise NotAnImageError(f"{name} is damaged or cut short: save it again.") from error


def _upright(picture: Image.Image) -> Image.Image:
    try:
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return ImageOps.exif_transpose(picture) if turned else picture
    except Exception:  # broken metadata is no reason to refuse a picture whose pixels are fine
        return picture


def _rgb(picture: Image.Image, name: str) -> np.ndarray:
    if picture.mode == "F":
        raise InputError(
            f"{name} holds 32-bit float pixels, whose range is unknown: save it with 8 or 16 bits."
        )
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535:
            raise InputError(f"{name} holds 32-bit pixels: save it with 8 or 16 bits a channel.")
        return _from_array(values.astype(np.uint16), name)
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _from_array(pixels: np.ndarray, name: str) -> np.ndarray:
    shape = pixels.shape
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or channels not in (1, 3, 4) or 0 in shape:
        raise InputError(
            f"{name} should have the shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), not {shape}."
        )
    if pixels.dtype not in (np.uint8, np.uint16):
        raise InputError(
            f"{name} should hold uint8 (0..255) or uint16 (0..65535) pixels, not {pixels.dtype}."
        )
    _check_pixels(shape[1], shape[0], name)
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if channels == 1:
        return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_GRAY2RGB)
    if channels == 4:
        return _rgb(Image.fromarray(np.ascontiguousarray(pixels), "RGBA"), name)
    return np.ascontiguousarray(pixels)


def grey(image: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 RGB -> (h, w) uint8: 0.299 R + 0.587 G + 0.114 B, rounded (ITU-R BT.601).

    A picture that is grey already (R = G = B) keeps its values exactly.
    """
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def crop_face(image: np.ndarray, box: Box, size_px: int = FACE_SIZE_PX) -> np.ndarray:
    """Cut the face in `box` out of an image as (size_px, size_px) uint8 grey, never distorted.

    Raises:
        InputError: the box has no pixel of the picture. TooLargeError: it is over 14,000 long.

    The box is clipped to the picture; the crop is the square of CROP_SCALE times its longer side
    about its centre, and where that square leaves the picture the edge pixels are repeated.
    """
    height, width = image.shape[:2]
    inside = box.clipped(width, height)
    if inside is None:
        raise InputError(
            f"The box {tuple(box.to_dict().values())} (x, y, width, height) has no pixel of the "
            f"{width} x {height} picture: give one inside it."
        )
    side = max(1, round(CROP_SCALE * max(inside.width, inside.height)))
    if side * side > 4 * MAX_PIXELS:
        # Filled up to a square, a line of a few hundred bytes would take gigabytes.
        raise TooLargeError(
            f"{inside.width} x {inside.height} pixels are too long a strip to be read as a face: "
            "cut the face out."
        )
    left = inside.x + (inside.width - side) // 2
    top = inside.y + (inside.height - side) // 2
    right, bottom = left + side, top + side
    face = grey(image[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)])
    outside = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    if any(outside):
        face = cv2.copyMakeBorder(face, *outside, cv2.BORDER_REPLICATE)
    return resize_face(face, size_px)


def whole_face(image: np.ndarray, size_px: int = FACE_SIZE_PX) -> np.ndarray:
    """Read a whole picture as one face: `crop_face` with the box of the whole picture.

    A picture that is not square is therefore filled up to a square by its edges, not stretched.
    """
    return crop_face(image, Box(0, 0, image.shape[1], image.shape[0]), size_px)


def resize_face(face: np.ndarray, size_px: int) -> np.ndarray:
    """(h, w) uint8 -> (size_px, size_px) uint8: area averages down, linear interpolation up."""
    if face.shape == (size_px, size_px):
        return face
    smaller = size_px < max(face.shape)
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(face, (size_px, size_px), interpolation=method)


def model_input(faces: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Faces (n, h, w) uint8 -> x (n, s, s, 1) float32, normalised as `spec` says.

    A face gives the same numbers alone as in a batch.
    """
    faces = np.asarray(faces)
    if faces.ndim != 3 or faces.dtype != np.uint8 or 0 in faces.shape[1:]:
        raise InputError(
            "Faces should be an array (n, h, w) of uint8 grey pixels (0..255), not "
            f"{faces.shape} of {faces.dtype}."
        )
    size = spec.size_px
    if faces.shape[1:] != (size, size):
        resized = [resize_face(face, size) for face in faces]
        faces = np.array(resized, np.uint8).reshape(-1, size, size)
    if spec.normalisation == "unit":
        x = np.divide(faces, np.float32(255), dtype=np.float32)
    elif spec.normalisation == "signed":
        x = np.divide(faces, np.float32(127.5), dtype=np.float32) - np.float32(1)
    else:
        x = _standardised(faces)
    return x.reshape(-1, size, size, 1)


def _standardised(faces: np.ndarray) -> np.ndarray:
    # Sums of whole numbers are exact in float64, so the order of adding, which differs between
    # one face and a batch, cannot show in the result.
    count = faces.shape[1] * faces.shape[2]
    flat = faces.reshape(-1, count)
    total = flat.sum(axis=1, dtype=np.float64)
    squares = np.square(flat, dtype=np.uint16).sum(axis=1, dtype=np.float64)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    scale = (1 / np.maximum(deviation, 1)).astype(np.float32)[:, None]
    return (flat - mean.astype(np.float32)[:, None]) * scale


def to_png(image: np.ndarray) -> bytes:
    """Encode an image (h, w, 3) RGB or a face (h, w), uint8, as PNG."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    return cv2.imencode(".png", pixels)[1].tobytes()


def to_jpeg(image: np.ndarray, quality: int = 90) -> bytes:
    """Encode an image (h, w, 3) uint8 RGB as JPEG of a quality of 1 to 100."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
