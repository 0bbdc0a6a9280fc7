"""Delimited text, line by line: the header, small files with free text, and the search for a broken line."""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, NoReturn

import pandas as pd

if TYPE_CHECKING:
    from Data_manager._parsing import TextTable

Field = tuple[str, str]  # name and kind

_INTEGER = re.compile(r"-?[0-9]+")
_UNDECODED = re.compile("[\udc80-\udcff]")
_SHOWN_CHARACTERS = 200


def text_of(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The stream as text, its line ends as they are."""
    # bytes that cannot be decoded become lone surrogates, which no valid text has: such a line is found by them
    return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")


def _refuse_line(where: str, number: int, line: str, reason: str) -> NoReturn:
    line = line.rstrip("\r\n")
    shown = line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "..."
    raise ValueError(f"{where}, line {number} is broken ({reason}): {shown!r}")


def fields_from_header(stream: IO[bytes], where: str, table: "TextTable") -> list[Field]:
    """The fields of a file with a header, in the file's order; those that `table` does not name are "skip"."""
    first_line = text_of(stream, table.encoding).readline().removeprefix("\ufeff").rstrip("\r\n")
    names = split_line(first_line, table.separator, table.quoted)
    missing = [name for name in table.columns if names.count(name) != 1]
    if missing:
        raise ValueError(
            f"{where} must have in its first line, once each, the columns {', '.join(table.columns)}, "
            f"got {first_line[:_SHOWN_CHARACTERS]!r}"
        )
    return [(name, table.columns.get(name, "skip")) for name in names]


def has_lines(stream: IO[bytes], table: "TextTable") -> bool:
    """Whether the file has a line that is not empty, beside its header."""
    if table.header:
        stream.readline()
    return any(line.removeprefix(codecs.BOM_UTF8).strip() for line in stream)


def split_line(line: str, separator: str, quoted: bool) -> list[str]:
    """The fields of one line without its end."""
    if quoted and len(separator) == 1:
        return next(csv.reader([line], delimiter=separator), [])
    return line.split(separator)


def read_free_text(stream: IO[bytes], where: str, table: "TextTable") -> pd.DataFrame:
    """Read a file in whose "free" field the separator may occur; a loop over lines, for files of movies and tags.

    The fields before the free one are split off from the left, those after it from the right.
    """
    fields: list[Field] = list(table.columns.items())
    free = list(table.columns.values()).index("free")
    n_right = len(fields) - 1 - free
    numbers: list[int] = []
    # by column, since a list for each row would keep the garbage collector busy
    columns: list[list[str]] = [[] for _ in fields]
    for number, line in enumerate(text_of(stream, table.encoding), start=1):
        text = line.rstrip("\r\n")
        if not text:
            continue
        left = text.split(table.separator, free)
        row = [*left[:-1], *left[-1].rsplit(table.separator, n_right)]
        if len(row) != len(fields):
            _refuse_line(where, number, text, _what_is_wrong(row, fields) or "")
        numbers.append(number)
        for column, value in zip(columns, row):
            column.append(value)
    if not numbers:
        raise ValueError(f"{where} holds no lines")
    if not all(_column_is_right(kind, column) for (_, kind), column in zip(fields, columns)):
        for number, values in zip(numbers, zip(*columns)):
            reason = _what_is_wrong(list(values), fields)
            if reason:
                _refuse_line(where, number, table.separator.join(values), reason)
    convert = {"int": int, "id": int, "float": float}
    return pd.DataFrame(
        {
            name: [*map(convert[kind], column)] if kind in convert else column
            for (name, kind), column in zip(fields, columns)
            if kind != "skip"
        }
    )


def _column_is_right(kind: str, column: list[str]) -> bool:
    """Whether nothing is wrong with any value: a quick look, since there is nearly always nothing."""
    if _UNDECODED.search("\n".join(column)):
        return False
    return kind in ("text", "free", "skip") or not any(_what_is_wrong([value], [("", kind)]) for value in set(column))


def raise_at_broken_line(stream: IO[bytes], where: str, table: "TextTable", fields: list[Field]) -> None:
    """Raise the ValueError of the first broken line; return if none is found."""
    for number, line, row in _rows(stream, where, table):
        reason = _what_is_wrong(row, fields)
        if not reason and table.separator == "::" and any(":" in field for field in row):
            reason = "a ':' inside a field"
        if reason:
            _refuse_line(where, number, line, reason)


def _rows(stream: IO[bytes], where: str, table: "TextTable") -> Iterator[tuple[int, str, list[str]]]:
    """Number, text and fields of every line; a record over several lines has the number of its first."""
    text = text_of(stream, table.encoding)
    n_header_lines = int(table.header)
    if table.quoted:
        yield from _quoted_rows(text, where, table.separator, n_header_lines)
        return
    for number, line in enumerate(text, start=1):
        if number > n_header_lines and line.rstrip("\r\n"):
            yield number, line, line.rstrip("\r\n").removeprefix("\ufeff").split(table.separator)


def _quoted_rows(
    text: io.TextIOWrapper, where: str, separator: str, n_header_lines: int
) -> Iterator[tuple[int, str, list[str]]]:
    reader = csv.reader(text, delimiter=separator)
    number = 1
    try:
        for row in reader:
            if row and number > n_header_lines:
                yield number, separator.join(row), row
            number = reader.line_num + 1
    except csv.Error as error:  # as after a quote that is never closed, when the field becomes too long
        raise ValueError(f"{where}, line {number} is broken ({error})") from error


def _what_is_wrong(row: list[str], fields: list[Field]) -> str | None:
    if len(row) != len(fields):
        return f"{len(fields)} fields expected, {len(row)} found"
    for value, (name, kind) in zip(row, fields):
        if _UNDECODED.search(value):
            return "its bytes are not text in the file's encoding"
        if kind in ("int", "id") and not (_INTEGER.fullmatch(value.strip()) and abs(int(value)) < 2**63):
            return f"{name} is not an integer"
        if kind == "id" and value.strip().startswith("-"):
            return f"{name} is negative"
        if kind == "float" and not _is_finite_number(value):
            hint = " (a decimal comma?)" if "," in value else ""
            return f"{name} is not a finite number{hint}"
        if kind in ("key", "label") and not value:
            return f"{name} is empty"
        if kind in ("time", "time with zone") and not _is_time(value, with_zone=kind == "time with zone"):
            return f"{name} is not a date and time like those before it"
    return None


def _is_time(value: str, with_zone: bool) -> bool:
    try:
        return (datetime.fromisoformat(value.strip()).tzinfo is not None) == with_zone
    except ValueError:
        return False


def _is_finite_number(value: str) -> bool:
    try:
        return "_" not in value and math.isfinite(float(value))
    except ValueError:
        return False
