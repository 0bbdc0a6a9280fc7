"""Delimited text, line by line: the header, the first row, and all rows where pyarrow has refused a file."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from Data_manager._text.parsing import TextTable

Field = tuple[str, str]  # name and kind

# Of text that is parsed at a time, in bytes. A longer line cannot be parsed, and what is no text may be one line.
BLOCK_BYTES = 16 * 2**20

# bytes that cannot be decoded, see `lines_of`
UNDECODED = re.compile("[\udc80-\udcff]")
_SHOWN_CHARACTERS = 200


def shown(line: str) -> str:
    """The line as messages have it: quoted, and not longer than a few lines of a screen."""
    line = line.rstrip("\r\n")
    return repr(line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "...")


def refuse_line(where: str, number: int, line: str, reason: str) -> NoReturn:
    raise ValueError(f"{where}, line {number} is broken ({reason}): {shown(line)}")


def lines_of(stream: IO[bytes], where: str, encoding: str) -> Iterator[str]:
    """The lines with their ends, without a byte order mark; one that is longer than a block is refused."""
    # bytes that cannot be decoded become lone surrogates, which no valid text has: such a line is found by them
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    number = 0
    try:
        for number, line in enumerate(iter(partial(text.readline, BLOCK_BYTES + 1), ""), start=1):
            if len(line) > BLOCK_BYTES:
                refuse_line(where, number, line, f"it is longer than {BLOCK_BYTES} characters")
            yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:  # half a character at the end, in encodings of two and more bytes for each
        refuse_line(where, number + 1, "", f"its bytes are not text in {encoding}: {error}")
    finally:
        with suppress(ValueError):  # the stream, which is its owner's to close, is closed already
            text.detach()


def fields_from_header(stream: IO[bytes], where: str, table: "TextTable") -> list[Field]:
    """The fields of a file with a header, in the file's order; those that `table` does not name are "skip"."""
    first_line = next(lines_of(stream, where, table.encoding), "").rstrip("\r\n")
    names = split_line(first_line, table.separator, table.quoted)
    missing = [name for name in table.columns if names.count(name) != 1]
    if missing:
        raise ValueError(
            f"{where} must have in its first line, once each, the columns {', '.join(table.columns)}, "
            f"got {shown(first_line)}"
        )
    return [(name, table.columns.get(name, "skip")) for name in names]


def has_lines(stream: IO[bytes], where: str, table: "TextTable") -> bool:
    """Whether the file has a line that is not empty, beside its header."""
    # in blocks: a small compressed file may hold a hundred million empty lines
    text = io.TextIOWrapper(stream, encoding=table.encoding, errors="surrogateescape", newline="")
    try:
        for _ in range(table.n_lines_before):
            text.readline(BLOCK_BYTES)
        return any(block.removeprefix("\ufeff").strip() for block in iter(partial(text.read, BLOCK_BYTES), ""))
    except UnicodeError:  # half a character at the end is something, which is refused when it is read
        return True
    finally:
        with suppress(ValueError):  # the stream, which is its owner's to close, is closed already
            text.detach()


def split_line(line: str, separator: str, quoted: bool) -> list[str]:
    """The fields of one line without its end."""
    if quoted and len(separator) == 1 and '"' in line:
        try:
            return next(csv.reader([line], delimiter=separator), [])
        except csv.Error:  # a field too long for it, which is refused when it is read
            return line.split(separator)
    return line.split(separator)


def rows_of(
    stream: IO[bytes], where: str, table: "TextTable", n_skipped: int = 0
) -> Iterator[tuple[int, str, list[str]]]:
    """Number, text and fields of every row after the first `n_skipped`; a row of several lines has the first's number.

    Raises
    ------
    ValueError
        If a line is too long, or its quotes are not as RFC 4180 has them: a field that begins with one ends with one.
    """
    lines = enumerate(lines_of(stream, where, table.encoding), start=1)
    n_rows = 0
    for number, line in islice(lines, table.n_lines_before, None):
        text = line.rstrip("\r\n")
        if not text:
            continue
        n_rows += 1
        # a row that is skipped has been read already, and ends with the line on which its quotes are pairs
        if table.quoted and '"' in text and (n_rows > n_skipped or text.count('"') % 2 == 1):
            record = [line]
            row = _quoted_row(record, lines, where, number, table.separator)
            text = "".join(record).rstrip("\r\n")
        elif n_rows > n_skipped:
            row = text.split(table.separator)
        if n_rows > n_skipped:
            yield number, text, row


def _quoted_row(
    record: list[str], lines: Iterator[tuple[int, str]], where: str, number: int, separator: str
) -> list[str]:
    """The fields of the row that begins with the line in `record`; the lines on which it goes on are added to it."""

    def following() -> Iterator[str]:
        for _, line in lines:
            record.append(line)
            yield line

    try:
        return next(csv.reader(chain(record[:1], following()), delimiter=separator, strict=True))
    except csv.Error as error:
        refuse_line(where, number, record[0], f"{error}; quotes must enclose a field, and be doubled inside it")
