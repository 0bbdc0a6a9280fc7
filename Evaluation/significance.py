"""Whether and by how much recommenders differ: paired tests, effect sizes and intervals from the values of each user.

`compare_per_user` takes the per-user frames that the evaluators give and returns one table. The functions it is made of
take two arrays. `compare_across_datasets` compares recommenders where the data sets are the sample.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, product
from typing import Any

import numpy as np
import pandas as pd

from Evaluation._significance.across_datasets import AcrossDatasets, compare_across_datasets
from Evaluation._significance.bootstrap import ConfidenceInterval, bca_interval, bootstrap_interval, resampled_means
from Evaluation._significance.corrections import benjamini_hochberg, holm, uncorrected
from Evaluation._significance.effect_sizes import EffectSizes, cohen_d_z, effect_sizes, rank_biserial
from Evaluation._significance.matched_users import CompleteValues, complete_values, matched_values
from Evaluation._significance.paired_tests import (
    PairedTest,
    permutation_test,
    sign_flips,
    signed_rank,
    t_of_mean,
    t_test,
    wilcoxon_test,
)
from Evaluation._significance.paired_values import differences, rounding_of_sums
from recsys_common.validation import check_choice, check_float, check_int, refuse

__all__ = [
    "AcrossDatasets",
    "ConfidenceInterval",
    "EffectSizes",
    "PairedTest",
    "benjamini_hochberg",
    "bootstrap_interval",
    "compare_across_datasets",
    "compare_per_user",
    "effect_sizes",
    "holm",
    "permutation_test",
    "t_test",
    "wilcoxon_test",
]

# what stands in the table, by the name of the argument
_LABELS = {"holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg", "none": "no correction"}

_CORRECTIONS: dict[str, Callable[[Any], np.ndarray]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
    "none": uncorrected,
}

# 64 MB of differences
_VALUES_AT_ONCE = 1 << 23


@dataclass(frozen=True, eq=False)
class _Comparison:
    """One row of the table, before its statistics."""

    recommender_a: str
    recommender_b: str
    metric: str
    cutoff: int
    users: CompleteValues

    @property
    def n_users(self) -> int:
        return self.a.size

    @property
    def a(self) -> np.ndarray:
        return self.users.values[self.recommender_a]

    @property
    def b(self) -> np.ndarray:
        return self.users.values[self.recommender_b]


# each from a comparison and its differences, with the number of resamples and the seed
_TESTS: dict[str, Callable[[_Comparison, np.ndarray, int, int], tuple[float, float]]] = {
    "wilcoxon": lambda comparison, d, *_: signed_rank(d),
    "t": lambda comparison, d, *_: t_of_mean(d),
    "permutation": lambda comparison, d, n_resamples, random_seed: sign_flips(
        d, rounding_of_sums(comparison.a, comparison.b, d), n_resamples, random_seed
    ),
}


def compare_per_user(
    per_user: Mapping[str, pd.DataFrame | Sequence[pd.DataFrame]],
    metric: str | Sequence[str],
    cutoff: int | None = None,
    *,
    baseline: str | None = None,
    test: str = "wilcoxon",
    correction: str = "holm",
    confidence_level: float = 0.95,
    n_resamples: int = 9999,
    random_seed: int = 0,
) -> pd.DataFrame:
    """Recommenders against each other, in pairs, user by user.

    Every row tests, measures and bounds the mean over the users of the difference a - b. The sign is the metric's own:
    for RMSE and MAE, where lower is better, a is better if the difference is negative. The p-values are corrected for
    all rows of the table, over all its pairs, metrics and cutoffs. Every row takes the same draws, so that more metrics
    and cutoffs change nothing in it but its adjusted p-value.

    Parameters
    ----------
    per_user : mapping from name to per-user frame, or to a list of them, at least two recommenders
        A frame has an index named ("user", "cutoff"), a row for each user and cutoff, and a column for each metric.
        The frames of a list are those of several random seeds: their values are averaged for each user, since the
        users are the sample and not the seeds. All frames have the same users, in any order.
    metric : str or list of str
        Columns of the frames. Users for whom the metric is NaN for any recommender are left out of its rows.
    cutoff : int, default None
        One of the frames' cutoffs; None for all of them, which then are the same in all frames.
    baseline : str, default None
        The recommender that every other is compared with, as recommender_b; None for all pairs.
    test : {"wilcoxon", "t", "permutation"}, default "wilcoxon"
        As in `wilcoxon_test`, `t_test`, `permutation_test`.
    correction : {"holm", "benjamini_hochberg", "none"}, default "holm"
    confidence_level : float in (0, 1), default 0.95
        Of the interval of each row, as in `bootstrap_interval`; it is not corrected for the number of rows.
    n_resamples : int >= 1, default 9999
        Of the bootstrap and of the permutation test.
    random_seed : int >= 0, default 0

    Returns
    -------
    pandas.DataFrame
        A row for each metric, cutoff and pair, in the given orders. Columns: recommender_a, recommender_b, metric,
        cutoff; n_users and n_left_out (for a NaN); mean_a, mean_b, mean_difference; ci_low, ci_high, confidence_level;
        cohen_d_z, rank_biserial, as in `effect_sizes`; p_value, adjusted_p_value, test, correction; family_size, the
        number of rows; family, which says what was corrected for in words, such as "Holm over 6 comparisons".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; the text names users that are not in all frames.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([range(6), [5]], names=["user", "cutoff"])
    >>> frames = {
    ...     "MF": pd.DataFrame({"MAP": [0.5, 0.2, 0.9, 0.4, 0.6, 0.3]}, index=index),
    ...     "TopPop": pd.DataFrame({"MAP": [0.1, 0.2, 0.5, 0.5, 0.2, 0.2]}, index=index),
    ... }
    >>> row = compare_per_user(frames, "MAP", test="permutation").loc[0]
    >>> row[["mean_a", "mean_b", "p_value"]].astype(float).round(3).tolist(), row["family"]
    ([0.483, 0.283, 0.188], 'Holm over 1 comparison')
    """
    test, correction = check_choice("test", test, _TESTS), check_choice("correction", correction, _CORRECTIONS)
    confidence_level = check_float("confidence_level", confidence_level, above=0, below=1)
    n_resamples = check_int("n_resamples", n_resamples, minimum=1)
    random_seed = check_int("random_seed", random_seed, minimum=0)
    metrics = _check_metrics(metric)
    matched = matched_values(per_user, metrics, cutoff)
    pairs = _pairs(list(matched), baseline)
    cutoffs = [int(value) for value in next(iter(matched.values())).columns.unique("cutoff")]
    comparisons = []
    for name, value in product(metrics, cutoffs):
        users = complete_values(matched, name, value)
        comparisons += [_Comparison(a, b, name, value, users) for a, b in pairs]

    rows = []
    for comparison, d, means in _with_resampled_means(comparisons, n_resamples, random_seed):
        p_value = _TESTS[test](comparison, d, n_resamples, random_seed)[1]
        rows.append(_row(comparison, d, bca_interval(d, means, confidence_level), confidence_level, p_value))
    table = pd.DataFrame(rows)
    table["adjusted_p_value"] = _CORRECTIONS[correction](table["p_value"].to_numpy())
    table["test"], table["correction"], table["family_size"] = test, correction, len(table)
    table["family"] = f"{_LABELS[correction]} over {len(table)} comparison{'s' if len(table) > 1 else ''}"
    return table


def _with_resampled_means(
    comparisons: Sequence[_Comparison], n_resamples: int, random_seed: int
) -> Iterator[tuple[_Comparison, np.ndarray, np.ndarray]]:
    """Every comparison with its differences and their resampled means; the draws are made once for as many as fit."""
    for n_users, group in groupby(comparisons, key=lambda comparison: comparison.n_users):
        same, at_once = list(group), max(1, _VALUES_AT_ONCE // n_users)
        for start in range(0, len(same), at_once):
            batch = same[start : start + at_once]
            columns = np.column_stack([differences(comparison.a, comparison.b) for comparison in batch])
            means = resampled_means(columns, n_resamples, random_seed)
            yield from zip(batch, columns.T, means.T)


def _row(
    comparison: _Comparison, d: np.ndarray, interval: ConfidenceInterval, confidence_level: float, p_value: float
) -> dict[str, Any]:
    return {
        "recommender_a": comparison.recommender_a,
        "recommender_b": comparison.recommender_b,
        "metric": comparison.metric,
        "cutoff": comparison.cutoff,
        "n_users": comparison.n_users,
        "n_left_out": comparison.users.n_left_out,
        "mean_a": comparison.a.mean(),
        "mean_b": comparison.b.mean(),
        "mean_difference": d.mean(),
        "ci_low": interval.low,
        "ci_high": interval.high,
        "confidence_level": confidence_level,
        "cohen_d_z": cohen_d_z(d),
        "rank_biserial": rank_biserial(d),
        "p_value": p_value,
    }


def _check_metrics(metric: Any) -> list[str]:
    allowed = "the name of a metric or a list of distinct names"
    metrics = [metric] if isinstance(metric, str) else metric
    if not isinstance(metrics, (list, tuple)) or not all(isinstance(name, str) for name in metrics):
        raise refuse(TypeError, "metric", allowed, repr(metric))
    if not metrics or len(set(metrics)) < len(metrics):
        raise refuse(ValueError, "metric", allowed, repr(metric))
    return list(metrics)


def _pairs(names: list[str], baseline: Any) -> list[tuple[str, str]]:
    if baseline is None:
        return list(combinations(names, 2))
    if baseline not in names:
        raise refuse(ValueError, "baseline", f"None or one of {names}", repr(baseline))
    return [(name, baseline) for name in names if name != baseline]
