"""The search for the line because of which a file was refused."""

import math
import re
from datetime import datetime
from typing import IO, TYPE_CHECKING

from Data_manager._text.lines import UNDECODED, Field, refuse_line, rows_of

if TYPE_CHECKING:
    from Data_manager._text.parsing import TextTable

# no id is so long; what looks like one has swallowed lines, or is no text
MAX_KEY_BYTES = 2**16

# what pyarrow passes over around a number
_BLANKS = " \t"
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}(:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?)?(Z|[-+][0-9]{2}(:?[0-9]{2})?)?"
)


def raise_at_broken_line(
    stream: IO[bytes], where: str, table: "TextTable", fields: list[Field], n_good_rows: int = 0
) -> None:
    """Raise the ValueError of the first broken line after so many good rows; return if none is found."""
    for number, line, row in rows_of(stream, where, table, n_good_rows):
        reason = what_is_wrong(row, fields)
        if not reason and table.separator == "::" and any(":" in field for field in row):
            reason = "a ':' inside a field"
        if reason:
            refuse_line(where, number, line, reason)


def raise_at_broken_quote(stream: IO[bytes], where: str, table: "TextTable") -> None:
    """Raise the ValueError of the first line whose quotes are wrong; return if none is found."""
    for _ in rows_of(stream, where, table):
        pass


def what_is_wrong(row: list[str], fields: list[Field]) -> str | None:
    """What is wrong with the fields of a line, or None."""
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
