"""What the incremental sparse matrices are made of: two axes that number tokens, and arrays of cells that grow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Data_manager._matrices.id_encoder import factorize
from recsys_common.validation import check_ids

MAX_IDS = 2**31 - 1  # coordinates are kept as int32


def check_list(name: str, values: Any) -> "pd.Series[Any]":
    """The tokens as a Series, which keeps strings and integers apart where numpy would turn all into strings."""
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise TypeError(f"{name} must be a list or a 1-D array, got {values!r}")
    # an empty list has no type of its own
    return pd.Series(values, dtype=object if len(values) == 0 else None).reset_index(drop=True)


def check_data(name: str, data: Any, n_cells: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    values = np.asarray(data)
    if values.shape != (n_cells,):
        raise ValueError(f"{name} must be one number for each of {n_cells} cells, got shape {values.shape}")
    if n_cells > 0 and values.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {values.dtype} values")
    with np.errstate(invalid="ignore", over="ignore"):
        converted = values.astype(dtype)
        exact = dtype.kind == "f" or bool((converted == values).all())
    if not exact or not np.isfinite(converted).all():
        raise ValueError(f"{name} must be finite numbers that fit {dtype}, got others")
    return converted


class Axis:
    """The rows or the columns: where their tokens get an index."""

    def __init__(self, name: str, n_ids: int | None, mapper: dict[Any, int] | None, ignore_new: bool = False) -> None:
        self.name = name
        self.n_ids = n_ids
        self.mapper = mapper
        self.ignore_new = ignore_new
        self._n_seen = 0

    @property
    def size(self) -> int:
        if self.n_ids is not None:
            return self.n_ids
        return self._n_seen if self.mapper is None else len(self.mapper)

    def encode(self, tokens: "pd.Series[Any]") -> tuple[npt.NDArray[np.int64], list[Any]]:
        """Codes and distinct tokens in order of first appearance; without a mapper the tokens are the indices."""
        if self.mapper is None:
            limit = MAX_IDS if self.n_ids is None else self.n_ids
            return check_ids(self.name, tokens.to_numpy(), limit), []
        codes, unique = factorize(self.name, tokens)
        return codes.astype(np.int64, copy=False), unique.tolist()

    def known(self, codes: npt.NDArray[np.int64], unique: list[Any]) -> npt.NDArray[np.bool_]:
        """Which cells may stay: all of them, unless new tokens are ignored."""
        if self.mapper is None or not self.ignore_new:
            return np.ones(len(codes), dtype=np.bool_)
        return np.array([token in self.mapper for token in unique], dtype=np.bool_)[codes]

    def new_tokens(self, codes: npt.NDArray[np.int64], unique: list[Any]) -> list[Any]:
        """The tokens that these cells bring, in order; refused if they are more than the axis has room for."""
        if self.mapper is None:
            return []
        new = [unique[code] for code in pd.unique(codes) if unique[code] not in self.mapper]
        n_ids = len(self.mapper) + len(new)
        limit = MAX_IDS if self.n_ids is None else self.n_ids
        if n_ids > limit:
            raise ValueError(f"{self.name} must hold at most {limit} distinct tokens, got {n_ids}")
        return new

    def indices(self, codes: npt.NDArray[np.int64], unique: list[Any], new: list[Any]) -> npt.NDArray[np.int64]:
        """The index of each cell; from here on the new tokens have one too."""
        if self.mapper is None:
            self._n_seen = max(self._n_seen, int(codes.max(initial=-1)) + 1)
            return codes
        for token in new:
            self.mapper[token] = len(self.mapper)
        return np.array([self.mapper.get(token, -1) for token in unique], dtype=np.int64)[codes]

    def token_to_id(self) -> dict[Any, int]:
        return {index: index for index in range(self.size)} if self.mapper is None else dict(self.mapper)


class GrowingCells:
    """Coordinates and values in arrays that double when they are full."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype.kind not in "biuf":
            raise TypeError(f"dtype must be a real number type, got {self.dtype}")
        self.n_cells = 0
        self._arrays = [np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, self.dtype)]

    def append(self, rows: npt.NDArray[Any], cols: npt.NDArray[Any], data: npt.NDArray[Any]) -> None:
        end = self.n_cells + len(data)
        if end > len(self._arrays[0]):
            capacity = max(end, 2 * len(self._arrays[0]))
            for position, old in enumerate(self._arrays):
                self._arrays[position] = np.empty(capacity, old.dtype)
                self._arrays[position][: self.n_cells] = old[: self.n_cells]
        for array, values in zip(self._arrays, (rows, cols, data)):
            array[self.n_cells : end] = values
        self.n_cells = end

    def to_csr(self, shape: tuple[int, int]) -> sps.csr_matrix:
        rows, cols, data = (array[: self.n_cells] for array in self._arrays)
        matrix = sps.csr_matrix((data, (rows, cols)), shape=shape, dtype=self.dtype)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return matrix
