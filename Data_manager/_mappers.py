"""Mappers, dictionaries from an original id (always str) to the index of its row or column; and how ids get one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def check_mapper(name: str, mapper: Any) -> dict[str, int]:
    """A copy of the mapper with str keys and int values, in the same order.

    Raises
    ------
    TypeError
        If it is no mapping, or a value is no integer.
    ValueError
        If two keys have the same text, as 1 and "1".
    """
    if not isinstance(mapper, Mapping):
        raise TypeError(f"{name} must be a dict from original id to index, got a {type(mapper).__name__}")
    indices = np.asarray(list(mapper.values()))
    if indices.size > 0 and (indices.ndim != 1 or indices.dtype.kind not in "iu"):
        raise TypeError(f"{name} must be a dict from original id to integer index, got {indices.dtype} values")
    checked = dict(zip(map(str, mapper), indices.tolist()))
    if len(checked) != len(mapper):
        raise ValueError(f"{name} must be a dict with one key for each original id, got two keys of the same text")
    return checked


def check_mapper_or_identity(name: str, mapper: Any, n_ids: int) -> dict[str, int]:
    """A checked copy of the mapper; for None {"0": 0, "1": 1, ...}, as where the ids are the indices."""
    return {str(index): index for index in range(n_ids)} if mapper is None else check_mapper(name, mapper)


def reindex_mapper(mapper: Mapping[str, int], kept: npt.NDArray[np.bool_]) -> dict[str, int]:
    """The ids whose index is kept, in the same order, numbered as the kept rows are after the others are gone.

    Parameters
    ----------
    mapper : mapping of str to int
        Indices in 0..len(kept)-1. It is not changed.
    kept : numpy.ndarray of bool
        Whether the row of each index stays.
    """
    new_index = (np.cumsum(kept) - 1).tolist()
    return {original_id: new_index[index] for original_id, index in mapper.items() if kept[index]}


def factorize_ids(name: str, column: "pd.Series[Any]") -> tuple[npt.NDArray[np.int64], list[Any]]:
    """The distinct ids of a column in order of first appearance, and for each row the place of its id among them.

    Raises
    ------
    ValueError
        If an id is missing (None, NaN, NA).
    """
    # as an array, since pandas 1.5 warns of what it makes of a Series of objects
    codes, unique = pd.factorize(column.to_numpy() if column.dtype == object else column)
    missing = np.flatnonzero(codes < 0)
    if missing.size > 0:
        raise ValueError(f"{name} must hold an id in every row, got none in row {missing[0]}")
    return codes.astype(np.int64, copy=False), unique.tolist()
