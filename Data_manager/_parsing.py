"""Delimited text files, read by pyarrow as a stream of batches or into a data frame.

pyarrow knows separators of one character only. A "::" file is read with the separator ":", so that every second field
is an empty one, which is checked. Where free text may hold the separator (movie titles, tags), a slower reader of
`_lines` takes over; it also finds the broken line when pyarrow refuses a file.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from Data_manager._lines import Field, fields_from_header, has_lines, raise_at_broken_line, read_free_text

if TYPE_CHECKING:
    import pyarrow as pa

# What is parsed at a time; a line cannot be longer.
BLOCK_BYTES = 4 * 2**20

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
        Name and kind of the fields: "int", "id" (an integer >= 0), "float" (finite), "text" (any, empty too), "key"
        (text, never empty), "label" (the same, for few distinct ones), "time" and "time with zone" (ISO 8601), "skip",
        and, without a header only, at most one "free": text in which a "::" separator may occur. Without a header these
        are all the fields of a line in their order; with one, the named ones, in any order beside others.
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
    import pyarrow as pa

    if "free" in table.columns.values():
        with open_stream() as stream:
            return read_free_text(stream, where, table)
    batches = list(read_batches(open_stream, where, table))
    if not batches:
        raise ValueError(f"{where} holds no lines")
    arrow_table = pa.Table.from_batches(batches)
    columns = {}
    for name, kind in table.columns.items():
        if kind != "skip":
            column = arrow_table.column(name)
            columns[name] = column.to_pandas() if kind in ("text", "key") else column.to_numpy()
    return pd.DataFrame(columns)


def _arrow_options(table: TextTable, fields: list[Field]) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import csv

    arrow_types = {
        "int": pa.int64(),
        "id": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "key": pa.string(),
        "label": pa.dictionary(pa.int32(), pa.string()),
        "time": pa.timestamp("us"),
        "time with zone": pa.timestamp("us", tz="UTC"),
        "gap": pa.null(),
    }
    if table.separator == "::":
        fields = [field for number, pair in enumerate(fields) for field in ((f"gap {number}", "gap"), pair)][1:]
    names = [name if kind != "skip" else f"skipped {number}" for number, (name, kind) in enumerate(fields)]
    wanted = {name: arrow_types[kind] for name, (_, kind) in zip(names, fields) if kind != "skip"}
    return {
        "read_options": csv.ReadOptions(
            column_names=names, skip_rows=int(table.header), encoding=table.encoding, block_size=BLOCK_BYTES
        ),
        "parse_options": csv.ParseOptions(
            delimiter=table.separator[0],
            quote_char='"' if table.quoted else False,
            # with line ends inside quotes a file cannot be cut into blocks unread, so only files with text pay for it
            newlines_in_values=table.quoted and bool({"text", "key", "label"} & set(table.columns.values())),
        ),
        "convert_options": csv.ConvertOptions(
            column_types=wanted, include_columns=list(wanted), null_values=[""], strings_can_be_null=False
        ),
    }


def read_batches(open_stream: OpenStream, where: str, table: TextTable) -> Iterator["pa.RecordBatch"]:
    """Read a file whose layout is known, some hundred thousand lines at a time.

    Parameters
    ----------
    open_stream, where, table
        As in `read_table`; no field may be "free".

    Yields
    ------
    pyarrow.RecordBatch
        The columns that are not "skip", by name, in the file's order: int64, float64, string, for "label" a dictionary
        of strings, for "time" microseconds since 1970.

    Raises
    ------
    ValueError
        If a line is broken or a column is not in the header, as `read_table`. A file without lines gives no batch.
    """
    import pyarrow as pa
    from pyarrow import csv

    fields: list[Field] = list(table.columns.items())
    if table.header:
        with open_stream() as stream:
            fields = fields_from_header(stream, where, table)
    error: Exception | None = None
    try:
        with open_stream() as stream:
            if not has_lines(stream, table):
                return
        with open_stream() as stream, csv.open_csv(stream, **_arrow_options(table, fields)) as reader:
            for batch in reader:
                error = _wrong_value(batch, table)
                if error:
                    break
                if batch.num_rows > 0:
                    yield batch
    except (pa.ArrowInvalid, UnicodeDecodeError) as refused:
        error = refused
    if error:
        with open_stream() as stream:
            raise_at_broken_line(stream, where, table, fields)
        raise ValueError(f"{where} cannot be read: {error}") from error


def _wrong_value(batch: "pa.RecordBatch", table: TextTable) -> ValueError | None:
    """What pyarrow lets pass: an empty field, a number that is not finite, a negative id."""
    import pyarrow.compute as pc

    for name in batch.schema.names:
        if name not in table.columns:  # the gap between two fields
            continue
        kind, column = table.columns[name], batch.column(name)
        wrong = column.null_count > 0
        if kind in ("id", "float") and not wrong:
            values = column.to_numpy()
            wrong = not np.isfinite(values).all() if kind == "float" else bool((values < 0).any())
        elif kind in ("key", "label") and not wrong:
            texts = column.dictionary if kind == "label" else column
            wrong = bool(pc.any(pc.equal(texts, "")).as_py())
        if wrong:
            return ValueError(f"a value of the column '{name}' is empty or out of range")
    return None
