"""The one file of a request, as a stream: a form's `file`, or the body itself."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from fer.errors import BusyError, FerError, InputError, TooLargeError

SILENCE_LIMIT_S = 60.0
# What boundaries, headers and other fields of a form may add to the file itself.
FORM_OVERHEAD_BYTES = 64 * 1024
FORM_FIELDS = 100  # each takes time, and a million of empty ones would fit


class SlowError(FerError):
    """The client stopped sending."""

    code = "timeout"
    status = 408


class Held:
    """How much memory the files of all requests take together; the one too many is turned away."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.bytes = 0

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """A request's share, given back with the context."""
        share = Share(self)
        try:
            yield share
        finally:
            self.bytes -= share.bytes


class Share:
    """What one request holds."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self.bytes = 0

    def take(self, size: int) -> None:
        """Take `size` bytes more.

        Raises:
            BusyError: where all requests together would then hold too much.
        """
        if self.held.bytes + size > self.held.limit_bytes:
            raise BusyError("Too many large files are coming in; try again in a second.")
        self.held.bytes += size
        self.bytes += size


class Upload:
    """The file that a request brings. Nothing of it is kept here: iterate `chunks()` once.

    Attributes:
        name: the file's own name without folders, made safe to use as a name on disk; known once
            the first chunk has been seen. `default_name` where the client gave none.
    """

    def __init__(self, request: Request, limit_bytes: int, default_name: str) -> None:
        self.request = request
        self.limit_bytes = limit_bytes
        self.name = default_name

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file's bytes, in order.

        Raises:
            TooLargeError: as soon as more than the limit was announced or has come in.
            InputError: a form without a field `file`, or a broken one.
        """
        kind, options = parse_options_header(self.request.headers.get("content-type"))
        announced = self.request.headers.get("content-length", "")
        self._check(int(announced) - FORM_OVERHEAD_BYTES if announced.isdecimal() else 0)
        pieces = self._raw()
        if kind == b"multipart/form-data":
            pieces = self._form(options.get(b"boundary", b""), pieces)
        else:
            self._take_name(self.request.headers.get("content-disposition", "").encode("latin-1"))
        total = 0
        async for piece in pieces:
            total += len(piece)
            self._check(total)
            yield piece

    async def read(self, share: "Share") -> bytes:
        """All of the file, in memory, of which it takes `share`."""
        pieces = []
        async for chunk in self.chunks():
            share.take(len(chunk))
            pieces.append(chunk)
        return b"".join(pieces)

    async def _raw(self) -> AsyncIterator[bytes]:
        stream = aiter(self.request.stream())
        received = 0
        while True:
            try:
                async with asyncio.timeout(SILENCE_LIMIT_S):
                    chunk = await anext(stream, None)
            except TimeoutError as error:
                raise SlowError("Nothing came in for a minute; send the file again.") from error
            if chunk is None:
                return
            received += len(chunk)
            self._check(received - FORM_OVERHEAD_BYTES)
            yield chunk

    async def _form(self, boundary: bytes, raw: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        if not boundary:
            raise InputError("The form has no boundary; send multipart/form-data with one.")
        form = _FilePart()
        try:
            parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
            async for chunk in raw:
                parser.write(chunk)
                if form.disposition and form.found:
                    self._take_name(form.disposition)
                for piece in form.take():
                    yield piece
            parser.finalize()
        except FormParserError as error:
            raise InputError("The form is broken or cut short; send it again.") from error
        if not form.complete:
            raise InputError("The form has no complete file; send it as the field named file.")

    def _take_name(self, disposition: bytes) -> None:
        _, options = parse_options_header(disposition.decode("latin-1"))
        given = options.get(b"filename", b"").decode("utf-8", "replace")
        name = PurePosixPath(given.replace("\\", "/")).name
        name = re.sub(r"[^\w .()+,-]", "_", name).strip(" .")
        # File systems count bytes, up to 255; what is kept is the end, which says the kind.
        name = name.encode()[-200:].decode(errors="ignore").lstrip(" .")
        self.name = name or self.name

    def _check(self, size: int) -> None:
        if size > self.limit_bytes:
            limit = f"{self.limit_bytes / 1e6:,.0f} MB"
            raise TooLargeError(f"The file is larger than {limit}; send a smaller one.")


class _FilePart:
    """Follows the parser's events and keeps what belongs to the first part named `file`."""

    def __init__(self) -> None:
        self.found = False
        self.complete = False
        self.disposition = b""
        self._fields = 0
        self._inside = False
        self._header = b""
        self._value = b""
        self._pieces: list[bytes] = []

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._on_begin,
            "on_header_begin": self._on_header_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_headers_finished": self._on_headers_finished,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
            "on_part_end": self._on_end,
        }

    def take(self) -> list[bytes]:
        """The pieces of the file that came in since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def _on_begin(self) -> None:
        self._fields += 1
        if self._fields > FORM_FIELDS:
            raise InputError(f"The form has over {FORM_FIELDS} fields; send the field file alone.")

    def _on_header_begin(self) -> None:
        self._header = self._value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition" and not self.found:
            self.disposition = self._value

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition.decode("latin-1"))
        if not self.found and options.get(b"name") == b"file":
            self.found = self._inside = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._pieces.append(data[start:end])

    def _on_end(self) -> None:
        if self._inside:
            self._inside = False
            self.complete = True
