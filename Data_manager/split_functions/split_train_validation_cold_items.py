"""Cold items: whole items are for training, and all interactions of the others are the rest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager.split_functions._interactions import divide, random_generator, warn_of_empty_users
from recsys_common.validation import check_bool, check_float, check_sparse

_TOLERANCE = 0.1  # of the number of interactions that is asked for


def split_train_in_two_cold_items(
    URM_all: Any,
    ICM_list: Sequence[Any] | None = None,
    train_item_percentage: float = 0.1,
    train_interaction_percentage: float | None = None,
    *,
    random_seed: int | None = None,
    verbose: bool = True,
) -> tuple[Any, ...]:
    """Take all interactions of random items for training, so that the other items are cold: none of theirs are known.

    The items with interactions are put in a random order, and the first ones are for training.

    Parameters
    ----------
    URM_all : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros do not count.
    ICM_list : sequence of scipy sparse matrices or arrays, each of shape (n_items, n_features), optional
        Features of the items, to be divided alike. They are not changed.
    train_item_percentage : float in [0, 1], default 0.1
        Exactly round(n_warm_items * train_item_percentage) items are for training, of those with interactions. A share,
        despite its name.
    train_interaction_percentage : float in [0, 1], optional
        The share of all interactions that is for training, within a tenth of it: as many of the first items as come
        closest. Where one item has too many interactions for that, it is passed over, and items further on are taken.
        If given, it decides and train_item_percentage does not.
    random_seed : int >= 0, optional
        The same seed gives the same split; without one it differs every time.
    verbose : bool, default True
        Print a warning if users are left without interactions in a part.

    Returns
    -------
    URM_train, URM_rest : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        Disjoint; their sum is URM_all; no item has interactions in both.
    ICM_train_list, ICM_rest_list : list of scipy.sparse.csr_matrix of float64, each of shape (n_items, n_features)
        If ICM_list is given: the rows of the items for training alone, and all other rows alone, those of items without
        any interaction among them. The other rows are empty.
    train_items : numpy.ndarray of int64
        The items for training, ascending.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; if whole items, in their random order, do not come within a
        tenth of train_interaction_percentage. The message says which share they do come to.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sps
    >>> URM_all = sps.csr_matrix(np.ones((3, 10)))
    >>> train, rest, train_items = split_train_in_two_cold_items(
    ...     URM_all, train_item_percentage=0.8, random_seed=1, verbose=False
    ... )
    >>> len(train_items), int(train.nnz), int(rest.nnz), int(rest[:, train_items].nnz)
    (8, 24, 6, 0)
    """
    train_item_percentage = check_float("train_item_percentage", train_item_percentage, minimum=0, maximum=1)
    if train_interaction_percentage is not None:
        train_interaction_percentage = check_float(
            "train_interaction_percentage", train_interaction_percentage, minimum=0, maximum=1
        )
    verbose = check_bool("verbose", verbose)
    rng = random_generator(random_seed)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)
    ICMs = None if ICM_list is None else _check_ICMs(ICM_list, URM.shape[1])

    n_interactions = np.bincount(URM.indices, minlength=URM.shape[1])
    items = rng.permutation(np.flatnonzero(n_interactions))
    if train_interaction_percentage is None:
        train_items = items[: round(len(items) * train_item_percentage)]
    else:
        train_items = _items_with_interactions(items, n_interactions, train_interaction_percentage)

    is_train_item = np.zeros(URM.shape[1], dtype=np.bool_)
    is_train_item[train_items] = True
    URM_train, URM_rest = divide(URM, is_train_item[URM.indices])
    if verbose:
        warn_of_empty_users({"train items": URM_train, "sampled items": URM_rest})
    train_items = np.sort(train_items)
    if ICMs is None:
        return URM_train, URM_rest, train_items
    ICM_parts = [_rows_of(ICM, is_train_item) for ICM in ICMs]
    return URM_train, URM_rest, [train for train, _ in ICM_parts], [rest for _, rest in ICM_parts], train_items


def _items_with_interactions(
    items: npt.NDArray[np.int64], n_interactions: npt.NDArray[np.int64], share: float
) -> npt.NDArray[np.int64]:
    """Take so many of the items in this order that they have about this share of the interactions.

    They are the first ones, up to where the number of their interactions is closest to the target. Where the item at
    that cut has so many interactions that the number is not within the tolerance, the item is passed over, and so is
    each of the following ones that would lead beyond the tolerance, until the number is within it.
    """
    sums = np.concatenate([[0], np.cumsum(n_interactions[items])])
    target = sums[-1] * share
    n_first = int(np.argmin(np.abs(sums - target)))
    closest = int(sums[n_first])
    if abs(closest - target) <= _TOLERANCE * target:
        return items[:n_first]

    n_first = int(np.searchsorted(sums, target)) - 1
    taken, total = items[:n_first].tolist(), int(sums[n_first])
    for item in items[n_first:].tolist():
        if total + n_interactions[item] <= (1 + _TOLERANCE) * target:
            taken.append(item)
            total += int(n_interactions[item])
            if total >= (1 - _TOLERANCE) * target:
                return np.array(taken, dtype=np.int64)
    raise ValueError(
        f"train_interaction_percentage must be a share that whole items come within {_TOLERANCE:.0%} of, got {share}; "
        f"the first ones, in random order, come closest with {closest / sums[-1]} (another random_seed may help)"
    )


def _rows_of(ICM: sps.csr_matrix, chosen: npt.NDArray[np.bool_]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Return the matrix with the rows of the chosen items alone, and with the other rows alone."""
    return divide(ICM, np.repeat(chosen, np.diff(ICM.indptr)))


def _check_ICMs(ICM_list: Any, n_items: int) -> list[sps.csr_matrix]:
    if isinstance(ICM_list, str | bytes) or not isinstance(ICM_list, Sequence):
        raise TypeError(f"ICM_list must be a list of sparse matrices or None, got a {type(ICM_list).__name__}")
    ICMs = [check_sparse(f"ICM_list[{k}]", ICM, dtype=np.float64, allow_empty=True) for k, ICM in enumerate(ICM_list)]
    for k, ICM in enumerate(ICMs):
        if ICM.shape[0] != n_items:
            raise ValueError(f"ICM_list[{k}] must be a matrix with {n_items} rows, one an item, got {ICM.shape[0]}")
    return ICMs
