"""Random hold-out: interactions are divided at random between a train part and the rest.

Both functions draw from a generator of their own, and leave the global numpy state alone, which the host's draw from.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._validation import check_bool, check_float, check_int, check_sparse


def _generator(random_seed: int | None) -> np.random.Generator:
    return np.random.default_rng(None if random_seed is None else check_int("random_seed", random_seed, minimum=0))


def _divide(URM: sps.csr_matrix, in_train: npt.NDArray[np.bool_]) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """The stored cells where the mask holds, and the others, each as a matrix of the same shape."""
    parts = []
    for chosen in (in_train, ~in_train):
        n_chosen_before = np.concatenate([[0], np.cumsum(chosen)])
        indptr = n_chosen_before[URM.indptr].astype(URM.indptr.dtype)
        parts.append(sps.csr_matrix((URM.data[chosen], URM.indices[chosen], indptr), shape=URM.shape))
    return parts[0], parts[1]


def _warn_of_empty_users(URM_train: sps.csr_matrix, URM_rest: sps.csr_matrix) -> None:
    for URM, missing in ((URM_train, "train items"), (URM_rest, "sampled items")):
        n_users = URM.shape[0]
        n_empty = int((np.diff(URM.indptr) == 0).sum())
        if n_empty > 0:
            share = 100 * n_empty / n_users
            print(f"Warning: {n_empty} ({share:.2f} %) of {n_users} users have no {missing}")  # noqa: T201


def split_train_in_two_percentage_global_sample(
    URM_all: Any, train_percentage: float = 0.1, *, random_seed: int | None = None, verbose: bool = True
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Take a uniformly random share of all interactions for training.

    Parameters
    ----------
    URM_all : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros are no interactions.
    train_percentage : float in [0, 1], default 0.1
        Exactly round(n_interactions * train_percentage) interactions are taken. A share, despite its name.
    random_seed : int >= 0 or None, default None
        The same seed gives the same split; None a different one every time.
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
    rng = _generator(random_seed)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)

    n_train = round(URM.nnz * train_percentage)
    in_train = np.zeros(URM.nnz, dtype=np.bool_)
    in_train[rng.choice(URM.nnz, size=n_train, replace=False, shuffle=False)] = True
    URM_train, URM_rest = _divide(URM, in_train)
    if verbose:
        _warn_of_empty_users(URM_train, URM_rest)
    return URM_train, URM_rest


def _shuffled_within_users(
    URM: sps.csr_matrix, user_of_cell: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The stored cells user by user, each user's in random order, as positions in URM.data."""
    # the user's number in the high bits of the key, random low bits: one integer sort, five times as fast as lexsort
    n_random_bits = 63 - int(URM.shape[0]).bit_length()
    keys = (user_of_cell << n_random_bits) | rng.integers(0, 1 << n_random_bits, size=URM.nnz)
    return np.argsort(keys, kind="stable")


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
        At least one non-zero cell. It is not changed; explicit zeros are no interactions.
    train_percentage : float in [0, 1], default 0.1
        The share of each user's interactions that is taken.
    verbose : bool, default False
        Print a warning if users are left without interactions in a part.
    random_seed : int >= 0 or None, default None
        The same seed gives the same split; None a different one every time.

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
    rng = _generator(random_seed)
    URM = check_sparse("URM_train", URM_train, dtype=np.float64)

    profile_length = np.diff(URM.indptr).astype(np.int64)
    n_train = np.rint(profile_length * train_percentage).astype(np.int64)
    n_train[(n_train == profile_length) & (profile_length > 1)] -= 1

    user_of_cell = np.repeat(np.arange(URM.shape[0], dtype=np.int64), profile_length)
    place_in_profile = np.arange(URM.nnz) - URM.indptr[user_of_cell]
    in_train = np.zeros(URM.nnz, dtype=np.bool_)
    in_train[_shuffled_within_users(URM, user_of_cell, rng)] = place_in_profile < n_train[user_of_cell]
    URM_train, URM_rest = _divide(URM, in_train)
    if verbose:
        _warn_of_empty_users(URM_train, URM_rest)
    return URM_train, URM_rest
