"""Effect sizes: how large the difference between two recommenders is."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from Evaluation._significance.paired_values import check_paired, differences


class EffectSizes(NamedTuple):
    """The effect sizes of a - b, positive where a is larger."""

    mean_difference: float
    cohen_d_z: float
    rank_biserial: float


def effect_sizes(a: Any, b: Any) -> EffectSizes:
    """Compute the mean difference, Cohen's d_z and the matched-pairs rank-biserial correlation.

        d_z = mean(d) / sd(d)        r = (R+ - R-) / (R+ + R-)

    with d = a - b, sd with n - 1 in its denominator, and R+, R- the sums of the ranks of |d| over the positive and the
    negative differences. r is in [-1, 1] and says how far the users with a difference agree: zeros are dropped before
    the ranking. All three are 0 if all differences are 0; d_z is infinite if all are equal and not 0.

    J. Cohen. Statistical Power Analysis for the Behavioral Sciences. 2nd edition, 1988, section 2.3.5.
    D. S. Kerby. The Simple Difference Formula. Comprehensive Psychology 3:11.IT.3.1, 2014.

    Parameters
    ----------
    a, b : list or array of numbers, (n_users,)
        Values of the same users in the same order, at least 2 without NaN; pairs with a NaN are left out.

    Returns
    -------
    EffectSizes

    Raises
    ------
    TypeError, ValueError
        If a and b are not numbers of one length, or are infinite or fewer than 2.

    Examples
    --------
    >>> sizes = effect_sizes([4.0, 1.0, 3.0, 2.0], [1.0, 2.0, 1.0, 2.0])
    >>> [round(size, 3) for size in sizes]
    [1.0, 0.548, 0.667]
    """
    d = differences(*check_paired(a, b))
    return EffectSizes(float(d.mean()), cohen_d_z(d), rank_biserial(d))


def cohen_d_z(d: npt.NDArray[np.float64]) -> float:
    """Divide the mean of the differences by their standard deviation."""
    if np.ptp(d) == 0:
        return float(np.copysign(np.inf, d[0])) if d[0] != 0 else 0.0
    return float(d.mean() / d.std(ddof=1))


def rank_biserial(d: npt.NDArray[np.float64]) -> float:
    """Return the share of the ranks that favours a minus the share that favours b."""
    moving = d[d != 0]
    if moving.size == 0:
        return 0.0
    ranks = rankdata(np.abs(moving))
    return float(np.sign(moving) @ ranks / ranks.sum())
