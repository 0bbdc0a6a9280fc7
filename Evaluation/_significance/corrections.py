"""Corrections of p-values for the number of comparisons."""

from typing import Any

import numpy as np
import numpy.typing as npt

from recsys_common.validation import refuse


def holm(p_values: Any) -> npt.NDArray[np.float64]:
    """Adjust p-values by Holm's step-down method, which bounds the probability of any false rejection.

        adjusted p_(k) = max_{j <= k} min(1, (m - j + 1) p_(j))

    for the ascending p_(1), ..., p_(m), which may depend on one another in any way.

    S. Holm. A Simple Sequentially Rejective Multiple Test Procedure. Scand. J. Stat. 6:65-70, 1979.

    Parameters
    ----------
    p_values : list or array of numbers in [0, 1], (m,)
        Without NaN; may be empty.

    Returns
    -------
    numpy.ndarray of float64, (m,)
        The adjusted p-values in the order of p_values, in [0, 1], each at least its p-value.

    Raises
    ------
    TypeError, ValueError
        If p_values is not a list of numbers in [0, 1].

    Examples
    --------
    >>> holm([0.5, 0.01, 0.02]).tolist()
    [0.5, 0.03, 0.04]
    """
    p = uncorrected(p_values)
    order = np.argsort(p, kind="stable")
    p[order] = np.minimum(1.0, np.maximum.accumulate(np.arange(p.size, 0, -1) * p[order]))
    return p


def benjamini_hochberg(p_values: Any) -> npt.NDArray[np.float64]:
    """Adjust p-values by Benjamini and Hochberg's step-up method, which bounds the expected share of false rejections.

        adjusted p_(k) = min_{j >= k} min(1, m p_(j) / j)

    for the ascending p_(1), ..., p_(m), which have to be independent or positively dependent.

    Y. Benjamini, Y. Hochberg. Controlling the False Discovery Rate. J. R. Stat. Soc. B 57:289-300, 1995.

    Parameters
    ----------
    p_values : list or array of numbers in [0, 1], (m,)
        Without NaN; may be empty.

    Returns
    -------
    numpy.ndarray of float64, (m,)
        The adjusted p-values in the order of p_values, in [0, 1], each at least its p-value.

    Raises
    ------
    TypeError, ValueError
        If p_values is not a list of numbers in [0, 1].

    Examples
    --------
    >>> benjamini_hochberg([0.5, 0.01, 0.02]).tolist()
    [0.5, 0.03, 0.03]
    """
    p = uncorrected(p_values)
    order = np.argsort(p, kind="stable")
    # in this order the quotient is never below 1, so that no adjusted value is rounded below its p-value
    scaled = p.size / np.arange(1, p.size + 1) * p[order]
    p[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return p


def uncorrected(p_values: Any) -> npt.NDArray[np.float64]:
    """Return the p-values as they are, checked, in a new array."""
    allowed = "a 1-D list or array of numbers in [0, 1]"
    p = np.asarray(p_values)
    if p.ndim != 1 or (p.size > 0 and p.dtype.kind not in "iuf"):
        raise refuse(TypeError, "p_values", allowed, f"{p.ndim}-D values of dtype {p.dtype}")
    p = p.astype(np.float64)
    wrong = ~((p >= 0) & (p <= 1))
    if wrong.any():
        raise refuse(ValueError, "p_values", allowed, f"{p[wrong][0]}")
    return p
