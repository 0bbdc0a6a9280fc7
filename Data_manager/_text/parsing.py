"""Delimited text files, read by pyarrow as a stream of batches or into a data frame.

pyarrow knows separators of one character only. A "::" file is read with the separator ":", so that every second field
is an empty one, which is checked. Where free text may hold the separator (movie titles, tags), `_free_text` takes over.
pyarrow does not say which line it refuses: `_broken_lines` finds it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from Data_manager._text.broken_lines import MAX_KEY_BYTES, raise_at_broken_line, raise_at_broken_quote
from Data_manager._text.counting_stream import CountingStream
from Data_manager._text.free_text import read_free_text
from Data_manager._text.lines import BLOCK_BYTES, Field, fields_from_header, has_lines

if TYPE_CHECKING:
    import pyarrow as pa

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
        (text, never empty), "label" (the same, for few distinct ones), "seconds" (a float), "time" and "time with zone"
        (ISO 8601), "skip", and, without a header only, at most one "free": text in which a "::" separator may occur.
        Without a header these are all the fields of a line in their order; with one, the named ones, in any order
        beside others.
    header : bool, default=False
        Whether the first line has the names.
    quoted : bool, default=False
        Whether fields may stand in double quotes, with separators and line ends inside.
    encoding : str, default="utf-8"
    ignored_header : bool, default=False
        Whether the first line has names that do not matter, since `columns` are all the fields in their order.
    """

    separator: str
    columns: Mapping[str, str]
    header: bool = False
    quoted: bool = False
    encoding: str = "utf-8"
    ignored_header: bool = False

    @property
    def n_lines_before(self) -> int:
        """How many lines stand before the first row."""
        return int(self.header or self.ignored_header)


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
        "seconds": pa.float64(),
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
            column_names=names, skip_rows=table.n_lines_before, encoding=table.encoding, block_size=BLOCK_BYTES
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
    n_good_rows = 0
    try:
        with open_stream() as stream:
            if not has_lines(stream, where, table):
                return
        with open_stream() as stream:
            counted = CountingStream(stream)
            with csv.open_csv(counted, **_arrow_options(table, fields)) as reader:
                for batch in reader:
                    error = _wrong_value(batch, table)
                    if error:
                        break
                    if batch.num_rows > 0:
                        yield batch
                    n_good_rows += batch.num_rows
        if not error and table.quoted and counted.may_have_open_quote(table.n_lines_before + n_good_rows):
            with open_stream() as stream:
                raise_at_broken_quote(stream, where, table)
    except (pa.ArrowInvalid, UnicodeError) as refused:
        error = refused
    if error:
        for n_skipped in dict.fromkeys((n_good_rows, 0)):
            with open_stream() as stream:
                raise_at_broken_line(stream, where, table, fields, n_skipped)
        raise ValueError(f"{where} cannot be read: {error}") from error


def _wrong_value(batch: "pa.RecordBatch", table: TextTable) -> ValueError | None:
    """What pyarrow lets pass: an empty field, a number that is not finite, a negative id."""
    import pyarrow.compute as pc

    for name in batch.schema.names:
        if name not in table.columns:  # the gap between two fields
            continue
        kind, column = table.columns[name], batch.column(name)
        wrong = column.null_count > 0
        if kind == "id" and not wrong:
            wrong = bool((column.to_numpy() < 0).any())
        elif kind in ("float", "seconds") and not wrong:
            wrong = not np.isfinite(column.to_numpy()).all()
        elif kind in ("key", "label") and not wrong and len(column) > 0:
            lengths = pc.min_max(pc.binary_length(column.dictionary if kind == "label" else column)).as_py()
            wrong = lengths["min"] == 0 or lengths["max"] > MAX_KEY_BYTES
        if wrong:
            return ValueError(f"a value of the column '{name}' is empty or out of range")
    return None
