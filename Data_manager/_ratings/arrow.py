"""From Arrow's batches to interactions: what text and Parquet files have in common."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.cells import Values
from Data_manager._matrices.id_encoder import encode_arrow, is_text
from Data_manager._matrices.rules import URM_TIMESTAMP

if TYPE_CHECKING:
    import pyarrow as pa

_SECONDS_A_DAY = 86_400
_UNITS_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def interactions_of_batch(
    batch: "pa.RecordBatch", names: Mapping[str, str], where: str, first_row: int = 0
) -> Interactions:
    """The interactions of one batch; without ratings each has the value 1.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
    names : mapping of str to str
        The columns of "user", "item" and, where there are such, "rating" and "timestamp".
    where : str
        The file's name in messages.
    first_row : int, default=0
        The number of the batch's first row in the file, for messages.

    Raises
    ------
    TypeError, ValueError
        If a column is of another type, or holds a missing or not finite value.
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


def _numbers(place: str, column: "pa.Array", first_row: int, allowed: str) -> Values:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind) and is_text(kind.value_type):
        kind = kind.value_type  # how texts of Parquet are read
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if not (is_number or pa.types.is_decimal(kind)):
        raise TypeError(f"{place} must hold {allowed}, got {kind} values")
    numbers: Values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size > 0:
        missing = column[int(wrong[0])].as_py() is None
        got = "none" if missing else repr(float(numbers[wrong[0]]))
        raise ValueError(f"{place} must hold a finite number in every row, got {got} in row {first_row + wrong[0]}")
    return numbers


def _as_seconds(column: "pa.Array") -> "pa.Array":
    """Dates and times as seconds since 1970; other values as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        return pc.divide(
            column.cast(pa.int64()).cast(pa.float64(), safe=False), float(_UNITS_A_SECOND[column.type.unit])
        )
    if pa.types.is_date(column.type):
        return pc.multiply(column.cast(pa.date32()).cast(pa.int32()).cast(pa.float64()), float(_SECONDS_A_DAY))
    return column
