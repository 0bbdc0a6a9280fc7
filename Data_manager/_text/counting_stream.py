"""A stream of text that tells whether quotes may have been left open in it."""

import io
from typing import IO


class CountingStream(io.BufferedIOBase):
    """Reads another stream, and counts the quotes and lines that pass through.

    pyarrow takes a quote that is not closed for one that ends at the next one, or with the file, and all lines in
    between for one field. Where each row has a line of its own and the quotes come in pairs, this has not happened.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._n_quotes = 0
        self._n_line_ends = 0
        self._last_byte = b"\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self._n_quotes += data.count(b'"')
        self._n_line_ends += data.count(b"\n")
        self._last_byte = data[-1:] or self._last_byte
        return data

    read1 = read

    def may_have_open_quote(self, n_lines: int) -> bool:
        """Whether, after all has been read and taken for so many lines, it deserves a closer look."""
        n_line_ends = self._n_line_ends + (self._last_byte != b"\n")
        return self._n_quotes % 2 == 1 or (self._n_quotes > 0 and n_line_ends != n_lines)
