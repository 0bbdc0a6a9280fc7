"""Ratings in delimited text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from Data_manager._matrices.builder import Interactions
from Data_manager._ratings.arrow import interactions_of_batch
from Data_manager._ratings.columns import RatingsColumns
from Data_manager._ratings.files import RatingsFile
from Data_manager._text.lines import UNDECODED, lines_of, rows_of, shown, split_line
from Data_manager._text.parsing import TextTable, read_batches

# in the order in which they are tried on the first line
SEPARATORS = ("::", "\t", ",", ";", "|")

_KIND_OF_ROLE = {"user": "label", "item": "label", "rating": "float", "timestamp": "seconds"}

# or what would be one with another decimal mark
_NUMBER = re.compile(r"\s*[-+]?[0-9]*[.,]?[0-9]*([eE][-+]?[0-9]+)?\s*")
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}")
_ZONE = re.compile(r"(Z|[-+][0-9]{2}:?([0-9]{2})?)\s*$")


@dataclass(frozen=True)
class TextFormat:
    """How the text is written.

    Parameters
    ----------
    separator : str or None
        One of `SEPARATORS`; None: the one with which the first line has the columns.
    header : bool or None
        Whether the first line has names; None: if the columns are given by name.
    encoding : str
    """

    separator: str | None
    header: bool | None
    encoding: str


def read_text(file: RatingsFile, columns: RatingsColumns, text_format: TextFormat) -> Iterator[Interactions]:
    """The interactions of a text file in parts; a broken line is a ValueError that names file, number and line."""
    header = not columns.by_position if text_format.header is None else text_format.header
    first_line = _first_line(file, text_format.encoding, header)
    if first_line is None:
        return
    separator, fields = _split_first_line(first_line, file.where, columns, text_format, header)
    by_position = columns.by_position
    if by_position:
        fields = [f"column {position}" for position in range(len(fields))]
        columns = columns.named(fields)
    names = columns.names_of_roles()
    kind_of = {name: _KIND_OF_ROLE[role] for role, name in names.items()}
    table = TextTable(
        separator,
        {name: kind_of.get(name, "skip") for name in fields} if by_position else kind_of,
        header=header and not by_position,
        quoted=separator != "::",
        encoding=text_format.encoding,
        ignored_header=header and by_position,
    )
    if "timestamp" in names:
        first_time = _first_value(file, table, fields.index(names["timestamp"]))
        table = replace(table, columns={**table.columns, names["timestamp"]: _kind_of_timestamp(first_time)})
    for batch in read_batches(file.open, file.where, table):
        yield interactions_of_batch(batch, names, file.where)


def _first_line(file: RatingsFile, encoding: str, header: bool) -> str | None:
    """The header, or else the first line that is not empty, without its end; None if there is none."""
    with file.open() as stream:
        lines = (line.rstrip("\r\n") for line in lines_of(stream, file.where, encoding))
        return next((line for line in lines if line or header), None)


def _first_value(file: RatingsFile, table: TextTable, position: int) -> str:
    """What stands there in the first row; empty if nothing does."""
    with file.open() as stream:
        _, _, row = next(rows_of(stream, file.where, table), (0, "", []))
        return row[position] if position < len(row) else ""


def _kind_of_timestamp(value: str) -> str:
    """Seconds since 1970, or a date and time of ISO 8601 with or without its zone: as the first one is, so are all."""
    if not _DATE.match(value):
        return "seconds"
    return "time with zone" if _ZONE.search(value.strip()[10:]) else "time"


def _split_first_line(
    line: str, where: str, columns: RatingsColumns, text_format: TextFormat, header: bool
) -> tuple[str, list[str]]:
    """The separator and the fields of the first line; an error if it has not the columns, or has them with several."""
    separators = SEPARATORS if text_format.separator is None else (text_format.separator,)
    possible = {
        separator: fields
        for separator in separators
        for fields in [split_line(line, separator, separator != "::")]
        if _has_columns(fields, columns)
    }
    if len(possible) > 1 and not header and isinstance(columns.rating, int):
        # with a wrong separator it is hardly a number
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
    hint = "" if columns.by_position else "; a file without a header has positions, such as 0,1,2"
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
