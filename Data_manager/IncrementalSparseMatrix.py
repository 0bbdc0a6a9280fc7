"""Sparse matrices built from pieces, when neither the shape nor the number of cells is known in advance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Data_manager._matrices.ids import MAX_IDS, factorize
from recsys_common.validation import check_bool, check_choice, check_ids, check_int


class IncrementalSparseMatrix_ListBased:
    """A sparse matrix of float64 to which cells are added piece by piece.

    Parameters
    ----------
    auto_create_col_mapper, auto_create_row_mapper : bool, default False
        Whether columns or rows are tokens of any hashable type, which get an index in order of first appearance;
        otherwise they are the indices themselves, integers in 0..2^31-2.
    n_rows, n_cols : int >= 1, optional
        The shape. Default: the number of tokens, or the largest index plus one.

    Notes
    -----
    A whole list is added at once by numpy and pandas; only distinct tokens pass through Python. Memory is 16 bytes a
    cell and grows with the cells (the host reserves room for 10 million at the start).
    """

    def __init__(
        self,
        auto_create_col_mapper: bool = False,
        auto_create_row_mapper: bool = False,
        n_rows: int | None = None,
        n_cols: int | None = None,
    ) -> None:
        has_col_mapper = check_bool("auto_create_col_mapper", auto_create_col_mapper)
        has_row_mapper = check_bool("auto_create_row_mapper", auto_create_row_mapper)
        n_rows = None if n_rows is None else check_int("n_rows", n_rows, minimum=1, maximum=MAX_IDS)
        n_cols = None if n_cols is None else check_int("n_cols", n_cols, minimum=1, maximum=MAX_IDS)
        self._rows = _Axis("row_list_to_add", n_rows, {} if has_row_mapper else None)
        self._cols = _Axis("col_list_to_add", n_cols, {} if has_col_mapper else None)
        self._cells = _Cells(np.float64)

    def add_data_lists(self, row_list_to_add: Any, col_list_to_add: Any, data_list_to_add: Any) -> None:
        """Add the cells (row_list_to_add[k], col_list_to_add[k]) with the values data_list_to_add[k].

        Parameters
        ----------
        row_list_to_add, col_list_to_add : list or 1-D array of tokens, or of integer indices
        data_list_to_add : list or 1-D array of finite numbers
            Of the same length.

        Raises
        ------
        TypeError, ValueError
            If the lengths differ, a token is missing, an index is out of range, or a number does not fit the dtype.
            Nothing has been added then.
        """
        row_tokens = _check_list("row_list_to_add", row_list_to_add)
        col_tokens = _check_list("col_list_to_add", col_list_to_add)
        if len(row_tokens) != len(col_tokens):
            raise ValueError(
                "row_list_to_add and col_list_to_add must be of one length, "
                f"got {len(row_tokens)} and {len(col_tokens)}"
            )
        values = _check_data("data_list_to_add", data_list_to_add, len(row_tokens), self._cells.dtype)
        row_codes, unique_rows = self._rows.encode(row_tokens)
        col_codes, unique_cols = self._cols.encode(col_tokens)

        kept = self._rows.known(row_codes, unique_rows) & self._cols.known(col_codes, unique_cols)
        row_codes, col_codes = row_codes[kept], col_codes[kept]
        new_rows = self._rows.new_tokens(row_codes, unique_rows)
        new_cols = self._cols.new_tokens(col_codes, unique_cols)
        self._cells.append(
            self._rows.indices(row_codes, unique_rows, new_rows),
            self._cols.indices(col_codes, unique_cols, new_cols),
            values[kept],
        )

    def add_single_row(self, row_id: Any, col_list: Any, data: Any = 1.0) -> None:
        """Add cells of one row.

        Parameters
        ----------
        row_id : token or int
        col_list : list or 1-D array of tokens, or of integer indices
        data : number, or list or 1-D array of numbers, default 1.0
            One value for all cells, or one for each.
        """
        n_cells = len(_check_list("col_list", col_list))
        self.add_data_lists([row_id] * n_cells, col_list, np.full(n_cells, data) if np.ndim(data) == 0 else data)

    def get_column_token_to_id_mapper(self) -> dict[Any, int]:
        """Return the index of each column's token.

        Returns
        -------
        dict
            A new one; {0: 0, 1: 1, ...} without a mapper.
        """
        return self._cols.token_to_id()

    def get_row_token_to_id_mapper(self) -> dict[Any, int]:
        """Return the index of each row's token; see `get_column_token_to_id_mapper`."""
        return self._rows.token_to_id()

    def get_nnz(self) -> int:
        """Return the number of cells added so far, duplicates and zeros included."""
        return self._cells.n_cells

    def get_SparseMatrix(self) -> sps.csr_matrix:
        """Return the matrix of all cells so far; cells added twice are summed, zeros dropped.

        Returns
        -------
        scipy.sparse.csr_matrix
            Of the builder's dtype, in canonical form.
        """
        return self._cells.to_csr((self._rows.size, self._cols.size))


class IncrementalSparseMatrix(IncrementalSparseMatrix_ListBased):
    """`IncrementalSparseMatrix_ListBased` with values of any real type.

    Parameters
    ----------
    auto_create_col_mapper, auto_create_row_mapper, n_rows, n_cols
        As in `IncrementalSparseMatrix_ListBased`.
    dtype : numpy dtype of real numbers, default numpy.float64
        A number that an integer type would change is refused.
    """

    def __init__(
        self,
        auto_create_col_mapper: bool = False,
        auto_create_row_mapper: bool = False,
        n_rows: int | None = None,
        n_cols: int | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(auto_create_col_mapper, auto_create_row_mapper, n_rows, n_cols)
        self._cells = _Cells(dtype)

    def add_single_row(self, row_index: Any, col_list: Any, data: Any = 1.0) -> None:
        """Add cells of one row, as the base class does; the argument's other name is the host's."""
        super().add_single_row(row_index, col_list, data)


class IncrementalSparseMatrix_FilterIDs(IncrementalSparseMatrix):
    """An `IncrementalSparseMatrix` that starts from known tokens, and adds or ignores others.

    A cell with an ignored row or column is dropped whole: it does not give its other token an index. The shape is the
    sizes of the mappers.

    Parameters
    ----------
    preinitialized_col_mapper, preinitialized_row_mapper : dict of token to index, optional
        Indices 0..n-1. They are copied, and not changed when tokens are added.
    on_new_col, on_new_row : {"add", "ignore"}, default "add"
        What happens to tokens that the mapper does not have; "ignore" needs a mapper.
    dtype : numpy dtype of real numbers, default numpy.float64
    """

    def __init__(
        self,
        preinitialized_col_mapper: Mapping[Any, int] | None = None,
        preinitialized_row_mapper: Mapping[Any, int] | None = None,
        on_new_col: str = "add",
        on_new_row: str = "add",
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        super().__init__(auto_create_col_mapper=True, auto_create_row_mapper=True, dtype=dtype)
        on_new_col = check_choice("on_new_col", on_new_col, ("add", "ignore"))
        on_new_row = check_choice("on_new_row", on_new_row, ("add", "ignore"))
        col_mapper = _preinitialized("preinitialized_col_mapper", preinitialized_col_mapper, on_new_col)
        row_mapper = _preinitialized("preinitialized_row_mapper", preinitialized_row_mapper, on_new_row)
        self._rows = _Axis("row_list_to_add", None, row_mapper, ignore_new=on_new_row == "ignore")
        self._cols = _Axis("col_list_to_add", None, col_mapper, ignore_new=on_new_col == "ignore")


def _preinitialized(name: str, mapper: Any, on_new: str) -> dict[Any, int]:
    if mapper is None and on_new == "add":
        return {}
    if not isinstance(mapper, Mapping):
        raise TypeError(
            f"{name} must be a dict from token to index, or None where new tokens are added, got {mapper!r}"
        )
    # the shape is the mapper's size, so an index is neither left out nor there twice
    if sorted(mapper.values()) != list(range(len(mapper))):
        raise ValueError(
            f"{name} must be a dict to the indices 0..{len(mapper) - 1}, once each, got {list(mapper.values())[:10]}"
        )
    return {token: int(index) for token, index in mapper.items()}


def _check_list(name: str, values: Any) -> "pd.Series[Any]":
    """Return the tokens as a Series, which keeps strings and integers apart where numpy would make all strings."""
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise TypeError(f"{name} must be a list or a 1-D array, got {values!r}")
    # an empty list has no type of its own
    return pd.Series(values, dtype=object if len(values) == 0 else None).reset_index(drop=True)


def _check_data(name: str, data: Any, n_cells: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    values = np.asarray(data)
    if values.shape != (n_cells,):
        raise ValueError(f"{name} must be one number for each of {n_cells} cells, got shape {values.shape}")
    if n_cells > 0 and values.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got {values.dtype} values")
    with np.errstate(invalid="ignore", over="ignore"):
        converted = values.astype(dtype)
        fits = np.isfinite(converted) if dtype.kind == "f" else converted == values
    if not fits.all():
        raise ValueError(f"{name} must be finite numbers that fit {dtype}, got {values[~fits][0]}")
    return converted


class _Axis:
    """The rows or the columns, whose tokens get an index; without a mapper the tokens are the indices."""

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
        """Return codes and distinct tokens in order of first appearance; without a mapper the indices and no tokens."""
        if self.mapper is None:
            limit = MAX_IDS if self.n_ids is None else self.n_ids
            return check_ids(self.name, tokens.to_numpy(), limit), []
        codes, unique = factorize(self.name, tokens)
        return codes.astype(np.int64, copy=False), unique.tolist()

    def known(self, codes: npt.NDArray[np.int64], unique: list[Any]) -> npt.NDArray[np.bool_]:
        """Return which cells stay: all of them, unless new tokens are ignored."""
        if self.mapper is None or not self.ignore_new:
            return np.ones(len(codes), dtype=np.bool_)
        return np.array([token in self.mapper for token in unique], dtype=np.bool_)[codes]

    def new_tokens(self, codes: npt.NDArray[np.int64], unique: list[Any]) -> list[Any]:
        """Return the new tokens of these cells, in order; refuse them if the axis lacks the room."""
        if self.mapper is None:
            return []
        new = [unique[code] for code in pd.unique(codes) if unique[code] not in self.mapper]
        n_ids = len(self.mapper) + len(new)
        limit = MAX_IDS if self.n_ids is None else self.n_ids
        if n_ids > limit:
            raise ValueError(f"{self.name} must hold at most {limit} distinct tokens, got {n_ids}")
        return new

    def indices(self, codes: npt.NDArray[np.int64], unique: list[Any], new: list[Any]) -> npt.NDArray[np.int64]:
        """Give the new tokens their indices, and return the index of each cell."""
        if self.mapper is None:
            self._n_seen = max(self._n_seen, int(codes.max(initial=-1)) + 1)
            return codes
        for token in new:
            self.mapper[token] = len(self.mapper)
        return np.array([self.mapper.get(token, -1) for token in unique], dtype=np.int64)[codes]

    def token_to_id(self) -> dict[Any, int]:
        return {index: index for index in range(self.size)} if self.mapper is None else dict(self.mapper)


class _Cells:
    """Coordinates and values in arrays that double when they are full, so that many small pieces cost little each."""

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
