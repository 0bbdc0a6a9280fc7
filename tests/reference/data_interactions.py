"""Slow obvious version of how a user's own interactions become numbered users and items, and matrices."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class ReadInteractions:
    """Original ids (as text) in the order of their indices, and the values of the cells (user, item) that are kept."""

    users: list[str]
    items: list[str]
    values: dict[tuple[str, str], float] = field(default_factory=dict)
    times: dict[tuple[str, str], float] = field(default_factory=dict)
    n_repeated: int = 0

    def dense(self, cells: dict[tuple[str, str], float]) -> np.ndarray:
        matrix = np.zeros((len(self.users), len(self.items)))
        for (user, item), value in cells.items():
            matrix[self.users.index(user), self.items.index(item)] = value
        return matrix


def read_interactions(
    rows: Iterable[tuple[Hashable, Hashable, float, float | None]],
    *,
    duplicates: str = "last",
    minimum_value: float | None = None,
    implicit: bool = False,
    known_users: Iterable[str] = (),
    known_items: Iterable[str] = (),
) -> ReadInteractions:
    """Rows of user, item, rating and, or None, time; ValueError where there are duplicates that are an error."""
    result = ReadInteractions(list(known_users), list(known_items))
    entries: dict[tuple[str, str], list[tuple[float, float | None]]] = {}
    for user, item, rating, time in rows:
        if str(user) not in result.users:
            result.users.append(str(user))
        if str(item) not in result.items:
            result.items.append(str(item))
        entries.setdefault((str(user), str(item)), []).append((rating, time))
    for cell, its_entries in entries.items():
        result.n_repeated += len(its_entries) - 1
        value = _one_value([rating for rating, _ in its_entries], [time for _, time in its_entries], duplicates)
        if value == 0 or (minimum_value is not None and value < minimum_value):
            continue
        result.values[cell] = 1.0 if implicit else value
        if its_entries[0][1] is not None:
            result.times[cell] = max(time for _, time in its_entries)
    if result.n_repeated and duplicates == "error":
        raise ValueError("duplicates")
    return result


def _one_value(ratings: list[float], times: list[float | None], duplicates: str) -> float:
    if duplicates == "sum":
        return sum(ratings)
    if duplicates == "mean":
        return sum(ratings) / len(ratings)
    latest = 0
    for k in range(len(ratings)):
        if times[k] is None or times[k] >= times[latest]:
            latest = k
    return ratings[latest]
