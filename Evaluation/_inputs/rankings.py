"""The two ways to the rankings of a recommender: arrays from those of this framework, lists by the contract."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sps

from Evaluation._inputs.protocols import RankingRecommender
from Evaluation._inputs.recommended_lists import rankings_of_lists
from recsys_common.validation import check_entries

# A block of a recommender that makes lists has at most 128 MB of scores, float32, users x items.
_LISTS_AT_ONCE = 1000
_SCORES_AT_ONCE = 1 << 25
# What is computed from a block of rankings takes this many users to be worth its calls, few scores to show progress,
# and at most 16 MB of ids.
_ROWS_AT_ONCE = 1 << 15
_FEWEST_ROWS = 256
_SCORES_A_STEP = 1 << 28
_RANKS_AT_ONCE = 1 << 22

Advance = Callable[[int], Any]


def users_at_once(n_items: int, cutoff: int) -> int:
    """How many users' rankings are measured together; the same for every recommender, as the last bits of sums are."""
    rows = max(_FEWEST_ROWS, min(_ROWS_AT_ONCE, _SCORES_A_STEP // n_items))
    return max(1, min(rows, _RANKS_AT_ONCE // min(cutoff, n_items)))


class Rankings(Protocol):
    """Gives rankings."""

    def rank(self, users: np.ndarray, advance: Advance) -> tuple[np.ndarray, np.ndarray]:
        """The rankings of some users.

        Parameters
        ----------
        users : ndarray of int64, (B,)
        advance : callable
            Called with the number of users whenever some are done.

        Returns
        -------
        ids : ndarray of int32, (B, K)
            Best first; what is after a list's end does not matter.
        lengths : ndarray of int32, (B,)
        """


class ArrayRankings:
    """Of a recommender whose `recommend` is known to make lists of what its `start_ranking` gives in arrays."""

    def __init__(self, ranker: Any) -> None:
        self._ranker = ranker

    def rank(self, users: np.ndarray, advance: Advance) -> tuple[np.ndarray, np.ndarray]:
        """See Rankings."""
        ids, lengths = self._ranker.rank(users)
        advance(users.size)
        return ids, lengths


class ListRankings:
    """Of any recommender, by the contract.

    Parameters
    ----------
    recommend : callable
        From an array of user ids to a list of item ids for each.
    n_items, cutoff : int
    """

    def __init__(self, recommend: Callable[[np.ndarray], Any], n_items: int, cutoff: int) -> None:
        self._recommend = recommend
        self._n_items, self._cutoff = n_items, cutoff
        self._step = max(1, min(_LISTS_AT_ONCE, _SCORES_AT_ONCE // n_items))

    def rank(self, users: np.ndarray, advance: Advance) -> tuple[np.ndarray, np.ndarray]:
        """See Rankings; errors as those of `rankings_of_lists`."""
        parts = []
        for start in range(0, users.size, self._step):
            block = users[start : start + self._step]
            parts.append(rankings_of_lists(self._recommend(block), block.size, self._n_items, self._cutoff))
            advance(block.size)
        return np.concatenate([ids for ids, _ in parts]), np.concatenate([lengths for _, lengths in parts])


def faster_form(recommender: RankingRecommender, name: str) -> Any:
    """What a method of the recommender is marked to be another form of, by an attribute `also_by`; else None.

    The mark is on the method that the object really has, so that a class with a method of its own is asked by that.
    """
    method = getattr(recommender, name)
    marked = getattr(method, "also_by", None)
    # functools.wraps copies the mark to another function
    if not isinstance(marked, tuple) or marked[0] is not getattr(method, "__func__", None):
        return None
    return getattr(recommender, marked[1])


def training_matrix(recommender: RankingRecommender) -> sps.csr_matrix:
    """The training ratings, not copied where the recommender's own matrix may be read instead."""
    own = faster_form(recommender, "get_URM_train")
    matrix = recommender.get_URM_train() if own is None else own
    # a new matrix around the same arrays would not be known again as the one of the evaluation before
    if own is not None and isinstance(matrix, sps.csr_matrix):
        return matrix
    return check_entries("get_URM_train()", matrix)
