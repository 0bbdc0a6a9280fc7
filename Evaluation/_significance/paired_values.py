"""The values of two recommenders for the same users, and their differences."""

from bisect import bisect
from typing import Any

import numpy as np

from recsys_common.validation import refuse

# Rounding in a metric is some 2^-50 of it, and the smallest difference between two of its values is far above 2^-44.
_ROUNDING = 2.0**-44


def differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A - b, where those that are equal but for rounding are one number: float64, (n,).

    0.3 - 0.2 and 0.2 - 0.1 differ in their last bit, and so do 0.1 + 0.2 and 0.3. How far rounding goes is decided by
    the two values of each pair, 2^-44 of the larger one: a difference within it is 0, and of two sizes of differences
    that are within that of either pair the one of the pair with the larger values becomes the other. No pair of other
    users has a say in it, however large its own values are.
    """
    d = a - b
    rounding = rounding_of(a, b)
    is_zero = np.abs(d) <= rounding
    d[is_zero] = rounding[is_zero] = 0.0
    result: np.ndarray = np.copysign(tied(np.abs(d), rounding), d)
    return result


def rounding_of_sums(a: np.ndarray, b: np.ndarray, d: np.ndarray) -> float:
    """How far apart two sums of the differences d under any signs may be that are equal but for rounding.

    Of the values themselves, and of the additions: fewer than n / 8 + 8 one after the other, as `sign_flips` sums.
    """
    values = float(rounding_of(a, b)[d != 0].sum())
    return values + (d.size / 8 + 8) * float(np.finfo(np.float64).eps) * float(np.abs(d).sum())


def rounding_of(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far apart two values of each pair may be that are equal but for rounding."""
    rounding: np.ndarray = np.maximum(np.abs(a), np.abs(b)) * _ROUNDING
    return rounding


def tied(numbers: np.ndarray, rounding: np.ndarray) -> np.ndarray:
    """The numbers, where one is made that of less rounding that is nearest within its own rounding.

    Those of less rounding come first, so that no number is moved by one of more.
    """
    order = np.argsort(numbers, kind="stable")
    ascending, rounding = numbers[order], rounding[order]
    is_apart = np.diff(ascending) > np.maximum(rounding[1:], rounding[:-1])
    starts = np.concatenate([[0], np.flatnonzero(is_apart) + 1])
    lengths = np.diff(starts, append=numbers.size)
    least = np.flatnonzero(rounding == np.repeat(np.minimum.reduceat(rounding, starts), lengths))
    chosen = least[np.searchsorted(least, starts)]  # the first one of each run of neighbours
    ties = np.repeat(ascending[chosen], lengths)
    # a run where not all are one number: one of much rounding lies between others that are apart
    is_mixed = np.logical_or.reduceat(np.abs(ascending - ties) > rounding, starts)
    for start, length in zip(starts[is_mixed], lengths[is_mixed]):
        run = slice(start, start + length)
        ties[run] = _tied_one_by_one(ascending[run], rounding[run])
    result = np.empty_like(numbers)
    result[order] = ties
    return result


def _tied_one_by_one(numbers: np.ndarray, rounding: np.ndarray) -> np.ndarray:
    """As `tied`, without the short way for runs that are one number."""
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
