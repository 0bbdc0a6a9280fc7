"""Ratings in delimited text: one look at the first lines finds the layout, then the file is parsed.

The layout of a user's own files is found; that of MovieLens' is known. `load_CSV_*` takes the same look, and reads its
data frame by the same parser.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from Data_manager._matrices.builder import Interactions
from Data_manager._ratings.arrow import interactions_of_batch
from Data_manager._ratings.columns import RatingsColumns
from Data_manager._ratings.files import RatingsFile
from Data_manager._text.layout import TextTable, fields_of_names
from Data_manager._text.lines import UNDECODED, lines_of, rows_of, shown, split_line
from Data_manager._text.parsing import read_batches

# in the order in which they are tried on the first line
SEPARATORS = ("::", "\t", ",", ";", "|")

# ids may be any text, and a timestamp a date: the first one decides
ANY_KINDS = {"user": "label", "item": "label", "rating": "float", "timestamp": "seconds"}

# matches what would be a number with another decimal mark too
_NUMBER = re.compile(r"\s*[-+]?[0-9]*[.,]?[0-9]*([eE][-+]?[0-9]+)?\s*")
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}")
_ZONE = re.compile(r"(Z|[-+][0-9]{2}:?([0-9]{2})?)\s*$")


@dataclass(frozen=True)
class TextFormat:
    """What the user says of a text: separator (None: found), header (None: if columns are names) and encoding."""

    separator: str | None
    header: bool | None
    encoding: str


def read_text(file: RatingsFile, table: TextTable, columns: RatingsColumns) -> Iterator[Interactions]:
    """Yield the interactions of a text file in parts; a broken line is a ValueError that names file, number and line.

    `columns` are names of `table`. A file without lines gives no part.
    """
    for batch in read_batches(file.open, file.where, table):
        yield interactions_of_batch(batch, columns.names_of_roles(), file.where)


def find_layout(
    file: RatingsFile, columns: RatingsColumns, text_format: TextFormat, kinds: Mapping[str, str] = ANY_KINDS
) -> tuple[TextTable, RatingsColumns] | None:
    """Find what `read_text` needs by one look at the first lines; None if the file has no lines.

    `kinds` are those of `TextTable`, by role; "seconds" becomes the kind of a date if the first timestamp is one.
    """
    header = not columns.by_position if text_format.header is None else text_format.header
    with file.open() as stream:
        lines = lines_of(stream, file.where, text_format.encoding)
        first = next((entry for entry in lines if header or entry[1].rstrip("\r\n")), None)
        if first is None:
            return None
        line = first[1].rstrip("\r\n")
        separator, names = _split_first_line(line, file.where, columns, text_format, header)
        quoted = separator != "::"
        if columns.by_position:
            # a header's names are for messages: those that cannot name columns make a file no worse
            if not header or len(set(names)) < len(names) or UNDECODED.search(line):
                names = [f"column {position}" for position in range(len(names))]
            columns = columns.named(names)
        kind_of = {name: kinds[role] for role, name in columns.names_of_roles().items()}
        if columns.timestamp is not None and kinds["timestamp"] == "seconds":
            rows = rows_of(lines if header else chain([first], lines), file.where, separator, quoted)
            _, _, row = next(rows, (0, "", []))
            position = names.index(str(columns.timestamp))
            kind_of[str(columns.timestamp)] = _kind_of_timestamp(row[position] if position < len(row) else "")
    fields = fields_of_names(names, kind_of, file.where, line)
    return TextTable(separator, kind_of, header, quoted, text_format.encoding, fields), columns


def _kind_of_timestamp(value: str) -> str:
    """Return the kind of the first timestamp: seconds since 1970, or an ISO 8601 time with or without its zone."""
    if not _DATE.match(value):
        return "seconds"
    return "time with zone" if _ZONE.search(value.strip()[10:]) else "time"


def _split_first_line(
    line: str, where: str, columns: RatingsColumns, text_format: TextFormat, header: bool
) -> tuple[str, list[str]]:
    """Return the separator and the fields of the first line; refuse a line without the columns or with two readings."""
    separators = SEPARATORS if text_format.separator is None else (text_format.separator,)
    possible = {
        separator: fields
        for separator in separators
        for fields in [split_line(line, separator, separator != "::")]
        if _has_columns(fields, columns)
    }
    if len(possible) > 1 and not header and isinstance(columns.rating, int):
        # split by a wrong separator the rating is hardly a number
        possible = {key: fields for key, fields in possible.items() if _NUMBER.fullmatch(fields[columns.rating])}
    if len(possible) == 1:
        return possible.popitem()
    wanted = ", ".join(map(str, columns.present()))
    if possible:
        raise ValueError(
            f"separator must be given where more than one of {' or '.join(map(repr, possible))} may be it: {where} has "
            f"the columns {wanted} with each in its first line, {shown(line)}"
        )
    kind = "at the positions " if columns.by_position else ""
    is_header_sure = columns.by_position or text_format.header is not None
    hint = "" if is_header_sure else "; a file without a header has positions, such as 0,1,2"
    if "\0" in line or UNDECODED.search(line):
        hint = f"; these bytes are not text in the encoding {text_format.encoding}"
    raise ValueError(
        f"{where} must have in its first line the columns {kind}{wanted}, "
        f"separated by {' or '.join(map(repr, separators))}, got {shown(line)}{hint}"
    )


def _has_columns(fields: list[str], columns: RatingsColumns) -> bool:
    if columns.by_position:
        return max(map(int, columns.present())) < len(fields)
    return set(columns.present()) <= set(fields)
