"""Bootstrap confidence interval of the mean difference between two recommenders."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from Evaluation._significance.paired_values import check_paired, differences
from recsys_common.validation import check_float, check_int

# drawn users, and how often each was drawn, in memory at a time: 24 MB
_DRAWS_AT_ONCE = 1 << 20

# means this close, as a share of the largest difference, differ only by rounding and are ties
_MEAN_TOLERANCE = 1e-12


class ConfidenceInterval(NamedTuple):
    """The two ends of a confidence interval."""

    low: float
    high: float


def bootstrap_interval(
    a: Any, b: Any, *, confidence_level: float = 0.95, n_resamples: int = 9999, random_seed: int = 0
) -> ConfidenceInterval:
    """Compute the BCa bootstrap interval of the mean difference.

    Users are drawn with replacement, both values of a user together. With z0 the normal quantile of the share of
    resampled means below the mean (ties count half), and the acceleration of the jackknife, in closed form for a mean,

        c = sum_u (d_u - mean(d))^3 / (6 (sum_u (d_u - mean(d))^2)^(3/2)),    d = a - b

    the ends are the quantiles Phi(z0 + (z0 + z) / (1 - c (z0 + z))) of the resampled means, for z the normal quantiles
    of (1 - confidence_level) / 2 and of 1 minus that. If all differences are equal, both ends are their value.

    B. Efron. Better Bootstrap Confidence Intervals. JASA 82:171-185, 1987.

    Parameters
    ----------
    a, b : list or array of numbers, (n_users,)
        Values of the same users in the same order, at least 2 without NaN; pairs with a NaN are left out.
    confidence_level : float in (0, 1), default 0.95
        Level of the interval.
    n_resamples : int >= 1, default 9999
        Number of resampled means.
    random_seed : int >= 0, default 0
        Seed of the draws.

    Returns
    -------
    ConfidenceInterval

    Raises
    ------
    TypeError, ValueError
        If a and b are not numbers of one length, or are infinite or fewer than 2, or another argument is out of range.

    Examples
    --------
    >>> a, b = [0.5, 0.2, 0.9, 0.4, 0.6, 0.3], [0.1, 0.2, 0.5, 0.5, 0.2, 0.2]
    >>> low, high = bootstrap_interval(a, b)
    >>> 0.0 < low < 0.2 < high < 0.4
    True
    """
    confidence_level = check_float("confidence_level", confidence_level, above=0, below=1)
    n_resamples = check_int("n_resamples", n_resamples, minimum=1)
    random_seed = check_int("random_seed", random_seed, minimum=0)
    d = differences(*check_paired(a, b))
    means = resampled_means(d[:, np.newaxis], n_resamples, random_seed)
    return bca_interval(d, means[:, 0], confidence_level)


def resampled_means(columns: npt.NDArray[np.float64], n_resamples: int, random_seed: int) -> npt.NDArray[np.float64]:
    """Return the means of every column (n_users, n_columns) over the same draws of users: (n_resamples, n_columns).

    Equivalent to `columns[rng.integers(n_users, size=(n_resamples, n_users))].mean(axis=1)`, in bounded memory: the
    number of times that each user was drawn is counted once for all columns.
    """
    n_users, n_columns = columns.shape
    rng = np.random.default_rng(random_seed)
    means = np.empty((n_resamples, n_columns))
    at_once = max(1, _DRAWS_AT_ONCE // n_users)
    for start in range(0, n_resamples, at_once):
        block = means[start : start + at_once]
        drawn = rng.integers(n_users, size=(len(block), n_users))
        drawn += n_users * np.arange(len(block))[:, np.newaxis]
        times = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        block[:] = times.astype(np.float64) @ columns / n_users
    return means


def bca_interval(
    d: npt.NDArray[np.float64], means: npt.NDArray[np.float64], confidence_level: float
) -> ConfidenceInterval:
    """Compute the interval of `bootstrap_interval` from the differences and their resampled means."""
    mean = d.mean()
    if np.ptp(d) == 0:
        return ConfidenceInterval(float(d[0]), float(d[0]))
    gaps, tolerance = means - mean, _MEAN_TOLERANCE * np.abs(d).max()
    below = (np.mean(gaps < -tolerance) + np.mean(gaps <= tolerance)) / 2
    # a few resamples may all be on one side, where the quantile would be infinite
    z0 = ndtri(np.clip(below, 0.5 / means.size, 1 - 0.5 / means.size))

    centred = d - mean
    acceleration = np.sum(centred**3) / (6 * np.sum(centred**2) ** 1.5)
    tail = (1 - confidence_level) / 2
    z = z0 + ndtri([tail, 1 - tail])
    # beyond its pole the formula would turn back; before it, the quantile goes to the outermost mean
    shares = ndtr(z0 + z / np.maximum(1 - acceleration * z, 1e-12))
    low, high = np.quantile(means, shares)
    return ConfidenceInterval(float(low), float(high))
