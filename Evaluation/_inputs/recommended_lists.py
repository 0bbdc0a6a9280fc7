"""Lists of recommended items, as recommenders return them, checked and as arrays."""

from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np

from recsys_common.validation import refuse


def rankings_of_lists(recommended: Any, n_users: int, n_items: int, max_cutoff: int) -> tuple[np.ndarray, np.ndarray]:
    """The lists as one array, and their lengths.

    Parameters
    ----------
    recommended : sequence of sequences of int, one a user
    n_users, n_items, max_cutoff : int
        The number of lists; item ids are in 0..n_items-1; a list has at most max_cutoff of them, none twice.

    Returns
    -------
    ids : ndarray of int32, (B, min(max_cutoff, n_items)), filled with -1 after a list's end
    lengths : ndarray of int32, (B,)

    Raises
    ------
    TypeError
        If they are not lists of integers.
    ValueError
        If they are more or fewer than the users, or no rankings.
    """
    items, lengths = _joined(recommended, n_users, n_items)
    if lengths.size > 0 and lengths.max() > max_cutoff:
        raise refuse(ValueError, "recommended lists", f"at most {max_cutoff} items long", str(lengths.max()))
    wrong = (items < 0) | (items >= n_items)
    if wrong.any():
        raise refuse(ValueError, "recommended lists", f"item ids in 0..{n_items - 1}", str(items[wrong][0]))

    longest = min(max_cutoff, n_items)
    if lengths.max(initial=0) > longest:
        raise refuse(ValueError, "recommended lists", "of distinct items", f"{lengths.max()} of {n_items}")
    ids = np.full((lengths.size, longest), -1, dtype=np.int32)  # (B, K)
    ids[np.arange(ids.shape[1]) < lengths[:, None]] = items
    in_order = np.sort(ids, axis=1)
    repeated = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)
    if repeated.any():
        raise refuse(ValueError, "recommended lists", "of distinct items", f"item {in_order[:, 1:][repeated][0]} twice")
    return ids, lengths.astype(np.int32)


def _joined(recommended: Any, n_users: int, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """The item ids of all lists one after the other, and the lengths of the lists, (B,); both int64."""
    name, allowed = "recommended lists", "a list of integer item ids for each user"
    try:
        n_lists = len(recommended)
        lengths = np.fromiter(map(len, recommended), dtype=np.int64, count=n_lists)
        items = list(chain.from_iterable(recommended))
    except TypeError as error:
        raise refuse(TypeError, name, allowed, f"a {type(recommended).__name__} of something else") from error
    if n_lists != n_users:
        raise refuse(ValueError, name, f"one for each of {n_users} users", str(n_lists))
    for kind in set(map(type, items)):
        if kind is bool or not issubclass(kind, Integral):
            raise refuse(TypeError, name, allowed, f"a {kind.__name__} in the place of an id")
    try:
        return np.fromiter(items, dtype=np.int64, count=len(items)), lengths
    except OverflowError as error:
        raise refuse(ValueError, name, f"item ids in 0..{n_items - 1}", "one that is no 64-bit integer") from error
