"""Helpers for readers of one's own, under the name that the host's scripts import them by."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sps

from Data_manager._matrices.csr_cells import canonical_csr
from Data_manager._matrices.features import (
    add_boolean_matrix_iterator,
    merge_ICM,
    reconcile_mapper_with_removed_tokens,
    remove_features,
)
from Data_manager._ratings.csv_interactions import (
    load_CSV_into_Dataframe,
    load_CSV_into_SparseBuilder,
    remove_Dataframe_duplicates,
)
from Data_manager._sources.download import download_from_URL, urllretrieve_reporthook
from Data_manager._statistics.numbers import density
from recsys_common.validation import check_int, check_structure, is_sparse

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

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


def split_big_CSR_in_columns(sparse_matrix_to_split: Any, num_split: int = 2) -> list[sps.csr_matrix]:
    """Cut a matrix into blocks of neighbouring columns, so that what is made of each is smaller.

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
    """The share of the cells that are stored: nnz / (n_rows * n_cols).

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
    """The keys by their values, such as the original id of each index.

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
