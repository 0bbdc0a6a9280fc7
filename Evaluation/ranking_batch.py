"""Rankings of a block of users beside their test ratings, as arrays: every metric is computed from them.

Shapes: B users of the block, K the longest list (at least 1), C cutoffs in ascending order.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Evaluation._inputs.held_out import HeldOutRatings
from Evaluation._inputs.rankings import rankings_of_lists
from recsys_common.kernels import import_kernel
from recsys_common.validation import refuse

_kernel = import_kernel("Evaluation._inputs.ranking_kernel")


class Hits(NamedTuple):
    """Sums over the hits of the users' lists."""

    is_hit: npt.NDArray[np.uint8]  # (B, K), 1 where the item at this rank is one of the user's test items
    n_hits: npt.NDArray[np.int64]  # (C, B)
    precision_sum: npt.NDArray[np.float64]  # (C, B), of the precision at every hit
    reciprocal_rank_sum: npt.NDArray[np.float64]  # (C, B), of 1/rank over all hits
    first_reciprocal_rank: npt.NDArray[np.float64]  # (C, B), 1/rank of the first hit, 0 without a hit
    dcg: npt.NDArray[np.float64]  # (C, B), discounted cumulative gain in the user's own scale


class RankingBatch:
    """The recommended lists of a block of users and which of their items are in the test data.

    Parameters
    ----------
    ids : ndarray of int32, (B, K)
        Item ids, best first, distinct; values after a list's end do not matter.
    lengths : ndarray of int32, (B,)
        Lengths of the lists, which may be shorter than the cutoffs, or empty.
    held_out : HeldOutRatings
        Test ratings of all evaluated users.
    first : int >= 0, default 0
        Position among the evaluated users of the user of the first list; the others follow.
    auc : ndarray of float64, (B,), optional
        The users' areas under the ROC curve, which the metric AUC needs.

    Examples
    --------
    >>> batch = RankingBatch.of_lists([[2, 0]], sps.csr_matrix([[0.0, 4.0, 5.0]]), cutoffs=[1, 2])
    >>> batch.at(1).n_hits, batch.at(2).precision_sum
    (array([1]), array([1.]))
    """

    def __init__(
        self,
        ids: npt.NDArray[np.int32],
        lengths: npt.NDArray[np.int32],
        held_out: HeldOutRatings,
        first: int = 0,
        auc: npt.NDArray[np.float64] | None = None,
    ) -> None:
        self.ids, self.lengths = ids, lengths
        self.held_out = held_out
        self.auc = auc
        self._summed: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
        self._users = slice(first, first + lengths.size)
        self.n_test = held_out.ends[self._users] - held_out.starts[self._users]

    @classmethod
    def of_lists(
        cls, recommended: Sequence[Sequence[int]], test_rows: sps.csr_matrix, cutoffs: Sequence[int]
    ) -> "RankingBatch":
        """Make a batch of lists of item ids, one for each user, and the users' test ratings in the same order.

        Parameters
        ----------
        recommended : sequence of sequences of int, one for each user
            Item ids in 0..n_items-1, best first, distinct; at most as many as the largest cutoff.
        test_rows : scipy.sparse.csr_matrix, (B, n_items)
            Canonical (sorted, no duplicates, no stored zeros).
        cutoffs : sequence of int >= 1

        Returns
        -------
        RankingBatch

        Raises
        ------
        TypeError
            If they are not lists of integers.
        ValueError
            If there are not as many lists as rows, or a list is too long or has ids out of range or repeated ids.
        """
        n_users, n_items = test_rows.shape
        ids, lengths = rankings_of_lists(recommended, n_users, n_items, max(cutoffs))
        return cls(ids, lengths, HeldOutRatings(test_rows, np.arange(n_users), cutoffs))

    def at(self, cutoff: int) -> "CutoffBatch":
        """Cut the lists to their first `cutoff` items.

        Parameters
        ----------
        cutoff : int
            One of the cutoffs that the batch was made for.

        Returns
        -------
        CutoffBatch

        Raises
        ------
        ValueError
            If it is another cutoff.
        """
        if cutoff not in self.held_out.given_cutoffs:
            raise refuse(ValueError, "cutoff", f"one of {self.held_out.given_cutoffs}", str(cutoff))
        return CutoffBatch(self, cutoff)

    @cached_property
    def hits(self) -> Hits:
        """Compute all sums over hits."""
        held_out = self.held_out
        shape = (held_out.cutoffs.size, self.lengths.size)
        sums = (np.empty(shape) for _ in range(4))
        hits = Hits(np.empty(self.ids.shape, np.uint8), np.empty(shape, np.int64), *sums)
        _kernel.measure_rankings(
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
    def ideal_dcg(self) -> npt.NDArray[np.float64]:
        """Return the largest possible `dcg`, (C, B) float64."""
        return self.held_out.ideal_dcg[:, self._users]

    @cached_property
    def item_counts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Count in how many lists each item is, and for how many users it is a hit, both (C, n_items) int64."""
        shape = (self.held_out.cutoffs.size, self.held_out.n_items)
        counts, hit_counts = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        _kernel.count_items(self.ids, self.lengths, self.hits.is_hit, self.held_out.cutoffs, counts, hit_counts)
        for row in range(1, shape[0]):
            counts[row] += counts[row - 1]
            hit_counts[row] += hit_counts[row - 1]
        return counts, hit_counts

    def sum_over_lists(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sum the weights of each list's items.

        Parameters
        ----------
        weights : ndarray of float64, (n_items,)

        Returns
        -------
        ndarray of float64, (C, B)
        """
        # Several metrics and all cutoffs ask for the same weights in turn. They are compared by value with a copy,
        # since an array can be changed in place, and replaced in one step, since other threads may ask too.
        summed = self._summed
        if summed is None or not np.array_equal(summed[0], weights):
            sums = np.empty((self.held_out.cutoffs.size, self.lengths.size))
            _kernel.sum_over_lists(self.ids, self.lengths, weights, self.held_out.cutoffs, sums)
            summed = self._summed = (weights.copy(), sums)
        return summed[1]


class CutoffBatch:
    """A RankingBatch with its lists cut at one cutoff, made by `RankingBatch.at`.

    Arrays of the attributes and properties have one value per user, (B,), or per item, (n_items,).
    """

    def __init__(self, batch: RankingBatch, cutoff: int) -> None:
        self._batch = batch
        self._row = batch.held_out.given_cutoffs.index(cutoff)
        self.cutoff = cutoff
        self.n_users = len(batch.lengths)
        self.n_test = batch.n_test
        self.ids = batch.ids[:, :cutoff]

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """Return the lengths of the lists, (B,) int32."""
        return np.minimum(self._batch.lengths, np.int32(min(self.cutoff, self._batch.ids.shape[1])))

    @property
    def n_hits(self) -> npt.NDArray[np.int64]:
        """Return the number of hits of each user, (B,) int64."""
        return self._row_of(self._batch.hits.n_hits)

    @property
    def precision_sum(self) -> npt.NDArray[np.float64]:
        """Return the sum of the precision at every hit, (B,) float64."""
        return self._row_of(self._batch.hits.precision_sum)

    @property
    def reciprocal_rank_sum(self) -> npt.NDArray[np.float64]:
        """Return the sum of 1/rank over all hits, (B,) float64."""
        return self._row_of(self._batch.hits.reciprocal_rank_sum)

    @property
    def first_reciprocal_rank(self) -> npt.NDArray[np.float64]:
        """Return 1/rank of the first hit, 0 without a hit, (B,) float64."""
        return self._row_of(self._batch.hits.first_reciprocal_rank)

    @property
    def dcg(self) -> npt.NDArray[np.float64]:
        """Return the discounted cumulative gain in the user's scale, (B,) float64."""
        return self._row_of(self._batch.hits.dcg)

    @property
    def ideal_dcg(self) -> npt.NDArray[np.float64]:
        """Return the largest possible `dcg`, (B,) float64."""
        return self._row_of(self._batch.ideal_dcg)

    @property
    def auc(self) -> npt.NDArray[np.float64]:
        """Return the area under the ROC curve of each user, NaN for a user without a pair of items, (B,) float64."""
        if self._batch.auc is None:
            raise ValueError("the batch has no areas under the ROC curve: it was made without `auc`")
        return self._batch.auc

    @property
    def item_counts(self) -> npt.NDArray[np.int64]:
        """Return in how many of the lists each item is, (n_items,) int64."""
        return self._row_of(self._batch.item_counts[0])

    @property
    def item_hit_counts(self) -> npt.NDArray[np.int64]:
        """Return for how many users each item is a hit, (n_items,) int64."""
        return self._row_of(self._batch.item_counts[1])

    def sum_over_list(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sum the weights of each list's items, (n_items,) float64 -> (B,) float64."""
        return self._row_of(self._batch.sum_over_lists(weights))

    def _row_of(self, arrays: npt.NDArray[Any]) -> npt.NDArray[Any]:
        row: npt.NDArray[Any] = arrays[self._row]
        return row
