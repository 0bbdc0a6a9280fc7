"""Checks that the parts of a split are what its splitter promises; they raise ValueError on the first fault."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager.data_consistency_check import assert_disjoint_matrices


def verify_partition(URMs: Mapping[str, sps.csr_matrix], parts: Sequence[str], URM_all: sps.csr_matrix) -> None:
    """Check that these parts, and no others, are disjoint and together are URM_all, to the last value.

    All are in canonical form; URM_all has the interactions of the same users and items.
    """
    if set(URMs) != set(parts):
        raise ValueError(f"a split must have the parts {', '.join(parts)}, got {', '.join(URMs) or 'nothing'}")
    for name in parts:
        if URMs[name].shape != URM_all.shape:
            raise ValueError(f"{name} must be of shape {URM_all.shape}, as the data set is, got {URMs[name].shape}")
    union = sps.csr_matrix(URM_all.shape)
    for name in parts:
        union = union + URMs[name]
    union.sort_indices()
    same = (
        np.array_equal(union.indptr, URM_all.indptr)
        and np.array_equal(union.indices, URM_all.indices)
        and np.array_equal(union.data, URM_all.data)
    )
    # as many cells as their union has: no cell is in two parts
    if not same or sum(URMs[name].nnz for name in parts) != URM_all.nnz:
        assert_disjoint_matrices([URMs[name] for name in parts])
        raise ValueError(
            f"the parts of a split must hold the {URM_all.nnz} interactions of their users, got {union.nnz} others"
        )


def verify_not_empty(URMs: Mapping[str, sps.csr_matrix], parts: Iterable[str]) -> None:
    """Check that these parts have interactions."""
    for name in parts:
        if URMs[name].nnz == 0:
            raise ValueError(f"{name} must have at least one interaction, got none")


def verify_no_cold_users(URM_train: sps.csr_matrix) -> None:
    """Check that every user has a train interaction."""
    n_cold = int((np.diff(URM_train.indptr) == 0).sum())
    if n_cold > 0:
        raise ValueError(f"URM_train must have an interaction of every user, but {n_cold} users have none")


def verify_profile_length(URMs: Mapping[str, sps.csr_matrix], parts: Iterable[str], length: int) -> None:
    """Check that every user has exactly so many interactions in each of these parts."""
    for name in parts:
        lengths = np.diff(URMs[name].indptr)
        others = np.flatnonzero(lengths != length)
        if others.size > 0:
            raise ValueError(
                f"{name} must have {length} interactions of every user, got {lengths[others[0]]} of user {others[0]}"
            )


def verify_times(times: Mapping[str, npt.NDArray[np.float64]], validation_start: float, test_start: float) -> None:
    """Check that the timestamps of each part lie in its interval: train, then validation, then test."""
    intervals = {
        "URM_train": (-np.inf, validation_start),
        "URM_validation": (validation_start, test_start),
        "URM_test": (test_start, np.inf),
    }
    for name, (start, end) in intervals.items():
        outside = times[name][(times[name] < start) | (times[name] >= end)]
        if outside.size > 0:
            raise ValueError(f"{name} must have timestamps >= {start} and < {end}, got {outside[0]}")
