"""What a data set looks like in numbers: the Gini index and the text blocks that the readers print."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps


def gini_index(array: Any) -> float:
    """How unequally an amount is shared: 0 when everybody has the same, near 1 when one has it all.

    With x sorted in ascending order, shifted to be non-negative, plus 1e-7 (so that zeros alone are equal shares)::

        gini = sum_k (2 k - n - 1) x_(k) / (n sum_k x_(k)),    k = 1..n

    Parameters
    ----------
    array : array_like of real numbers
        The amounts, at least one; of any shape, read as one list.

    Returns
    -------
    float
        In [0, 1). Computed in float64.

    Raises
    ------
    ValueError
        If there is no amount, or one is NaN or infinite.

    Examples
    --------
    >>> round(gini_index([1, 1, 1, 1]), 4)
    0.0
    >>> round(gini_index([0, 0, 0, 8]), 4)
    0.75
    """
    amounts = np.array(array, dtype=np.float64).ravel()
    if amounts.size == 0 or not np.isfinite(amounts).all():
        raise ValueError("array must be at least one finite number, got " + ("none" if amounts.size == 0 else "others"))
    amounts += 1e-7 - min(0.0, amounts.min())
    amounts.sort()
    n = len(amounts)
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    return float(weights @ amounts / (n * amounts.sum()))


def _minimum_and_maximum(values: npt.NDArray[Any]) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size > 0 else (float("nan"), float("nan"))


def density(matrix: Any) -> float:
    """The share of the cells of a matrix that are stored."""
    n_rows, n_cols = matrix.shape
    return float(matrix.nnz / (n_rows * n_cols))


def _profile_lines(title: str, lengths: npt.NDArray[np.int64]) -> list[str]:
    return [
        f"\tInteractions per {title}:",
        f"\t\t Min: {lengths.min():.2E}",
        f"\t\t Avg: {lengths.mean():.2E}",
        f"\t\t Max: {lengths.max():.2E}",
    ]


def interactions_block(dataset_name: str | None, URM_all: sps.csr_matrix) -> str:
    """The statistics of the interactions, one a line, ending in a newline.

    Parameters
    ----------
    dataset_name : str or None
        Stands in the first line.
    URM_all : scipy.sparse.csr_matrix, shape (n_users, n_items)
        In canonical form. Cold users and items count as profiles of length 0.
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


def features_line(kind: str, name: str, matrix: sps.csr_matrix) -> str:
    """The statistics of one ICM or UCM: range of the values, number of features, occurrences and density.

    Parameters
    ----------
    kind : str
        "ICM" or "UCM".
    name : str
        The name of the matrix in its data set.
    matrix : scipy.sparse.csr_matrix, shape (n_items or n_users, n_features)
        In canonical form.
    """
    minimum, maximum = _minimum_and_maximum(matrix.data)
    number = ".2E" if max(abs(minimum), abs(maximum)) > 100 else ".2f"
    return (
        f"\t{kind} name: {name}, Value range: {minimum:{number}} / {maximum:{number}}, "
        f"Num features: {matrix.shape[1]}, feature occurrences: {matrix.nnz}, density {density(matrix):.2E}"
    )
