"""Ratings in a pandas data frame."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.ids import EncodedIds, encode_series
from Data_manager._matrices.rules import URM_TIMESTAMP
from Data_manager._ratings.columns import RatingsColumns


def check_frame(frame: pd.DataFrame, columns: RatingsColumns) -> None:
    """Refuse a frame that lacks a column, has two of its name, or has no rows."""
    columns.check_among(list(frame.columns), "ratings")
    if len(frame) == 0:
        raise ValueError("ratings must have at least one row, got none")


def read_frame(frame: pd.DataFrame, columns: RatingsColumns) -> Interactions:
    """Return the interactions of a checked frame, which is not changed; without ratings each has the value 1.

    A column of another type is a TypeError; a value that is missing or not finite is a ValueError.
    """

    def column(place: Any) -> "pd.Series[Any]":
        series: pd.Series[Any] = frame.iloc[:, place] if columns.by_position else frame[place]
        return series

    values = {"URM_all": np.ones(len(frame))}
    if columns.rating is not None:
        values["URM_all"] = numbers_of(f"column {columns.rating!r}", column(columns.rating), "real numbers")
    if columns.timestamp is not None:
        values[URM_TIMESTAMP] = numbers_of(
            f"column {columns.timestamp!r}", _as_seconds(column(columns.timestamp)), "seconds or datetime64 values"
        )
    return Interactions(
        users=_ids(f"column {columns.user!r}", column(columns.user)),
        items=_ids(f"column {columns.item!r}", column(columns.item)),
        values=values,
    )


def numbers_of(name: str, column: "pd.Series[Any]", allowed: str) -> npt.NDArray[np.float64]:
    """Return a float64 copy of a column of finite numbers; `allowed` says in a message what it may hold."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise TypeError(f"{name} must hold {allowed}, got {column.dtype} values")
    numbers: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64, copy=True, na_value=np.nan)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size > 0:
        raise ValueError(f"{name} must hold finite numbers, got {numbers[wrong[0]]} in row {wrong[0]}")
    return numbers


def _as_seconds(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return dates and times as seconds since 1970 (UTC if they have no zone), and other values as they are."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        return column
    epoch = pd.Timestamp(0, tz=getattr(column.dt, "tz", None))
    return (column - epoch) / pd.Timedelta(seconds=1)


def _ids(name: str, column: "pd.Series[Any]") -> EncodedIds:
    encoded = encode_series(name, column)
    if encoded.unique.dtype == object and (encoded.unique == "").any():
        raise ValueError(f"{name} must hold an id in every row, got an empty text")
    return encoded
