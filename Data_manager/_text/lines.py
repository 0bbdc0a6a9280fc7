"""Delimited text, line by line: the first lines of every file, and all lines of one that pyarrow has refused."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from typing import IO, NoReturn

# How much text is parsed at a time, in bytes. A longer line cannot be parsed, and a file that is not text may be one.
BLOCK_BYTES = 16 * 2**20

# bytes that cannot be decoded, see `lines_of`
UNDECODED = re.compile("[\udc80-\udcff]")
_SHOWN_CHARACTERS = 200


def shown(line: str) -> str:
    """Quote a line for a message, cut to a few lines of a screen."""
    line = line.rstrip("\r\n")
    return repr(line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "...")


def refuse_line(where: str, number: int, line: str, reason: str) -> NoReturn:
    raise ValueError(f"{where}, line {number} is broken ({reason}): {shown(line)}")


def lines_of(stream: IO[bytes], where: str, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line, with its end, without a byte order mark; refuse one longer than a block.

    Bytes that cannot be decoded become lone surrogates, which valid text never has, so that such a line can be named.
    """
    number = 0
    try:
        with _decoded(stream, encoding) as text:
            for number, line in enumerate(iter(partial(text.readline, BLOCK_BYTES + 1), ""), start=1):
                if len(line) > BLOCK_BYTES:
                    refuse_line(where, number, line, f"it is longer than {BLOCK_BYTES} characters")
                yield number, line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:  # half a character at the end, in encodings of two and more bytes for each
        refuse_line(where, number + 1, "", f"its bytes are not text in {encoding}: {error}")


def is_blank(stream: IO[bytes], encoding: str, n_lines_before: int) -> bool:
    """Tell whether only white space follows the first `n_lines_before` lines."""
    # in blocks: a small compressed file may hold a hundred million empty lines
    with suppress(UnicodeError), _decoded(stream, encoding) as text:
        for _ in range(n_lines_before):
            text.readline(BLOCK_BYTES)
        return not any(block.removeprefix("\ufeff").strip() for block in iter(partial(text.read, BLOCK_BYTES), ""))
    return False  # half a character at the end is not white space


@contextmanager
def _decoded(stream: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """Read a stream as text, without closing it at the end."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        with suppress(ValueError):  # the owner of the stream has closed it already
            text.detach()


def split_line(line: str, separator: str, quoted: bool) -> list[str]:
    """Split one line, without its end, into its fields."""
    if quoted and len(separator) == 1 and '"' in line:
        try:
            return next(csv.reader([line], delimiter=separator), [])
        except csv.Error:  # a field too long for it, which is refused when it is read
            return line.split(separator)
    return line.split(separator)


def rows_of(
    lines: Iterator[tuple[int, str]], where: str, separator: str, quoted: bool, n_skipped: int = 0
) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, text and fields of every row after the first `n_skipped`; the number is that of its first line.

    Quotes must be those of RFC 4180, where a field that begins with one ends with one; others are a ValueError.
    """
    n_rows = 0
    for number, line in lines:
        text = line.rstrip("\r\n")
        if not text:
            continue
        n_rows += 1
        is_wanted = n_rows > n_skipped
        # a skipped row has been parsed before, so it ends with the line that makes its quotes even in number
        if quoted and '"' in text and (is_wanted or text.count('"') % 2 == 1):
            record = [line]
            row = _quoted_row(record, lines, where, number, separator)
            text = "".join(record).rstrip("\r\n")
        elif is_wanted:
            row = text.split(separator)
        if is_wanted:
            yield number, text, row


def _quoted_row(
    record: list[str], lines: Iterator[tuple[int, str]], where: str, number: int, separator: str
) -> list[str]:
    """Return the fields of the row that begins with the line in `record`, and add the lines on which it goes on."""

    def following() -> Iterator[str]:
        for _, line in lines:
            record.append(line)
            yield line

    try:
        return next(csv.reader(chain(record[:1], following()), delimiter=separator, strict=True))
    except csv.Error as error:
        refuse_line(where, number, record[0], f"{error}; quotes must enclose a field, and be doubled inside it")
