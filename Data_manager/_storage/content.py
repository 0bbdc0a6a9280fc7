"""Checks of what a Dataset is made of; matrices and mappers are copied and brought into one form."""

import copy
from collections.abc import Mapping
from typing import Any

import scipy.sparse as sps

from Data_manager._matrices.cells import canonical_csr
from Data_manager._matrices.ids import check_mapper, check_mapper_or_identity


def _check_dictionary(name: str, dictionary: Any) -> dict[str, Any]:
    """The dictionary with str keys; None is an empty one."""
    if dictionary is None:
        return {}
    if not isinstance(dictionary, Mapping):
        raise TypeError(f"{name} must be a dict by name, got a {type(dictionary).__name__}")
    for key in dictionary:
        if not isinstance(key, str):
            raise TypeError(f"{name} must be a dict with strings as names, got {key!r}")
    return dict(dictionary)


def check_matrices(name: str, dictionary: Any) -> dict[str, sps.csr_matrix]:
    """Copies in canonical csr form, each of its own dtype; None is no matrix."""
    return {
        key: canonical_csr(f"{name}[{key!r}]", matrix) for key, matrix in _check_dictionary(name, dictionary).items()
    }


def check_feature_mappers(
    name: str, dictionary: Any, matrices: Mapping[str, sps.csr_matrix]
) -> dict[str, dict[str, int]]:
    """Copies of the feature mappers; for None the features of each matrix are named by their column."""
    if dictionary is None:
        return {key: check_mapper_or_identity(name, None, matrix.shape[1]) for key, matrix in matrices.items()}
    return {key: check_mapper(f"{name}[{key!r}]", value) for key, value in _check_dictionary(name, dictionary).items()}


def check_additional_mappers(dictionary: Any) -> dict[str, dict[Any, Any]]:
    """Deep copies; what the dictionaries hold is the reader's affair."""
    name = "additional_data_mapper"
    mappers = _check_dictionary(name, dictionary)
    for key, mapper in mappers.items():
        if not isinstance(mapper, Mapping):
            raise TypeError(f"{name}[{key!r}] must be a dict, got a {type(mapper).__name__}")
    return {key: copy.deepcopy(dict(mapper)) for key, mapper in mappers.items()}
