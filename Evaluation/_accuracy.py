"""Accuracy metrics: means over users of a value computed from the hits in each list.

n: length of the user's list, T: number of their test items, h_k: 1 where the item at rank k is one of them, else 0.
"""

import numpy as np

from Evaluation._metric_base import _User_Mean, divide
from Evaluation.ranking_batch import CutoffBatch


class Precision(_User_Mean):
    """Mean of sum(h) / n; 0 for an empty list."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.n_hits, batch.lengths)


class Precision_Recall_Min_Den(_User_Mean):
    """Mean of sum(h) / min(T, n); 0 for an empty list."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.n_hits, np.minimum(batch.n_test, batch.lengths))


class Recall(_User_Mean):
    """Mean of sum(h) / T."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.n_hits, batch.n_test)


class MAP(_User_Mean):
    """Mean average precision: mean of (1/n) sum_k h_k (sum_{j<=k} h_j) / k; 0 for an empty list."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.precision_sum, batch.lengths)


class MAP_MIN_DEN(_User_Mean):
    """As MAP, divided by min(T, n) instead of n."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.precision_sum, np.minimum(batch.n_test, batch.lengths))


class MRR(_User_Mean):
    """Mean of 1 / (rank of the first hit); 0 without a hit."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return batch.first_reciprocal_rank


class NDCG(_User_Mean):
    """Mean of DCG / IDCG, gain 2^rel - 1, discount log2(rank + 1), rel the test rating; 0 where either is 0.

    IDCG is that of the user's test ratings in descending order, cut to the cutoff. Computed in float64 whatever the
    test matrix's dtype is, and scaled by a power of two for ratings (play counts) above 1000, whose gain no float64 can
    hold.
    """

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return divide(batch.dcg, batch.ideal_dcg)


class HIT_RATE(_User_Mean):
    """Share of the users with a hit."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return batch.n_hits > 0


class ARHR_All_Hits(_User_Mean):
    """Average reciprocal hit rank over all hits: mean of sum_k h_k / k."""

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        return batch.reciprocal_rank_sum
