"""Tests of the null hypothesis that two recommenders do not differ, from their values for the same users.

All are two-sided. Users with equal values are evidence that the recommenders do not differ, and there are many: the
tests keep them, and if all values are equal the p-value is 1.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata
from scipy.stats import t as t_distribution

from Evaluation._significance.paired_values import check_paired, differences, rounding_of_sums
from recsys_common.validation import check_int

# signs of 8 differences by the bits of a byte: (8, 256)
_SIGNS = 1.0 - 2.0 * ((np.arange(256) >> np.arange(8)[:, np.newaxis]) & 1)


class PairedTest(NamedTuple):
    """Statistic, two-sided p-value, and number of pairs without NaN."""

    statistic: float
    p_value: float
    n_pairs: int


def wilcoxon_test(a: Any, b: Any) -> PairedTest:
    """Test with Wilcoxon's signed ranks, Pratt's treatment of zeros and the normal approximation.

        z = sum_u sign(d_u) r_u / sqrt(sum_u (sign(d_u) r_u)^2)

    with d = a - b and r the ranks of |d|, ties averaged. Pratt ranks the zeros too and then leaves them out of both
    sums: if they were dropped before (Wilcoxon), they would not count as evidence at all, and if they were split
    between the signs (`zero_method="zsplit"` of scipy), they would add to the variance, though they have none. It is
    `scipy.stats.wilcoxon(a, b, zero_method="pratt")` in its normal approximation, which is good from some 20
    differences other than zero; for fewer, use `permutation_test`.

    J. W. Pratt. Remarks on Zeros and Ties in the Wilcoxon Signed Rank Procedures. JASA 54:655-667, 1959.

    Parameters
    ----------
    a, b : list or array of numbers, (n_users,)
        Values of the same users in the same order, at least 2 without NaN; pairs with a NaN are left out.

    Returns
    -------
    PairedTest
        z > 0 where a is larger, its p-value, the number of pairs.

    Raises
    ------
    TypeError, ValueError
        If a and b are not numbers of one length, or are infinite or fewer than 2.

    Examples
    --------
    >>> result = wilcoxon_test([0.5, 0.4, 0.9, 0.0, 0.7], [0.4, 0.2, 0.6, 0.0, 0.3])
    >>> round(result.statistic, 3), round(result.p_value, 3), result.n_pairs
    (1.905, 0.057, 5)
    """
    return _result(signed_rank, a, b)


def t_test(a: Any, b: Any) -> PairedTest:
    """Test the mean difference with Student's paired t-test.

        t = mean(d) / (sd(d) / sqrt(n)),    d = a - b,    sd with n - 1 in its denominator

    It is `scipy.stats.ttest_rel(a, b)`. If all differences are equal and not 0, t is infinite and p is 0.

    Student. The Probable Error of a Mean. Biometrika 6:1-25, 1908.

    Parameters
    ----------
    a, b : list or array of numbers, (n_users,)
        Values of the same users in the same order, at least 2 without NaN; pairs with a NaN are left out.

    Returns
    -------
    PairedTest
        t > 0 where a is larger, its p-value with n - 1 degrees of freedom, the number of pairs.

    Raises
    ------
    TypeError, ValueError
        If a and b are not numbers of one length, or are infinite or fewer than 2.

    Examples
    --------
    >>> result = t_test([3.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    >>> round(result.statistic, 3), round(result.p_value, 3), result.n_pairs
    (3.464, 0.074, 3)
    """
    return _result(t_of_mean, a, b)


def permutation_test(a: Any, b: Any, *, n_resamples: int = 9999, random_seed: int = 0) -> PairedTest:
    """Test the mean difference by flipping signs at random: a permutation test.

    Under the null hypothesis a user's two values could as well be swapped, which flips the sign of their difference:

        p = (1 + #{|mean*| >= |mean|}) / (1 + n_resamples)

    over n_resamples random vectors of signs. If there are at most n_resamples different vectors, each is taken once and
    p is exact: the share of |mean*| >= |mean|. Zeros have no sign to flip and do not count in this number.

    B. Phipson, G. K. Smyth. Permutation P-values Should Never Be Zero. Stat. Appl. Genet. Mol. Biol. 9:39, 2010.

    Parameters
    ----------
    a, b : list or array of numbers, (n_users,)
        Values of the same users in the same order, at least 2 without NaN; pairs with a NaN are left out.
    n_resamples : int >= 1, default 9999
        Memory is proportional to it, and does not grow with the users.
    random_seed : int >= 0, default 0

    Returns
    -------
    PairedTest
        The mean difference, its p-value, the number of pairs.

    Raises
    ------
    TypeError, ValueError
        If a and b are not numbers of one length, or are infinite or fewer than 2, or another argument is out of range.

    Examples
    --------
    >>> permutation_test([3.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    PairedTest(statistic=2.0, p_value=0.25, n_pairs=3)
    """
    n_resamples = check_int("n_resamples", n_resamples, minimum=1)
    random_seed = check_int("random_seed", random_seed, minimum=0)
    a, b = check_paired(a, b)
    d = differences(a, b)
    return PairedTest(*sign_flips(d, rounding_of_sums(a, b, d), n_resamples, random_seed), d.size)


def signed_rank(d: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return z and the p-value of `wilcoxon_test` from the differences."""
    signed = np.sign(d) * rankdata(np.abs(d))
    spread = np.sqrt(signed @ signed)
    if spread == 0:
        return 0.0, 1.0
    z = float(signed.sum() / spread)
    return z, float(2 * norm.sf(abs(z)))


def t_of_mean(d: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return t and the p-value of `t_test` from the differences."""
    if np.ptp(d) == 0:
        return (0.0, 1.0) if d[0] == 0 else (float(np.copysign(np.inf, d[0])), 0.0)
    t = float(d.mean() / (d.std(ddof=1) / np.sqrt(d.size)))
    return t, float(2 * t_distribution.sf(abs(t), d.size - 1))


def sign_flips(d: npt.NDArray[np.float64], rounding: float, n_resamples: int, random_seed: int) -> tuple[float, float]:
    """Return the mean difference and the p-value of `permutation_test` from the differences and `rounding_of_sums`."""
    mean, moving = float(d.mean()), d[d != 0]
    starts = range(0, moving.size, 8)
    # 2^size <= n_resamples, without a large power
    exact = moving.size < n_resamples.bit_length()
    if exact:
        vectors = np.arange(1 << moving.size)
        sums = _signed_sums(moving, ((vectors >> start) & 255 for start in starts), vectors.size)
    else:
        rng = np.random.default_rng(random_seed)
        sums = _signed_sums(moving, (rng.integers(256, size=n_resamples, dtype=np.uint8) for _ in starts), n_resamples)
    extreme = int(np.count_nonzero(np.abs(sums) >= abs(moving.sum()) - rounding))
    return mean, extreme / sums.size if exact else (1 + extreme) / (1 + n_resamples)


def _signed_sums(d: npt.NDArray[np.float64], signs: Iterable[npt.NDArray[Any]], n_sums: int) -> npt.NDArray[np.float64]:
    """Sum the differences with `n_sums` vectors of signs: (n_sums,).

    Each array of `signs` has the signs of the next 8 differences, one byte for each vector. The 256 signed sums of 8
    differences are computed once and looked up, so that no matrix of signs is ever in memory.
    """
    sums = np.zeros(n_sums)
    for start, codes in zip(range(0, d.size, 8), signs):
        eight = d[start : start + 8]
        sums += (eight @ _SIGNS[: eight.size])[codes]
    return sums


def _result(test: Callable[[npt.NDArray[np.float64]], tuple[float, float]], a: Any, b: Any) -> PairedTest:
    a, b = check_paired(a, b)
    return PairedTest(*test(differences(a, b)), a.size)
