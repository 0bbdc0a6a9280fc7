"""Ratings in Arrow's batches, as text and Parquet files come, and the reading of Parquet files."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.ids import encode_arrow, is_text
from Data_manager._matrices.rules import URM_TIMESTAMP
from Data_manager._ratings.columns import RatingsColumns
from Data_manager._ratings.files import RatingsFile
from Data_manager._sources.zip_members import ALWAYS_ALLOWED_BYTES, MAX_RATIO
from recsys_common.files import check_regular

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

# the distinct ids of a batch are looked up among all ids, so few large batches are faster than many small ones
BATCH_ROWS = 8 * 2**20

_BYTES_PER_VALUE = 8
_SECONDS_PER_DAY = 86_400
_UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read_parquet(file: RatingsFile, columns: RatingsColumns) -> Iterator[Interactions]:
    """Yield the interactions of a Parquet file in parts.

    A file that is damaged, unpacks to far more than its size, or lacks a column is a ValueError; other errors are those
    of `interactions_of_batch`.
    """
    import pyarrow as pa
    from pyarrow import parquet

    check_regular(file.path)
    try:
        schema = parquet.read_schema(file.path, memory_map=True)
        columns.check_among(schema.names, file.where)
        if columns.by_position:
            columns = columns.named(schema.names)
            columns.check_among(schema.names, file.where)
        names = columns.names_of_roles()
        # a file that stores a long text once may have it in every row
        texts = [name for name in names.values() if is_text(schema.field(name).type)]
        with parquet.ParquetFile(file.path, memory_map=True, read_dictionary=texts) as source:
            _check_size(file, source.metadata, list(names.values()))
            first_row = 0
            for batch in _joined(source.iter_batches(BATCH_ROWS, columns=list(names.values()))):
                yield interactions_of_batch(batch, names, file.where, first_row)
                first_row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's errors have a number, pyarrow's not
            raise
        raise ValueError(f"{file.where} is damaged or not a Parquet file ({error})") from error


def interactions_of_batch(
    batch: "pa.RecordBatch", names: Mapping[str, str], where: str, first_row: int = 0
) -> Interactions:
    """Return the interactions of one batch; without ratings each has the value 1.

    `names` has the columns by "user", "item", "rating" and "timestamp"; `where` and `first_row`, the number of the
    batch's first row in the file, are for messages. A column of another type is a TypeError; a value that is missing or
    not finite is a ValueError.
    """

    def place(role: str) -> str:
        return f"{where}, column {names[role]!r}"

    values = {}
    if "rating" in names:
        values["URM_all"] = _numbers(place("rating"), batch.column(names["rating"]), first_row, "numbers")
    else:
        values["URM_all"] = np.ones(batch.num_rows)
    if "timestamp" in names:
        seconds = _as_seconds(batch.column(names["timestamp"]))
        values[URM_TIMESTAMP] = _numbers(place("timestamp"), seconds, first_row, "seconds or dates")
    return Interactions(
        users=encode_arrow(place("user"), batch.column(names["user"]), first_row),
        items=encode_arrow(place("item"), batch.column(names["item"]), first_row),
        values=values,
    )


def _numbers(place: str, column: "pa.Array", first_row: int, allowed: str) -> npt.NDArray[np.float64]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind) and is_text(kind.value_type):
        kind = kind.value_type  # how texts of Parquet are read
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if not (is_number or pa.types.is_decimal(kind)):
        raise TypeError(f"{place} must hold {allowed}, got {kind} values")
    numbers: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    is_finite = np.isfinite(numbers)
    if not is_finite.all():
        row = int(np.argmin(is_finite))
        got = "none" if column[row].as_py() is None else repr(float(numbers[row]))
        raise ValueError(f"{place} must hold a finite number in every row, got {got} in row {first_row + row}")
    return numbers


def _as_seconds(column: "pa.Array") -> "pa.Array":
    """Return dates and times as seconds since 1970, and other values as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        units = column.cast(pa.int64()).cast(pa.float64(), safe=False)
        return pc.divide(units, float(_UNITS_PER_SECOND[column.type.unit]))
    if pa.types.is_date(column.type):
        return pc.multiply(column.cast(pa.date32()).cast(pa.int32()).cast(pa.float64()), float(_SECONDS_PER_DAY))
    return column


def _joined(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
    """Join batches into ones of up to BATCH_ROWS rows: where texts are dictionaries, each row group is a batch."""
    import pyarrow as pa

    part: list[pa.RecordBatch] = []
    for batch in chain(batches, [None]):
        if part and (batch is None or sum(b.num_rows for b in part) + batch.num_rows > BATCH_ROWS):
            yield from pa.Table.from_batches(part).unify_dictionaries().combine_chunks().to_batches()
            part = []
        if batch is not None:
            part.append(batch)


def _check_size(file: RatingsFile, metadata: "FileMetaData", names: list[str]) -> None:
    """Refuse a file that unpacks too far: a column of equal values takes no space, so a small one may have any rows."""
    n_bytes, n_rows = file.path.stat().st_size, metadata.num_rows
    n_encoded = sum(
        column.total_uncompressed_size
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema in names
    )
    n_unpacked = max(n_rows * len(names) * _BYTES_PER_VALUE, n_encoded)
    if n_unpacked > max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * n_bytes):
        raise ValueError(
            f"{file.where} is refused: its columns must unpack to at most {MAX_RATIO} times its {n_bytes} bytes, "
            f"got {n_unpacked} bytes of {n_rows} rows; if it is to be trusted, write it as text, or read it by "
            "pandas.read_parquet and give the data frame"
        )
