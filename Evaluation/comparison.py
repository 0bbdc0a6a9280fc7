"""Recommenders side by side: one table of their metrics, and that table as text."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from recsys_common.validation import refuse

RANKING_COLUMNS = (
    "PRECISION",
    "RECALL",
    "MAP",
    "MRR",
    "NDCG",
    "HIT_RATE",
    "COVERAGE_ITEM",
    "NOVELTY",
)


class AnyEvaluator(Protocol):
    """An object whose `evaluateRecommender` returns (DataFrame, str)."""

    def evaluateRecommender(self, recommender_object: Any) -> tuple[pd.DataFrame, str]:
        """Evaluate a fitted recommender."""


def compare_ranking(recommenders: Mapping[str, Any], evaluator: AnyEvaluator) -> pd.DataFrame:
    """Every recommender's metrics at every cutoff.

    Parameters
    ----------
    recommenders : mapping from name to fitted recommender, at least one
    evaluator : EvaluatorHoldout or EvaluatorNegativeItemSample

    Returns
    -------
    pandas.DataFrame
        Index (recommender, cutoff) in the given orders, the evaluator's columns as float64.

    Raises
    ------
    ValueError
        If there is no recommender.
    """
    if not recommenders:
        raise refuse(ValueError, "recommenders", "a mapping with at least one recommender", "none")
    tables = {name: evaluator.evaluateRecommender(recommender)[0] for name, recommender in recommenders.items()}
    return pd.concat(tables, names=["recommender", "cutoff"]).astype(float)


def compare_rating_prediction(recommenders: Mapping[str, Any], evaluator: AnyEvaluator) -> pd.DataFrame:
    """The rating errors of every recommender that predicts ratings.

    Parameters
    ----------
    recommenders : mapping from name to fitted recommender
        Those without a method `predict` are left out.
    evaluator : EvaluatorRatingPrediction

    Returns
    -------
    pandas.DataFrame
        Index recommender, columns RMSE and MAE, float64; without rows if none predicts.
    """
    rows = {
        name: evaluator.evaluateRecommender(recommender)[0].iloc[0]
        for name, recommender in recommenders.items()
        if callable(getattr(recommender, "predict", None))
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=None if rows else ["RMSE", "MAE"])
    table.index.name = "recommender"
    return table[["RMSE", "MAE"]].astype(float)


def format_comparison(table: pd.DataFrame, columns: Sequence[str] = RANKING_COLUMNS, n_decimals: int = 4) -> str:
    """A table of `compare_ranking` or `compare_rating_prediction` as aligned text.

    Parameters
    ----------
    table : pandas.DataFrame
    columns : sequence of str, default RANKING_COLUMNS
        The columns to show, in this order; those that the table lacks are left out, and all are shown if it has none.
    n_decimals : int, default 4

    Returns
    -------
    str
        A header and one line a row, without a final newline.

    Examples
    --------
    >>> table = pd.DataFrame({"MAE": [0.7]}, index=pd.Index(["TopPop"], name="recommender"))
    >>> print(format_comparison(table))
    recommender    MAE
         TopPop 0.7000
    """
    shown = [column for column in columns if column in table.columns] or list(table.columns)
    cells = table[shown].reset_index()
    return cells.to_string(index=False, float_format=lambda value: f"{value:.{n_decimals}f}")
