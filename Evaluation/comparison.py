"""Comparison of recommenders: one table of their metrics, and the table as text."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

RANKING_COLUMNS = ("PRECISION", "RECALL", "MAP", "MRR", "NDCG", "HIT_RATE", "COVERAGE_ITEM", "NOVELTY")


class AnyEvaluator(Protocol):
    """An object whose `evaluateRecommender` returns (DataFrame, str)."""

    def evaluateRecommender(self, recommender_object: Any) -> tuple[pd.DataFrame, str]:
        """Evaluate a fitted recommender."""


def compare_ranking(recommenders: Mapping[str, Any], evaluator: AnyEvaluator) -> pd.DataFrame:
    """Evaluate several recommenders and return their metrics in one table.

    Parameters
    ----------
    recommenders : mapping from name to fitted recommender
        At least one.
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
        raise ValueError("recommenders must be a mapping with at least one recommender, got an empty one")
    tables = {name: evaluator.evaluateRecommender(recommender)[0] for name, recommender in recommenders.items()}
    return pd.concat(tables, names=["recommender", "cutoff"]).astype(float)


def compare_rating_prediction(recommenders: Mapping[str, Any], evaluator: AnyEvaluator) -> pd.DataFrame:
    """Evaluate the recommenders that predict ratings and return their errors in one table.

    Parameters
    ----------
    recommenders : mapping from name to fitted recommender
        Recommenders without a method `predict` are left out.
    evaluator : EvaluatorRatingPrediction

    Returns
    -------
    pandas.DataFrame
        Index recommender, columns RMSE and MAE, float64; without rows if no recommender predicts ratings.
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
    """Return a table of `compare_ranking` or `compare_rating_prediction` as aligned text.

    Parameters
    ----------
    table : pandas.DataFrame
        Index recommender or (recommender, cutoff), numbers in the columns.
    columns : sequence of str, default RANKING_COLUMNS
        The columns to show, in this order. Columns that the table lacks are left out; if it lacks all of them, all
        its columns are shown.
    n_decimals : int >= 0, default 4

    Returns
    -------
    str
        A header and one line for each row, without a final newline.

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
