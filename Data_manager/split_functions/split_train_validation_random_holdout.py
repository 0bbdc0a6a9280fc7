"""Random hold-out: interactions are divided at random between a train part and the rest.

Both functions draw from a generator of their own; the host's draw from numpy's global state.
"""

from typing import Any

import numpy as np
import scipy.sparse as sps

from Data_manager.split_functions._interactions import (
    divide,
    first_of_each_user,
    profile_lengths,
    random_generator,
    random_order,
    warn_of_empty_users,
)
from recsys_common.validation import check_bool, check_float, check_sparse


def split_train_in_two_percentage_global_sample(
    URM_all: Any, train_percentage: float = 0.1, *, random_seed: int | None = None, verbose: bool = True
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Take a uniformly random share of all interactions for training.

    Parameters
    ----------
    URM_all : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros do not count.
    train_percentage : float in [0, 1], default 0.1
        Exactly round(n_interactions * train_percentage) interactions are taken. A share, despite its name.
    random_seed : int >= 0, optional
        The same seed gives the same split; without one it differs every time.
    verbose : bool, default True
        Print a warning if users are left without interactions in a part.

    Returns
    -------
    URM_train, URM_rest : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        Disjoint; their sum is URM_all.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sps
    >>> URM_all = sps.csr_matrix(np.ones((4, 5)))
    >>> train, rest = split_train_in_two_percentage_global_sample(URM_all, 0.8, random_seed=1, verbose=False)
    >>> int(train.nnz), int(rest.nnz)
    (16, 4)
    """
    train_percentage = check_float("train_percentage", train_percentage, minimum=0, maximum=1)
    verbose = check_bool("verbose", verbose)
    rng = random_generator(random_seed)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)

    n_train = round(URM.nnz * train_percentage)
    in_train = np.zeros(URM.nnz, dtype=np.bool_)
    in_train[rng.choice(URM.nnz, size=n_train, replace=False, shuffle=False)] = True
    URM_train, URM_rest = divide(URM, in_train)
    if verbose:
        warn_of_empty_users({"train items": URM_train, "sampled items": URM_rest})
    return URM_train, URM_rest


def split_train_in_two_percentage_user_wise(
    URM_train: Any,
    train_percentage: float = 0.1,
    verbose: bool = False,
    *,
    random_seed: int | None = None,
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Take a random share of the interactions of each user for training.

    Of a user with n interactions round(n * train_percentage) are taken, halves to the even number; where that is all of
    them and n > 1, one is left for the rest, even for a share of 1.

    Parameters
    ----------
    URM_train : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros do not count.
    train_percentage : float in [0, 1], default 0.1
        The share of each user's interactions that is taken.
    verbose : bool, default False
        Print a warning if users are left without interactions in a part.
    random_seed : int >= 0, optional
        The same seed gives the same split; without one it differs every time.

    Returns
    -------
    URM_train, URM_rest : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        Disjoint; their sum is the given matrix.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sps
    >>> URM_all = sps.csr_matrix(np.ones((4, 5)))
    >>> train, rest = split_train_in_two_percentage_user_wise(URM_all, 0.8, random_seed=1)
    >>> np.diff(train.indptr).tolist(), np.diff(rest.indptr).tolist()
    ([4, 4, 4, 4], [1, 1, 1, 1])
    """
    train_percentage = check_float("train_percentage", train_percentage, minimum=0, maximum=1)
    verbose = check_bool("verbose", verbose)
    rng = random_generator(random_seed)
    URM = check_sparse("URM_train", URM_train, dtype=np.float64)

    lengths = profile_lengths(URM)
    n_train = np.rint(lengths * train_percentage).astype(np.int64)
    n_train[(n_train == lengths) & (lengths > 1)] -= 1

    in_train = first_of_each_user(URM, random_order(URM, rng), n_train)
    URM_train, URM_rest = divide(URM, in_train)
    if verbose:
        warn_of_empty_users({"train items": URM_train, "sampled items": URM_rest})
    return URM_train, URM_rest
