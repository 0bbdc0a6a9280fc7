"""Accuracy metrics: means over users of a value computed from the hits in each list.

n: length of the user's list, T: number of the user's test items, h_k: 1 if the item at rank k is a test item, else 0.
The sums over hits of all users are computed in one pass by `Evaluation/_inputs/ranking_kernel.pyx`.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from Evaluation._metrics.base import _Metrics_Object, _User_Mean, divide
from Evaluation.ranking_batch import CutoffBatch


class Precision(_User_Mean):
    """Mean of sum(h) / n; 0 for an empty list."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.n_hits, batch.lengths)


class Precision_Recall_Min_Den(_User_Mean):
    """Mean of sum(h) / min(T, n); 0 for an empty list."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.n_hits, np.minimum(batch.n_test, batch.lengths))


class Recall(_User_Mean):
    """Mean of sum(h) / T."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.n_hits, batch.n_test)


class MAP(_User_Mean):
    """Mean average precision: mean of (1/n) sum_k h_k (sum_{j<=k} h_j) / k; 0 for an empty list."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.precision_sum, batch.lengths)


class MAP_MIN_DEN(_User_Mean):
    """As MAP, divided by min(T, n) instead of n."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.precision_sum, np.minimum(batch.n_test, batch.lengths))


class MRR(_User_Mean):
    """Mean of 1 / (rank of the first hit); 0 without a hit."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return batch.first_reciprocal_rank


class NDCG(_User_Mean):
    """Mean of DCG / IDCG, with gain 2^rel - 1, discount log2(rank + 1), and rel the test rating; 0 where either is 0.

    IDCG is the DCG of the user's test ratings in descending order, cut at the cutoff. Both are computed in float64 for
    every dtype of the test matrix. For ratings (play counts) above 1000, whose gain float64 cannot hold, the user's
    gains are scaled by a power of two. `Evaluation/_inputs/held_out.py` has gains, discounts and IDCG.
    """

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.dcg, batch.ideal_dcg)


class F1(_Metrics_Object):
    """2 P R / (P + R) of the mean precision P and the mean recall R, not a mean over users; 0 if both are 0."""

    def __init__(self) -> None:
        self._precision, self._recall = Precision(), Recall()

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self._precision.add_recommendations(batch)
        self._recall.add_recommendations(batch)

    def get_metric_value(self) -> float:
        precision, recall = self._precision.get_metric_value(), self._recall.get_metric_value()
        total = precision + recall
        return 0.0 if total == 0 else 2 * precision * recall / total

    def _merge(self, other: Self) -> None:
        self._precision.merge_with_other(other._precision)
        self._recall.merge_with_other(other._recall)


class HIT_RATE(_User_Mean):
    """Share of the evaluated users with a hit."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return batch.n_hits > 0


class ARHR_All_Hits(_User_Mean):
    """Average reciprocal hit rank over all hits: mean of sum_k h_k / k."""

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return batch.reciprocal_rank_sum


class AUC(_User_Mean):
    """Mean area under the ROC curve: how often a test item scores above another unseen item, ties counting half.

    It is computed from the scores of all items, not from the lists, so it is the same at every cutoff. Ignored items
    are left out, and so are test items that the user has seen if seen items are excluded. A user who is left without a
    pair of items does not count. Rendle et al., BPR: Bayesian personalized ranking from implicit feedback, UAI 2009.
    """

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return batch.auc

    def add_recommendations(self, batch: CutoffBatch) -> None:
        defined = batch.auc[~np.isnan(batch.auc)]
        self.total += float(defined.sum())
        self.n_users += defined.size
