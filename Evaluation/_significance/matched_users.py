"""Per-user frames of several recommenders, matched by user.

A per-user frame is what an evaluator gives for `return_per_user=True`: a row for each user and cutoff, index named
("user", "cutoff"), a column for each metric. NaN stands where a metric is undefined for a user.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from recsys_common.validation import check_int, refuse

# enough to see what is wrong
_USERS_NAMED = 5


class CompleteValues(NamedTuple):
    """Each recommender's values of one metric at one cutoff for the users who have all of them: float64, (n_users,)."""

    values: dict[str, np.ndarray]
    n_left_out: int


def matched_values(per_user: Any, metrics: Sequence[str], cutoff: Any) -> dict[str, pd.DataFrame]:
    """Each recommender's values: index the users, columns (metric, cutoff), all with the same index and columns.

    Where a recommender has several frames, one a random seed, its values are their mean for each user, and NaN where
    one of them is.
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


def complete_values(matched: Mapping[str, pd.DataFrame], metric: str, cutoff: int) -> CompleteValues:
    """The values of one metric at one cutoff, without the users for whom any recommender's is NaN."""
    values = np.stack([frame[metric, cutoff].to_numpy() for frame in matched.values()])  # (n_recommenders, n_users)
    kept = values[:, ~np.isnan(values).any(axis=0)]
    if kept.shape[1] < 2:
        got = f"{kept.shape[1]} for {metric} at cutoff {cutoff}"
        raise refuse(ValueError, "per_user", "frames of at least 2 users without NaN", got)
    if np.isinf(kept).any():
        raise refuse(ValueError, "per_user", "frames of finite values or NaN", f"infinite {metric} at cutoff {cutoff}")
    return CompleteValues(dict(zip(matched, kept)), values.shape[1] - kept.shape[1])


def _mean(frames: Sequence[pd.DataFrame], like: pd.DataFrame) -> pd.DataFrame:
    values = [frame.reindex_like(like).to_numpy(dtype=np.float64) for frame in frames]
    return pd.DataFrame(np.mean(values, axis=0), index=like.index, columns=like.columns)


def _frames(name: str, value: Any) -> list[Any]:
    frames = list(value) if isinstance(value, (list, tuple)) else [value]
    if not frames:
        raise refuse(ValueError, f"per_user[{name!r}]", "a frame or a list of at least one", "none")
    return frames


def _wide(name: str, frame: Any, metrics: Sequence[str], cutoff: Any) -> pd.DataFrame:
    """The chosen metrics and cutoffs of one frame, a row for each user."""
    if not isinstance(frame, pd.DataFrame):
        raise refuse(TypeError, name, "a DataFrame or a list of them", f"a {type(frame).__name__}")
    if list(frame.index.names) != ["user", "cutoff"]:
        raise refuse(ValueError, name, "indexed by user and cutoff", f"{list(frame.index.names)}")
    if len(frame) == 0:
        raise refuse(ValueError, name, "a DataFrame with at least one row", "none")
    missing = [metric for metric in metrics if metric not in frame.columns]
    if missing:
        raise refuse(ValueError, "metric", f"among the columns of {name}, {list(frame.columns)}", f"{missing[0]!r}")
    for metric in metrics:
        if not is_numeric_dtype(frame[metric]):
            raise refuse(TypeError, name, "a DataFrame of numbers", f"{metric} of dtype {frame[metric].dtype}")
    cutoffs = list(frame.index.unique("cutoff"))
    chosen = cutoffs if cutoff is None else [check_int("cutoff", cutoff, minimum=0)]
    if not set(chosen) <= set(cutoffs):
        raise refuse(ValueError, "cutoff", f"among those of {name}, {cutoffs}", f"{cutoff}")
    rows = frame.loc[frame.index.isin(chosen, level="cutoff"), list(metrics)]
    n_users = len(rows.index.unique("user"))
    if not rows.index.is_unique or len(rows) != n_users * len(chosen):
        got = f"{len(rows)} rows for {n_users} users and {len(chosen)} cutoffs"
        raise refuse(ValueError, name, "with one row for each user and cutoff", got)
    wide = pd.DataFrame(rows.unstack("cutoff"))
    return wide[[(metric, value) for metric in metrics for value in chosen]]


def _check_same(first_name: str, first: pd.DataFrame, name: str, frame: pd.DataFrame) -> None:
    """Two frames have the same users and the same cutoffs, in any order."""
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
