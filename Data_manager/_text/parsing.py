"""Delimited text files, read by pyarrow as a stream of batches or into a data frame.

pyarrow knows separators of one character only. A "::" file is read with the separator ":", so that every second field
is an empty one, which is checked. Free text that may hold the separator (movie titles, tags) is split line by line.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from Data_manager._text.broken_lines import raise_at_broken_line, raise_at_broken_quote, what_is_wrong
from Data_manager._text.layout import MAX_KEY_BYTES, Field, TextTable, arrow_types, fields_of_names
from Data_manager._text.lines import BLOCK_BYTES, UNDECODED, is_blank, lines_of, refuse_line, split_line

if TYPE_CHECKING:
    import pyarrow as pa

# opens a new binary stream at the start of a file: one to parse it, and another one to find the line that is broken
OpenStream = Callable[[], AbstractContextManager[IO[bytes]]]


def read_table(open_stream: OpenStream, where: str, table: TextTable) -> pd.DataFrame:
    """Read a file into a data frame of int64, float64 and text columns, in the order of `table.columns`.

    A broken line (named with file and number), a missing column, or a file without lines is a ValueError.
    """
    import pyarrow as pa

    if "free" in table.columns.values():
        with open_stream() as stream:
            return _read_free_text(stream, where, table)
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


def read_batches(open_stream: OpenStream, where: str, table: TextTable) -> Iterator["pa.RecordBatch"]:
    """Yield some hundred thousand lines at a time, the columns by name in the file's order; errors as `read_table`.

    Columns are int64, float64, string, for "label" a dictionary of strings, for "time" microseconds since 1970. None
    may be "free". A file without lines gives no batch.
    """
    import pyarrow as pa
    from pyarrow import csv

    fields = _fields_in_order(open_stream, where, table)
    error: Exception | None = None
    n_good_rows = 0
    try:
        with open_stream() as stream:
            counted = _CountingStream(stream)
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
        if n_good_rows == 0:
            with open_stream() as stream:
                if is_blank(stream, table.encoding, table.n_lines_before):  # for pyarrow that is an error
                    return
        for n_skipped in dict.fromkeys((n_good_rows, 0)):
            with open_stream() as stream:
                raise_at_broken_line(stream, where, table, fields, n_skipped)
        raise ValueError(f"{where} cannot be read: {error}") from error


def _fields_in_order(open_stream: OpenStream, where: str, table: TextTable) -> Sequence[Field]:
    if table.fields is not None:
        return table.fields
    if not table.header:
        return tuple(table.columns.items())
    with open_stream() as stream:
        _, header = next(lines_of(stream, where, table.encoding), (1, ""))
    names = split_line(header.rstrip("\r\n"), table.separator, table.quoted)
    return fields_of_names(names, table.columns, where, header)


def _arrow_options(table: TextTable, fields: Sequence[Field]) -> dict[str, Any]:
    from pyarrow import csv

    # the names of gaps and of skipped fields have a line end, which no name of a header has
    if table.separator == "::":
        fields = [field for number, pair in enumerate(fields) for field in ((f"gap\n{number}", "gap"), pair)][1:]
    names = [name if kind != "skip" else f"skipped\n{number}" for number, (name, kind) in enumerate(fields)]
    types = arrow_types()
    wanted = {name: types[kind] for name, (_, kind) in zip(names, fields) if kind != "skip"}
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


class _CountingStream(io.BufferedIOBase):
    """Another stream that is passed on, and whose quotes and lines are counted.

    pyarrow takes a quote that is not closed for one that ends at the next one, or with the file, and all lines in
    between for one field. Where each row has a line of its own and the quotes come in pairs, this has not happened.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._n_quotes = 0
        self._n_line_ends = 0
        self._last_byte = b"\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self._n_quotes += data.count(b'"')
        self._n_line_ends += data.count(b"\n")
        self._last_byte = data[-1:] or self._last_byte
        return data

    read1 = read

    def may_have_open_quote(self, n_lines: int) -> bool:
        """Tell whether a quote may have been left open in what pyarrow took for `n_lines` lines."""
        n_line_ends = self._n_line_ends + (self._last_byte != b"\n")
        return self._n_quotes % 2 == 1 or (self._n_quotes > 0 and n_line_ends != n_lines)


def _wrong_value(batch: "pa.RecordBatch", table: TextTable) -> ValueError | None:
    """Return the error for what pyarrow accepts: an empty field, a number that is not finite, a negative id."""
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


def _read_free_text(stream: IO[bytes], where: str, table: TextTable) -> pd.DataFrame:
    """Read a small file of movies or tags: the fields before the free one are split off from the left, others right."""
    fields = tuple(table.columns.items())
    free = list(table.columns.values()).index("free")
    n_right = len(fields) - 1 - free
    numbers: list[int] = []
    # by column, since a list for each row would keep the garbage collector busy
    columns: list[list[str]] = [[] for _ in fields]
    for number, line in lines_of(stream, where, table.encoding):
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
            reason = what_is_wrong(values, fields)
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
    """Tell whether all values are right, by one look at each distinct one: nearly always they are."""
    if UNDECODED.search("\n".join(column)):
        return False
    return kind in ("text", "free", "skip") or not any(what_is_wrong([value], [("", kind)]) for value in set(column))
