"""The values of two recommenders for the same users, and their differences."""

from bisect import bisect
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys_common.validation import refuse

# The rounding of a metric is some 2^-50 of its value; two different values are much further apart than 2^-44 of it.
_ROUNDING = 2.0**-44


def differences(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a - b, (n,), with equal numbers for differences that differ only by rounding.

    0.3 - 0.2 and 0.2 - 0.1 differ in their last bit, and so do 0.1 + 0.2 and 0.3. The rounding of a pair is 2^-44 of
    its larger value. A difference within its rounding becomes 0. If two sizes of differences are within the rounding of
    one of their pairs, the size from the pair with larger values becomes equal to the other. The values of other pairs
    do not matter.
    """
    d = a - b
    rounding = rounding_of(a, b)
    is_zero = np.abs(d) <= rounding
    d[is_zero] = rounding[is_zero] = 0.0
    return np.copysign(tied(np.abs(d), rounding), d)


def rounding_of_sums(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], d: npt.NDArray[np.float64]) -> float:
    """Return by how much two sums of the differences d with any signs may differ by rounding.

    The values are rounded, and so are the additions: `sign_flips` makes fewer than n / 8 + 8 one after the other.
    """
    values = float(rounding_of(a, b)[d != 0].sum())
    return values + (d.size / 8 + 8) * float(np.finfo(np.float64).eps) * float(np.abs(d).sum())


def rounding_of(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return by how much the two values of each pair may differ by rounding."""
    return np.maximum(np.abs(a), np.abs(b)) * _ROUNDING


def tied(numbers: npt.NDArray[np.float64], rounding: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Replace each number by the nearest number with less rounding, if there is one within its own rounding.

    Numbers with less rounding come first, so that they are never changed to a number with more.
    """
    order = np.argsort(numbers, kind="stable")
    ascending, rounding = numbers[order], rounding[order]
    is_apart = np.diff(ascending) > np.maximum(rounding[1:], rounding[:-1])
    starts = np.concatenate([[0], np.flatnonzero(is_apart) + 1])
    lengths = np.diff(starts, append=numbers.size)
    least = np.flatnonzero(rounding == np.repeat(np.minimum.reduceat(rounding, starts), lengths))
    chosen = least[np.searchsorted(least, starts)]  # the first of each run of neighbours
    ties = np.repeat(ascending[chosen], lengths)
    # in a mixed run, a number with much rounding lies between others that are apart
    is_mixed = np.logical_or.reduceat(np.abs(ascending - ties) > rounding, starts)
    for start, length in zip(starts[is_mixed], lengths[is_mixed]):
        run = slice(start, start + length)
        ties[run] = _tied_one_by_one(ascending[run], rounding[run])
    result = np.empty_like(numbers)
    result[order] = ties
    return result


def check_paired(a: Any, b: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return two lists or arrays of numbers of one length as arrays, (n,) each, without the pairs that have a NaN."""
    a, b = _check_values("a", a), _check_values("b", b)
    if a.shape != b.shape:
        raise refuse(ValueError, "b", f"of the length of a, {a.size}", f"length {b.size}")
    complete = ~(np.isnan(a) | np.isnan(b))
    if complete.sum() < 2:
        raise refuse(ValueError, "a and b", "values of at least 2 users without NaN", f"{complete.sum()}")
    return a[complete], b[complete]


def _tied_one_by_one(numbers: npt.NDArray[np.float64], rounding: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Compute `tied` without the shortcut for runs that become one number."""
    result, kept = numbers.copy(), list[float]()
    for k in np.argsort(rounding, kind="stable"):
        number = float(numbers[k])
        place = bisect(kept, number)
        nearest = min(kept[max(place - 1, 0) : place + 1], key=lambda other: abs(other - number), default=np.inf)
        if abs(nearest - number) <= rounding[k]:
            result[k] = nearest
        else:
            kept.insert(place, number)
    return result


def _check_values(name: str, value: Any) -> npt.NDArray[np.float64]:
    values = np.asarray(value)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        got = f"{values.ndim}-D values of dtype {values.dtype}"
        raise refuse(TypeError, name, "a 1-D list or array of numbers", got)
    if np.isinf(values).any():
        raise refuse(ValueError, name, "finite or NaN", "infinite values")
    return values.astype(np.float64)
