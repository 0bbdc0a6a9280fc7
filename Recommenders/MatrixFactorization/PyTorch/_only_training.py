"""One training of a recommender at a time: two would share its engine, and the engine's arrays."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# ids, which are unique while their objects live, as they do here; no lock, which a fork could leave locked
_in_training: dict[int, object] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_training.clear)  # the trainings go on in the other process


@contextmanager
def only_training_of(recommender: object) -> Iterator[None]:
    """Refuse a training inside the block of another one of the same object.

    Raises
    ------
    RuntimeError
        There is one.
    """
    training = object()
    if _in_training.setdefault(id(recommender), training) is not training:
        raise RuntimeError("another fit() of this recommender is under way")
    try:
        yield
    finally:
        _in_training.pop(id(recommender), None)
