"""K folds: every interaction is for testing once, and for training in all other folds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager.split_functions._interactions import divide, profile_lengths, random_generator, random_order
from recsys_common.validation import check_bool, check_int, check_sparse


def split_k_fold(
    URM_all: Any, n_folds: int = 5, *, user_wise: bool = False, random_seed: int | None = None
) -> Iterator[tuple[sps.csr_matrix, sps.csr_matrix]]:
    """Divide the interactions at random into folds; each in turn is for testing, and the others for training.

    Parameters
    ----------
    URM_all : scipy sparse matrix or array, shape (n_users, n_items)
        At least n_folds non-zero cells. It is not changed; explicit zeros do not count.
    n_folds : int >= 2, default 5
        Not more than there are interactions.
    user_wise : bool, default False
        Whether the folds are equal in size for each user too: a user's interactions in two folds differ by at most one.
        A user with fewer interactions than folds has none for testing in some of them.
    random_seed : int >= 0, optional
        The same seed gives the same folds; without one they differ every time.

    Returns
    -------
    iterator of n_folds pairs (URM_train, URM_test) of scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        In each the two are disjoint and their sum is URM_all. The test parts are disjoint and their sum is URM_all too;
        two of them differ by at most one interaction in number. A pair is made when the iteration comes to it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range: at the call, not at the first pair.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sps
    >>> URM_all = sps.csr_matrix(np.ones((4, 5)))
    >>> [(int(train.nnz), int(test.nnz)) for train, test in split_k_fold(URM_all, 3, random_seed=1)]
    [(13, 7), (13, 7), (14, 6)]
    """
    n_folds = check_int("n_folds", n_folds, minimum=2)
    user_wise = check_bool("user_wise", user_wise)
    rng = random_generator(random_seed)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)
    if n_folds > URM.nnz:
        raise ValueError(f"n_folds must be an integer <= {URM.nnz}, the number of interactions, got {n_folds}")

    folds = _random_folds_user_wise(URM, n_folds, rng) if user_wise else _random_folds(URM.nnz, n_folds, rng)
    return _pairs(URM, folds, n_folds)


def _random_folds(n_cells: int, n_folds: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    return rng.permutation((np.arange(n_cells) % n_folds).astype(np.int32))


def _random_folds_user_wise(URM: sps.csr_matrix, n_folds: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Deal each user's cells, in random order, out to the folds in turn.

    The first user begins at a random fold and every other where the one before left off, the users in random order: so
    the folds are equal in all, and every interaction is as likely in one fold as in another.
    """
    lengths = profile_lengths(URM)
    users = rng.permutation(len(lengths))
    n_before = np.empty_like(lengths)
    n_before[users] = np.cumsum(lengths[users]) - lengths[users] + rng.integers(n_folds)
    fold_of_cell = np.empty(URM.nnz, dtype=np.int32)
    fold_of_cell[random_order(URM, rng)] = (
        np.arange(URM.nnz) + np.repeat(n_before - URM.indptr[:-1], lengths)
    ) % n_folds
    return fold_of_cell


def _pairs(
    URM: sps.csr_matrix, fold_of_cell: npt.NDArray[np.int32], n_folds: int
) -> Iterator[tuple[sps.csr_matrix, sps.csr_matrix]]:
    for fold in range(n_folds):
        yield divide(URM, fold_of_cell != fold)
