"""The accuracy of every user, for what means over users do not tell."""

import numpy as np
import pandas as pd

from Evaluation._metrics import accuracy as _accuracy
from Evaluation._metrics.base import _Metrics_Object, _User_Mean
from Evaluation._metrics.table import EvaluatorMetrics
from Evaluation.ranking_batch import CutoffBatch


class PerUserValues:
    """Collects the values that the accuracy metrics are means of.

    Parameters
    ----------
    objects : dict of cutoff to metric objects
        Those of the evaluation, of which only the accuracy metrics are asked.
    """

    def __init__(self, objects: dict[int, dict[EvaluatorMetrics, _Metrics_Object]]) -> None:
        self._metrics = {
            metric: metric_object
            for metric, metric_object in next(iter(objects.values())).items()
            if isinstance(metric_object, _User_Mean) and type(metric_object).__module__ == _accuracy.__name__
        }
        self._parts: dict[int, list[np.ndarray]] = {cutoff: [] for cutoff in objects}

    def add(self, batch: CutoffBatch) -> None:
        """Add the users of a batch, in order, at its cutoff."""
        values = [metric_object.user_values(batch) for metric_object in self._metrics.values()]
        self._parts[batch.cutoff].append(np.array(values, dtype=np.float64).reshape(len(values), batch.n_users))

    def table(self, user_ids: np.ndarray) -> pd.DataFrame:
        """Index (user, cutoff), a float64 column a metric; users ascending, cutoffs in the evaluator's order."""
        cutoffs = list(self._parts)
        none = np.empty((len(self._metrics), 0))
        of_cutoffs = [np.concatenate([none, *parts], axis=1) for parts in self._parts.values()]  # (M, U) each
        values = np.stack(of_cutoffs, axis=2).reshape(len(self._metrics), user_ids.size * len(cutoffs))  # (M, U * C)
        index = pd.MultiIndex.from_product([user_ids, cutoffs], names=["user", "cutoff"])
        return pd.DataFrame(values.T, index=index, columns=[metric.value for metric in self._metrics])
