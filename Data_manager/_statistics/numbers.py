"""Data sets and splits in numbers: the Gini index and the text blocks that readers and splitters print."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

_TITLES = {"URM_train": "Train \t\t", "URM_validation": "Validation \t", "URM_test": "Test \t\t"}


def gini_index(array: Any) -> float:
    """Return how unequally an amount is shared: 0 when everybody has the same, near 1 when one has it all.

    With x sorted in ascending order, shifted to be non-negative, plus 1e-7 (so that zeros alone are equal shares)::

        gini = sum_k (2 k - n - 1) x_(k) / (n sum_k x_(k)),    k = 1..n

    Parameters
    ----------
    array : array_like of real numbers
        The amounts, at least one; of any shape, read as one list.

    Returns
    -------
    float
        In [0, 1), computed in float64.

    Raises
    ------
    ValueError
        If there are no amounts, or one is NaN or infinite.

    Examples
    --------
    >>> round(gini_index([1, 1, 1, 1]), 4)
    0.0
    >>> round(gini_index([0, 0, 0, 8]), 4)
    0.75
    """
    amounts = np.array(array, dtype=np.float64).ravel()
    if amounts.size == 0:
        raise ValueError("array must be at least one number, got none")
    if not np.isfinite(amounts).all():
        raise ValueError("array must be finite numbers, got NaN or infinite ones")
    amounts += 1e-7 - min(0.0, amounts.min())
    amounts.sort()
    n = len(amounts)
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    return float(weights @ amounts / (n * amounts.sum()))


def density(matrix: Any) -> float:
    """Return the share of the cells of a matrix that are stored."""
    n_rows, n_cols = matrix.shape
    return float(matrix.nnz / (n_rows * n_cols))


def interactions_block(dataset_name: str | None, URM_all: sps.csr_matrix) -> str:
    """Write the statistics of the interactions, one a line, ending in a newline.

    URM_all is in canonical form; cold users and items count as profiles of length 0.
    """
    n_users, n_items = URM_all.shape
    minimum, maximum = _minimum_and_maximum(URM_all.data)
    user_profile_length = np.diff(URM_all.indptr).astype(np.int64)
    item_profile_length = np.bincount(URM_all.indices, minlength=n_items)
    lines = [
        f"DataReader: current dataset is: {dataset_name}",
        f"\tNumber of items: {n_items}",
        f"\tNumber of users: {n_users}",
        f"\tNumber of interactions in URM_all: {URM_all.nnz}",
        f"\tValue range in URM_all: {minimum:.2f}-{maximum:.2f}",
        f"\tInteraction density: {density(URM_all):.2E}",
        *_profile_lines("user", user_profile_length),
        *_profile_lines("item", item_profile_length),
        f"\tGini Index: {gini_index(user_profile_length):.2f}",
    ]
    return "\n".join(lines) + "\n"


def features_line(kind: str, name: str, matrix: sps.csr_matrix, *, with_range: bool = True) -> str:
    """Write the range of the values, number of features, occurrences and density of an ICM or UCM (the kind)."""
    value_range = ""
    if with_range:
        minimum, maximum = _minimum_and_maximum(matrix.data)
        number = ".2E" if max(abs(minimum), abs(maximum)) > 100 else ".2f"
        value_range = f"Value range: {minimum:{number}} / {maximum:{number}}, "
    return (
        f"\t{kind} name: {name}, {value_range}Num features: {matrix.shape[1]}, feature occurrences: {matrix.nnz}, "
        f"density {density(matrix):.2E}"
    )


def split_block(
    splitter_name: str,
    dataset_name: str,
    URMs: Mapping[str, sps.csr_matrix],
    quotas: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Write the numbers of users and items and a line for each part of a split, ending in two newlines.

    `quotas` are the asked and the actual percentage of each part, for splits that have them.
    """
    n_users, n_items = URMs["URM_train"].shape
    lines = [
        f"{splitter_name}: DataReader: {dataset_name}",
        f"\tNum items: {n_items}",
        f"\tNum users: {n_users}",
    ]
    for name, URM in URMs.items():
        quota = "" if quotas is None else f"quota {quotas[name][0]:.2f} ({quotas[name][1]:.2f}), \t"
        lines.append(f"\t{_TITLES[name]}{quota}interactions {URM.nnz}, \tdensity {density(URM):.2E}")
    return "\n".join(lines) + "\n\n"


def split_features_block(kind: str, matrices: Mapping[str, sps.csr_matrix]) -> str:
    """Write a line for each ICM or UCM (the kind) of a split, ending in two newlines."""
    return "\n".join(features_line(kind, *item, with_range=False) for item in matrices.items()) + "\n\n"


def _minimum_and_maximum(values: npt.NDArray[Any]) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size > 0 else (float("nan"), float("nan"))


def _profile_lines(title: str, lengths: npt.NDArray[np.int64]) -> list[str]:
    return [
        f"\tInteractions per {title}:",
        f"\t\t Min: {lengths.min():.2E}",
        f"\t\t Avg: {lengths.mean():.2E}",
        f"\t\t Max: {lengths.max():.2E}",
    ]
