"""A data set by hand with something of everything, and its comparison."""

from typing import Any

import numpy as np
import scipy.sparse as sps

from Data_manager.Dataset import Dataset


def toy_arguments() -> dict[str, Any]:
    """3 users, 4 items (the last one cold), two URMs, an ICM with a value beyond 100, a UCM and a further mapper."""
    URM = sps.csr_matrix(np.array([[5.0, 3, 0, 0], [0, 1, 0, 0], [4, 2, 0.5, 0]]))
    timestamps = URM.copy()
    timestamps.data = 1e9 + np.arange(6)
    return {
        "dataset_name": "Toy",
        "URM_dictionary": {"URM_all": URM, "URM_timestamp": timestamps},
        "ICM_dictionary": {
            "ICM_genres": sps.csr_matrix(np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 1]])),
            "ICM_year": sps.csr_matrix(np.array([[1995.0], [2001], [0], [1980]])),
        },
        "ICM_feature_mapper_dictionary": {
            "ICM_genres": {"Comedy": 0, "Drama": 1, "War": 2},
            "ICM_year": {"Year": 0},
        },
        "UCM_dictionary": {"UCM_all": sps.csr_matrix(np.array([[1.0, 0], [0, 1], [1, 0]]))},
        "UCM_feature_mapper_dictionary": {"UCM_all": {"gender_F": 0, "gender_M": 1}},
        "user_original_ID_to_index": {"11": 0, "12": 1, "13": 2},
        "item_original_ID_to_index": {"a": 0, "b": 1, "c": 2, "d": 3},
        "additional_data_mapper": {"titles": {"a": "Brazil", "b": "Alien"}},
    }


def toy(**changes: Any) -> Dataset:
    """The toy data set, with other arguments where some are given."""
    return Dataset(**{**toy_arguments(), **changes})


def assert_same_content(first: Dataset, second: Dataset) -> None:
    one, other = first._parts(), second._parts()
    for name in ("URM_dictionary", "ICM_dictionary", "UCM_dictionary"):
        matrices, others = one.pop(name), other.pop(name)
        assert list(matrices) == list(others)
        for key, matrix in matrices.items():
            np.testing.assert_array_equal(matrix.toarray(), others[key].toarray())
            assert matrix.dtype == others[key].dtype and others[key].format == "csr"
    assert one == other
    assert list(one["item_original_ID_to_index"]) == list(other["item_original_ID_to_index"])
    for flag in ("_HAS_ICM", "_HAS_UCM", "_HAS_additional_mapper"):
        assert getattr(first, flag) == getattr(second, flag)
