"""Feature matrices and their mappers: put side by side, without rare and frequent features, and in ones and zeros."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import canonical_csr
from recsys_common.validation import check_float, check_ids, check_int


def merge_ICM(
    ICM1: Any, ICM2: Any, mapper_ICM1: Mapping[str, int], mapper_ICM2: Mapping[str, int]
) -> tuple[sps.csr_matrix, dict[str, int]]:
    """Put two feature matrices side by side.

    Parameters
    ----------
    ICM1, ICM2 : scipy sparse matrix, shape (n_items, n_features_1) and (n_items, n_features_2)
    mapper_ICM1, mapper_ICM2 : mapping of str to int
        The column of each feature. The arguments are not changed.

    Returns
    -------
    ICM : scipy.sparse.csr_matrix, shape (n_items, n_features_1 + n_features_2)
    mapper : dict of str to int
        The columns of the second matrix are those after the first one's.

    Raises
    ------
    TypeError, ValueError
        If the numbers of rows differ, a mapper does not fit its matrix, or both have a feature of the same name (of
        which the merged mapper could name only one).

    Examples
    --------
    >>> genres, years = sps.csr_matrix([[1, 0], [0, 1]]), sps.csr_matrix([[1995], [2001]])
    >>> ICM, mapper = merge_ICM(genres, years, {"Drama": 0, "War": 1}, {"Year": 0})
    >>> ICM.toarray().tolist(), mapper
    ([[1, 0, 1995], [0, 1, 2001]], {'Drama': 0, 'War': 1, 'Year': 2})
    """
    first, second = canonical_csr("ICM1", ICM1), canonical_csr("ICM2", ICM2)
    if first.shape[0] != second.shape[0]:
        raise ValueError(f"ICM2 must have as many rows as ICM1, {first.shape[0]}, got {second.shape[0]}")
    mapper = _check_mapper("mapper_ICM1", mapper_ICM1, first.shape[1])
    others = _check_mapper("mapper_ICM2", mapper_ICM2, second.shape[1])
    shared = [str(feature) for feature in others if feature in mapper]
    if shared:
        raise ValueError(f"mapper_ICM2 must not have features of mapper_ICM1, got {', '.join(shared[:10])}")
    mapper.update({feature: first.shape[1] + column for feature, column in others.items()})
    return sps.csr_matrix(sps.hstack([first, second], format="csr")), mapper


def reconcile_mapper_with_removed_tokens(mapper: Mapping[Any, int], values: Any) -> dict[Any, int]:
    """Remove some indices from a mapper, so that the others close up.

    Parameters
    ----------
    mapper : mapping of token to int
        Distinct indices >= 0. It is not changed: use what is returned. (The host edits it in place, and with it the
        data set that it came from.)
    values : array of int
        The indices whose rows or columns are removed.

    Returns
    -------
    dict of token to int
        In the same order.

    Raises
    ------
    TypeError, ValueError
        If an index is not an integer >= 0, or two tokens have the same one.

    Examples
    --------
    >>> reconcile_mapper_with_removed_tokens({"a": 0, "b": 1, "c": 2, "d": 3}, [1, 2])
    {'a': 0, 'd': 1}
    """
    n_indices = np.iinfo(np.int64).max
    checked = _check_mapper("mapper", mapper, n_indices)
    removed = np.unique(check_ids("values", values, n_indices))
    indices = np.fromiter(checked.values(), dtype=np.int64, count=len(checked))
    n_removed_below = np.searchsorted(removed, indices)
    new_indices = zip(checked, (indices - n_removed_below).tolist(), np.isin(indices, removed).tolist())
    return {token: index for token, index, is_removed in new_indices if not is_removed}


def remove_features(
    ICM: Any,
    min_occurrence: int = 5,
    max_percentage_occurrence: float = 0.30,
    reconcile_mapper: Mapping[str, int] | None = None,
) -> tuple[sps.csc_matrix, npt.NDArray[np.int64]] | tuple[sps.csc_matrix, npt.NDArray[np.int64], dict[str, int]]:
    """Drop the features that too few or too many items have.

    Parameters
    ----------
    ICM : scipy sparse matrix, shape (n_items, n_features)
        It is not changed. Explicit zeros do not count as occurrences.
    min_occurrence : int >= 0, default 5
        The smallest number of items with a feature that stays.
    max_percentage_occurrence : float in [0, 1], default 0.30
        The largest share of the items (not per cent) with a feature that stays.
    reconcile_mapper : mapping of str to int, optional
        The column of each feature. It is not changed.

    Returns
    -------
    ICM : scipy.sparse.csc_matrix, shape (n_items, n_features_left)
        It has 0 columns if no feature stays.
    deleted : numpy.ndarray of int64
        The columns that are gone, ascending.
    mapper : dict of str to int
        Only if one was given: without the deleted features, with the new columns of the others.

    Examples
    --------
    >>> ICM = sps.csr_matrix([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 0]])
    >>> kept, deleted, mapper = remove_features(ICM, 2, 0.5, {"all": 0, "half": 1, "one": 2})
    >>> kept.toarray().tolist(), deleted.tolist(), mapper
    ([[1], [1], [0], [0]], [0, 2], {'half': 0})
    """
    min_occurrence = check_int("min_occurrence", min_occurrence, minimum=0)
    largest_share = check_float("max_percentage_occurrence", max_percentage_occurrence, minimum=0, maximum=1)
    matrix = canonical_csr("ICM", ICM).tocsc()
    n_items, n_features = matrix.shape
    n_occurrences = np.diff(matrix.indptr)
    # shares, since n_items * 0.29 may lie a rounding error below the number that is 29 % of the items
    kept = (n_occurrences >= min_occurrence) & (n_occurrences / n_items <= largest_share)
    deleted = np.flatnonzero(~kept)
    remaining = sps.csc_matrix(matrix[:, np.flatnonzero(kept)])
    if reconcile_mapper is None:
        return remaining, deleted
    mapper = _check_mapper("reconcile_mapper", reconcile_mapper, n_features)
    return remaining, deleted, reconcile_mapper_with_removed_tokens(mapper, deleted)


def add_boolean_matrix_iterator(matrices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the matrices by name, with a copy in ones beside each that has other values.

    Parameters
    ----------
    matrices : mapping of str to scipy sparse matrix
        Such as `Dataset.get_loaded_ICM_dict` returns. Neither it nor its matrices are changed.

    Returns
    -------
    dict of str to scipy sparse matrix
        The given ones and, after each that is not all ones and zeros, ``<name>_bool`` (csr, of the same dtype).

    Raises
    ------
    TypeError, ValueError
        If a value is not a sparse matrix, or a name with ``_bool`` is taken.

    Examples
    --------
    >>> list(add_boolean_matrix_iterator({"year": sps.csr_matrix([[1995.0]]), "genres": sps.csr_matrix([[1.0]])}))
    ['year', 'year_bool', 'genres']
    """
    if not isinstance(matrices, Mapping):
        raise TypeError(f"matrices must be a dict of sparse matrices by name, got {matrices!r}")
    result: dict[str, Any] = {}
    for name, matrix in matrices.items():
        boolean = canonical_csr(f"matrices[{name!r}]", matrix)
        result[name] = matrix
        if (boolean.data == 1).all():
            continue
        if f"{name}_bool" in matrices:
            raise ValueError(f"{name}_bool is the name of the copy of {name} in ones: matrices cannot have it too")
        boolean.data[:] = 1
        result[f"{name}_bool"] = boolean
    return result


def _check_mapper(name: str, mapper: Any, n_features: int) -> dict[str, int]:
    if not isinstance(mapper, Mapping):
        raise TypeError(f"{name} must be a dict from feature to column, got {mapper!r}")
    columns = check_ids(name, list(mapper.values()), n_features)
    if len(np.unique(columns)) != len(columns):
        raise ValueError(f"{name} must be a dict from feature to column, got one column for two features")
    return dict(zip(mapper, columns.tolist()))
