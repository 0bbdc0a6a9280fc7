"""The rankings of a block of users beside their test ratings, as arrays: what every metric is computed from.

Shapes: B users of the block, K the longest list (at least 1), C cutoffs in ascending order.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.sparse as sps

from Evaluation._inputs.held_out import HeldOutRatings
from Evaluation._inputs.kernels import ranking_kernel as kernel
from Evaluation._inputs.recommended_lists import rankings_of_lists
from recsys_common.validation import refuse


class Hits(NamedTuple):
    """Sums over the hits of the users' lists.

    Attributes
    ----------
    is_hit : ndarray of uint8, (B, K)
        1 where the item at this rank is one of the user's test items.
    n_hits : ndarray of int64, (C, B)
    precision_sum : ndarray of float64, (C, B)
        Of the precision at every hit.
    reciprocal_rank_sum, first_reciprocal_rank : ndarray of float64, (C, B)
        Of 1/rank over all hits, and 1/rank of the first one, 0 without one.
    dcg : ndarray of float64, (C, B)
        Discounted gain, in the user's own scale.
    """

    is_hit: np.ndarray
    n_hits: np.ndarray
    precision_sum: np.ndarray
    reciprocal_rank_sum: np.ndarray
    first_reciprocal_rank: np.ndarray
    dcg: np.ndarray

    @classmethod
    def empty(cls, n_cutoffs: int, n_users: int, n_places: int) -> "Hits":
        """Arrays to be written to."""
        sums = (np.empty((n_cutoffs, n_users)) for _ in range(4))
        return cls(np.empty((n_users, n_places), np.uint8), np.empty((n_cutoffs, n_users), np.int64), *sums)


class RankingBatch:
    """The recommended lists of a block of users and which of their items are in the test data.

    Parameters
    ----------
    ids : ndarray of int32, (B, K)
        Item ids, best first, distinct; what follows after a list's end does not matter.
    lengths : ndarray of int32, (B,)
        Of the lists; they may be shorter than the cutoffs, or 0.
    held_out : HeldOutRatings
    first : int, default 0
        Whom of the held-out users the first list is for; the others follow.
    auc : ndarray of float64, (B,), default None
        The users' areas under the ROC curve, where they were asked for.

    Examples
    --------
    >>> batch = RankingBatch.of_lists([[2, 0]], sps.csr_matrix([[0.0, 4.0, 5.0]]), cutoffs=[1, 2])
    >>> batch.at(1).n_hits, batch.at(2).precision_sum
    (array([1]), array([1.]))
    """

    def __init__(
        self,
        ids: np.ndarray,
        lengths: np.ndarray,
        held_out: HeldOutRatings,
        first: int = 0,
        auc: np.ndarray | None = None,
    ) -> None:
        self.ids, self.lengths = ids, lengths
        self.held_out = held_out
        self.auc = auc
        self._summed: tuple[np.ndarray, np.ndarray] | None = None
        self._users = slice(first, first + lengths.size)
        self.n_test = held_out.ends[self._users] - held_out.starts[self._users]

    @classmethod
    def of_lists(
        cls, recommended: Sequence[Sequence[int]], test_rows: sps.csr_matrix, cutoffs: Sequence[int]
    ) -> "RankingBatch":
        """A batch of lists of item ids, one a user, and their test ratings in the same order.

        Parameters
        ----------
        recommended : sequence of sequences of int, one a user
            Item ids in 0..n_items-1, best first, distinct; at most as many as the largest cutoff.
        test_rows : scipy.sparse.csr_matrix, (B, n_items)
            Canonical (sorted, no duplicates, no stored zeros).
        cutoffs : sequence of int >= 1

        Raises
        ------
        TypeError
            If they are not lists of integers.
        ValueError
            If the lists are more or fewer than the rows, too long, or have ids out of range or repeated ids.
        """
        n_users, n_items = test_rows.shape
        ids, lengths = rankings_of_lists(recommended, n_users, n_items, max(cutoffs))
        return cls(ids, lengths, HeldOutRatings(test_rows, np.arange(n_users), cutoffs))

    def at(self, cutoff: int) -> "CutoffBatch":
        """The same users with their lists cut to the first `cutoff` items; ValueError for none of the given cutoffs."""
        if cutoff not in self.held_out.given_cutoffs:
            raise refuse(ValueError, "cutoff", f"one of {self.held_out.given_cutoffs}", str(cutoff))
        return CutoffBatch(self, cutoff)

    @cached_property
    def hits(self) -> Hits:
        """Everything that is summed over hits."""
        n_users, n_places = self.ids.shape
        held_out = self.held_out
        hits = Hits.empty(held_out.cutoffs.size, n_users, n_places)
        kernel.measure_rankings(
            self.ids,
            self.lengths,
            held_out.starts[self._users],
            held_out.ends[self._users],
            held_out.items,
            held_out.gains,
            held_out.discounts,
            held_out.cutoffs,
            np.zeros(held_out.n_items, dtype=np.uint8),
            *hits,
        )
        return hits

    @cached_property
    def ideal_dcg(self) -> np.ndarray:
        """Largest possible `dcg`, (C, B) float64."""
        ideal: np.ndarray = self.held_out.ideal_dcg[:, self._users]
        return ideal

    @cached_property
    def item_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """How many lists each item is in, and how many users it is a hit for, both (C, n_items) int64."""
        shape = (self.held_out.cutoffs.size, self.held_out.n_items)
        counts, hit_counts = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        kernel.count_items(self.ids, self.lengths, self.hits.is_hit, self.held_out.cutoffs, counts, hit_counts)
        for row in range(1, shape[0]):
            counts[row] += counts[row - 1]
            hit_counts[row] += hit_counts[row - 1]
        return counts, hit_counts

    def sum_over_lists(self, weights: np.ndarray) -> np.ndarray:
        """Sum of a weight of each list's items, (n_items,) float64 -> (C, B) float64."""
        # several metrics and all cutoffs ask for the same weights one after the other; compared by value with a copy,
        # since an array can be changed in place, and replaced at once, since other threads may ask too
        summed = self._summed
        if summed is None or not np.array_equal(summed[0], weights):
            sums = np.empty((self.held_out.cutoffs.size, self.lengths.size))
            kernel.sum_over_lists(self.ids, self.lengths, weights, self.held_out.cutoffs, sums)
            summed = self._summed = (weights.copy(), sums)
        return summed[1]


class CutoffBatch:
    """A RankingBatch seen at one cutoff; made by `RankingBatch.at`, shared by the metrics of that cutoff."""

    def __init__(self, batch: RankingBatch, cutoff: int) -> None:
        self._batch = batch
        self._row = batch.held_out.given_cutoffs.index(cutoff)
        self.cutoff = cutoff
        self.n_users = len(batch.lengths)
        self.n_test = batch.n_test
        self.ids = batch.ids[:, :cutoff]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Of the lists, (B,) int32."""
        lengths: np.ndarray = np.minimum(self._batch.lengths, np.int32(min(self.cutoff, self._batch.ids.shape[1])))
        return lengths

    @property
    def n_hits(self) -> np.ndarray:
        """Hits of each user, (B,) int64."""
        return self._of_cutoff(self._batch.hits.n_hits)

    @property
    def precision_sum(self) -> np.ndarray:
        """Sum of the precision at every hit, (B,) float64."""
        return self._of_cutoff(self._batch.hits.precision_sum)

    @property
    def reciprocal_rank_sum(self) -> np.ndarray:
        """Sum of 1/rank over all hits, (B,) float64."""
        return self._of_cutoff(self._batch.hits.reciprocal_rank_sum)

    @property
    def first_reciprocal_rank(self) -> np.ndarray:
        """1/rank of the first hit, 0 without one, (B,) float64."""
        return self._of_cutoff(self._batch.hits.first_reciprocal_rank)

    @property
    def dcg(self) -> np.ndarray:
        """Discounted cumulative gain in the user's scale, (B,) float64."""
        return self._of_cutoff(self._batch.hits.dcg)

    @property
    def ideal_dcg(self) -> np.ndarray:
        """Largest possible `dcg`, (B,) float64."""
        return self._of_cutoff(self._batch.ideal_dcg)

    @property
    def auc(self) -> np.ndarray:
        """Area under the ROC curve of each user's scores, NaN for a user without a pair, (B,) float64."""
        if self._batch.auc is None:
            raise ValueError("the batch has no areas under the ROC curve: its rankings came without scores")
        return self._batch.auc

    @property
    def item_counts(self) -> np.ndarray:
        """How many of the lists each item is in, (n_items,) int64."""
        return self._of_cutoff(self._batch.item_counts[0])

    @property
    def item_hit_counts(self) -> np.ndarray:
        """How many users each item is a hit for, (n_items,) int64."""
        return self._of_cutoff(self._batch.item_counts[1])

    def sum_over_list(self, weights: np.ndarray) -> np.ndarray:
        """Sum of a weight of each list's items, (n_items,) float64 -> (B,) float64."""
        return self._of_cutoff(self._batch.sum_over_lists(weights))

    def _of_cutoff(self, of_all: np.ndarray) -> np.ndarray:
        row: np.ndarray = of_all[self._row]
        return row
