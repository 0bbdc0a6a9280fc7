"""The values of two recommenders for the same users, and their differences."""

from typing import Any

import numpy as np

from recsys_common.validation import refuse

# rounding in a metric is some 2^-50 of it, and the smallest difference between two of its values is far above 2^-44
_GRID_BITS = 44


def differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a - b, rounded to multiples of 2^-44 of the largest value: float64, (n,).

    0.3 - 0.2 and 0.2 - 0.1 differ in their last bit. On the grid they are one number, so that ranks see the tie, and
    values that are equal but for rounding have the difference 0.
    """
    exponent = np.frexp(max(np.abs(a).max(), np.abs(b).max()))[1]
    steps = np.rint(np.ldexp(a - b, _GRID_BITS - exponent))
    result: np.ndarray = np.ldexp(steps, exponent - _GRID_BITS)
    return result


def check_paired(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two lists or arrays of numbers of one length, as float64 (n,) each, without the pairs that have a NaN."""
    a, b = _check_values("a", a), _check_values("b", b)
    if a.shape != b.shape:
        raise refuse(ValueError, "b", f"of the length of a, {a.size}", f"length {b.size}")
    complete = ~(np.isnan(a) | np.isnan(b))
    if complete.sum() < 2:
        raise refuse(ValueError, "a and b", "values of at least 2 users without NaN", f"{complete.sum()}")
    return a[complete], b[complete]


def _check_values(name: str, value: Any) -> np.ndarray:
    values = np.asarray(value)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        got = f"{values.ndim}-D values of dtype {values.dtype}"
        raise refuse(TypeError, name, "a 1-D list or array of numbers", got)
    if np.isinf(values).any():
        raise refuse(ValueError, name, "finite or NaN", "infinite values")
    return values.astype(np.float64)
