"""The columns of an evaluation's result, in their order, and the metric object behind each."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import scipy.sparse as sps

from Evaluation import _accuracy as accuracy
from Evaluation import _coverage as coverage
from Evaluation import _diversity as diversity
from Evaluation import _popularity as popularity
from Evaluation._metric_base import _Metrics_Object


class EvaluatorMetrics(Enum):
    """Every column of the result; their order is that of the table."""

    PRECISION = "PRECISION"
    PRECISION_RECALL_MIN_DEN = "PRECISION_RECALL_MIN_DEN"
    RECALL = "RECALL"
    MAP = "MAP"
    MAP_MIN_DEN = "MAP_MIN_DEN"
    MRR = "MRR"
    NDCG = "NDCG"
    F1 = "F1"
    HIT_RATE = "HIT_RATE"
    ARHR = "ARHR_ALL_HITS"
    NOVELTY = "NOVELTY"
    AVERAGE_POPULARITY = "AVERAGE_POPULARITY"
    DIVERSITY_SIMILARITY = "DIVERSITY_SIMILARITY"
    DIVERSITY_MEAN_INTER_LIST = "DIVERSITY_MEAN_INTER_LIST"
    DIVERSITY_HERFINDAHL = "DIVERSITY_HERFINDAHL"
    COVERAGE_ITEM = "COVERAGE_ITEM"
    COVERAGE_ITEM_HIT = "COVERAGE_ITEM_HIT"
    ITEMS_IN_GT = "ITEMS_IN_GT"
    COVERAGE_USER = "COVERAGE_USER"
    COVERAGE_USER_HIT = "COVERAGE_USER_HIT"
    USERS_IN_GT = "USERS_IN_GT"
    DIVERSITY_GINI = "DIVERSITY_GINI"
    SHANNON_ENTROPY = "SHANNON_ENTROPY"
    RATIO_DIVERSITY_HERFINDAHL = "RATIO_DIVERSITY_HERFINDAHL"
    RATIO_DIVERSITY_GINI = "RATIO_DIVERSITY_GINI"
    RATIO_SHANNON_ENTROPY = "RATIO_SHANNON_ENTROPY"
    RATIO_AVERAGE_POPULARITY = "RATIO_AVERAGE_POPULARITY"
    RATIO_NOVELTY = "RATIO_NOVELTY"


@dataclass(frozen=True)
class MetricsSetup:
    """What the metric objects of one evaluation are made from."""

    URM_test: sps.csr_matrix
    ignore_items: np.ndarray
    ignore_users: np.ndarray
    diversity_object: diversity.Diversity_similarity | None
    train: popularity.TrainStatistics

    def metric_objects(self, cutoff: int) -> dict[EvaluatorMetrics, _Metrics_Object]:
        """New metric objects of one cutoff; F1 has none, being a function of two others."""
        M = EvaluatorMetrics
        n_users, n_items = self.URM_test.shape
        items, users, train = self.ignore_items, self.ignore_users, self.train
        objects: dict[EvaluatorMetrics, _Metrics_Object] = {
            M.PRECISION: accuracy.Precision(),
            M.PRECISION_RECALL_MIN_DEN: accuracy.Precision_Recall_Min_Den(),
            M.RECALL: accuracy.Recall(),
            M.MAP: accuracy.MAP(),
            M.MAP_MIN_DEN: accuracy.MAP_MIN_DEN(),
            M.MRR: accuracy.MRR(),
            M.NDCG: accuracy.NDCG(),
            M.HIT_RATE: accuracy.HIT_RATE(),
            M.ARHR: accuracy.ARHR_All_Hits(),
            M.NOVELTY: popularity.Novelty(train),
            M.AVERAGE_POPULARITY: popularity.AveragePopularity(train),
            M.DIVERSITY_MEAN_INTER_LIST: diversity.Diversity_MeanInterList(n_items, cutoff),
            M.DIVERSITY_HERFINDAHL: diversity.Diversity_Herfindahl(n_items, items),
            M.COVERAGE_ITEM: coverage.Coverage_Item(n_items, items),
            M.COVERAGE_ITEM_HIT: coverage.Coverage_Item_HIT(n_items, items),
            M.ITEMS_IN_GT: coverage.Items_In_GT(self.URM_test, items),
            M.COVERAGE_USER: coverage.Coverage_User(n_users, users),
            M.COVERAGE_USER_HIT: coverage.Coverage_User_HIT(n_users, users),
            M.USERS_IN_GT: coverage.Users_In_GT(self.URM_test, users),
            M.DIVERSITY_GINI: diversity.Gini_Diversity(n_items, items),
            M.SHANNON_ENTROPY: diversity.Shannon_Entropy(n_items, items),
            M.RATIO_DIVERSITY_HERFINDAHL: diversity.Ratio_Diversity_Herfindahl(train, items),
            M.RATIO_DIVERSITY_GINI: diversity.Ratio_Diversity_Gini(train, items),
            M.RATIO_SHANNON_ENTROPY: diversity.Ratio_Shannon_Entropy(train, items),
            M.RATIO_AVERAGE_POPULARITY: popularity.Ratio_AveragePopularity(train),
            M.RATIO_NOVELTY: popularity.Ratio_Novelty(train),
        }
        if self.diversity_object is not None:
            objects[M.DIVERSITY_SIMILARITY] = self.diversity_object.empty_copy()
        return objects


def metric_values(objects: dict[EvaluatorMetrics, _Metrics_Object]) -> dict[str, float]:
    """The value of every column of one cutoff, in the order of the table."""
    values = {metric: float(metric_object.get_metric_value()) for metric, metric_object in objects.items()}
    # of the averaged precision and recall, not the average of the users' own
    precision, recall = values[EvaluatorMetrics.PRECISION], values[EvaluatorMetrics.RECALL]
    total = precision + recall
    values[EvaluatorMetrics.F1] = 0.0 if total == 0 else 2 * precision * recall / total
    return {metric.value: values[metric] for metric in EvaluatorMetrics if metric in values}
