"""Comparison of recommenders over several data sets: Friedman test of their ranks, and the pairs that differ."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy.stats import friedmanchisquare, norm, rankdata, studentized_range

from Evaluation._significance.corrections import holm
from Evaluation._significance.paired_values import rounding_of, tied
from recsys_common.validation import check_bool, check_float, refuse


@dataclass(frozen=True, eq=False)
class AcrossDatasets:
    """The result of `compare_across_datasets`.

    Attributes
    ----------
    statistic, p_value : float
        Friedman's chi-square, corrected for ties, and its p-value with n_recommenders - 1 degrees of freedom.
    mean_ranks : pandas.Series of float64
        By recommender; 1 is the best.
    critical_difference : float
        By Nemenyi's test, two recommenders differ if their mean ranks are at least this far apart.
    alpha : float
        The level of the critical difference.
    post_hoc : pandas.DataFrame
        A row for each pair, columns recommender_a, recommender_b, mean_rank_a, mean_rank_b, rank_difference (a - b:
        negative where a is better), nemenyi_p_value, z, z_p_value, holm_p_value. Nemenyi's p-values and Holm's are
        both adjusted for all pairs of the table; z_p_value is not.
    """

    statistic: float
    p_value: float
    mean_ranks: "pd.Series[float]"
    critical_difference: float
    alpha: float
    post_hoc: pd.DataFrame


def compare_across_datasets(
    table: pd.DataFrame, *, higher_is_better: bool = True, alpha: float = 0.05
) -> AcrossDatasets:
    """Test whether recommenders differ over data sets: Friedman test with Nemenyi's and Holm's post-hoc tests.

        z = (R_a - R_b) / sqrt(k (k + 1) / (6 N))        CD = q_alpha sqrt(k (k + 1) / (6 N))

    The data sets are the sample: N data sets, k recommenders, R the mean ranks (1 the best, ties averaged), and q_alpha
    the quantile of the studentised range over sqrt(2). Nemenyi's p-value is the tail of the studentised range at
    sqrt(2) |z|; Holm's is computed from the normal tail at z. The chi-square approximation is good from some 10 data
    sets on.

    J. Demsar. Statistical Comparisons of Classifiers over Multiple Data Sets. JMLR 7:1-30, 2006.

    Parameters
    ----------
    table : pandas.DataFrame of numbers without NaN
        A row for each data set, at least 2; a column for each recommender, at least 3; in the cells one metric.
    higher_is_better : bool, default True
        False for errors, such as RMSE.
    alpha : float in (0, 1), default 0.05
        Level of the critical difference.

    Returns
    -------
    AcrossDatasets

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> table = pd.DataFrame({"A": [0.9, 0.8, 0.7, 0.9], "B": [0.5, 0.6, 0.6, 0.8], "C": [0.1, 0.2, 0.3, 0.4]})
    >>> found = compare_across_datasets(table)
    >>> round(found.statistic, 3), round(found.p_value, 3), found.mean_ranks.tolist()
    (8.0, 0.018, [1.0, 2.0, 3.0])
    >>> found.post_hoc[["recommender_a", "recommender_b", "nemenyi_p_value"]].round(3).to_numpy().tolist()
    [['A', 'B', 0.333], ['A', 'C', 0.013], ['B', 'C', 0.333]]
    """
    higher_is_better = check_bool("higher_is_better", higher_is_better)
    alpha = check_float("alpha", alpha, above=0, below=1)
    # values that differ only by rounding share their rank
    values = np.stack([tied(row, rounding_of(row, row)) for row in _check_table(table)])
    n_datasets, n_recommenders = values.shape
    mean_ranks = rankdata(-values if higher_is_better else values, axis=1).mean(axis=0)
    statistic, p_value = _friedman(values)
    spread = np.sqrt(n_recommenders * (n_recommenders + 1) / (6 * n_datasets))
    quantile = studentized_range.ppf(1 - alpha, n_recommenders, np.inf) / np.sqrt(2)
    return AcrossDatasets(
        statistic=statistic,
        p_value=p_value,
        mean_ranks=pd.Series(mean_ranks, index=table.columns, name="mean_rank"),
        critical_difference=float(quantile * spread),
        alpha=alpha,
        post_hoc=_post_hoc(list(table.columns), mean_ranks, spread),
    )


def _friedman(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    if (values == values[:, :1]).all():  # only ties, where the statistic would be 0 / 0
        return 0.0, 1.0
    statistic, p_value = friedmanchisquare(*values.T)
    return float(statistic), float(p_value)


def _post_hoc(names: list[Any], mean_ranks: npt.NDArray[np.float64], spread: float) -> pd.DataFrame:
    a, b = np.array(list(combinations(range(len(names)), 2))).T
    z = (mean_ranks[a] - mean_ranks[b]) / spread
    tails = 2 * norm.sf(np.abs(z))
    return pd.DataFrame(
        {
            "recommender_a": [names[i] for i in a],
            "recommender_b": [names[i] for i in b],
            "mean_rank_a": mean_ranks[a],
            "mean_rank_b": mean_ranks[b],
            "rank_difference": mean_ranks[a] - mean_ranks[b],
            # the tail is integrated numerically, and rounding may take it out of [0, 1]
            "nemenyi_p_value": np.clip(studentized_range.sf(np.sqrt(2) * np.abs(z), len(names), np.inf), 0.0, 1.0),
            "z": z,
            "z_p_value": tails,
            "holm_p_value": holm(tails),
        }
    )


def _check_table(table: Any) -> npt.NDArray[np.float64]:
    """Return the cells of the table, (n_datasets, n_recommenders)."""
    if not isinstance(table, pd.DataFrame):
        raise refuse(TypeError, "table", "a DataFrame", f"a {type(table).__name__}")
    if len(table.columns) < 3:
        allowed = "a DataFrame of at least 3 recommenders (for 2, take wilcoxon_test of their columns)"
        raise refuse(ValueError, "table", allowed, f"{len(table.columns)}")
    if len(table) < 2:
        raise refuse(ValueError, "table", "a DataFrame of at least 2 data sets", f"{len(table)}")
    if not table.columns.is_unique:
        raise refuse(ValueError, "table", "a DataFrame with one column a recommender", f"{list(table.columns)}")
    for name, column in table.items():
        if not is_numeric_dtype(column) or is_bool_dtype(column):
            raise refuse(TypeError, "table", "a DataFrame of numbers", f"{name} of dtype {column.dtype}")
    values = table.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise refuse(ValueError, "table", "a DataFrame of finite numbers", "NaN or infinite cells")
    return values
