"""The rankings that an evaluation measures, as arrays: from a ranker, or from a recommender's lists.

Recommenders of this project are asked for a `Ranker`, which gives arrays. All others are asked for lists by
`recommend`, which are checked and turned into arrays.
"""

from collections.abc import Callable
from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys_common.fast_path import Ranker
from recsys_common.validation import refuse

# A recommender that returns lists makes them for a block of users: at most 128 MB of float32 scores, users x items.
_LISTS_AT_ONCE = 1000
_SCORES_AT_ONCE = 1 << 25
# Rankings are measured for a block of users: enough to be worth the calls, few enough scores to show progress, and at
# most 16 MB of ids.
_ROWS_AT_ONCE = 1 << 15
_FEWEST_ROWS = 256
_SCORES_PER_STEP = 1 << 28
_RANKS_AT_ONCE = 1 << 22


class ListRanker:
    """Ranks by a function that returns a list of item ids for each user."""

    def __init__(self, recommend: Callable[[npt.NDArray[np.int64]], Any], n_items: int, cutoff: int) -> None:
        self._recommend = recommend
        self._n_items, self._cutoff = n_items, cutoff
        self.users_per_call = max(1, min(_LISTS_AT_ONCE, _SCORES_AT_ONCE // n_items))

    def rank(self, user_ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Rank as `Ranker.rank` says, with the errors of `rankings_of_lists`."""
        return rankings_of_lists(self._recommend(user_ids), user_ids.size, self._n_items, self._cutoff)


def users_at_once(n_items: int, cutoff: int) -> int:
    """Return how many users are measured together: the same for every recommender, as the last bits depend on it."""
    rows = max(_FEWEST_ROWS, min(_ROWS_AT_ONCE, _SCORES_PER_STEP // n_items))
    return max(1, min(rows, _RANKS_AT_ONCE // min(cutoff, n_items)))


def rank_users(
    ranker: Ranker, users: npt.NDArray[np.int64], advance: Callable[[int], Any]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the rankings of some users, and call `advance` with the number of users after each call of the ranker."""
    step = ranker.users_per_call if isinstance(ranker, ListRanker) else users.size
    parts = []
    for start in range(0, users.size, step):
        block = users[start : start + step]
        parts.append(ranker.rank(block))
        advance(block.size)
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([ids for ids, _ in parts]), np.concatenate([lengths for _, lengths in parts])


def rankings_of_lists(
    recommended: Any, n_users: int, n_items: int, max_cutoff: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Check lists of item ids, one for each user, and return them as an array with the lengths of the lists.

    The ids are int32, (B, min(max_cutoff, n_items)), -1 after the end of a list. Lists of other things than integers
    are a TypeError; too many or too few lists, a list longer than max_cutoff, and ids out of 0..n_items-1 or repeated
    in a list are a ValueError.
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


def _joined(recommended: Any, n_users: int, n_items: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the item ids of all lists, one list after the other, and the lengths of the lists, (B,)."""
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
        raise refuse(ValueError, name, f"item ids in 0..{n_items - 1}", "an id beyond 64 bits") from error
