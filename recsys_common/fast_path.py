"""Faster forms of slow methods: how a class offers one, and when it may be used.

A faster form is an explicit method that names the slow method which it stands for::

    @faster_form_of(recommend)
    def start_ranking(self, ...): ...

Callers ask for it with `faster_form(recommender, "recommend", "start_ranking")`. They get None where a subclass, a
patch or a wrapper has replaced the slow method, since the faster form would not do what the new method does.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Method = TypeVar("Method", bound=Callable[..., Any])


class Ranker(Protocol):
    """An object that ranks items for any number of users, each time with the settings that it was made with."""

    def rank(self, user_ids: npt.NDArray[np.int64], /) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return item ids for the users (B,), best first, -1 after the end of a list, (B, cutoff), and lengths (B,)."""


def faster_form_of(slow: Callable[..., Any]) -> Callable[[Method], Method]:
    """Mark a method as the faster form of a method that stands above it in the class body."""

    def mark(fast: Method) -> Method:
        fast.faster_form_of = slow  # type: ignore[attr-defined]
        return fast

    return mark


def faster_form(owner: Any, slow: str, fast: str) -> Callable[..., Any] | None:
    """Return the owner's method `fast`, if it is the faster form of the method `slow` that the owner has, else None."""
    method, form = getattr(owner, slow), getattr(owner, fast, None)
    if not isinstance(method, MethodType) or method.__self__ is not owner:
        return None
    return form if getattr(form, "faster_form_of", None) is method.__func__ else None
