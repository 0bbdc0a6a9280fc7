"""Leave k out: k interactions of each user for testing, k more for validation, all the others for training."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.cells import with_cells
from Data_manager.split_functions._interactions import (
    first_of_each_user,
    order_by_value,
    profile_lengths,
    random_generator,
    random_order,
    times_of_cells,
    warn_of_empty_users,
)
from recsys_common.validation import check_bool, check_int, check_sparse


def split_train_leave_k_out_user_wise(
    URM: Any,
    k_out: int = 1,
    use_validation_set: bool = True,
    leave_random_out: bool = True,
    *,
    URM_timestamp: Any = None,
    random_seed: int | None = None,
    verbose: bool = True,
) -> tuple[sps.csr_matrix, ...]:
    """Leave k interactions of each user out for testing and, with validation, k more for validation.

    All other interactions are for training. (The host drops k of each user when there is no validation.) A user with
    exactly as many interactions as are left out has none for training; a user without interactions has none anywhere.

    Parameters
    ----------
    URM : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros do not count.
    k_out : int >= 1, default 1
        How many interactions of each user are left out for testing, and as many again for validation.
    use_validation_set : bool, default True
        Whether there is a validation part.
    leave_random_out : bool, default True
        True leaves random interactions out. False leaves the latest ones out: each user's last k_out are for testing,
        the k_out before these for validation, so that nothing trained on is later than what is tested on. (The host
        leaves the highest rated ones out.) Of interactions at the same time the one with the higher column counts as
        later.
    URM_timestamp : scipy sparse matrix or array, shape (n_users, n_items), optional
        Seconds since 1970, or other numbers that grow with time, of the interactions; one without a time has time 0,
        which a sparse matrix does not store. Needed to leave the latest out, and refused otherwise.
    random_seed : int >= 0, optional
        The same seed gives the same random split; without one it differs every time.
    verbose : bool, default True
        Print a warning if users are left without interactions in a part.

    Returns
    -------
    URM_train, URM_validation, URM_test : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        Disjoint; their sum is the given matrix. Without validation URM_train and URM_test.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; if a user has interactions, but fewer than are left out;
        if URM_timestamp is missing, superfluous, of another shape, or has a time where URM has no interaction.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sps
    >>> URM_all = sps.csr_matrix([[5, 3, 4, 1]])
    >>> URM_timestamp = sps.csr_matrix([[1000, 4000, 2000, 3000]])
    >>> train, validation, test = split_train_leave_k_out_user_wise(
    ...     URM_all, leave_random_out=False, URM_timestamp=URM_timestamp
    ... )
    >>> test.toarray().tolist(), validation.toarray().tolist(), train.toarray().tolist()
    ([[0.0, 3.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 1.0]], [[5.0, 0.0, 4.0, 0.0]])
    """
    k_out = check_int("k_out", k_out, minimum=1)
    use_validation_set = check_bool("use_validation_set", use_validation_set)
    leave_random_out = check_bool("leave_random_out", leave_random_out)
    verbose = check_bool("verbose", verbose)
    rng = random_generator(random_seed)
    _check_timestamp_is_used(URM_timestamp, leave_random_out)
    matrix = check_sparse("URM", URM, dtype=np.float64)
    lengths = profile_lengths(matrix)
    n_left_out = 2 * k_out if use_validation_set else k_out
    _check_profiles(lengths, n_left_out)

    if leave_random_out:
        order = random_order(matrix, rng)
    else:
        order = order_by_value(matrix, times_of_cells(matrix, URM_timestamp))
    before_test = first_of_each_user(matrix, order, lengths - k_out)
    in_train = first_of_each_user(matrix, order, lengths - n_left_out) if use_validation_set else before_test

    parts = {"train items": with_cells(matrix, in_train)}
    if use_validation_set:
        parts["validation items"] = with_cells(matrix, before_test & ~in_train)
    parts["test items"] = with_cells(matrix, ~before_test)
    if verbose:
        warn_of_empty_users(parts)
    return tuple(parts.values())


def _check_timestamp_is_used(URM_timestamp: Any, leave_random_out: bool) -> None:
    if leave_random_out and URM_timestamp is not None:
        raise ValueError(
            "URM_timestamp must be None where leave_random_out is True, which does not use times, "
            f"got a {type(URM_timestamp).__name__}"
        )
    if not leave_random_out and URM_timestamp is None:
        raise ValueError(
            "URM_timestamp must be given where leave_random_out is False, to know the latest interactions, got None"
        )


def _check_profiles(lengths: npt.NDArray[np.int64], n_left_out: int) -> None:
    n_short = int(((lengths > 0) & (lengths < n_left_out)).sum())
    if n_short > 0:
        raise ValueError(
            f"URM must be a matrix with at least {n_left_out} interactions of each user who has any "
            f"(k_out, twice with validation), got {n_short} users with fewer"
        )
