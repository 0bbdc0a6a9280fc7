"""Delimited text files, read by pyarrow into data frames.

pyarrow knows separators of one character only. A "::" file is read with the separator ":", so that every second field
is an empty one, which is checked. Where free text may hold the separator (movie titles, tags), a slower reader of
`_lines` takes over; it also finds the broken line when pyarrow refuses a file.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pandas as pd

from Data_manager._lines import Field, fields_from_header, raise_at_broken_line, read_free_text

# how pyarrow gets a fresh stream, and how the error path gets another one
OpenStream = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True)
class TextTable:
    """How a delimited text file is laid out.

    Parameters
    ----------
    separator : str
        One character, or "::".
    columns : mapping of str to str
        Name and kind of the fields: "int", "float" (finite), "text" (any, empty too), "key" (text, never empty),
        "skip", and, without a header only, at most one "free": text in which a "::" separator may occur. Without a
        header these are all the fields of a line in their order; with one, the named ones, in any order beside others.
    header : bool, default=False
        Whether the first line has the names.
    quoted : bool, default=False
        Whether fields may stand in double quotes, with separators and line ends inside.
    encoding : str, default="utf-8"
    """

    separator: str
    columns: Mapping[str, str]
    header: bool = False
    quoted: bool = False
    encoding: str = "utf-8"


def read_table(open_stream: OpenStream, where: str, table: TextTable) -> pd.DataFrame:
    """Read a file whose layout is known.

    Parameters
    ----------
    open_stream : callable
        Gives a new binary stream at the start of the file, as a context manager.
    where : str
        The file's name in messages.
    table : TextTable

    Returns
    -------
    pandas.DataFrame
        The columns that are not "skip", in the order of `table.columns`: int64, float64 or text.

    Raises
    ------
    ValueError
        If a line is broken (file, line number and line are named), a column is not in the header, or no line is there.
    """
    fields: list[Field] = list(table.columns.items())
    if table.header:
        with open_stream() as stream:
            fields = fields_from_header(stream, where, table)
    if "free" in table.columns.values():
        with open_stream() as stream:
            return read_free_text(stream, where, table)
    frame = _read_with_pyarrow(open_stream, where, table, fields)
    if len(frame) == 0:
        raise ValueError(f"{where} holds no lines")
    return frame[[name for name, kind in table.columns.items() if kind != "skip"]]


def _arrow_options(table: TextTable, fields: list[Field]) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import csv

    arrow_types = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "key": pa.string(), "gap": pa.null()}
    if table.separator == "::":
        fields = [field for number, pair in enumerate(fields) for field in ((f"gap {number}", "gap"), pair)][1:]
    names = [name if kind != "skip" else f"skipped {number}" for number, (name, kind) in enumerate(fields)]
    wanted = {name: arrow_types[kind] for name, (_, kind) in zip(names, fields) if kind != "skip"}
    return {
        "read_options": csv.ReadOptions(column_names=names, skip_rows=int(table.header), encoding=table.encoding),
        "parse_options": csv.ParseOptions(
            delimiter=table.separator[0],
            quote_char='"' if table.quoted else False,
            # with line ends inside quotes a file cannot be cut into blocks unread, so only files with text pay for it
            newlines_in_values=table.quoted and bool({"text", "key"} & set(table.columns.values())),
        ),
        "convert_options": csv.ConvertOptions(
            column_types=wanted, include_columns=list(wanted), null_values=[""], strings_can_be_null=False
        ),
    }


def _read_with_pyarrow(open_stream: OpenStream, where: str, table: TextTable, fields: list[Field]) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv

    try:
        with open_stream() as stream:
            arrow_table = csv.read_csv(stream, **_arrow_options(table, fields))
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        with open_stream() as stream:
            raise_at_broken_line(stream, where, table, fields)
        raise ValueError(f"{where} cannot be read: {error}") from error

    columns = {}
    for name, kind in fields:
        if kind == "skip":
            continue
        column = arrow_table.column(name)
        values = column.to_pandas() if kind in ("text", "key") else column.to_numpy()
        broken = column.null_count > 0
        broken = broken or (kind == "float" and not np.isfinite(values).all())
        broken = broken or (kind == "key" and bool((values == "").any()))
        if broken:
            with open_stream() as stream:
                raise_at_broken_line(stream, where, table, fields)
            raise ValueError(f"{where} has an empty or not finite value in the column '{name}'")
        columns[name] = values
    return pd.DataFrame(columns)
