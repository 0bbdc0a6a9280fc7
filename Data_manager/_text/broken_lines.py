"""The search for the line because of which a file is refused: pyarrow does not say which one it was."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import IO

from Data_manager._text.layout import MAX_KEY_BYTES, Field, TextTable
from Data_manager._text.lines import UNDECODED, lines_of, refuse_line, rows_of

# pyarrow allows these around a number
_BLANKS = " \t"
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}(:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?)?(Z|[-+][0-9]{2}(:?[0-9]{2})?)?"
)


def raise_at_broken_line(
    stream: IO[bytes], where: str, table: TextTable, fields: Sequence[Field], n_good_rows: int = 0
) -> None:
    """Raise the ValueError of the first broken line after `n_good_rows` good rows; return if every line is right."""
    for number, line, row in _rows(stream, where, table, n_good_rows):
        reason = what_is_wrong(row, fields)
        if not reason and table.separator == "::" and any(":" in field for field in row):
            reason = "a ':' inside a field"
        if reason:
            refuse_line(where, number, line, reason)


def raise_at_broken_quote(stream: IO[bytes], where: str, table: TextTable) -> None:
    """Raise the ValueError of the first line whose quotes are wrong; return if all are right."""
    for _ in _rows(stream, where, table):
        pass


def _rows(stream: IO[bytes], where: str, table: TextTable, n_skipped: int = 0) -> Iterator[tuple[int, str, list[str]]]:
    lines = islice(lines_of(stream, where, table.encoding), table.n_lines_before, None)
    return rows_of(lines, where, table.separator, table.quoted, n_skipped)


def what_is_wrong(row: Sequence[str], fields: Sequence[Field]) -> str | None:
    """Say what is wrong with the fields of a line; None if they are right."""
    if len(row) != len(fields):
        return f"{len(fields)} fields expected, {len(row)} found"
    for value, (name, kind) in zip(row, fields):
        if UNDECODED.search(value):
            return "its bytes are not text in the file's encoding"
        if kind in ("int", "id") and not (_INTEGER.fullmatch(value.strip(_BLANKS)) and _is_64_bits(value)):
            return f"{name} is not an integer of 64 bits"
        if kind == "id" and value.strip(_BLANKS).startswith("-"):
            return f"{name} is negative"
        if kind in ("float", "seconds") and not _is_finite_number(value):
            return f"{name} is not a finite number{_hint(value, kind)}"
        if kind in ("key", "label") and not value:
            return f"{name} is empty"
        if kind in ("key", "label") and len(value.encode(errors="surrogateescape")) > MAX_KEY_BYTES:
            return f"{name} is longer than {MAX_KEY_BYTES} bytes"
        if kind in ("time", "time with zone") and not _is_time(value, with_zone=kind == "time with zone"):
            zone = "with" if kind == "time with zone" else "without"
            return f"{name} is not an ISO 8601 date and time {zone} a zone, like those before it"
    return None


def _hint(value: str, kind: str) -> str:
    if kind == "seconds":
        return " of seconds since 1970, nor is the first one an ISO 8601 date such as 2020-01-31 12:00:00"
    return " (a decimal comma?)" if "," in value else ""


def _is_64_bits(value: str) -> bool:
    return len(value.strip(_BLANKS).lstrip("-0")) < 20 and -(2**63) <= int(value) < 2**63


def _is_time(value: str, with_zone: bool) -> bool:
    try:
        return bool(_TIME.fullmatch(value)) and (datetime.fromisoformat(value).tzinfo is not None) == with_zone
    except ValueError:
        return False


def _is_finite_number(value: str) -> bool:
    text = value.strip(_BLANKS)
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))
