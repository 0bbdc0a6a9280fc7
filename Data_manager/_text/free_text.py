"""Small files with free text, in which the separator may occur: movies and tags."""

from typing import IO, TYPE_CHECKING

import pandas as pd

from Data_manager._text.broken_lines import what_is_wrong
from Data_manager._text.lines import UNDECODED, Field, lines_of, refuse_line

if TYPE_CHECKING:
    from Data_manager._text.parsing import TextTable


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
    for number, line in enumerate(lines_of(stream, where, table.encoding), start=1):
        text = line.rstrip("\r\n")
        if not text:
            continue
        left = text.split(table.separator, free)
        row = [*left[:-1], *left[-1].rsplit(table.separator, n_right)]
        if len(row) != len(fields):
            refuse_line(where, number, text, what_is_wrong(row, fields) or "")
        numbers.append(number)
        for column, value in zip(columns, row):
            column.append(value)
    if not numbers:
        raise ValueError(f"{where} holds no lines")
    if not all(_column_is_right(kind, column) for (_, kind), column in zip(fields, columns)):
        for number, values in zip(numbers, zip(*columns)):
            reason = what_is_wrong(list(values), fields)
            if reason:
                refuse_line(where, number, table.separator.join(values), reason)
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
    if UNDECODED.search("\n".join(column)):
        return False
    return kind in ("text", "free", "skip") or not any(what_is_wrong([value], [("", kind)]) for value in set(column))
