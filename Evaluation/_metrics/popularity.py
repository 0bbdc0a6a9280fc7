"""Popularity and novelty of the recommended items in the training data; the ratios compare with the users' profiles.

p_i: number of training ratings of item i; N: number of training ratings. `URM_train` may also be TrainStatistics.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from Evaluation._inputs.train_statistics import TrainStatistics
from Evaluation._metrics.base import _Metrics_Object, _User_Mean, divide, dot, ratio
from Evaluation.ranking_batch import CutoffBatch


class Novelty(_Metrics_Object):
    """Mean over users of sum_i -log2(p_i / N) / n_items over the list's items with p_i > 0; NaN without users."""

    def __init__(self, URM_train: Any) -> None:
        self.train = TrainStatistics.from_matrix(URM_train)
        self.recommended_counter = np.zeros(self.train.item_counts.size, dtype=np.int64)
        self.n_users = 0

    def add_recommendations(self, batch: CutoffBatch) -> None:
        self.recommended_counter += batch.item_counts
        self.n_users += batch.n_users

    def get_metric_value(self) -> float:
        total = dot(self.recommended_counter, self.train.self_information)
        return ratio(total / self.recommended_counter.size, self.n_users)

    def _setup(self) -> tuple[Any, ...]:
        return (self.recommended_counter.size,)

    def _merge(self, other: Self) -> None:
        self.recommended_counter += other.recommended_counter
        self.n_users += other.n_users


class AveragePopularity(_User_Mean):
    """Mean over users of the mean of p_i / max p over the list; 0 for an empty list; NaN without users."""

    def __init__(self, URM_train: Any) -> None:
        super().__init__()
        self.train = TrainStatistics.from_matrix(URM_train)

    def user_values(self, batch: CutoffBatch) -> npt.NDArray[Any]:
        return divide(batch.sum_over_list(self.train.relative_popularity), batch.lengths)

    def _setup(self) -> tuple[Any, ...]:
        return (self.train.item_counts.size,)


class Ratio_Novelty(Novelty):
    """Novelty of the recommendations over the novelty of the training profiles, taken as lists."""

    def get_metric_value(self) -> float:
        return ratio(super().get_metric_value(), self.train.profile_novelty)


class Ratio_AveragePopularity(AveragePopularity):
    """AveragePopularity of the recommendations over AveragePopularity of the training profiles, taken as lists."""

    def get_metric_value(self) -> float:
        return ratio(super().get_metric_value(), self.train.profile_popularity)
