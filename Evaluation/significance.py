"""Tests whether and by how much recommenders differ: paired tests, effect sizes and intervals from per-user values.

`compare_per_user` takes the per-user frames of the evaluators (`return_per_user=True`) and returns one table. A frame
has a row for each user and cutoff, an index named ("user", "cutoff") and a column for each metric; NaN means that the
metric is undefined for the user. The other functions take two arrays. `compare_across_datasets` compares recommenders
over data sets.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from Evaluation._significance.across_datasets import AcrossDatasets, compare_across_datasets
from Evaluation._significance.bootstrap import ConfidenceInterval, bca_interval, bootstrap_interval, resampled_means
from Evaluation._significance.corrections import benjamini_hochberg, holm, uncorrected
from Evaluation._significance.effect_sizes import EffectSizes, cohen_d_z, effect_sizes, rank_biserial
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

# each correction, and its name in the table
_CORRECTIONS: dict[str, tuple[Callable[[Any], npt.NDArray[np.float64]], str]] = {
    "holm": (holm, "Holm"),
    "benjamini_hochberg": (benjamini_hochberg, "Benjamini-Hochberg"),
    "none": (uncorrected, "no correction"),
}

# differences in memory at a time: 64 MB
_VALUES_AT_ONCE = 1 << 23

# how many users an error names
_USERS_NAMED = 5


# each test takes a comparison, its differences, the number of resamples and the seed
_TESTS: dict[str, Callable[["_Comparison", npt.NDArray[np.float64], int, int], tuple[float, float]]] = {
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
    """Compare recommenders in pairs, user by user.

    Each row has a test, effect sizes and an interval of the mean over users of the difference a - b. The sign is that
    of the metric: for RMSE and MAE, where lower is better, a is better if the difference is negative. The p-values are
    corrected for all rows of the table: its pairs, metrics and cutoffs. All rows use the same random draws, so more
    metrics and cutoffs change only the adjusted p-values of a row.

    Parameters
    ----------
    per_user : mapping from name to per-user frame, or to a list of them, at least two recommenders
        A frame has an index named ("user", "cutoff"), a row for each user and cutoff, and a column for each metric.
        A list has the frames of several random seeds; their values are averaged for each user, since the users are
        the sample, not the seeds. All frames have the same users, in any order.
    metric : str or list of str
        Columns of the frames. Users for whom the metric is NaN for any recommender are left out of its rows.
    cutoff : int >= 0, optional
        One of the frames' cutoffs; by default all of them, which must then be the same in all frames.
    baseline : str, optional
        The recommender that every other is compared with, as recommender_b; by default, all pairs are compared.
    test : {"wilcoxon", "t", "permutation"}, default "wilcoxon"
        The test: `wilcoxon_test`, `t_test` or `permutation_test`.
    correction : {"holm", "benjamini_hochberg", "none"}, default "holm"
        The correction of the p-values for the number of rows.
    confidence_level : float in (0, 1), default 0.95
        Level of the interval of each row, as in `bootstrap_interval`, without correction for the number of rows.
    n_resamples : int >= 1, default 9999
        Number of random samples of the bootstrap and of the permutation test.
    random_seed : int >= 0, default 0
        Seed of the random samples.

    Returns
    -------
    pandas.DataFrame
        A row for each metric, cutoff and pair, in the given orders. Columns: recommender_a, recommender_b, metric,
        cutoff; n_users and n_left_out (users with a NaN); mean_a, mean_b, mean_difference; ci_low, ci_high,
        confidence_level; cohen_d_z, rank_biserial, as in `effect_sizes`; p_value, adjusted_p_value, test, correction;
        family_size, the number of rows; family, the correction in words, such as "Holm over 6 comparisons".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described; the message names users that are not in all frames.

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
    matched = _matched_values(per_user, metrics, cutoff)
    pairs = _pairs(list(matched), baseline)
    cutoffs = [int(value) for value in next(iter(matched.values())).columns.unique("cutoff")]
    comparisons = []
    for name, value in product(metrics, cutoffs):
        users = _complete_values(matched, name, value)
        comparisons += [_Comparison(a, b, name, value, users) for a, b in pairs]

    rows = []
    for comparison, d, means in _with_resampled_means(comparisons, n_resamples, random_seed):
        p_value = _TESTS[test](comparison, d, n_resamples, random_seed)[1]
        rows.append(_row(comparison, d, bca_interval(d, means, confidence_level), confidence_level, p_value))
    table = pd.DataFrame(rows)
    correct, label = _CORRECTIONS[correction]
    table["adjusted_p_value"] = correct(table["p_value"].to_numpy())
    table["test"], table["correction"], table["family_size"] = test, correction, len(table)
    table["family"] = f"{label} over {len(table)} comparison{'s' if len(table) > 1 else ''}"
    return table


class _CompleteValues(NamedTuple):
    """One metric at one cutoff for the users who have it for all recommenders."""

    values: dict[str, npt.NDArray[np.float64]]  # by recommender, (n_users,)
    n_left_out: int


@dataclass(frozen=True, eq=False)
class _Comparison:
    """One row of the table, without its statistics."""

    recommender_a: str
    recommender_b: str
    metric: str
    cutoff: int
    users: _CompleteValues

    @property
    def n_users(self) -> int:
        return self.a.size

    @property
    def a(self) -> npt.NDArray[np.float64]:
        return self.users.values[self.recommender_a]

    @property
    def b(self) -> npt.NDArray[np.float64]:
        return self.users.values[self.recommender_b]


def _with_resampled_means(
    comparisons: Sequence[_Comparison], n_resamples: int, random_seed: int
) -> Iterator[tuple[_Comparison, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Yield comparisons with their differences and resampled means; users are drawn once for many comparisons."""
    for n_users, group in groupby(comparisons, key=lambda comparison: comparison.n_users):
        same, at_once = list(group), max(1, _VALUES_AT_ONCE // n_users)
        for start in range(0, len(same), at_once):
            batch = same[start : start + at_once]
            columns = np.column_stack([differences(comparison.a, comparison.b) for comparison in batch])
            means = resampled_means(columns, n_resamples, random_seed)
            yield from zip(batch, columns.T, means.T)


def _row(
    comparison: _Comparison,
    d: npt.NDArray[np.float64],
    interval: ConfidenceInterval,
    confidence_level: float,
    p_value: float,
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


def _matched_values(per_user: Any, metrics: Sequence[str], cutoff: Any) -> dict[str, pd.DataFrame]:
    """Return each recommender's values by user, columns (metric, cutoff); the index and columns of all are the same.

    The values of several frames of a recommender, one for each random seed, are averaged for each user; the mean is NaN
    if one of them is NaN.
    """
    if not isinstance(per_user, Mapping):
        raise refuse(TypeError, "per_user", "a mapping from name to frames", f"a {type(per_user).__name__}")
    if len(per_user) < 2:
        raise refuse(ValueError, "per_user", "a mapping with at least two recommenders", f"{len(per_user)}")
    seeds = {
        name: [_wide(f"per_user[{name!r}]", frame, metrics, cutoff) for frame in _frames(name, value)]
        for name, value in per_user.items()
    }
    first_name, first = next((name, frames[0]) for name, frames in seeds.items())
    for name, frames in seeds.items():
        for frame in frames:
            _check_same(first_name, first, name, frame)
    return {name: _mean(frames, first) for name, frames in seeds.items()}


def _complete_values(matched: Mapping[str, pd.DataFrame], metric: str, cutoff: int) -> _CompleteValues:
    """Return one metric at one cutoff, without the users for whom it is NaN for any recommender."""
    values = np.stack([frame[metric, cutoff].to_numpy() for frame in matched.values()])  # (n_recommenders, n_users)
    kept = values[:, ~np.isnan(values).any(axis=0)]
    if kept.shape[1] < 2:
        got = f"{kept.shape[1]} for {metric} at cutoff {cutoff}"
        raise refuse(ValueError, "per_user", "frames of at least 2 users without NaN", got)
    if np.isinf(kept).any():
        raise refuse(ValueError, "per_user", "frames of finite values or NaN", f"infinite {metric} at cutoff {cutoff}")
    return _CompleteValues(dict(zip(matched, kept)), values.shape[1] - kept.shape[1])


def _mean(frames: Sequence[pd.DataFrame], like: pd.DataFrame) -> pd.DataFrame:
    values = [frame.reindex_like(like).to_numpy(dtype=np.float64) for frame in frames]
    return pd.DataFrame(np.mean(values, axis=0), index=like.index, columns=like.columns)


def _frames(name: str, value: Any) -> list[Any]:
    frames = list(value) if isinstance(value, (list, tuple)) else [value]
    if not frames:
        raise refuse(ValueError, f"per_user[{name!r}]", "a frame or a list of at least one", "an empty list")
    return frames


def _wide(name: str, frame: Any, metrics: Sequence[str], cutoff: Any) -> pd.DataFrame:
    """Return the chosen metrics and cutoffs of one frame, with a row for each user."""
    if not isinstance(frame, pd.DataFrame):
        raise refuse(TypeError, name, "a DataFrame or a list of them", f"a {type(frame).__name__}")
    if list(frame.index.names) != ["user", "cutoff"]:
        raise refuse(ValueError, name, "indexed by user and cutoff", f"{list(frame.index.names)}")
    if len(frame) == 0:
        raise refuse(ValueError, name, "a DataFrame with at least one row", "an empty one")
    missing = [metric for metric in metrics if metric not in frame.columns]
    if missing:
        raise refuse(ValueError, "metric", f"among the columns of {name}, {list(frame.columns)}", f"{missing[0]!r}")
    for metric in metrics:
        if not is_numeric_dtype(frame[metric]):
            raise refuse(TypeError, name, "a DataFrame of numbers", f"{metric} of dtype {frame[metric].dtype}")
    cutoffs = list(frame.index.unique("cutoff"))
    chosen = cutoffs if cutoff is None else [check_int("cutoff", cutoff, minimum=0)]
    if not set(chosen) <= set(cutoffs):
        raise refuse(ValueError, "cutoff", f"one of the cutoffs of {name}, {cutoffs}", f"{cutoff}")
    rows = frame.loc[frame.index.isin(chosen, level="cutoff"), list(metrics)]
    n_users = len(rows.index.unique("user"))
    if not rows.index.is_unique or len(rows) != n_users * len(chosen):
        got = f"{len(rows)} rows for {n_users} users and {len(chosen)} cutoffs"
        raise refuse(ValueError, name, "with one row for each user and cutoff", got)
    wide = pd.DataFrame(rows.unstack("cutoff"))
    return wide[[(metric, value) for metric in metrics for value in chosen]]


def _check_same(first_name: str, first: pd.DataFrame, name: str, frame: pd.DataFrame) -> None:
    """Refuse two frames that do not have the same users and cutoffs, in any order."""
    for level, ours, others in [
        ("users", first.index, frame.index),
        ("cutoffs", first.columns.unique("cutoff"), frame.columns.unique("cutoff")),
    ]:
        for one, has, two, lacks in [(first_name, ours, name, others), (name, others, first_name, ours)]:
            only = has.difference(lacks).tolist()
            if only:
                named = ", ".join(map(str, only[:_USERS_NAMED])) + (", ..." if len(only) > _USERS_NAMED else "")
                got = f"{len(only)} of a frame of {one!r} that a frame of {two!r} lacks: {named}"
                raise refuse(ValueError, "per_user", f"frames of the same {level}", got)
