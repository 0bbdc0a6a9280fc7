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
        """Rank items for some users.

        Parameters
        ----------
        user_ids : np.ndarray of int64, shape (B,)

        Returns
        -------
        ids : np.ndarray of int32, shape (B, cutoff)
            Item ids, best first, -1 after the end of a list.
        lengths : np.ndarray of int32, shape (B,)
            How many items each list has.
        """


def faster_form_of(slow: Callable[..., Any]) -> Callable[[Method], Method]:
    """Mark a method as the faster form of another method of its class.

    Parameters
    ----------
    slow : function
        The slow method, as it stands in the class body above the faster form.

    Returns
    -------
    decorator
    """

    def mark(fast: Method) -> Method:
        fast.faster_form_of = slow  # type: ignore[attr-defined]
        return fast

    return mark


def faster_form(owner: Any, slow: str, fast: str) -> Callable[..., Any] | None:
    """Return the faster form of a method, if the object has one and its slow method is the one that it stands for.

    Parameters
    ----------
    owner : object
    slow, fast : str
        The names of the slow method and of its faster form.

    Returns
    -------
    bound method, or None
    """
    method, form = getattr(owner, slow), getattr(owner, fast, None)
    if not isinstance(method, MethodType) or method.__self__ is not owner:
        return None
    return form if getattr(form, "faster_form_of", None) is method.__func__ else None
