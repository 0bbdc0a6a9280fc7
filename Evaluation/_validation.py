"""Checks of the evaluators' arguments: ``<argument> must be <allowed>, got <value>``.

A wrong type raises TypeError, a wrong value ValueError. Every check returns the value in the form the code works with.
"""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sps


def refuse(error: type[Exception], name: str, allowed: str, got: object) -> Exception:
    """The exception with the one error text, to be raised by the caller."""
    return error(f"{name} must be {allowed}, got {got}")


def check_bool(name: str, value: Any) -> bool:
    """True or False, Python's or numpy's."""
    if not isinstance(value, (bool, np.bool_)):
        raise refuse(TypeError, name, "True or False", repr(value))
    return bool(value)


def check_int(name: str, value: Any, *, minimum: int) -> int:
    """An integer (Python's or numpy's, not a bool) of at least `minimum`."""
    allowed = f"an integer >= {minimum}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise refuse(TypeError, name, allowed, repr(value))
    if value < minimum:
        raise refuse(ValueError, name, allowed, repr(value))
    return int(value)


def check_cutoff_list(name: str, value: Any) -> list[int]:
    """A list, tuple or array of distinct integers >= 1, in its own order, as a new list of Python ints."""
    allowed = "a non-empty list of distinct integers >= 1"
    if not isinstance(value, (list, tuple, np.ndarray)) or np.ndim(value) != 1:
        raise refuse(TypeError, name, allowed, repr(value))
    if any(isinstance(cutoff, (bool, np.bool_)) or not isinstance(cutoff, Integral) for cutoff in value):
        raise refuse(TypeError, name, allowed, repr(value))
    cutoffs = [int(cutoff) for cutoff in value]
    if not cutoffs or min(cutoffs) < 1 or len(set(cutoffs)) < len(cutoffs):
        raise refuse(ValueError, name, allowed, repr(value))
    return cutoffs


def check_ids(name: str, value: Any, n_ids: int) -> np.ndarray:
    """None, a list or an array of integer ids in 0..n_ids-1, as the distinct ids: ascending int64, (n,)."""
    allowed = f"a list of integer ids in 0..{n_ids - 1}"
    ids = np.asarray([] if value is None else value)
    if ids.ndim != 1 or (ids.size > 0 and ids.dtype.kind not in "iu"):
        raise refuse(TypeError, name, allowed, repr(value))
    wrong = (ids < 0) | (ids >= n_ids)
    if wrong.any():
        raise refuse(ValueError, name, allowed, str(ids[wrong][0]))
    return np.unique(ids).astype(np.int64)


def check_sparse(name: str, value: Any, *, shape: tuple[int, ...] | None = None) -> sps.csr_matrix:
    """A 2-D scipy sparse matrix of finite numbers, as a canonical csr copy of its own dtype without explicit zeros."""
    is_sparse: bool = sps.issparse(value)  # a plain bool, since scipy's stub narrows to a class without attributes
    if not is_sparse:
        raise refuse(TypeError, name, "a scipy sparse matrix", f"a {type(value).__name__}")
    if value.ndim != 2 or 0 in value.shape:
        raise refuse(ValueError, name, "a 2-D sparse matrix with rows and columns", f"shape {value.shape}")
    if shape is not None and value.shape != shape:
        raise refuse(ValueError, name, f"of shape {shape}", f"shape {value.shape}")
    if value.dtype.kind not in "biuf":
        raise refuse(TypeError, name, "a sparse matrix of real numbers", f"dtype {value.dtype}")
    matrix: sps.csr_matrix = sps.csr_matrix(value, copy=True)
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise refuse(ValueError, name, "a sparse matrix of finite numbers", "NaN or infinite entries")
    matrix.eliminate_zeros()
    return matrix


def check_methods(recommender: Any, methods: Iterable[str]) -> None:
    """An object that has every one of the methods."""
    missing = [method for method in methods if not callable(getattr(recommender, method, None))]
    if missing:
        allowed = "an object with the methods " + ", ".join(f"{method}()" for method in methods)
        raise refuse(TypeError, "recommender", allowed, f"a {type(recommender).__name__} without {', '.join(missing)}")


def check_same_shape(recommender: Any, trained: Any, tested: tuple[int, ...]) -> None:
    """The shapes (n_users, n_items) of a recommender's training data and of URM_test are one."""
    if tuple(trained) != tuple(tested):
        name = getattr(recommender, "RECOMMENDER_NAME", type(recommender).__name__)
        raise refuse(ValueError, "URM_test", f"of the shape {tuple(trained)} that {name} was trained on", tuple(tested))


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """One of the names."""
    allowed = "one of " + ", ".join(repr(choice) for choice in choices)
    if not isinstance(value, str):
        raise refuse(TypeError, name, allowed, repr(value))
    if value not in choices:
        raise refuse(ValueError, name, allowed, repr(value))
    return value


def check_share(name: str, value: Any) -> float:
    """A number (Python's or numpy's, not a bool) between 0 and 1, both excluded."""
    allowed = "a number in (0, 1)"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise refuse(TypeError, name, allowed, repr(value))
    number = float(value)
    if not 0 < number < 1:
        raise refuse(ValueError, name, allowed, repr(value))
    return number
