"""Checks that the matrices and mappers of a data set fit together.

They raise ValueError, where the host asserts, which `python -O` switches off. An index equal to the number of rows or
columns is refused (the host lets it pass).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.ids import IdIndex
from recsys_common.messages import say
from recsys_common.validation import check_sparse, check_structure


def assert_implicit_data(URM_list: Iterable[sps.csr_matrix], *, verbose: bool = True) -> None:
    """Check that every stored value of every matrix is 1.

    Parameters
    ----------
    URM_list : iterable of scipy sparse matrices
    verbose : bool, default True
        Print a line when the check has passed.

    Raises
    ------
    ValueError
        If a value is not 1.
    """
    for position, matrix in enumerate(URM_list):
        check_structure(f"URM_list[{position}]", matrix)
        others = matrix.data[matrix.data != 1.0]
        if others.size > 0:
            raise ValueError(f"matrix {position} of implicit data must hold only ones, got {others[0]}")
    if verbose:
        say("Assertion implicit data: Passed")


def assert_disjoint_matrices(URM_list: Sequence[sps.csr_matrix]) -> bool:
    """Check that no cell is non-zero in two of the matrices.

    Parameters
    ----------
    URM_list : sequence of scipy sparse matrices
        All of the same shape. They are not changed; explicit zeros do not count as cells.

    Returns
    -------
    bool
        Always True.

    Raises
    ------
    ValueError
        If two matrices share a cell or differ in shape.
    """
    patterns = [check_sparse("disjoint matrices", matrix, dtype=np.float64, allow_empty=True) for matrix in URM_list]
    for pattern in patterns:
        pattern.data[:] = 1.0
    shapes = {pattern.shape for pattern in patterns}
    if len(shapes) > 1:
        raise ValueError(f"disjoint matrices must be of one shape, got {sorted(shapes)}")
    if len(patterns) < 2:
        return True
    union = patterns[0]
    for pattern in patterns[1:]:
        union = union + pattern
    n_shared = sum(pattern.nnz for pattern in patterns) - union.nnz
    if n_shared > 0:
        raise ValueError(f"matrices must be disjoint, got {n_shared} cells that lie in more than one of them")
    return True


def assert_URM_ICM_mapper_consistency(
    URM_DICT: Mapping[str, sps.csr_matrix],
    user_original_ID_to_index: Mapping[str, int],
    item_original_ID_to_index: Mapping[str, int],
    ICM_DICT: Mapping[str, sps.csr_matrix],
    ICM_MAPPER_DICT: Mapping[str, Mapping[str, int]],
    UCM_DICT: Mapping[str, sps.csr_matrix],
    UCM_MAPPER_DICT: Mapping[str, Mapping[str, int]],
    DATA_NAME: Any,
) -> None:
    """Check that matrices and mappers describe the same users, items and features.

    There is at least one URM, user and item; all URMs have one shape; a global mapper has exactly one distinct index
    for each row or column; every ICM and UCM has a feature mapper and a row for each item or user, and every feature
    that occurs has a name. A feature mapper may be shorter than its matrix is wide.

    Parameters
    ----------
    URM_DICT, ICM_DICT, UCM_DICT : mapping of str to scipy sparse matrix
        By name.
    user_original_ID_to_index, item_original_ID_to_index : mapping of str to int
        The global mappers, such as `Dataset.get_global_mapper_dict` returns by these names.
    ICM_MAPPER_DICT, UCM_MAPPER_DICT : mapping of str to mapping of str to int
        The feature mappers, by the name of the matrix.
    DATA_NAME : object
        Stands in front of every message.

    Raises
    ------
    ValueError
        On the first thing that does not fit.
    """
    prefix = f"{DATA_NAME}: "
    shapes = {URM.shape for URM in URM_DICT.values()}
    if len(shapes) != 1:
        raise ValueError(f"{prefix}the URMs must be at least one and of one shape, got {sorted(shapes)}")
    n_users, n_items = shapes.pop()
    if n_users < 1 or n_items < 1:
        raise ValueError(f"{prefix}the URMs must have at least one user and one item, got shape {(n_users, n_items)}")
    _check_global_mapper(prefix + "user_original_ID_to_index", user_original_ID_to_index, n_users)
    _check_global_mapper(prefix + "item_original_ID_to_index", item_original_ID_to_index, n_items)
    _check_features(prefix + "ICM", "items", n_items, ICM_DICT, ICM_MAPPER_DICT)
    _check_features(prefix + "UCM", "users", n_users, UCM_DICT, UCM_MAPPER_DICT)


def _mapper_indices(name: str, mapper: Mapping[str, int], n_indices: int) -> npt.NDArray[np.int64]:
    """Return the mapper's indices, once they are known to be distinct and in 0..n_indices-1."""
    if isinstance(mapper, IdIndex):
        indices = mapper.indices()
    else:
        indices = np.fromiter(mapper.values(), dtype=np.int64, count=len(mapper))
    outside = indices[(indices < 0) | (indices >= n_indices)]
    if outside.size > 0:
        raise ValueError(f"{name} must hold indices in 0..{n_indices - 1}, got {outside[0]}")
    if len(np.unique(indices)) != len(indices):
        raise ValueError(f"{name} must hold distinct indices, got one index for two ids")
    return indices


def _check_global_mapper(name: str, mapper: Mapping[str, int], n_ids: int) -> None:
    # as many distinct indices in range as there are rows: every non-empty row is among them
    if len(mapper) != n_ids:
        raise ValueError(f"{name} must hold {n_ids} ids, as the URMs do, got {len(mapper)}")
    _mapper_indices(name, mapper, n_ids)


def _check_features(
    name: str,
    rows: str,
    n_rows: int,
    matrices: Mapping[str, sps.csr_matrix],
    mappers: Mapping[str, Mapping[str, int]],
) -> None:
    """Check the ICMs against the items, or the UCMs against the users, and each against its feature mapper."""
    if set(matrices) != set(mappers):
        raise ValueError(
            f"{name} must have a feature mapper each, got the matrices {sorted(matrices)} and mappers {sorted(mappers)}"
        )
    for key, matrix in matrices.items():
        n_features = matrix.shape[1]
        if matrix.shape[0] != n_rows:
            raise ValueError(f"{name} {key!r} must have a row for each of {n_rows} {rows}, got {matrix.shape[0]}")
        if np.count_nonzero(matrix.data) == 0:
            raise ValueError(f"{name} {key!r} must have at least one feature that occurs, got none")
        mapped = np.zeros(n_features, dtype=np.bool_)
        mapped[_mapper_indices(f"{name} feature mapper {key!r}", mappers[key], n_features)] = True
        occurs = np.asarray(matrix.getnnz(axis=0)) > 0
        if (occurs & ~mapped).any():
            unnamed = np.flatnonzero(occurs & ~mapped)[0]
            raise ValueError(
                f"{name} feature mapper {key!r} must name every feature that occurs, but has no name for {unnamed}"
            )
