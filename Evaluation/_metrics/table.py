"""The columns of an evaluation's results, in their order, and the metric object of each.

A new metric is a class in its family's file, a name in `EvaluatorMetrics` and a line in `_MAKERS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sps

from Evaluation._inputs.train_statistics import TrainStatisticsCache
from Evaluation._metrics import accuracy, coverage, diversity, popularity
from Evaluation._metrics.base import _Metrics_Object, _User_Mean
from Evaluation.ranking_batch import CutoffBatch
from recsys_common.validation import refuse


class EvaluatorMetrics(Enum):
    """The columns of the result, in the order of the table."""

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
    AUC = "AUC"
    EFFECTIVE_CATALOG_SIZE = "EFFECTIVE_CATALOG_SIZE"


MetricObjects = dict[int, dict[EvaluatorMetrics, _Metrics_Object]]  # by cutoff

# columns that the historical table does not have
_ONLY_WHEN_NAMED = (EvaluatorMetrics.AUC, EvaluatorMetrics.EFFECTIVE_CATALOG_SIZE)


def chosen_metrics(names: Any, has_diversity: bool) -> list[EvaluatorMetrics]:
    """Return the named metrics in the order of the table, or the historical ones if names is None.

    Unknown and repeated names are refused, and DIVERSITY_SIMILARITY without its object.
    """
    similarity = EvaluatorMetrics.DIVERSITY_SIMILARITY
    if names is None:
        return [
            metric
            for metric in EvaluatorMetrics
            if metric not in _ONLY_WHEN_NAMED and (has_diversity or metric is not similarity)
        ]
    allowed = "None or a non-empty list of " + ", ".join(metric.value for metric in EvaluatorMetrics)
    if not isinstance(names, (list, tuple)):
        raise refuse(TypeError, "metrics", allowed, repr(names))
    known = {metric.value: metric for metric in EvaluatorMetrics}
    for name in names:
        if not isinstance(name, (str, EvaluatorMetrics)):
            raise refuse(TypeError, "metrics", allowed, repr(name))
        if isinstance(name, str) and name not in known:
            raise refuse(ValueError, "metrics", allowed, repr(name))
    chosen = [known[name] if isinstance(name, str) else name for name in names]
    if not chosen or len(set(chosen)) < len(chosen):
        raise refuse(ValueError, "metrics", allowed + ", each once", repr(names))
    if similarity in chosen and not has_diversity:
        raise ValueError(f"diversity_object must be given for {similarity.value}, got None")
    return [metric for metric in EvaluatorMetrics if metric in chosen]


@dataclass(frozen=True)
class MetricsSetup:
    """The settings of an evaluator from which the metric objects of each evaluation are made."""

    URM_test: sps.csr_matrix
    ignore_items: npt.NDArray[np.int64]
    ignore_users: npt.NDArray[np.int64]
    diversity_object: diversity.Diversity_similarity | None
    statistics: TrainStatisticsCache = field(default_factory=TrainStatisticsCache)

    @property
    def n_users(self) -> int:
        return int(self.URM_test.shape[0])

    @property
    def n_items(self) -> int:
        return int(self.URM_test.shape[1])

    @cached_property
    def items_in_gt(self) -> coverage.Items_In_GT:
        """Make the object once for all evaluations, since recommendations do not change it."""
        return coverage.Items_In_GT(self.URM_test, self.ignore_items)

    @cached_property
    def users_in_gt(self) -> coverage.Users_In_GT:
        return coverage.Users_In_GT(self.URM_test, self.ignore_users)

    def metric_objects(
        self, metrics: Iterable[EvaluatorMetrics], cutoffs: Iterable[int], URM_train: sps.csr_matrix
    ) -> MetricObjects:
        """Make new metric objects of every cutoff for a recommender with this training matrix."""
        makers = {metric: _MAKERS[metric] for metric in metrics}
        # the statistics once for all metrics, and only if one needs them
        train = self.statistics.get(URM_train) if any("train" in maker for maker in makers.values()) else None

        def argument(name: str, cutoff: int) -> Any:
            if name == "train":
                return train
            return cutoff if name == "cutoff" else getattr(self, name)

        def at_cutoff(cutoff: int) -> dict[EvaluatorMetrics, _Metrics_Object]:
            return {
                metric: make(*(argument(name, cutoff) for name in names)) for metric, (make, *names) in makers.items()
            }

        return {cutoff: at_cutoff(cutoff) for cutoff in cutoffs}


class PerUserValues:
    """Collects each user's values of the metrics that are means over users of accuracy."""

    def __init__(self, objects: MetricObjects) -> None:
        self._metrics = {
            metric: metric_object
            for metric, metric_object in next(iter(objects.values())).items()
            if isinstance(metric_object, _User_Mean) and type(metric_object).__module__ == accuracy.__name__
        }
        self._parts: dict[int, list[npt.NDArray[np.float64]]] = {cutoff: [] for cutoff in objects}

    def add(self, batch: CutoffBatch) -> None:
        """Add the users of a batch, in order, at its cutoff."""
        values = [metric_object.user_values(batch) for metric_object in self._metrics.values()]
        self._parts[batch.cutoff].append(np.array(values, dtype=np.float64).reshape(len(values), batch.n_users))

    def table(self, user_ids: npt.NDArray[np.int64]) -> pd.DataFrame:
        """Return a float64 column for each metric; index (user, cutoff), in the evaluator's order of cutoffs."""
        cutoffs, n_metrics = list(self._parts), len(self._metrics)
        no_users = np.empty((n_metrics, 0))
        per_cutoff = [np.concatenate([no_users, *parts], axis=1) for parts in self._parts.values()]  # (M, U) each
        values = np.stack(per_cutoff, axis=2).reshape(n_metrics, user_ids.size * len(cutoffs))  # (M, U * C)
        index = pd.MultiIndex.from_product([user_ids, cutoffs], names=["user", "cutoff"])
        return pd.DataFrame(values.T, index=index, columns=[metric.value for metric in self._metrics])


def _shared(metric_object: _Metrics_Object) -> _Metrics_Object:
    return metric_object


# The maker of each metric's object, and its arguments: "train", "cutoff", or an attribute of MetricsSetup.
M = EvaluatorMetrics
_MAKERS: dict[EvaluatorMetrics, tuple[Any, ...]] = {
    M.PRECISION: (accuracy.Precision,),
    M.PRECISION_RECALL_MIN_DEN: (accuracy.Precision_Recall_Min_Den,),
    M.RECALL: (accuracy.Recall,),
    M.MAP: (accuracy.MAP,),
    M.MAP_MIN_DEN: (accuracy.MAP_MIN_DEN,),
    M.MRR: (accuracy.MRR,),
    M.NDCG: (accuracy.NDCG,),
    M.F1: (accuracy.F1,),
    M.HIT_RATE: (accuracy.HIT_RATE,),
    M.ARHR: (accuracy.ARHR_All_Hits,),
    M.NOVELTY: (popularity.Novelty, "train"),
    M.AVERAGE_POPULARITY: (popularity.AveragePopularity, "train"),
    M.DIVERSITY_SIMILARITY: (diversity.Diversity_similarity.empty_copy, "diversity_object"),
    M.DIVERSITY_MEAN_INTER_LIST: (diversity.Diversity_MeanInterList, "n_items", "cutoff"),
    M.DIVERSITY_HERFINDAHL: (diversity.Diversity_Herfindahl, "n_items", "ignore_items"),
    M.COVERAGE_ITEM: (coverage.Coverage_Item, "n_items", "ignore_items"),
    M.COVERAGE_ITEM_HIT: (coverage.Coverage_Item_HIT, "n_items", "ignore_items"),
    M.ITEMS_IN_GT: (_shared, "items_in_gt"),
    M.COVERAGE_USER: (coverage.Coverage_User, "n_users", "ignore_users"),
    M.COVERAGE_USER_HIT: (coverage.Coverage_User_HIT, "n_users", "ignore_users"),
    M.USERS_IN_GT: (_shared, "users_in_gt"),
    M.DIVERSITY_GINI: (diversity.Gini_Diversity, "n_items", "ignore_items"),
    M.SHANNON_ENTROPY: (diversity.Shannon_Entropy, "n_items", "ignore_items"),
    M.RATIO_DIVERSITY_HERFINDAHL: (diversity.Ratio_Diversity_Herfindahl, "train", "ignore_items"),
    M.RATIO_DIVERSITY_GINI: (diversity.Ratio_Diversity_Gini, "train", "ignore_items"),
    M.RATIO_SHANNON_ENTROPY: (diversity.Ratio_Shannon_Entropy, "train", "ignore_items"),
    M.RATIO_AVERAGE_POPULARITY: (popularity.Ratio_AveragePopularity, "train"),
    M.RATIO_NOVELTY: (popularity.Ratio_Novelty, "train"),
    M.AUC: (accuracy.AUC,),
    M.EFFECTIVE_CATALOG_SIZE: (diversity.Effective_Catalog_Size, "n_items", "ignore_items"),
}
