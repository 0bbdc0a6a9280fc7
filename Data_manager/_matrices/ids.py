"""Original ids and the consecutive indices that they get, in order of first appearance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

Ids = npt.NDArray[Any]  # of int64, or of object with str

MAX_IDS = 2**31 - 1  # codes and the indices of matrices are int32

_MAX_INT64 = 2**63 - 1


def texts_of(ids: Ids) -> Ids:
    """Return the ids as text: an array of str of the same length."""
    return ids if ids.dtype == object else np.array([*map(str, ids.tolist())], dtype=object)


class IdIndex(Mapping[str, int]):
    """Original ids and their indices: an array, a dictionary, or both.

    It is made from one of the two, and the other is built when it is first asked for: a data set that is loaded, split
    and trained on never needs the dictionary. It reads as the dictionary from the text of an id to its index.
    """

    def __init__(self, ids: Ids | None = None, *, mapper: dict[str, int] | None = None) -> None:
        # one of both, not copied; whether the indices of a mapper are 0..n-1 is seen when its array is asked for
        self._ids = ids
        self._mapper = mapper

    @property
    def ids(self) -> Ids:
        """The ids in the order of their indices; ValueError if these are not 0..n-1, once each."""
        if self._ids is None:
            mapper, indices = self._as_dict(), self.indices()
            if not np.array_equal(np.sort(indices), np.arange(len(indices))):
                raise ValueError(
                    f"a mapper must have the indices 0..{len(indices) - 1}, once each, got {indices[:10].tolist()}"
                )
            self._ids = np.empty(len(indices), dtype=object)
            self._ids[indices] = list(mapper)
        return self._ids

    def indices(self) -> npt.NDArray[np.int64]:
        """Return the index of each id, in the order of iteration."""
        if self._mapper is None:
            return np.arange(len(self), dtype=np.int64)
        return np.fromiter(self._mapper.values(), dtype=np.int64, count=len(self._mapper))

    def kept(self, mask: npt.NDArray[np.bool_]) -> "IdIndex":
        """Return the ids whose index the mask keeps, numbered as the rows are when the others are gone."""
        return IdIndex(self.ids[mask])

    def _as_dict(self) -> dict[str, int]:
        if self._mapper is None:
            self._mapper = dict(zip(texts_of(self.ids).tolist(), range(len(self))))
        return self._mapper

    def copy(self) -> dict[str, int]:
        """Return a new dictionary, which may be changed."""
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


def check_mapper(name: str, mapper: Any) -> dict[str, int]:
    """Return a copy of a mapper, from original id or feature to index, with str keys and int values in its order.

    A value that is not an integer is a TypeError, and two keys of the same text, as 1 and "1", are a ValueError.
    """
    if not isinstance(mapper, Mapping):
        raise TypeError(f"{name} must be a dict from original id to index, got a {type(mapper).__name__}")
    indices = np.asarray(list(mapper.values()))
    if indices.size > 0 and (indices.ndim != 1 or indices.dtype.kind not in "iu"):
        raise TypeError(f"{name} must be a dict from original id to integer index, got {indices.dtype} values")
    checked = dict(zip(map(str, mapper), indices.tolist()))
    if len(checked) != len(mapper):
        raise ValueError(f"{name} must be a dict with one key for each original id, got two keys of the same text")
    return checked


def check_id_mapper(name: str, mapper: Any, n_ids: int) -> IdIndex:
    """Return the mapper of users or items, or the identity for None, as an `IdIndex`; a given `IdIndex` as it is."""
    if isinstance(mapper, IdIndex):
        return mapper
    if mapper is None:
        return IdIndex(np.arange(n_ids, dtype=np.int64))
    return IdIndex(mapper=check_mapper(name, mapper))


@dataclass(frozen=True)
class EncodedIds:
    """A column of ids: row r holds unique[codes[r]]; unique is distinct, in order of first appearance."""

    codes: npt.NDArray[Any]  # integers in 0..len(unique)-1
    unique: Ids

    def __len__(self) -> int:
        return len(self.codes)


def factorize(name: str, column: "pd.Series[Any]") -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the place of each row's token among the distinct ones, and these in order of first appearance.

    A missing token (None, NaN, NA) is a ValueError.
    """
    # as an array, since pandas 1.5 warns of what it makes of a Series of objects
    codes, unique = pd.factorize(column.to_numpy() if column.dtype == object else column)
    if len(codes) > 0 and codes.min() < 0:
        _refuse_missing(name, int(np.flatnonzero(codes < 0)[0]))
    return codes, np.asarray(unique)


def encode_series(name: str, column: "pd.Series[Any]") -> EncodedIds:
    """Encode a pandas column of strings, integers or both; another id is a TypeError, a missing one a ValueError."""
    codes, unique = factorize(name, column)
    if unique.dtype.kind in "iu" and (len(unique) == 0 or int(unique.max()) <= _MAX_INT64):
        # half the memory; more distinct ids than int32 can number are refused by `IdEncoder`
        return EncodedIds(codes.astype(np.int32), unique.astype(np.int64))
    if unique.dtype.kind not in "uO":
        raise TypeError(f"{name} must hold string or integer ids, got {unique.dtype} values")
    for original_id in unique.tolist():
        if isinstance(original_id, (bool, float)) or not isinstance(original_id, (str, int, np.integer)):
            raise TypeError(f"{name} must hold string or integer ids, got {original_id!r}")
    # a column of objects may hold both 1 and "1", which are one id
    code_of_text, unique_texts = pd.factorize(np.array([*map(str, unique.tolist())], dtype=object))
    return EncodedIds(code_of_text[codes], np.asarray(unique_texts, dtype=object))


def is_text(kind: "pa.DataType") -> bool:
    """Tell whether an Arrow type is one of its three types of text."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def encode_arrow(name: str, column: "pa.Array", first_row: int = 0) -> EncodedIds:
    """Encode an Arrow array of strings, integers, or a dictionary of either; errors as `encode_series`.

    `first_row` is the number that a message gives the array's first row.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) and column.dictionary.null_count > 0:
        column = column.dictionary_decode()
    if column.null_count > 0:
        _refuse_missing(name, first_row + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0]))
    if pa.types.is_integer(column.type):
        return encode_series(name, pd.Series(column.to_numpy()))
    if not pa.types.is_dictionary(column.type):
        kind = column.type
        if not is_text(kind):
            raise TypeError(f"{name} must hold string or integer ids, got {kind} values")
        unique = column.dictionary_encode()
        return EncodedIds(unique.indices.to_numpy(), np.array(unique.dictionary.to_pylist(), dtype=object))
    # a dictionary may stand in another order, and hold ids that do not occur
    codes, used = pd.factorize(column.indices.to_numpy())
    unique = encode_arrow(name, column.dictionary.take(pa.array(used)))
    return EncodedIds(unique.codes[codes], unique.unique)


class IdEncoder:
    """The index of every distinct id of the columns that it meets, in order of first appearance.

    Integers stay integers as long as all ids are; 7 and "7" are one id. `known` ids have the indices 0..n-1 already.
    """

    def __init__(self, known: Ids | None = None) -> None:
        self._index = _index(np.empty(0, np.int64) if known is None else known)
        self._is_text = known is not None and known.dtype == object

    def __len__(self) -> int:
        return len(self._index)

    @property
    def ids(self) -> Ids:
        """All ids so far, in the order of their indices."""
        return np.asarray(self._index, dtype=object if self._is_text else np.int64)

    def encode(self, column: EncodedIds) -> npt.NDArray[np.int32]:
        """Return the index of the id in each row; more than `MAX_IDS` distinct ids are a ValueError."""
        unique = self._in_one_type(column.unique)
        places = self._index.get_indexer(_index(unique))
        new = places < 0
        if new.any():
            n_known = len(self)
            n_ids = n_known + int(new.sum())
            if n_ids > MAX_IDS:
                raise ValueError(f"there can be at most {MAX_IDS} distinct ids, got {n_ids}")
            places[new] = np.arange(n_known, n_ids)
            self._index = _index(np.concatenate([self._index.to_numpy(), unique[new]]))
        indices: npt.NDArray[np.int32] = places.astype(np.int32)[column.codes]
        return indices

    def _in_one_type(self, unique: Ids) -> Ids:
        """Return these ids in the type of all ids so far; if either is text, both become text."""
        if len(self) == 0:
            self._is_text = unique.dtype == object
            self._index = _index(unique[:0])
        elif self._is_text:
            return texts_of(unique)
        elif unique.dtype == object:
            self._index = _index(texts_of(self.ids))
            self._is_text = True
        return unique


def _index(ids: Ids) -> "pd.Index[Any]":
    # of the given type, since pandas 3 would make its own type of text of objects, which cannot hold all of Python's
    return pd.Index(ids, dtype=ids.dtype)


def _refuse_missing(name: str, row: int) -> NoReturn:
    raise ValueError(f"{name} must hold an id in every row, got none in row {row}")
