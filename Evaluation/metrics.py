"""The historical functions of one user's list, and the metric objects with their historical names.

The functions compute for one user what the objects compute for many users at once. Their argument `is_relevant` has a
bool for each recommended item, best first: whether it is one of the user's test items.

The objects take many users at once, where the host framework's take one user after another. Programs that use them
directly must be changed: `add_recommendations` takes a batch, `RankingBatch.of_lists(lists, test_rows,
cutoffs).at(cutoff)` of `Evaluation.ranking_batch`, and `merge_with_other` takes another object of the class. The
evaluators use the objects through `Evaluation/_metrics/table.py`; a new metric needs no name here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from Evaluation._metrics.accuracy import AUC, HIT_RATE, MAP, MAP_MIN_DEN, MRR
from Evaluation._metrics.base import _Global_Item_Distribution_Counter, _Metrics_Object
from Evaluation._metrics.coverage import (
    Coverage_Item,
    Coverage_Item_HIT,
    Coverage_User,
    Coverage_User_HIT,
    Items_In_GT,
    Users_In_GT,
)
from Evaluation._metrics.diversity import (
    Diversity_Herfindahl,
    Diversity_MeanInterList,
    Diversity_similarity,
    Effective_Catalog_Size,
    Gini_Diversity,
    Ratio_Diversity_Gini,
    Ratio_Diversity_Herfindahl,
    Ratio_Shannon_Entropy,
    Shannon_Entropy,
)
from Evaluation._metrics.popularity import AveragePopularity, Novelty, Ratio_AveragePopularity, Ratio_Novelty
from recsys_common.validation import check_int, refuse

__all__ = [
    "AUC",
    "HIT_RATE",
    "MAP",
    "MAP_MIN_DEN",
    "MRR",
    "AveragePopularity",
    "Coverage_Item",
    "Coverage_Item_HIT",
    "Coverage_User",
    "Coverage_User_HIT",
    "Diversity_Herfindahl",
    "Diversity_MeanInterList",
    "Diversity_similarity",
    "Effective_Catalog_Size",
    "Gini_Diversity",
    "Items_In_GT",
    "Novelty",
    "Ratio_AveragePopularity",
    "Ratio_Diversity_Gini",
    "Ratio_Diversity_Herfindahl",
    "Ratio_Novelty",
    "Ratio_Shannon_Entropy",
    "Shannon_Entropy",
    "Users_In_GT",
    "_Global_Item_Distribution_Counter",
    "_Metrics_Object",
    "arhr_all_hits",
    "average_precision",
    "average_precision_min_denominator",
    "dcg",
    "ndcg",
    "pp_metrics",
    "precision",
    "precision_recall_min_denominator",
    "recall",
    "rr",
]


def precision(is_relevant: Any) -> float:
    """Return the share of the list that is relevant; 0 for an empty list.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.

    Returns
    -------
    float

    Examples
    --------
    >>> precision([True, False, True, False])
    0.5
    """
    hits = _hits(is_relevant)
    return float(hits.sum() / hits.size) if hits.size > 0 else 0.0


def precision_recall_min_denominator(is_relevant: Any, n_test_items: int) -> float:
    """Return the number of hits over min(number of test items, length of the list); 0 for an empty list.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.
    n_test_items : int >= 1

    Returns
    -------
    float

    Examples
    --------
    >>> precision_recall_min_denominator([True, False, True, False], n_test_items=2)
    1.0
    """
    hits, n_test_items = _hits(is_relevant), check_int("n_test_items", n_test_items, minimum=1)
    return float(hits.sum() / min(n_test_items, hits.size)) if hits.size > 0 else 0.0


def recall(is_relevant: Any, pos_items: Any) -> float:
    """Return the number of hits over the number of test items.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.
    pos_items : sequence of int, (T,), or int
        The user's test items, at least one, or their number T.

    Returns
    -------
    float

    Examples
    --------
    >>> recall([True, False, True, False], pos_items=[3, 5, 6, 9])
    0.5
    >>> recall([True, False, True, False], pos_items=8)
    0.25
    """
    return float(_hits(is_relevant).sum() / _n_test_items(pos_items))


def average_precision(is_relevant: Any) -> float:
    """Return (1/n) sum over the hits of the precision at their rank, n the length of the list; 0 for an empty list.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.

    Returns
    -------
    float

    Examples
    --------
    >>> average_precision([True, False, False, True])
    0.375
    """
    hits = _hits(is_relevant)
    return _precision_sum(hits) / hits.size if hits.size > 0 else 0.0


def average_precision_min_denominator(is_relevant: Any, pos_items: Any) -> float:
    """Return `average_precision` with min(number of test items, n) instead of n.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.
    pos_items : sequence of int, (T,), or int
        The user's test items, at least one, or their number T.

    Returns
    -------
    float

    Examples
    --------
    >>> average_precision_min_denominator([True, False, False, True], pos_items=[3, 9])
    0.75
    """
    hits, n_test_items = _hits(is_relevant), _n_test_items(pos_items)
    return _precision_sum(hits) / min(n_test_items, hits.size) if hits.size > 0 else 0.0


def rr(is_relevant: Any) -> float:
    """Return 1 / rank of the first hit, where the first place has rank 1; 0 without a hit.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.

    Returns
    -------
    float

    Examples
    --------
    >>> rr([False, True, True])
    0.5
    """
    hits = _hits(is_relevant)
    return 1.0 / (int(np.argmax(hits)) + 1) if hits.any() else 0.0


def arhr_all_hits(is_relevant: Any) -> float:
    """Return the sum over all hits of 1 / rank.

    Parameters
    ----------
    is_relevant : sequence of bool, (n,)
        Whether each recommended item is a test item, best rank first.

    Returns
    -------
    float

    Examples
    --------
    >>> arhr_all_hits([False, True, False, True])
    0.75
    """
    hits = _hits(is_relevant)
    return float(np.sum(hits / np.arange(1, hits.size + 1)))


def dcg(scores: Any) -> float:
    """Return the discounted cumulative gain, sum over ranks k of (2^rel_k - 1) / log2(k + 1), computed in float64.

    Parameters
    ----------
    scores : sequence of numbers, (n,)
        Relevance of each recommended item, best rank first.

    Returns
    -------
    float

    Examples
    --------
    >>> dcg([3, 0, 1])
    7.5
    """
    relevance = np.asarray(scores, dtype=np.float64)
    return float(np.sum((np.exp2(relevance) - 1.0) / np.log2(np.arange(2, relevance.size + 2))))


def ndcg(ranked_list: Any, pos_items: Any, relevance: Any = None, at: int | None = None) -> float:
    """Return the DCG of a list over the largest possible DCG; 0 if either is 0.

    Parameters
    ----------
    ranked_list : sequence of int, (n,)
        Recommended items, best first.
    pos_items : sequence of int, (T,)
        The user's test items.
    relevance : sequence of numbers, (T,), optional
        The test ratings of the test items; by default all 1.
    at : int >= 1, optional
        Cutoff of the list and of the ideal list; by default the length of the list.

    Returns
    -------
    float

    Examples
    --------
    >>> ndcg([7, 3], pos_items=[7, 9], relevance=[1, 1], at=1)
    1.0
    """
    ranked, positive = np.asarray(ranked_list), np.asarray(pos_items)
    values = np.ones(positive.size) if relevance is None else np.asarray(relevance, dtype=np.float64)
    if values.shape != positive.shape:
        raise refuse(ValueError, "relevance", f"of the shape {positive.shape} of pos_items", f"shape {values.shape}")
    cutoff = ranked.size if at is None else min(check_int("at", at, minimum=1), max(ranked.size, positive.size))
    # a power of two in both sums keeps the gain of play counts above 1000 finite
    shift = max(0.0, np.floor(values.max(initial=0.0)) - 1000.0)
    gains = np.exp2(values - shift) - np.exp2(-shift)
    gain_of = dict(zip(positive.tolist(), gains.tolist()))

    discount = 1.0 / np.log2(np.arange(2, cutoff + 2))
    found = np.array([gain_of.get(item, 0.0) for item in ranked[:cutoff].tolist()])
    ideal = np.sort(gains)[::-1][:cutoff]
    best = float(ideal @ discount[: ideal.size])
    return float(found @ discount[: found.size]) / best if best != 0.0 else 0.0


def pp_metrics(metric_names: Iterable[str], metric_values: Sequence[float], metric_at: int | None = None) -> str:
    """Return names and values in one line, `NAME: value` or `NAME@cutoff: value`.

    Parameters
    ----------
    metric_names : iterable of str
    metric_values : sequence of float
    metric_at : int, optional
        The cutoff that is added to the names.

    Returns
    -------
    str

    Examples
    --------
    >>> pp_metrics(["MAP", "MRR"], [0.25, 0.5], metric_at=5)
    'MAP@5: 0.2500, MRR@5: 0.5000'
    """
    suffix = "" if metric_at is None else f"@{metric_at}"
    return ", ".join(f"{name}{suffix}: {value:.4f}" for name, value in zip(metric_names, metric_values))


def _hits(is_relevant: Any) -> npt.NDArray[np.bool_]:
    """Return the hits of one list, (n,)."""
    hits = np.asarray(is_relevant)
    if hits.ndim != 1:
        raise refuse(ValueError, "is_relevant", "one-dimensional", f"{hits.ndim} dimensions")
    return hits.astype(bool)


def _n_test_items(pos_items: Any) -> int:
    """Return the number of a user's test items, given as the items or as their number."""
    try:
        n_items = len(pos_items)
    except TypeError:  # a number has no length
        return check_int("pos_items", pos_items, minimum=1)
    if isinstance(pos_items, str):
        raise refuse(TypeError, "pos_items", "the items or their number", repr(pos_items))
    if n_items == 0:
        raise refuse(ValueError, "pos_items", "at least one item, or the number of items", repr(pos_items))
    return n_items


def _precision_sum(hits: npt.NDArray[np.bool_]) -> float:
    """Sum the precision at the rank of every hit."""
    return float(np.sum(hits * np.cumsum(hits) / np.arange(1, hits.size + 1)))
