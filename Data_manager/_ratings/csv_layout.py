"""Where in a text file the columns of its interactions are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Data_manager._text.lines import BLOCK_BYTES, split_line
from Data_manager._text.parsing import TextTable
from recsys_common.files import check_regular
from recsys_common.validation import check_bool

NAMES = ("UserID", "ItemID", "interaction", "timestamp")

Columns = Sequence[int] | Sequence[str]


@dataclass(frozen=True)
class CsvLayout:
    """What the caller says of the file, checked.

    Parameters
    ----------
    header : bool
        Whether the first line has names.
    separator : str
        One character, or "::".
    names : tuple of str
        The first three or all of `NAMES`.
    columns : list of int or of str
        Where these stand in the file: positions from 0, or names of the header.
    """

    header: bool
    separator: str
    names: tuple[str, ...]
    columns: list[Any]


def checked_layout(header: Any, separator: Any, timestamp: Any, columns: Any) -> CsvLayout:
    """The layout by the arguments of `load_CSV_into_Dataframe`; TypeError or ValueError if they are not as it says."""
    header, timestamp = check_bool("header", header), check_bool("timestamp", timestamp)
    if not isinstance(separator, str):
        raise TypeError(f"separator must be one character or '::', got {separator!r}")
    if len(separator) != 1 and separator != "::":
        raise ValueError(f"separator must be one character or '::', got {separator!r}")
    names = NAMES[: 4 if timestamp else 3]
    if columns is None:
        return CsvLayout(header, separator, names, list(range(len(names))))
    allowed = f"{len(names)} different positions >= 0{' or names' if header else ''} ({', '.join(names)})"
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise TypeError(f"custom_user_item_rating_columns must be {allowed}, got {columns!r}")
    are_names = header and all(isinstance(column, str) for column in columns)
    are_positions = all(type(column) is int and column >= 0 for column in columns)
    if not (are_names or are_positions) or len(columns) != len(names) or len(set(columns)) != len(names):
        raise ValueError(f"custom_user_item_rating_columns must be {allowed}, got {columns!r}")
    return CsvLayout(header, separator, names, list(columns))


def text_table(path: Path, where: str, layout: CsvLayout, kinds: tuple[str, ...]) -> tuple[TextTable, list[str]]:
    """What is to be read, and the names in it of the columns `layout.names`.

    Parameters
    ----------
    path : Path
        Its first line is read: the names, or how many fields there are.
    where : str
        The file's name in messages.
    layout : CsvLayout
    kinds : tuple of str
        Of each of `layout.names`, as `TextTable` has them.
    """
    quoted = layout.separator != "::"
    check_regular(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        first_line = file.readline(BLOCK_BYTES)
    if not first_line:
        raise ValueError(f"{where} holds no lines")
    fields = split_line(first_line.rstrip("\r\n"), layout.separator, quoted)
    columns = layout.columns
    if isinstance(columns[0], int):
        if max(columns) >= len(fields):
            raise ValueError(
                f"{where} must have at least {max(columns) + 1} fields separated by {layout.separator!r}, "
                f"got {len(fields)} in its first line"
            )
        if not layout.header:
            fields = [f"column {position}" for position in range(len(fields))]
        columns = [fields[position] for position in columns]
    kind_of = dict(zip(columns, kinds))
    if layout.header:
        return TextTable(layout.separator, kind_of, header=True, quoted=quoted), columns
    all_fields = {name: kind_of.get(name, "skip") for name in fields}
    return TextTable(layout.separator, all_fields, quoted=quoted), columns
