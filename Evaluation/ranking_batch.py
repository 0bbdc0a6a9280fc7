"""The rankings of a block of users, laid beside their test ratings as arrays: what every metric is computed from.

Shapes: B users of the block, K the longest list of the block (at least 1).
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sps

from Evaluation._validation import refuse

# 2^rel overflows float64 from rel = 1024 on; a user whose largest rel is above this has all gains scaled down
_LARGEST_EXPONENT = 1000.0


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


def _padded(ids: np.ndarray, lengths: np.ndarray, n_items: int, max_cutoff: int) -> np.ndarray:
    """The lists as one array (B, K) int64, padded with -1; refused if they are no rankings."""
    if lengths.size > 0 and lengths.max() > max_cutoff:
        raise refuse(ValueError, "recommended lists", f"at most {max_cutoff} items long", str(lengths.max()))
    wrong = (ids < 0) | (ids >= n_items)
    if wrong.any():
        raise refuse(ValueError, "recommended lists", f"item ids in 0..{n_items - 1}", str(ids[wrong][0]))

    ranking = np.full((lengths.size, max(1, int(lengths.max(initial=0)))), -1, dtype=np.int64)  # (B, K)
    ranking[np.arange(ranking.shape[1]) < lengths[:, None]] = ids
    in_order = np.sort(ranking, axis=1)
    repeated = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)
    if repeated.any():
        raise refuse(ValueError, "recommended lists", "of distinct items", f"item {in_order[:, 1:][repeated][0]} twice")
    return ranking


class RankingBatch:
    """The recommended lists of a block of users and which of their items are in the test data.

    Parameters
    ----------
    recommended : sequence of sequences of int, one a user
        Item ids in 0..n_items-1, best first, distinct; a list may be shorter than the cutoff, or empty.
    test_rows : scipy.sparse.csr_matrix, (B, n_items)
        The users' test ratings, in the order of `recommended`; canonical (sorted, no duplicates, no stored zeros).
    max_cutoff : int
        The longest list allowed, and the longest ideal ranking considered; at least 1.

    Attributes
    ----------
    ranking : ndarray, (B, K) int64, padded with -1
    lengths : ndarray, (B,) int64
    n_test : ndarray, (B,) int64
        Number of the user's test items.
    is_hit : ndarray, (B, K) bool
        Whether the item at this rank is one of the user's test items.

    Raises
    ------
    TypeError
        If they are not lists of integers.
    ValueError
        If the lists are more or fewer than the rows, too long, or have ids out of range or repeated ids.

    Examples
    --------
    >>> batch = RankingBatch([[2, 0]], sps.csr_matrix([[0.0, 4.0, 5.0]]), max_cutoff=2)
    >>> batch.is_hit
    array([[ True, False]])
    >>> batch.at(1).n_hits
    array([1])
    """

    def __init__(self, recommended: Sequence[Sequence[int]], test_rows: sps.csr_matrix, max_cutoff: int) -> None:
        n_users, self.n_items = test_rows.shape
        self.max_cutoff = max_cutoff
        ids, self.lengths = _joined(recommended, n_users, self.n_items)
        self.ranking = _padded(ids, self.lengths, self.n_items, max_cutoff)
        self.n_test = np.diff(test_rows.indptr).astype(np.int64)
        self._test_user = np.repeat(np.arange(n_users, dtype=np.int64), self.n_test)
        self._test_values = test_rows.data.astype(np.float64)

        # one ascending key per test rating turns the membership of B * K items into one binary search
        test_keys = np.append(self._test_user * self.n_items + test_rows.indices, -1)
        keys = np.arange(n_users, dtype=np.int64)[:, None] * self.n_items + self.ranking
        self._place_in_test = np.searchsorted(test_keys[:-1], keys)  # (B, K)
        self.is_hit = (self.ranking >= 0) & (test_keys[self._place_in_test] == keys)

    def at(self, cutoff: int) -> "CutoffBatch":
        """The same users with their lists cut to the first `cutoff` items."""
        return CutoffBatch(self, cutoff)

    @cached_property
    def cumulative_hits(self) -> np.ndarray:
        """Hits among the first k items, (B, K) int64."""
        return np.cumsum(self.is_hit, axis=1, dtype=np.int64)

    @cached_property
    def cumulative_precision(self) -> np.ndarray:
        """Sum over the hits up to rank k of the precision at their rank, (B, K) float64."""
        ranks = np.arange(1, self.ranking.shape[1] + 1)
        return np.cumsum(np.where(self.is_hit, self.cumulative_hits / ranks, 0.0), axis=1)

    @cached_property
    def cumulative_reciprocal_rank(self) -> np.ndarray:
        """Sum of 1/rank over the hits up to rank k, (B, K) float64."""
        ranks = np.arange(1, self.ranking.shape[1] + 1)
        return np.cumsum(np.where(self.is_hit, 1.0 / ranks, 0.0), axis=1)

    @cached_property
    def first_hit_rank(self) -> np.ndarray:
        """Rank of the first hit, counted from 1; K + 1 where there is none; (B,) int64."""
        ranks = np.argmax(self.is_hit, axis=1) + 1
        first: np.ndarray = np.where(self.is_hit.any(axis=1), ranks, self.ranking.shape[1] + 1)
        return first

    @cached_property
    def _test_gains(self) -> np.ndarray:
        """2^rel - 1 of every test rating, times a power of two of the user's own that keeps it finite; float64.

        NDCG is a ratio within a user, so the scale cancels; below rel = 1000 it is 1.
        """
        largest = np.full(self.n_test.shape, -np.inf)
        np.maximum.at(largest, self._test_user, self._test_values)
        shift = np.maximum(0.0, np.floor(largest) - _LARGEST_EXPONENT)[self._test_user]
        gains: np.ndarray = np.exp2(self._test_values - shift) - np.exp2(-shift)
        return gains

    @cached_property
    def cumulative_dcg(self) -> np.ndarray:
        """Discounted gain of the first k items, (B, K) float64, in the user's scale."""
        gains = np.append(self._test_gains, 0.0)[self._place_in_test]
        discount = 1.0 / np.log2(np.arange(2, self.ranking.shape[1] + 2))
        return np.cumsum(np.where(self.is_hit, gains, 0.0) * discount, axis=1)

    @cached_property
    def cumulative_ideal_dcg(self) -> np.ndarray:
        """Discounted gain of the user's k best test items, (B, largest number of test items) float64."""
        width = max(1, min(self.max_cutoff, int(self.n_test.max(initial=0))))
        ideal = np.zeros((self.n_test.size, width))
        first = np.cumsum(self.n_test) - self.n_test
        place = np.arange(self._test_user.size) - first[self._test_user]
        best_first = self._test_gains[np.lexsort((-self._test_gains, self._test_user))]
        kept = place < width
        ideal[self._test_user[kept], place[kept]] = best_first[kept]
        return np.cumsum(ideal / np.log2(np.arange(2, width + 2)), axis=1)


class CutoffBatch:
    """A RankingBatch seen at one cutoff; made by `RankingBatch.at`, shared by the metrics of that cutoff."""

    def __init__(self, batch: RankingBatch, cutoff: int) -> None:
        self._batch = batch
        self.cutoff = cutoff
        self.n_users = batch.lengths.size
        self.n_items = batch.n_items
        self.n_test = batch.n_test
        self.ranking = batch.ranking[:, :cutoff]
        self.lengths = np.minimum(batch.lengths, cutoff)

    def _upto(self, cumulative: np.ndarray) -> np.ndarray:
        """The cumulative sum at the cutoff, or at its end where the lists are shorter: (B,)."""
        column: np.ndarray = cumulative[:, min(self.cutoff, cumulative.shape[1]) - 1]
        return column

    @property
    def n_hits(self) -> np.ndarray:
        """Hits of each user, (B,) int64."""
        return self._upto(self._batch.cumulative_hits)

    @property
    def precision_sum(self) -> np.ndarray:
        """Sum of the precision at every hit, (B,) float64."""
        return self._upto(self._batch.cumulative_precision)

    @property
    def reciprocal_rank_sum(self) -> np.ndarray:
        """Sum of 1/rank over all hits, (B,) float64."""
        return self._upto(self._batch.cumulative_reciprocal_rank)

    @property
    def first_reciprocal_rank(self) -> np.ndarray:
        """1/rank of the first hit, 0 without one, (B,) float64."""
        first = self._batch.first_hit_rank
        return np.where(self.n_hits > 0, 1.0 / first, 0.0)

    @property
    def dcg(self) -> np.ndarray:
        """Discounted cumulative gain in the user's scale, (B,) float64."""
        return self._upto(self._batch.cumulative_dcg)

    @property
    def ideal_dcg(self) -> np.ndarray:
        """Largest possible `dcg`, (B,) float64."""
        return self._upto(self._batch.cumulative_ideal_dcg)

    @cached_property
    def item_counts(self) -> np.ndarray:
        """How many of the lists each item is in, (n_items,) int64."""
        return np.bincount(self.ranking[self.ranking >= 0], minlength=self.n_items)

    @cached_property
    def item_hit_counts(self) -> np.ndarray:
        """How many users each item is a hit for, (n_items,) int64."""
        return np.bincount(self.ranking[self._batch.is_hit[:, : self.cutoff]], minlength=self.n_items)
