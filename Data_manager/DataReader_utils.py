"""Helpers for readers of one's own, under the name that the host's scripts import them by."""

import os
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Data_manager._matrices.cells import canonical_csr
from Data_manager._matrices.features import (
    add_boolean_matrix_iterator,
    merge_ICM,
    reconcile_mapper_with_removed_tokens,
    remove_features,
)
from Data_manager._ratings.columns import RatingsColumns
from Data_manager._ratings.files import RatingsFile
from Data_manager._ratings.text import TextFormat, find_layout
from Data_manager._sources.download import download_from_URL, urllretrieve_reporthook
from Data_manager._statistics.numbers import density
from Data_manager._text.parsing import read_table
from Data_manager.IncrementalSparseMatrix import IncrementalSparseMatrix, IncrementalSparseMatrix_FilterIDs
from recsys_common.files import open_regular
from recsys_common.validation import check_bool, check_int, check_structure, is_sparse

__all__ = [
    "add_boolean_matrix_iterator",
    "compute_density",
    "download_from_URL",
    "invert_dictionary",
    "load_CSV_into_Dataframe",
    "load_CSV_into_SparseBuilder",
    "merge_ICM",
    "reconcile_mapper_with_removed_tokens",
    "remove_Dataframe_duplicates",
    "remove_empty_rows_and_cols",
    "remove_features",
    "split_big_CSR_in_columns",
    "urllretrieve_reporthook",
]

_NAMES = ("UserID", "ItemID", "interaction", "timestamp")

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


def split_big_CSR_in_columns(sparse_matrix_to_split: Any, num_split: int = 2) -> list[sps.csr_matrix]:
    """Cut a matrix into blocks of neighbouring columns, so that the results for each are smaller.

    Parameters
    ----------
    sparse_matrix_to_split : scipy sparse matrix, shape (n_rows, n_cols)
        It is not changed.
    num_split : int in 1..n_cols, default 2

    Returns
    -------
    list of scipy.sparse.csr_matrix
        `num_split` blocks from left to right, whose widths differ by at most 1; `scipy.sparse.hstack` undoes it.

    Examples
    --------
    >>> [block.toarray().tolist() for block in split_big_CSR_in_columns(sps.csr_matrix([[1, 2, 3]]))]
    [[[1, 2]], [[3]]]
    """
    matrix = canonical_csr("sparse_matrix_to_split", sparse_matrix_to_split)
    n_cols = matrix.shape[1]
    num_split = check_int("num_split", num_split, minimum=1, maximum=n_cols)
    ends = np.cumsum([n_cols // num_split + (block < n_cols % num_split) for block in range(num_split)]).tolist()
    return [sps.csr_matrix(matrix[:, start:end]) for start, end in zip([0, *ends], ends)]


def remove_empty_rows_and_cols(URM: Any, ICM: Any = None) -> tuple[Any, ...]:
    """Leave out the users and items without interactions.

    Parameters
    ----------
    URM : scipy sparse matrix, shape (n_users, n_items)
    ICM : scipy sparse matrix, shape (n_items, n_features), optional
        Its rows of the removed items are left out too; features stay. Neither matrix is changed.

    Returns
    -------
    URM : scipy.sparse.csr_matrix
    ICM : scipy.sparse.csr_matrix
        Only if one was given.
    removed_users, removed_items : numpy.ndarray of int64
        Ascending.

    Examples
    --------
    >>> URM, removed_users, removed_items = remove_empty_rows_and_cols(sps.csr_matrix([[0, 0, 0], [4, 0, 5]]))
    >>> URM.toarray().tolist(), removed_users.tolist(), removed_items.tolist()
    ([[4, 5]], [0], [1])
    """
    matrix = canonical_csr("URM", URM)
    has_interactions = np.diff(matrix.indptr) > 0
    is_interacted_with = np.bincount(matrix.indices, minlength=matrix.shape[1]) > 0
    removed = (np.flatnonzero(~has_interactions), np.flatnonzero(~is_interacted_with))
    matrix = matrix[np.flatnonzero(has_interactions)][:, np.flatnonzero(is_interacted_with)]
    if ICM is None:
        return (matrix, *removed)
    features = canonical_csr("ICM", ICM)
    if features.shape[0] != len(is_interacted_with):
        raise ValueError(f"ICM must have a row for each of {len(is_interacted_with)} items, got {features.shape[0]}")
    return (matrix, features[np.flatnonzero(is_interacted_with)], *removed)


def compute_density(URM: Any) -> float:
    """Return the share of the cells that are stored, nnz / (n_rows * n_cols).

    Parameters
    ----------
    URM : scipy sparse matrix, shape (n_rows, n_cols)

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If it is not a consistent sparse matrix with rows and columns.

    Examples
    --------
    >>> compute_density(sps.csr_matrix([[0, 4], [0, 0]]))
    0.25
    """
    if not is_sparse(URM):
        raise TypeError(f"URM must be a scipy sparse matrix, got a {type(URM).__name__}")
    if 0 in URM.shape:
        raise ValueError(f"URM must have rows and columns, got shape {URM.shape}")
    check_structure("URM", URM)
    return density(URM)


def invert_dictionary(id_to_index: Mapping[Key, Value]) -> dict[Value, Key]:
    """Return the keys by their values, such as the original id of each index.

    Parameters
    ----------
    id_to_index : mapping

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If two keys have the same value.

    Examples
    --------
    >>> invert_dictionary({"tt0111161": 0, "tt0068646": 1})
    {0: 'tt0111161', 1: 'tt0068646'}
    """
    inverted = {value: key for key, value in id_to_index.items()}
    if len(inverted) != len(id_to_index):
        raise ValueError("id_to_index must be a dict of distinct values, got one value for two keys")
    return inverted


def remove_Dataframe_duplicates(
    dataframe: pd.DataFrame,
    unique_values_in_columns: Sequence[str] = ("UserID", "ItemID"),
    keep_highest_value_in_col: str = "interaction",
) -> pd.DataFrame:
    """Keep one row for each combination of values: the one with the highest value in a further column.

    Parameters
    ----------
    dataframe : pandas.DataFrame
        It is not changed.
    unique_values_in_columns : sequence of str, default ("UserID", "ItemID")
    keep_highest_value_in_col : str, default "interaction"
        Of equal ones the last row stays; a missing value is the lowest.

    Returns
    -------
    pandas.DataFrame
        The rows that stay, in their order and with their index.

    Examples
    --------
    >>> frame = pd.DataFrame({"UserID": [1, 2, 1], "ItemID": [7, 7, 7], "interaction": [3.0, 5.0, 4.0]})
    >>> remove_Dataframe_duplicates(frame)["interaction"].tolist()
    [5.0, 4.0]
    """
    if not isinstance(dataframe, pd.DataFrame):
        raise TypeError(f"dataframe must be a pandas DataFrame, got a {type(dataframe).__name__}")
    keys = list(unique_values_in_columns)
    missing = [name for name in (*keys, keep_highest_value_in_col) if name not in dataframe.columns]
    if missing:
        raise ValueError(f"dataframe must have the columns {', '.join(missing)}, got {list(dataframe.columns)}")
    values = dataframe[keep_highest_value_in_col].reset_index(drop=True)
    ascending = values.sort_values(kind="stable", na_position="first").index.to_numpy()
    repeated = dataframe[keys].iloc[ascending].duplicated(keep="last").to_numpy()
    ascending = ascending[~repeated]
    ascending.sort()
    remaining: pd.DataFrame = dataframe.iloc[ascending]
    return remaining


def load_CSV_into_Dataframe(
    filePath: str | os.PathLike[str],
    header: bool = False,
    separator: str = "::",
    timestamp: bool = False,
    remove_duplicates: bool = False,
    custom_user_item_rating_columns: Sequence[int] | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read a delimited text file of interactions, one a line.

    Parameters
    ----------
    filePath : str or path
        UTF-8. With a separator of one character fields may stand in double quotes.
    header : bool, default False
        Whether the first line has the names of the columns.
    separator : str, default "::"
        One character, or "::".
    timestamp : bool, default False
        Whether to read a fourth column, of times.
    remove_duplicates : bool, default False
        Of a user's repeated interactions with an item keep the latest (with `timestamp`) or the one with the highest
        value, among equal ones the last line. Otherwise they are an error.
    custom_user_item_rating_columns : sequence of 3 int or 3 str, or 4 with `timestamp`, optional
        Where user, item, interaction and timestamp stand: positions from 0, or names of the header. Default: the first
        columns in this order. Others are not read.

    Returns
    -------
    pandas.DataFrame
        UserID and ItemID as text, interaction and, if asked for, timestamp as float64; the rows in the file's order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, a line is broken (named with its number), a column is missing, the file is
        empty, or interactions are repeated and may not be.
    OSError
        If the file cannot be opened.
    """
    layout = _check_layout(header, separator, timestamp, custom_user_item_rating_columns)
    return _read_frame(filePath, layout, check_bool("remove_duplicates", remove_duplicates), "key")


def load_CSV_into_SparseBuilder(
    filePath: str | os.PathLike[str],
    header: bool = False,
    separator: str = "::",
    timestamp: bool = False,
    remove_duplicates: bool = False,
    custom_user_item_rating_columns: Sequence[int] | Sequence[str] | None = None,
    create_mapper: bool = True,
    preinitialized_row_mapper: Mapping[str, int] | None = None,
    preinitialized_col_mapper: Mapping[str, int] | None = None,
    on_new_col: str = "add",
    on_new_row: str = "add",
) -> tuple[Any, ...]:
    """Read a delimited text file of interactions into a matrix.

    Parameters
    ----------
    filePath, header, separator, timestamp, remove_duplicates, custom_user_item_rating_columns
        As in `load_CSV_into_Dataframe`.
    create_mapper : bool, default True
        Whether ids are any text and get their index in order of first appearance; otherwise they are the indices,
        integers >= 0.
    preinitialized_row_mapper, preinitialized_col_mapper : mapping of str to int, optional
        Indices 0..n-1 of users and items that are known already. They are not changed.
    on_new_col, on_new_row : {"add", "ignore"}, default "add"
        What happens to interactions with other items and users; "ignore" needs the mapper, and leaves them out.

    Returns
    -------
    URM : scipy.sparse.csr_matrix of float64
    URM_timestamp : scipy.sparse.csr_matrix of float64
        Of the same shape; only with `timestamp`. In either matrix a value of 0 has no cell.
    item_mapper, user_mapper : dict
        Index of each id; of each index itself without mappers.

    Raises
    ------
    TypeError, ValueError, OSError
        As in `load_CSV_into_Dataframe`; or if there is a mapper although none is to be made.
    """
    layout = _check_layout(header, separator, timestamp, custom_user_item_rating_columns)
    builders = [
        _builder(create_mapper, preinitialized_row_mapper, preinitialized_col_mapper, on_new_col, on_new_row)
        for _ in range(2 if timestamp else 1)
    ]
    id_kind = "key" if create_mapper else "int"
    frame = _read_frame(filePath, layout, check_bool("remove_duplicates", remove_duplicates), id_kind)
    for builder, name in zip(builders, frame.columns[2:]):
        # the same cells in the same order: all get the same mappers
        builder.add_data_lists(frame["UserID"], frame["ItemID"], frame[name].to_numpy())
    matrices: list[sps.csr_matrix] = [builder.get_SparseMatrix() for builder in builders]
    return (*matrices, builders[0].get_column_token_to_id_mapper(), builders[0].get_row_token_to_id_mapper())


def _check_layout(header: Any, separator: Any, timestamp: Any, columns: Any) -> tuple[RatingsColumns, TextFormat]:
    """Return where the columns stand and how the text is written, by the arguments of `load_CSV_into_Dataframe`."""
    header, timestamp = check_bool("header", header), check_bool("timestamp", timestamp)
    if not isinstance(separator, str):
        raise TypeError(f"separator must be one character or '::', got {separator!r}")
    if len(separator) != 1 and separator != "::":
        raise ValueError(f"separator must be one character or '::', got {separator!r}")
    n_columns = 4 if timestamp else 3
    if columns is None:
        columns = range(n_columns)
    allowed = f"{n_columns} different positions >= 0{' or names' if header else ''} ({', '.join(_NAMES[:n_columns])})"
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise TypeError(f"custom_user_item_rating_columns must be {allowed}, got {columns!r}")
    are_names = header and all(isinstance(column, str) for column in columns)
    are_positions = all(type(column) is int and column >= 0 for column in columns)
    if not (are_names or are_positions) or len(columns) != n_columns or len(set(columns)) != n_columns:
        raise ValueError(f"custom_user_item_rating_columns must be {allowed}, got {columns!r}")
    return RatingsColumns(*[*columns, None][:4]), TextFormat(separator, header, "utf-8")


def _read_frame(
    filePath: str | os.PathLike[str], layout: tuple[RatingsColumns, TextFormat], remove_duplicates: bool, id_kind: str
) -> pd.DataFrame:
    """Read the file, with ids of one kind of `TextTable`, and keep one row for a user and an item or refuse others."""
    path = Path(filePath)
    file = RatingsFile(path, f"'{path}'", partial(open_regular, path))
    kinds = {"user": id_kind, "item": id_kind, "rating": "float", "timestamp": "float"}
    found = find_layout(file, *layout, kinds)
    if found is None:
        raise ValueError(f"{file.where} holds no lines")
    frame = read_table(file.open, file.where, found[0])
    frame.columns = pd.Index(_NAMES[: len(frame.columns)])
    if remove_duplicates:
        return remove_Dataframe_duplicates(frame, keep_highest_value_in_col=frame.columns[-1]).reset_index(drop=True)
    repeated = frame[frame.duplicated(["UserID", "ItemID"])]
    if len(repeated) > 0:
        user, item = repeated[["UserID", "ItemID"]].iloc[0]
        raise ValueError(
            f"{file.where} must have one interaction of a user with an item unless remove_duplicates is True, "
            f"got {len(repeated)} repeated ones, the first of user {user} with item {item}"
        )
    return frame


def _builder(
    create_mapper: Any,
    row_mapper: Mapping[str, int] | None,
    col_mapper: Mapping[str, int] | None,
    on_new_col: str,
    on_new_row: str,
) -> IncrementalSparseMatrix:
    if check_bool("create_mapper", create_mapper):
        col_mapper, row_mapper = _with_text_keys(col_mapper), _with_text_keys(row_mapper)
        return IncrementalSparseMatrix_FilterIDs(col_mapper, row_mapper, on_new_col, on_new_row)
    if row_mapper is not None or col_mapper is not None or (on_new_col, on_new_row) != ("add", "add"):
        raise ValueError("create_mapper must be True with preinitialized mappers or new ids to ignore, got False")
    return IncrementalSparseMatrix()


def _with_text_keys(mapper: Any) -> Any:
    return {str(key): value for key, value in mapper.items()} if isinstance(mapper, Mapping) else mapper
