"""One training of a recommender at a time: two would share its engine, and the engine's arrays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_in_training: set[int] = set()  # ids, which are unique while their objects live, as they do here


@contextmanager
def only_training_of(recommender: object) -> Iterator[None]:
    """Refuse a training inside the block of another one of the same object.

    Raises
    ------
    RuntimeError
        There is one.
    """
    with _lock:
        if id(recommender) in _in_training:
            raise RuntimeError("another fit() of this recommender is under way")
        _in_training.add(id(recommender))
    try:
        yield
    finally:
        _in_training.discard(id(recommender))
