"""Global time: what happened before one instant is for training, for all users alike, and what came then is the rest.

Unlike a random hold-out, and unlike leaving each user's latest interactions out, no user's future is known in training.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager.split_functions._interactions import divide, times_of_cells, warn_of_empty_users
from recsys_common.validation import check_bool, check_float, check_sparse

_DEFAULT_TRAIN_PERCENTAGE = 0.8


def time_of_train_percentage(URM_all: Any, URM_timestamp: Any, train_percentage: float = 0.8) -> float:
    """Find the instant that has a share of all interactions before it, as nearly as interactions at one time allow.

    It is one of the times of interactions except the first: the one for which the number of interactions strictly
    before it is closest to n_interactions * train_percentage; of two equally close ones the earlier. So neither side is
    empty.

    Parameters
    ----------
    URM_all : scipy sparse matrix or array, shape (n_users, n_items)
        At least one non-zero cell. It is not changed; explicit zeros do not count.
    URM_timestamp : scipy sparse matrix or array, shape (n_users, n_items)
        The times of the interactions, in seconds since 1970; an interaction without one has time 0, which a sparse
        matrix does not store. It is not changed.
    train_percentage : float in (0, 1), default 0.8
        A share, despite its name.

    Returns
    -------
    float
        In the unit of URM_timestamp.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, URM_timestamp of another shape or with a time where URM_all
        has no interaction, or if all interactions are at one time.

    Examples
    --------
    >>> import scipy.sparse as sps
    >>> URM_all = sps.csr_matrix([[5, 3, 4, 1, 2]])
    >>> URM_timestamp = sps.csr_matrix([[100, 500, 300, 300, 200]])
    >>> time_of_train_percentage(URM_all, URM_timestamp, 0.8)
    500.0
    """
    share = _check_share(train_percentage)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)
    return _dividing_time(times_of_cells(URM, URM_timestamp), share)


def split_train_in_two_global_time(
    URM_all: Any,
    URM_timestamp: Any,
    train_percentage: float | None = None,
    *,
    split_time: float | None = None,
    verbose: bool = True,
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    """Take the interactions before one instant for training, the same one for all users.

    Parameters
    ----------
    URM_all, URM_timestamp : scipy sparse matrix or array, shape (n_users, n_items)
        As in `time_of_train_percentage`.
    train_percentage : float in (0, 1), optional
        The share of the interactions that is for training, as nearly as interactions at one time allow: they are never
        divided. `time_of_train_percentage` has the rule, and gives the instant. Default: 0.8, without a split_time.
    split_time : float, optional
        The instant, in the unit of URM_timestamp, instead of a share.
    verbose : bool, default True
        Print a warning if users are left without interactions in a part.

    Returns
    -------
    URM_train, URM_rest : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        The interactions strictly before the instant, and those at it or after it. Neither is empty. Nothing is random.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; if both a share and an instant are given, or an instant
        that leaves a part empty; if URM_timestamp is of another shape, has a time where URM_all has no interaction, or
        puts all interactions at one time.

    Examples
    --------
    >>> import scipy.sparse as sps
    >>> URM_all = sps.csr_matrix([[5, 3, 4], [0, 1, 2]])
    >>> URM_timestamp = sps.csr_matrix([[100, 500, 300], [0, 200, 400]])
    >>> train, rest = split_train_in_two_global_time(URM_all, URM_timestamp, split_time=400, verbose=False)
    >>> train.toarray().tolist(), rest.toarray().tolist()
    ([[5.0, 0.0, 4.0], [0.0, 1.0, 0.0]], [[0.0, 3.0, 0.0], [0.0, 0.0, 2.0]])
    """
    if split_time is not None:
        if train_percentage is not None:
            raise ValueError(
                f"train_percentage must be None where split_time is given, got {train_percentage!r} "
                f"beside split_time {split_time!r}"
            )
        split_time = check_float("split_time", split_time)
    share = _check_share(_DEFAULT_TRAIN_PERCENTAGE if train_percentage is None else train_percentage)
    verbose = check_bool("verbose", verbose)
    URM = check_sparse("URM_all", URM_all, dtype=np.float64)
    times = times_of_cells(URM, URM_timestamp)
    if split_time is None:
        split_time = _dividing_time(times, share)
    elif not times.min() < split_time <= times.max():
        raise ValueError(
            f"split_time must be after the first interaction, at {times.min()}, and not after the last, "
            f"at {times.max()}, got {split_time}"
        )

    URM_train, URM_rest = divide(URM, times < split_time)
    if verbose:
        warn_of_empty_users({"train items": URM_train, "sampled items": URM_rest})
    return URM_train, URM_rest


def _check_share(train_percentage: Any) -> float:
    share = check_float("train_percentage", train_percentage, above=0)
    if share >= 1:
        raise ValueError(f"train_percentage must be a finite number > 0 and < 1, got {train_percentage!r}")
    return share


def _dividing_time(times: npt.NDArray[np.float64], share: float) -> float:
    """Return the time that comes closest to having this share of the times before it; of two the earlier."""
    target = len(times) * share
    # at most the target are before `low`, and more are up to it: it or the next time is the closest
    low = np.partition(times, int(target))[int(target)]
    candidates = [low] if low > times.min() else []
    later = times[times > low]
    if len(later) > 0:
        candidates.append(later.min())
    if not candidates:
        raise ValueError(f"URM_timestamp must have at least two different times, got {low} alone")
    return float(min(candidates, key=lambda time: abs(int((times < time).sum()) - target)))
