"""The parts of a Dataset: checked copies of what it is given, and the same without some users and items."""

import copy
from collections.abc import Mapping
from typing import Any, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import canonical_csr
from Data_manager._matrices.ids import IdIndex, check_mapper
from recsys_common.validation import check_ids

_Found = TypeVar("_Found")

Matrices = dict[str, sps.csr_matrix]
FeatureMappers = dict[str, dict[str, int]]


class Parts(TypedDict):
    """The arguments of a Dataset in their final form: matrices in canonical csr form, ids as `IdIndex`."""

    dataset_name: str | None
    URM_dictionary: Matrices
    ICM_dictionary: Matrices
    ICM_feature_mapper_dictionary: FeatureMappers
    UCM_dictionary: Matrices
    UCM_feature_mapper_dictionary: FeatureMappers
    user_original_ID_to_index: IdIndex
    item_original_ID_to_index: IdIndex
    is_implicit: bool
    additional_data_mapper: dict[str, dict[Any, Any]]


def find(argument: str, dictionary: Mapping[str, _Found], name: str) -> _Found:
    """Return the matrix or mapper of that name; ValueError, which lists the names, without one."""
    if name not in dictionary:
        loaded = ", ".join(map(repr, dictionary)) or "(none)"
        raise ValueError(f"{argument} must be one of those loaded: {loaded}, got {name!r}")
    return dictionary[name]


def copies_of(matrices: Mapping[str, sps.csr_matrix]) -> Matrices:
    """Copy matrices by name."""
    return {name: matrix.copy() for name, matrix in matrices.items()}


def _check_dictionary(name: str, dictionary: Any) -> dict[str, Any]:
    """Check that the keys are str; None gives an empty dictionary."""
    if dictionary is None:
        return {}
    if not isinstance(dictionary, Mapping):
        raise TypeError(f"{name} must be a dict by name, got a {type(dictionary).__name__}")
    for key in dictionary:
        if not isinstance(key, str):
            raise TypeError(f"{name} must be a dict with strings as names, got {key!r}")
    return dict(dictionary)


def check_matrices(name: str, dictionary: Any) -> Matrices:
    """Copy matrices by name into canonical csr form, each in its own dtype; None gives no matrix."""
    return {
        key: canonical_csr(f"{name}[{key!r}]", matrix) for key, matrix in _check_dictionary(name, dictionary).items()
    }


def check_feature_mappers(kind: str, dictionary: Any, matrices: Matrices) -> FeatureMappers:
    """Copy the feature mappers of ICMs or UCMs (the kind); for None the features are named by their column."""
    name = f"{kind}_feature_mapper_dictionary"
    if dictionary is None:
        return {key: {str(index): index for index in range(matrix.shape[1])} for key, matrix in matrices.items()}
    return {key: check_mapper(f"{name}[{key!r}]", value) for key, value in _check_dictionary(name, dictionary).items()}


def check_additional_mappers(dictionary: Any) -> dict[str, dict[Any, Any]]:
    """Copy the reader's further mappers, whose content is not checked."""
    name = "additional_data_mapper"
    mappers = _check_dictionary(name, dictionary)
    for key, mapper in mappers.items():
        if not isinstance(mapper, Mapping):
            raise TypeError(f"{name}[{key!r}] must be a dict, got a {type(mapper).__name__}")
    return {key: copy.deepcopy(dict(mapper)) for key, mapper in mappers.items()}


def without_items_and_users(parts: Parts, items_to_remove: Any, users_to_remove: Any) -> Parts:
    """Return the parts without these items and users (indices or None); what is left keeps its order.

    Features that no remaining item or user has are left out too. TypeError or ValueError if an index is out of range or
    nothing would be left.
    """
    users, items = parts["user_original_ID_to_index"], parts["item_original_ID_to_index"]
    kept_users = _kept_mask("users_to_remove", users_to_remove, len(users))
    kept_items = _kept_mask("items_to_remove", items_to_remove, len(items))
    ICMs, ICM_mappers = _without_rows(parts["ICM_dictionary"], parts["ICM_feature_mapper_dictionary"], kept_items)
    UCMs, UCM_mappers = _without_rows(parts["UCM_dictionary"], parts["UCM_feature_mapper_dictionary"], kept_users)
    return {
        **parts,
        "URM_dictionary": {
            name: URM[np.flatnonzero(kept_users)][:, np.flatnonzero(kept_items)]
            for name, URM in parts["URM_dictionary"].items()
        },
        "ICM_dictionary": ICMs,
        "ICM_feature_mapper_dictionary": ICM_mappers,
        "UCM_dictionary": UCMs,
        "UCM_feature_mapper_dictionary": UCM_mappers,
        "user_original_ID_to_index": users.kept(kept_users),
        "item_original_ID_to_index": items.kept(kept_items),
    }


def _kept_mask(name: str, removed: Any, n_ids: int) -> npt.NDArray[np.bool_]:
    kept = np.ones(n_ids, dtype=np.bool_)
    if removed is not None:
        kept[check_ids(name, removed, n_ids)] = False
    if not kept.any():
        raise ValueError(f"{name} must leave at least one of {n_ids}, got all of them")
    return kept


def _without_rows(
    matrices: Matrices, mappers: FeatureMappers, kept_rows: npt.NDArray[np.bool_]
) -> tuple[Matrices, FeatureMappers]:
    """Return ICMs or UCMs and their mappers without the rows, and without the features that only those had."""
    remaining, remaining_mappers = {}, {}
    for name, matrix in matrices.items():
        kept_matrix = matrix[np.flatnonzero(kept_rows)]
        occurs = np.asarray(kept_matrix.getnnz(axis=0)) > 0
        remaining[name] = kept_matrix[:, np.flatnonzero(occurs)]
        new_index = (np.cumsum(occurs) - 1).tolist()
        remaining_mappers[name] = {
            feature: new_index[index] for feature, index in mappers[name].items() if occurs[index]
        }
    return remaining, remaining_mappers
