"""Argument checks with one error format: ``<argument> must be <allowed>, got <value>``.

A wrong type raises TypeError, a wrong value ValueError. Every check returns the value in the form the code works with.
"""

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sps


def refuse(error: type[Exception], name: str, allowed: str, got: object) -> Exception:
    return error(f"{name} must be {allowed}, got {got}")


def _interval(minimum: float | None, maximum: float | None, above: float | None = None) -> str:
    bounds = []
    if above is not None:
        bounds.append(f"> {above}")
    if minimum is not None:
        bounds.append(f">= {minimum}")
    if maximum is not None:
        bounds.append(f"<= {maximum}")
    return " ".join(["", " and ".join(bounds)]).rstrip()


def check_int(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """An integer (Python's or numpy's, not a bool) between minimum and maximum, both included."""
    allowed = "an integer" + _interval(minimum, maximum)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise refuse(TypeError, name, allowed, repr(value))
    number = int(value)
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise refuse(ValueError, name, allowed, repr(value))
    return number


def check_float(
    name: str,
    value: Any,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
) -> float:
    """A finite number between minimum and maximum, both included, and strictly above `above`."""
    allowed = "a finite number" + _interval(minimum, maximum, above)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise refuse(TypeError, name, allowed, repr(value))
    try:
        number = float(value)
    except OverflowError:  # an integer beyond float64
        number = math.inf
    outside = (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
    )
    if outside:
        raise refuse(ValueError, name, allowed, repr(value))
    return number


def check_bool(name: str, value: Any) -> bool:
    """True or False, Python's or numpy's."""
    if not isinstance(value, (bool, np.bool_)):
        raise refuse(TypeError, name, "True or False", repr(value))
    return bool(value)


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """One of the given strings."""
    choices = list(choices)
    allowed = "one of " + ", ".join(repr(choice) for choice in choices)
    if not isinstance(value, str):
        raise refuse(TypeError, name, allowed, repr(value))
    if value not in choices:
        raise refuse(ValueError, name, allowed, repr(value))
    return str(value)  # numpy's strings, as scikit-optimize hands them on, are not taken where a str is declared


def check_ids(name: str, value: Any, n_ids: int) -> np.ndarray:
    """A scalar, list or array of integer ids in 0..n_ids-1, as a 1-D int64 array; an empty one is allowed."""
    allowed = f"integer ids in 0..{n_ids - 1}"
    try:
        ids = np.atleast_1d(np.asarray(value))
    except ValueError as error:  # a ragged list
        raise refuse(TypeError, name, allowed, repr(value)) from error
    if ids.ndim != 1:
        raise refuse(ValueError, name, allowed + " in one dimension", f"{ids.ndim} dimensions")
    if ids.size == 0:
        return np.empty(0, dtype=np.int64)
    if ids.dtype.kind not in "iu":
        raise refuse(TypeError, name, allowed, f"{ids.dtype} values")
    wrong = (ids < 0) | (ids >= n_ids)
    if wrong.any():
        raise refuse(ValueError, name, allowed, str(ids[wrong][0]))
    return ids.astype(np.int64)


def check_pairs(user_id_array: Any, item_id_array: Any, n_users: int, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids of (user, item) pairs as two 1-D int64 arrays of equal length; a scalar goes with every id of the other."""
    users = check_ids("user_id_array", user_id_array, n_users)
    items = check_ids("item_id_array", item_id_array, n_items)
    if np.ndim(user_id_array) == 0:
        users = np.repeat(users, len(items))
    elif np.ndim(item_id_array) == 0:
        items = np.repeat(items, len(users))
    if len(users) != len(items):
        raise refuse(ValueError, "item_id_array", f"as long as user_id_array, {len(users)}", f"{len(items)} ids")
    return users, items


def is_sparse(value: Any) -> bool:
    """Whether a value is a scipy sparse matrix or array."""
    return bool(sps.issparse(value))


def check_sparse(name: str, value: Any, *, dtype: Any = np.float32, allow_empty: bool = False) -> sps.csr_matrix:
    """A 2-D scipy sparse matrix or array of finite numbers, as a csr copy in canonical form without explicit zeros.

    At least one row, one column and one non-zero entry, unless `allow_empty` allows a matrix without entries.
    """
    if not is_sparse(value):
        hint = "; scipy.sparse.csr_matrix(array) makes one" if isinstance(value, np.ndarray) else ""
        raise refuse(TypeError, name, "a scipy sparse matrix", f"a {type(value).__name__}{hint}")
    if value.ndim != 2 or 0 in value.shape:
        raise refuse(ValueError, name, "a 2-D sparse matrix with rows and columns", f"shape {value.shape}")
    if value.dtype.kind not in "biuf":
        raise refuse(TypeError, name, "a sparse matrix of real numbers", f"dtype {value.dtype}")
    if value.dtype.kind in "iu":
        value = value.astype(np.float64)  # duplicates are summed before the cast below, and small integers overflow
    matrix: sps.csr_matrix = sps.csr_matrix(value, dtype=dtype, copy=True)
    if matrix.nnz and not (matrix.indices.min() >= 0 and matrix.indices.max() < matrix.shape[1]):
        raise refuse(ValueError, name, f"a sparse matrix with columns in 0..{matrix.shape[1] - 1}", "others")
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise refuse(ValueError, name, "a sparse matrix of finite numbers", "NaN or infinite entries")
    matrix.eliminate_zeros()
    if matrix.nnz == 0 and not allow_empty:
        raise refuse(ValueError, name, "a sparse matrix with at least one non-zero entry", "none")
    return matrix


def check_entries(name: str, value: Any, shape: tuple[int, ...]) -> sps.csr_matrix:
    """A sparse matrix or array of one shape, as csr, without a copy where it is that already."""
    if not is_sparse(value):
        raise refuse(TypeError, name, "a scipy sparse matrix", f"a {type(value).__name__}")
    if value.shape != shape:
        raise refuse(ValueError, name, f"of shape {shape}", str(value.shape))
    matrix: sps.csr_matrix = sps.csr_matrix(value)
    if matrix.nnz and not (matrix.indices.min() >= 0 and matrix.indices.max() < matrix.shape[1]):
        raise refuse(ValueError, name, f"a sparse matrix with columns in 0..{matrix.shape[1] - 1}", "others")
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix
