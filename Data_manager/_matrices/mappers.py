"""Mappers, dictionaries from an original id or a feature (always str) to the index of its row or column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from Data_manager._matrices.id_index import IdIndex


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


def check_ids(name: str, mapper: Any, n_ids: int) -> IdIndex:
    """The same for users and items, as an `IdIndex`; one that is given stays as it is, since nothing changes it."""
    if isinstance(mapper, IdIndex):
        return mapper
    if mapper is None:
        return IdIndex(np.arange(n_ids, dtype=np.int64))
    return IdIndex(mapper=check_mapper(name, mapper))


def reindex_mapper(mapper: Mapping[str, int], kept: npt.NDArray[np.bool_]) -> dict[str, int]:
    """The features whose index is kept, in the same order, numbered as the kept columns are after the others are gone.

    Parameters
    ----------
    mapper : mapping of str to int
        Indices in 0..len(kept)-1. It is not changed.
    kept : numpy.ndarray of bool
        Whether the column of each index stays.
    """
    new_index = (np.cumsum(kept) - 1).tolist()
    return {feature: new_index[index] for feature, index in mapper.items() if kept[index]}
