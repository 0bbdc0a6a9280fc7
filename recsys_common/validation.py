"""Argument checks with one error format: ``<argument> must be <allowed>, got <value>``.

A wrong type raises TypeError, a wrong value ValueError. Every check returns the value in the form the code works with.
"""

import copy
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sps

from recsys_common.sparse_structure import structure_fault

# ids are int32 in rankings, records of ratings and embeddings
_LARGEST_SIDE = 2**31 - 1


def refuse(error: type[Exception], name: str, allowed: str, got: object) -> Exception:
    """The exception with the one error text, to be raised by the caller."""
    return error(f"{name} must be {allowed}, got {got}")


def _interval(
    minimum: float | None, maximum: float | None, above: float | None = None, below: float | None = None
) -> str:
    bounds = []
    if above is not None:
        bounds.append(f"> {above}")
    if minimum is not None:
        bounds.append(f">= {minimum}")
    if maximum is not None:
        bounds.append(f"<= {maximum}")
    if below is not None:
        bounds.append(f"< {below}")
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
    below: float | None = None,
) -> float:
    """A finite number between minimum and maximum, both included, and strictly between `above` and `below`."""
    allowed = "a finite number" + _interval(minimum, maximum, above, below)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise refuse(TypeError, name, allowed, repr(value))
    try:
        number = float(value)
    except OverflowError:  # an integer beyond float64
        number = math.inf
    outside = (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (below is not None and number >= below)
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
    # the choice itself: where a str is declared, kernels take no subclass, as numpy's strings are
    return choices[choices.index(value)]


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


def check_distinct_ids(name: str, value: Any, n_ids: int) -> np.ndarray:
    """A list or array of integer ids in 0..n_ids-1, or None for no id, as the distinct ones: ascending int64, (n,)."""
    if value is None:
        return np.empty(0, dtype=np.int64)
    if np.ndim(value) == 0:
        raise refuse(TypeError, name, f"a list of integer ids in 0..{n_ids - 1}", repr(value))
    return np.unique(check_ids(name, value, n_ids))


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


def check_structure(name: str, value: Any) -> None:
    """Refuse a 2-D scipy sparse matrix or array whose arrays contradict one another or its shape."""
    fault = structure_fault(value)
    if fault is not None:
        raise refuse(ValueError, name, "a consistent sparse matrix", f"one with {fault}")


def check_sparse(
    name: str, value: Any, *, dtype: Any = np.float32, allow_empty: bool = False, shape: tuple[int, ...] | None = None
) -> sps.csr_matrix:
    """A 2-D scipy sparse matrix or array of finite numbers, as a csr copy in canonical form without explicit zeros.

    At least one row, one column and one non-zero entry, unless `allow_empty` allows a matrix without entries; of one
    shape if it is given. Duplicate entries are summed: integers exactly, as long as they are below 2^53. With dtype
    None the matrix keeps its own, but is float64 where a sum does not fit into it, and float32 where it is float16.
    Of bool, true and true is true, as in scipy.
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
    """A sparse matrix or array, of one shape if it is given, as csr, without a copy where it is that already."""
    _check_convertible(name, value, shape)
    matrix: sps.csr_matrix = sps.csr_matrix(_of_summable_type(value) if value.format != "csr" else value)
    if not matrix.has_canonical_format:
        matrix = sps.csr_matrix(_of_summable_type(matrix), copy=True)
        matrix.sum_duplicates()
    return matrix


def _check_convertible(name: str, value: Any, shape: tuple[int, ...] | None) -> None:
    """Refuse what no conversion of scipy may see: it reads and writes by the indices that a matrix has."""
    if not is_sparse(value):
        hint = "; scipy.sparse.csr_matrix(array) makes one" if isinstance(value, np.ndarray) else ""
        raise refuse(TypeError, name, "a scipy sparse matrix", f"a {type(value).__name__}{hint}")
    if value.ndim != 2 or 0 in value.shape:
        raise refuse(ValueError, name, "a 2-D sparse matrix with rows and columns", f"shape {value.shape}")
    if max(value.shape) > _LARGEST_SIDE:
        raise refuse(ValueError, name, f"of at most {_LARGEST_SIDE} rows and columns", f"shape {value.shape}")
    if shape is not None and value.shape != shape:
        raise refuse(ValueError, name, f"of shape {shape}", f"shape {value.shape}")
    if value.dtype.kind not in "biuf":
        raise refuse(TypeError, name, "a sparse matrix of real numbers", f"dtype {value.dtype}")
    check_structure(name, value)


def cast_values(matrix: Any, dtype: Any) -> Any:
    """A sparse matrix with values of another type, cast before anything sums them; it shares the indices.

    scipy's own astype, up to 1.10, sums duplicates before it casts, and in the matrix that was given.
    """
    cast = sps.csr_matrix(matrix) if matrix.format in ("lil", "dok") else copy.copy(matrix)
    cast.data = cast.data.astype(dtype)
    return cast


def _of_summable_type(value: Any) -> Any:
    """The matrix with values that can be added: small integers overflow, and scipy cannot convert float16."""
    if value.dtype.kind in "iu":
        return cast_values(value, np.float64)
    return cast_values(value, np.float32) if value.dtype == np.float16 else value


def _as_type(values: np.ndarray, dtype: Any, *, is_asked_for: bool) -> np.ndarray:
    """A copy with another dtype; with its own where it is not asked for one and a sum does not fit into it."""
    with np.errstate(invalid="ignore"):  # a sum beyond the integers of a type: seen in the comparison
        converted = values.astype(dtype)
    fits = is_asked_for or converted.dtype == values.dtype or np.array_equal(converted, values)
    return converted if fits else values.copy()
