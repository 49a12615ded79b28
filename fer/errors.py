"""Errors that a user may see. Each message is one sentence that names the thing and the remedy."""

import lzma
import zipfile
import zlib

# What zipfile ends in on archives that are damaged, encrypted or packed in ways it cannot read,
# besides OSError.
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError),
)


class FerError(Exception):
    """Base of all errors raised on purpose; `code` and `status` are what REST answers with."""

    code = "error"
    status = 400


class InputError(FerError):
    """What was given cannot be used."""

    code = "bad_input"
    status = 422


class NotAnImageError(InputError):
    """The bytes are not a picture in a format that is read."""

    code = "not_an_image"
    status = 415


class NotAVideoError(InputError):
    """The bytes are not a video in a format that is read."""

    code = "not_a_video"
    status = 415


class TooLargeError(InputError):
    """The input is over a limit on bytes, pixels or rows."""

    code = "too_large"
    status = 413


class NotFoundError(FerError):
    """No data set, model, run or file of that name."""

    code = "not_found"
    status = 404


class ExistsError(FerError):
    """The name is taken, and replacing it was not asked for."""

    code = "exists"
    status = 409


class DiskFullError(FerError):
    """There is no room for what was to be written."""

    code = "disk_full"
    status = 507


class CorruptModelError(FerError):
    """A model bundle is incomplete, damaged or not of this project's form."""

    code = "corrupt_model"
    status = 422


class BusyError(FerError):
    """Another piece of work holds what is needed; try again shortly."""

    code = "busy"
    status = 429
