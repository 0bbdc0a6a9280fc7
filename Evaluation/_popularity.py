"""How popular the recommended items are in the training data, beside the users' own profiles."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sps

from Evaluation._metric_base import _Metrics_Object, _User_Mean, divide, ratio
from Evaluation.ranking_batch import CutoffBatch


class TrainStatistics:
    """What the metrics need of the training data, computed once an evaluation and shared by all cutoffs.

    Parameters
    ----------
    URM_train : scipy sparse matrix, (n_users, n_items)

    Attributes
    ----------
    item_counts : ndarray, (n_items,) int64
        p_i, the number of training ratings of item i.
    relative_popularity : ndarray, (n_items,) float64
        p_i / max p.
    self_information : ndarray, (n_items,) float64
        -log2(p_i / number of training ratings); 0 for an item without any.
    profile_novelty, profile_popularity : float
        Novelty and AveragePopularity of the training profiles taken as lists of all n_users users.
    """

    def __init__(self, URM_train: Any) -> None:
        train = sps.csr_matrix(URM_train)
        n_users, n_items = train.shape
        lengths = np.diff(train.indptr).astype(np.int64)
        counts = np.bincount(train.indices, minlength=n_items).astype(np.int64)
        self.item_counts = counts

        self.relative_popularity = divide(counts.astype(np.float64), np.full(n_items, counts.max(initial=0)))
        self.self_information = np.zeros(n_items)
        known = counts > 0
        self.self_information[known] = -np.log2(counts[known] / train.nnz)
        self.profile_novelty = float(counts @ self.self_information) / n_items / n_users

        users = np.repeat(np.arange(n_users), lengths)
        popularity = np.bincount(users, weights=self.relative_popularity[train.indices], minlength=n_users)
        self.profile_popularity = float(divide(popularity, lengths).mean())

    @classmethod
    def of(cls, URM_train: Any) -> "TrainStatistics":
        """The statistics of a matrix, or the object itself if they are computed already."""
        return URM_train if isinstance(URM_train, cls) else cls(URM_train)


class Novelty(_Metrics_Object):
    """Mean over users of sum_i -log2(p_i / N) / n_items over the list's items with p_i > 0; NaN without users.

    Parameters
    ----------
    URM_train : scipy sparse matrix or TrainStatistics
        N stored ratings, p_i of them of item i.
    """

    def __init__(self, URM_train: Any) -> None:
        self.train = TrainStatistics.of(URM_train)
        self.recommended_counter = np.zeros(self.train.item_counts.size, dtype=np.int64)
        self.n_users = 0

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.recommended_counter += batch.item_counts
        self.n_users += batch.n_users

    def get_metric_value(self) -> float:
        total = float(self.recommended_counter @ self.train.self_information)
        return ratio(total / self.recommended_counter.size, self.n_users)

    def _setup(self) -> tuple[Any, ...]:
        return (self.recommended_counter.size,)

    def _merge(self, other: Self) -> None:
        self.recommended_counter += other.recommended_counter
        self.n_users += other.n_users


class AveragePopularity(_User_Mean):
    """Mean over users of the mean of p_i / max p over the list; 0 for an empty list; NaN without users.

    Parameters
    ----------
    URM_train : scipy sparse matrix or TrainStatistics
        With p_i ratings of item i.
    """

    def __init__(self, URM_train: Any) -> None:
        super().__init__()
        self.train = TrainStatistics.of(URM_train)

    def _user_values(self, batch: CutoffBatch) -> np.ndarray:
        popularity = np.append(self.train.relative_popularity, 0.0)  # the last is that of the padding, -1
        return divide(popularity[batch.ranking].sum(axis=1), batch.lengths)

    def _setup(self) -> tuple[Any, ...]:
        return (self.train.item_counts.size,)


class Ratio_Novelty(Novelty):
    """Novelty of the recommendations over that of the training profiles taken as lists."""

    def get_metric_value(self) -> float:
        return ratio(super().get_metric_value(), self.train.profile_novelty)


class Ratio_AveragePopularity(AveragePopularity):
    """AveragePopularity of the recommendations over that of the training profiles taken as lists."""

    def get_metric_value(self) -> float:
        return ratio(super().get_metric_value(), self.train.profile_popularity)
