"""Decoding with limits, crops and model input."""

import contextlib
import io
import resource
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer import images
from fer.errors import FerError, InputError, NotAnImageError, NotFoundError, TooLargeError
from fer.images import Box, InputSpec, crop_face, decode, grey, model_input, whole_face

EXIF_ORIENTATION = 0x0112
# What turns an upright picture into one stored with that orientation: the inverse of the turn that
# the EXIF standard asks of a viewer.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def noise(height: int = 20, width: int = 30, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, channels), np.uint8)


def smooth(height: int = 40, width: int = 60) -> np.ndarray:
    """A picture that lossy formats keep nearly as it is."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 5, columns * 4, (rows + columns) * 2], axis=2).astype(np.uint8)


def encoded(picture: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is this big, with no more pixels than a few."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class TestDecode:
    @pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM"])
    def test_lossless_formats_are_read_exactly(self, file_format: str) -> None:
        pixels = noise()
        read = decode(encoded(Image.fromarray(pixels), file_format))
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, pixels)

    @pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
    def test_lossy_formats_are_read_in_rgb_order(self, file_format: str) -> None:
        pixels = smooth()
        read = decode(encoded(Image.fromarray(pixels), file_format, quality=95))
        assert np.abs(read.astype(int) - pixels).mean() < 4

    @pytest.mark.parametrize("orientation", STORED_AS)
    def test_exif_orientation_is_undone(self, orientation: int) -> None:
        upright = Image.fromarray(noise())
        turn = STORED_AS[orientation]
        stored = upright if turn is None else upright.transpose(turn)
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        np.testing.assert_array_equal(decode(encoded(stored, exif=exif)), np.asarray(upright))

    def test_broken_exif_does_not_hide_the_picture(self) -> None:
        data = encoded(Image.fromarray(smooth()), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff")
        assert decode(data).shape == (40, 60, 3)

    @pytest.mark.parametrize("mode", ["RGBA", "LA"])
    def test_transparency_is_laid_on_white(self, mode: str) -> None:
        pixels = np.zeros((4, 6, 4), np.uint8)
        pixels[:, 3:, 3] = 255
        picture = Image.fromarray(pixels)
        read = decode(encoded(picture.convert(mode)))
        np.testing.assert_array_equal(read[:, :3], 255)
        np.testing.assert_array_equal(read[:, 3:], 0)

    def test_half_transparent_black_is_grey(self) -> None:
        pixels = np.zeros((2, 2, 4), np.uint8)
        pixels[..., 3] = 128
        np.testing.assert_array_equal(decode(pixels), 127)

    def test_transparent_colour_of_a_palette_is_white(self) -> None:
        picture = Image.new("P", (4, 4), 1)
        picture.putpalette([0, 0, 0, 200, 10, 20])
        picture.putpixel((0, 0), 0)
        read = decode(encoded(picture, transparency=0))
        assert read[0, 0].tolist() == [255, 255, 255]
        assert read[1, 1].tolist() == [200, 10, 20]

    @pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
    def test_sixteen_bits_are_scaled_to_eight(self, file_format: str) -> None:
        values = np.array([[0, 257, 128 * 257, 65535, 300]], np.uint16)
        read = decode(encoded(Image.fromarray(values), file_format))
        assert read[0, :, 0].tolist() == [0, 1, 128, 255, 1]

    def test_a_tiff_whose_zero_is_white_is_no_negative(self) -> None:
        values = np.array([[0, 51 * 257, 65535]], np.uint16)
        data = encoded(Image.fromarray(values), "TIFF", tiffinfo={262: 0})
        assert decode(data)[0, :, 0].tolist() == [255, 204, 0]

    @pytest.mark.parametrize("mode", ["F", "I"])
    def test_pixels_of_unknown_range_are_refused(self, mode: str) -> None:
        data = encoded(Image.new(mode, (4, 4), 70000), "TIFF")
        with pytest.raises(InputError, match=r"depth\.tif holds 32-bit .*8 or 16 bits"):
            decode(data, name="depth.tif")

    def test_cmyk_becomes_rgb(self) -> None:
        read = decode(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
        red, green, blue = read[4, 4].tolist()
        assert red > 240
        assert green < 15
        assert blue < 15

    def test_an_animation_gives_its_first_frame(self) -> None:
        frames = [Image.new("RGB", (5, 5), colour) for colour in ("red", "blue")]
        data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        np.testing.assert_array_equal(decode(data), np.asarray(frames[0]))

    def test_every_kind_of_source_gives_the_same(self, tmp_path: Path) -> None:
        pixels = noise()
        data = encoded(Image.fromarray(pixels))
        path = tmp_path / "face.png"
        path.write_bytes(data)
        stream = io.BytesIO(data)
        stream.read()  # as an upload that something else looked at before
        for source in (data, bytearray(data), path, str(path), stream, Image.open(path), pixels):
            np.testing.assert_array_equal(decode(source), pixels)
        with path.open("rb") as file:
            np.testing.assert_array_equal(decode(file), pixels)

    def test_what_is_returned_is_not_the_callers_array_made_wrong(self) -> None:
        pixels = noise()[::2, ::-1]
        read = decode(pixels)
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, pixels)


class TestDecodeArrays:
    @pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_every_stated_shape_and_dtype_is_taken(self, shape: tuple, dtype: type) -> None:
        pixels = np.full(shape, np.iinfo(dtype).max, dtype)
        np.testing.assert_array_equal(decode(pixels), np.full((5, 7, 3), 255, np.uint8))

    def test_grey_is_repeated(self) -> None:
        pixels = noise(channels=1)
        np.testing.assert_array_equal(decode(pixels), np.repeat(pixels, 3, axis=2))

    @pytest.mark.parametrize(
        ("pixels", "told"),
        [
            (np.zeros((4, 4, 2), np.uint8), r"\(h, w, 4\), not \(4, 4, 2\)"),
            (np.zeros((1, 4, 4, 3), np.uint8), r"not \(1, 4, 4, 3\)"),
            (np.zeros((0, 4, 3), np.uint8), r"not \(0, 4, 3\)"),
            (np.zeros(4, np.uint8), r"not \(4,\)"),
            (np.zeros((4, 4), np.float32), "uint8 .* uint16 .*not float32"),
            (np.zeros((4, 4), bool), "not bool"),
            (np.zeros((4, 4), np.int64), "not int64"),
        ],
    )
    def test_others_are_refused_with_expected_and_received(
        self, pixels: np.ndarray, told: str
    ) -> None:
        with pytest.raises(InputError, match=told):
            decode(pixels)


class TestDecodeRefuses:
    def test_a_text_file_named_jpg(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.jpg"
        path.write_text("This is not a picture at all.")
        with pytest.raises(NotAnImageError, match=r"notes\.jpg is not a picture .*give a JPEG"):
            decode(path)

    def test_an_empty_file(self) -> None:
        with pytest.raises(NotAnImageError, match=r"a\.png is empty \(0 bytes\): choose another"):
            decode(b"", name="a.png")

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
    def test_a_file_cut_short(self, file_format: str) -> None:
        data = encoded(Image.fromarray(noise(60, 60)), file_format)
        with pytest.raises(NotAnImageError, match=r"^cut\.img is .*(again|give a JPEG)"):
            decode(data[: len(data) // 2], name="cut.img")

    @pytest.mark.parametrize("side", [7_500, 12_000, 30_000])
    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    def test_a_huge_png_before_its_pixels_are_allocated(self, side: int) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(TooLargeError, match=r"big\.png has too many pixels .*52 million"):
            decode(png_header(side, side), name="big.png")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB

    def test_a_picture_of_too_many_pixels_from_pillow_or_an_array(self) -> None:
        pixels = np.broadcast_to(np.uint8(0), (7_500, 7_500))
        with pytest.raises(TooLargeError, match="7,500 x 7,500"):
            decode(pixels)
        with (
            Image.open(io.BytesIO(png_header(7_500, 7_500))) as picture,
            pytest.raises(TooLargeError),
        ):
            decode(picture)

    def test_too_many_bytes(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(images, "MAX_BYTES", 1_000_000)
        path = tmp_path / "long.png"
        path.write_bytes(bytes(1_000_001))
        for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
            with pytest.raises(TooLargeError, match="has more than 1 MB: save it smaller"):
                decode(source)

    def test_a_path_without_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match=r"gone\.png does not exist: check the path"):
            decode(tmp_path / "gone.png")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"cannot be read .*give an image file"):
            decode(tmp_path)

    def test_a_path_that_no_file_can_have(self) -> None:
        with pytest.raises(InputError, match="cannot be read"):
            decode("a\0b.png")

    def test_a_file_open_as_text(self) -> None:
        with pytest.raises(InputError, match="binary mode"):
            decode(io.StringIO("text"))  # type: ignore[arg-type]

    def test_what_is_no_picture_at_all(self) -> None:
        with pytest.raises(InputError, match="not int"):
            decode(3)  # type: ignore[arg-type]

    def test_a_format_that_is_not_on_the_list(self) -> None:
        data = encoded(Image.fromarray(noise()), "ICO", sizes=[(16, 16)])
        with pytest.raises(NotAnImageError):
            decode(data)

    @settings(max_examples=300, deadline=None)
    @given(
        file_format=st.sampled_from(["PNG", "JPEG", "WEBP", "AVIF", "BMP", "GIF", "TIFF", "PPM"]),
        changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=8),
        cut=st.integers(0, 40),
    )
    def test_damaged_bytes_raise_nothing_but_fer_errors(
        self, file_format: str, changes: list[tuple[int, int]], cut: int
    ) -> None:
        data = bytearray(encoded(Image.fromarray(noise(12, 12)), file_format))
        for position, value in changes:
            # Most damage to the header, where it is met by the most different code.
            data[position % min(len(data), 200)] = value
        with contextlib.suppress(FerError):
            read = decode(bytes(data[: len(data) - cut]))
            assert read.dtype == np.uint8
            assert read.shape[2:] == (3,)


class TestGrey:
    def test_formula(self) -> None:
        image = noise()
        expected = image @ [0.299, 0.587, 0.114]
        assert np.abs(grey(image) - expected).max() <= 0.51

    def test_grey_pictures_keep_their_values(self) -> None:
        levels = np.arange(256, dtype=np.uint8)[None]
        np.testing.assert_array_equal(grey(decode(levels)), levels)


class TestCropFace:
    @given(
        x=st.integers(-100, 100),
        y=st.integers(-100, 100),
        width=st.integers(1, 200),
        height=st.integers(1, 200),
        size_px=st.sampled_from([8, 40, 48]),
    )
    def test_any_box_that_touches_the_picture_gives_a_square(
        self, x: int, y: int, width: int, height: int, size_px: int
    ) -> None:
        image, box = smooth(), Box(x, y, width, height)
        inside = box.clipped(60, 40)
        if inside is None:
            with pytest.raises(InputError, match="no pixel of the 60 x 40 picture"):
                crop_face(image, box, size_px)
            return
        face = crop_face(image, box, size_px)
        assert face.shape == (size_px, size_px)
        assert face.dtype == np.uint8
        # What hangs over the edge of the picture plays no part, so the box that is reported, which
        # is clipped, is the box that was read.
        np.testing.assert_array_equal(face, crop_face(image, inside, size_px))
        # Averages and repeats of pixels can not leave their range.
        assert grey(image).min() <= face.min()
        assert face.max() <= grey(image).max()

    def test_a_square_box_is_cut_out_as_it_is(self) -> None:
        image = noise(80, 90)
        np.testing.assert_array_equal(
            crop_face(image, Box(11, 7, 48, 48)), grey(image)[7:55, 11:59]
        )

    def test_a_tall_box_is_widened_about_its_centre_not_stretched(self) -> None:
        image = noise(80, 90)
        np.testing.assert_array_equal(
            crop_face(image, Box(30, 10, 28, 48)), grey(image)[10:58, 20:68]
        )

    def test_beyond_the_picture_its_edge_is_repeated(self) -> None:
        image = noise(48, 20)
        face = crop_face(image, Box(0, 0, 20, 48))
        np.testing.assert_array_equal(face[:, 14:34], grey(image))
        np.testing.assert_array_equal(face[:, :14], np.repeat(grey(image)[:, :1], 14, axis=1))
        np.testing.assert_array_equal(face[:, 34:], np.repeat(grey(image)[:, -1:], 14, axis=1))

    def test_a_huge_box_takes_no_huge_memory(self) -> None:
        assert crop_face(smooth(), Box(-(10**9), -(10**9), 2 * 10**9, 2 * 10**9)).shape == (48, 48)

    def test_a_48_pixel_face_read_whole_stays_as_it_is(self) -> None:
        face = noise(48, 48, 1)
        np.testing.assert_array_equal(whole_face(decode(face)), face[..., 0])

    def test_scaling_down_averages(self) -> None:
        board = np.indices((96, 96)).sum(axis=0) % 2 * 255
        face = whole_face(decode(board.astype(np.uint8)))
        assert np.abs(face.astype(int) - 127.5).max() <= 1


class TestModelInput:
    def test_unit_is_pixels_over_255(self) -> None:
        faces = noise(48, 48, 5).transpose(2, 0, 1)
        x = model_input(faces, InputSpec())
        assert x.shape == (5, 48, 48, 1)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x[..., 0], faces / np.float32(255))

    def test_standard_has_zero_mean_and_unit_deviation(self) -> None:
        x = model_input(noise(48, 48, 5).transpose(2, 0, 1), InputSpec(48, "standard"))
        np.testing.assert_allclose(x.mean(axis=(1, 2, 3)), 0, atol=1e-5)
        np.testing.assert_allclose(x.std(axis=(1, 2, 3)), 1, atol=1e-5)

    def test_a_blank_face_gives_zeros(self) -> None:
        x = model_input(np.full((1, 48, 48), 200, np.uint8), InputSpec(48, "standard"))
        np.testing.assert_array_equal(x, 0)

    @pytest.mark.parametrize("normalisation", images.NORMALISATIONS)
    @pytest.mark.parametrize("size_px", [40, 48, 64])
    def test_a_face_alone_is_the_face_in_a_batch(self, normalisation: str, size_px: int) -> None:
        faces, spec = noise(48, 48, 9).transpose(2, 0, 1), InputSpec(size_px, normalisation)
        alone = np.concatenate([model_input(face[None], spec) for face in faces])
        np.testing.assert_array_equal(model_input(faces, spec), alone)

    @pytest.mark.parametrize("normalisation", images.NORMALISATIONS)
    def test_no_faces_give_no_rows(self, normalisation: str) -> None:
        x = model_input(np.empty((0, 48, 48), np.uint8), InputSpec(40, normalisation))
        assert x.shape == (0, 40, 40, 1)

    @pytest.mark.parametrize(
        "faces", [np.zeros((48, 48), np.uint8), np.zeros((1, 48, 48), np.float32)]
    )
    def test_others_are_refused_with_expected_and_received(self, faces: np.ndarray) -> None:
        with pytest.raises(InputError, match=r"\(n, h, w\) of uint8 .*not \("):
            model_input(faces, InputSpec())

    @pytest.mark.parametrize("fields", [{"size_px": 4}, {"normalisation": "guess"}])
    def test_a_spec_is_checked(self, fields: dict) -> None:
        with pytest.raises(InputError, match="not"):
            InputSpec(**fields)

    def test_a_spec_survives_the_card(self) -> None:
        spec = InputSpec(40, "standard")
        assert InputSpec(**spec.to_dict()) == spec


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_holds_the_very_pixels(channels: int) -> None:
    pixels = noise(channels=channels)
    data = images.to_png(pixels if channels == 3 else pixels[..., 0])
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read[..., ::-1] if channels == 3 else read[..., None], pixels)


def test_a_jpeg_is_nearly_the_image() -> None:
    image = np.zeros((64, 48, 3), np.uint8)
    image[..., 0], image[32:, :, 2] = 200, 90
    again = decode(images.to_jpeg(image))
    assert np.abs(again.astype(int) - image).mean() < 3


def test_a_strip_is_refused_before_it_is_filled_up_to_a_square() -> None:
    with pytest.raises(TooLargeError, match="150000 x 1 pixels are too long a strip"):
        whole_face(np.zeros((1, 150_000, 3), np.uint8))
    assert whole_face(np.zeros((1, 9_000, 3), np.uint8)).shape == (48, 48)


def test_a_file_that_was_closed_is_told(tmp_path: Path) -> None:
    with open(tmp_path / "a.png", "w+b") as file:
        file.write(images.to_png(np.zeros((9, 9), np.uint8)))
    with pytest.raises(InputError, match=r"a\.png cannot be read \(.*closed"):
        decode(file)
