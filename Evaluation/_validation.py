"""Checks of what only evaluators take; `recsys_common.validation` has those that all packages share."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np

from recsys_common.validation import refuse


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


def check_methods(recommender: Any, methods: Iterable[str]) -> None:
    """An object that has every one of the methods."""
    missing = [method for method in methods if not callable(getattr(recommender, method, None))]
    if missing:
        allowed = "an object with the methods " + ", ".join(f"{method}()" for method in methods)
        raise refuse(
            TypeError, "recommender_object", allowed, f"a {type(recommender).__name__} without {', '.join(missing)}"
        )


def check_same_shape(recommender: Any, trained: Any, tested: tuple[int, ...]) -> None:
    """The shapes (n_users, n_items) of a recommender's training data and of URM_test are one."""
    if tuple(trained) != tuple(tested):
        name = getattr(recommender, "RECOMMENDER_NAME", type(recommender).__name__)
        raise refuse(ValueError, "URM_test", f"of the shape {tuple(trained)} that {name} was trained on", tuple(tested))
