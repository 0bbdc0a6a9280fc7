"""The original ids of users or items, by index and the other way round."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[Any]  # of int64, or of object with str


def texts_of(ids: Ids) -> Ids:
    """The ids as text: an array of str of the same length."""
    return ids if ids.dtype == object else np.array([*map(str, ids.tolist())], dtype=object)


class IdIndex(Mapping[str, int]):
    """Original ids and their indices: an array, a dictionary, or both.

    It is made from one of the two, and the other is built when it is first asked for: a data set that is loaded, split
    and trained on never needs the dictionary. It reads as the dictionary from the text of an id to its index.

    Parameters
    ----------
    ids : numpy.ndarray of int64, or of object with str, shape (n,), or None
        Distinct ids; the one in place k has index k. Not copied.
    mapper : dict of str to int or None
        Given instead of `ids`. Not copied; whether the indices are 0..n-1 is for `indices` and `ids` to show.
    """

    def __init__(self, ids: Ids | None = None, *, mapper: dict[str, int] | None = None) -> None:
        self._ids = ids
        self._mapper = mapper

    @property
    def ids(self) -> Ids:
        """The ids in the order of their indices; ValueError if these are not 0..n-1, once each."""
        if self._ids is None:
            mapper, indices = self._as_dict(), self.indices()
            if not np.array_equal(np.sort(indices), np.arange(len(indices))):
                raise ValueError(f"a mapper must have the indices 0..{len(indices) - 1}, once each, got others")
            self._ids = np.empty(len(indices), dtype=object)
            self._ids[indices] = list(mapper)
        return self._ids

    def indices(self) -> npt.NDArray[np.int64]:
        """The index of each id, in the order in which the ids are iterated over."""
        if self._mapper is None:
            return np.arange(len(self), dtype=np.int64)
        return np.fromiter(self._mapper.values(), dtype=np.int64, count=len(self._mapper))

    def kept(self, mask: npt.NDArray[np.bool_]) -> "IdIndex":
        """The ids whose index is kept, numbered as the kept rows are after the others are gone."""
        return IdIndex(self.ids[mask])

    def _as_dict(self) -> dict[str, int]:
        if self._mapper is None:
            self._mapper = dict(zip(texts_of(self.ids).tolist(), range(len(self))))
        return self._mapper

    def copy(self) -> dict[str, int]:
        """A dictionary of its own, which may be changed."""
        return dict(self._as_dict())

    def __getitem__(self, original_id: str) -> int:
        return self._as_dict()[original_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_dict())

    def __len__(self) -> int:
        known = self._ids if self._mapper is None else self._mapper
        return 0 if known is None else len(known)

    def __repr__(self) -> str:
        return f"IdIndex of {len(self)} ids"
