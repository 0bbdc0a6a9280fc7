"""Ratings in delimited text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from Data_manager._dataset_builder import Interactions
from Data_manager._lines import split_line, text_of
from Data_manager._parsing import TextTable, read_batches
from Data_manager._ratings_arrow import interactions_of_batch
from Data_manager._ratings_columns import RatingsColumns
from Data_manager._ratings_files import RatingsFile

# in the order in which they are tried on the first line
SEPARATORS = ("::", "\t", ",", ";", "|")

_NUMBER = re.compile(r"\s*[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?\s*")
_ZONE = re.compile(r"(Z|[-+][0-9]{2}:?([0-9]{2})?)\s*$")
_SHOWN_CHARACTERS = 200


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
    first_lines = _first_lines(file, text_format.encoding)
    if not first_lines:
        return
    header = not columns.by_position if text_format.header is None else text_format.header
    separator, fields = _split_first_line(first_lines[0], file.where, columns, text_format.separator)
    if columns.by_position:
        columns = columns.named(fields if header else [f"column {position}" for position in range(len(fields))])
    names = columns.names_of_roles()
    kinds = {"user": "label", "item": "label", "rating": "float", "timestamp": "float"}
    if "timestamp" in names:
        first_row = split_line(first_lines[-1], separator, separator != "::")
        position = fields.index(names["timestamp"]) if header else int(names["timestamp"].split()[-1])
        kinds["timestamp"] = _kind_of_timestamp(first_row[position] if position < len(first_row) else "")
    kind_of = {name: kinds[role] for role, name in names.items()}
    if not header:
        kind_of = {f"column {k}": kind_of.get(f"column {k}", "skip") for k in range(len(fields))}
    table = TextTable(separator, kind_of, header=header, quoted=separator != "::", encoding=text_format.encoding)
    for batch in read_batches(file.open, file.where, table):
        yield interactions_of_batch(batch, names, file.where)


def _first_lines(file: RatingsFile, encoding: str) -> list[str]:
    """The first two lines that are not empty: a header, if there is one, and the first row, or that alone."""
    with file.open() as stream:
        lines = (line.removeprefix("\ufeff").rstrip("\r\n") for line in text_of(stream, encoding))
        return list(islice((line for line in lines if line), 2))


def _kind_of_timestamp(value: str) -> str:
    """Seconds since 1970, or a date and time of ISO 8601 with or without its zone: as the first one is, so are all."""
    if "-" not in value.strip()[1:] or _NUMBER.fullmatch(value):
        return "float"
    return "time with zone" if _ZONE.search(value.strip()[10:]) else "time"


def _split_first_line(line: str, where: str, columns: RatingsColumns, separator: str | None) -> tuple[str, list[str]]:
    """The separator and the fields of the first line, if it has the columns."""
    separators = SEPARATORS if separator is None else (separator,)
    wanted = columns.present()
    for candidate in separators:
        fields = split_line(line, candidate, candidate != "::")
        if columns.by_position and len(fields) > max(map(int, wanted)):
            return candidate, fields
        if not columns.by_position and set(wanted) <= set(fields):
            return candidate, fields
    kind = "at the positions " if columns.by_position else ""
    hint = "" if columns.by_position else "; a file without a header has positions, such as 0,1,2"
    raise ValueError(
        f"{where} must have in its first line the columns {kind}{', '.join(map(str, wanted))}, "
        f"separated by {' or '.join(map(repr, separators))}, got {line[:_SHOWN_CHARACTERS]!r}{hint}"
    )
