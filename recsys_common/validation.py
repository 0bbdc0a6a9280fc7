"""Argument checks with one error format: ``<argument> must be <allowed>, got <value>``.

Every check takes the argument's name and value, and returns the value in the form that the code works with. A wrong
type raises TypeError, a wrong value ValueError.
"""

import copy
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.sparse_structure import structure_fault

# ids are int32 in rankings, records of ratings and embeddings
_MAX_SIDE = 2**31 - 1


def refuse(error: type[Exception], name: str, allowed: str, got: object) -> Exception:
    """Return the exception with the common error text, for the caller to raise."""
    return error(f"{name} must be {allowed}, got {got}")


def check_int(name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return an integer (Python's or numpy's, not a bool) in minimum..maximum, both included, as an int."""
    is_integer = isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))
    number = int(value) if is_integer else 0
    if not is_integer or (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        allowed = "an integer" + _interval(None, minimum, maximum, None)
        raise refuse(ValueError if is_integer else TypeError, name, allowed, repr(value))
    return number


def check_float(
    name: str,
    value: Any,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Return a finite number in minimum..maximum, both included, and > above and < below, as a float."""
    is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:  # an integer beyond float64
        number = math.inf
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
        or (below is not None and number >= below)
    ):
        allowed = "a finite number" + _interval(above, minimum, maximum, below)
        raise refuse(ValueError if is_number else TypeError, name, allowed, repr(value))
    return number


def check_bool(name: str, value: Any) -> bool:
    """Return True or False, Python's or numpy's, as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise refuse(TypeError, name, "True or False", repr(value))
    return bool(value)


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return a string that must be one of `choices`."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        allowed = "one of " + ", ".join(repr(choice) for choice in choices)
        raise refuse(ValueError if isinstance(value, str) else TypeError, name, allowed, repr(value))
    # the choice itself: kernels refuse subclasses of str, such as numpy's strings
    return choices[choices.index(value)]


def check_ids(name: str, value: Any, n_ids: int) -> npt.NDArray[np.int64]:
    """Return a scalar, list or array of integer ids in 0..n_ids-1 as an int64 array, (n,); it may be empty."""
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


def check_distinct_ids(name: str, value: Any, n_ids: int) -> npt.NDArray[np.int64]:
    """Return the distinct ids of a list or array in 0..n_ids-1, ascending, int64, (n,); None is an empty list."""
    if value is None:
        return np.empty(0, dtype=np.int64)
    if np.ndim(value) == 0:
        raise refuse(TypeError, name, f"a list of integer ids in 0..{n_ids - 1}", repr(value))
    return np.unique(check_ids(name, value, n_ids))


def check_pairs(
    user_id_array: Any, item_id_array: Any, n_users: int, n_items: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the ids of (user, item) pairs as two int64 arrays, (n,); a scalar goes with every id of the other side."""
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
    """Return whether a value is a scipy sparse matrix or array."""
    return bool(sps.issparse(value))


def check_structure(name: str, value: Any) -> None:
    """Refuse a 2-D scipy sparse matrix or array whose arrays contradict one another or its shape."""
    fault = structure_fault(value)
    if fault is not None:
        raise refuse(ValueError, name, "a consistent sparse matrix", f"one with {fault}")


def check_sparse(
    name: str, value: Any, *, dtype: Any = np.float32, allow_empty: bool = False, shape: tuple[int, ...] | None = None
) -> sps.csr_matrix:
    """Return a 2-D scipy sparse matrix or array of finite numbers as a csr copy, canonical and without explicit zeros.

    It must have at least one row, one column and one non-zero entry, unless `allow_empty` allows a matrix without
    entries, and the shape `shape`, if that is given. Duplicate entries are summed: integers exactly, as long as they
    are below 2^53, and booleans to True, as in scipy. With dtype None the matrix keeps its own dtype, but becomes
    float64 where a sum does not fit into it, and float32 where it is float16.
    """
    entries = check_entries(name, value, shape)
    own = np.float32 if value.dtype == np.float16 else value.dtype
    data = _as_type(entries.data, own if dtype is None else dtype, is_asked_for=dtype is not None)
    matrix = sps.csr_matrix((data, entries.indices.copy(), entries.indptr.copy()), shape=entries.shape)
    matrix.has_canonical_format = True
    if not np.isfinite(matrix.data).all():
        raise refuse(ValueError, name, "a sparse matrix of finite numbers", "NaN or infinite entries")
    matrix.eliminate_zeros()
    if matrix.nnz == 0 and not allow_empty:
        raise refuse(ValueError, name, "a sparse matrix with at least one non-zero entry", "none")
    return matrix


def check_entries(name: str, value: Any, shape: tuple[int, ...] | None = None) -> sps.csr_matrix:
    """Return a sparse matrix or array of real numbers as canonical csr, without a copy where it is that already."""
    _check_convertible(name, value, shape)
    matrix: sps.csr_matrix = sps.csr_matrix(_of_summable_type(value) if value.format != "csr" else value)
    if not matrix.has_canonical_format:
        matrix = sps.csr_matrix(_of_summable_type(matrix), copy=True)
        matrix.sum_duplicates()
    return matrix


def cast_values(matrix: Any, dtype: Any) -> Any:
    """Return a sparse matrix with values of another type, cast before anything sums them; it shares the indices.

    scipy's own astype, up to 1.10, sums duplicates before it casts, and changes the matrix that was given.
    """
    cast = sps.csr_matrix(matrix) if matrix.format in ("lil", "dok") else copy.copy(matrix)
    cast.data = cast.data.astype(dtype)
    return cast


def _interval(above: float | None, minimum: float | None, maximum: float | None, below: float | None) -> str:
    """Say in words between which bounds a number must lie, with a space before, or nothing without a bound."""
    bounds = {">": above, ">=": minimum, "<=": maximum, "<": below}
    return " and".join(f" {sign} {bound}" for sign, bound in bounds.items() if bound is not None)


def _check_convertible(name: str, value: Any, shape: tuple[int, ...] | None) -> None:
    """Refuse a matrix that scipy must not convert: its compiled code follows every index, right or wrong."""
    if not is_sparse(value):
        hint = "; scipy.sparse.csr_matrix(array) makes one" if isinstance(value, np.ndarray) else ""
        raise refuse(TypeError, name, "a scipy sparse matrix", f"a {type(value).__name__}{hint}")
    if value.ndim != 2 or 0 in value.shape:
        raise refuse(ValueError, name, "a 2-D sparse matrix with rows and columns", f"shape {value.shape}")
    if max(value.shape) > _MAX_SIDE:
        raise refuse(ValueError, name, f"of at most {_MAX_SIDE} rows and columns", f"shape {value.shape}")
    if shape is not None and value.shape != shape:
        raise refuse(ValueError, name, f"of shape {shape}", f"shape {value.shape}")
    if value.dtype.kind not in "biuf":
        raise refuse(TypeError, name, "a sparse matrix of real numbers", f"dtype {value.dtype}")
    check_structure(name, value)


def _of_summable_type(value: Any) -> Any:
    """Return the matrix with values that can be added: small integers overflow, and scipy cannot convert float16."""
    if value.dtype.kind in "iu":
        return cast_values(value, np.float64)
    return cast_values(value, np.float32) if value.dtype == np.float16 else value


def _as_type(values: npt.NDArray[Any], dtype: Any, *, is_asked_for: bool) -> npt.NDArray[Any]:
    """Return a copy with another dtype, or with its own where a sum does not fit and the caller asked for no dtype."""
    with np.errstate(invalid="ignore"):  # a sum beyond the integers of a type: the comparison finds it
        converted = values.astype(dtype)
    fits = is_asked_for or converted.dtype == values.dtype or np.array_equal(converted, values)
    return converted if fits else values.copy()
