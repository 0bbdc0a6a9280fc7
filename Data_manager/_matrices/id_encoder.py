"""Original ids turned into consecutive integers in order of first appearance, a column or a part of one at a time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from Data_manager._matrices.id_index import Ids, texts_of
from Data_manager._matrices.integer_tokens import factorize_integers

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_INT64 = 2**63 - 1
MAX_IDS = 2**31 - 1  # codes and the indices of matrices are int32


@dataclass(frozen=True)
class EncodedIds:
    """A column of ids: row r holds unique[codes[r]]; unique is distinct, in order of first appearance."""

    codes: npt.NDArray[Any]  # integers in 0..len(unique)-1
    unique: Ids

    def __len__(self) -> int:
        return len(self.codes)


def factorize(name: str, column: "pd.Series[Any]") -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The place of each row's token among the distinct ones, and these in order of first appearance.

    Raises
    ------
    ValueError
        If a token is missing (None, NaN, NA).
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return factorize_integers(column.to_numpy())
    # as an array, since pandas 1.5 warns of what it makes of a Series of objects
    codes, unique = pd.factorize(column.to_numpy() if column.dtype == object else column)
    if len(codes) > 0 and codes.min() < 0:
        _refuse_missing(name, int(np.flatnonzero(codes < 0)[0]))
    return codes, np.asarray(unique)


def encode_series(name: str, column: "pd.Series[Any]") -> EncodedIds:
    """Encode a pandas column of strings, integers or both.

    Raises
    ------
    TypeError
        If an id is neither.
    ValueError
        If an id is missing (None, NaN, NA).
    """
    codes, unique = factorize(name, column)
    if unique.dtype.kind in "iu" and (len(unique) == 0 or int(unique.max()) <= _MAX_INT64):
        return EncodedIds(codes, unique.astype(np.int64))
    if unique.dtype.kind not in "uO":
        raise TypeError(f"{name} must hold string or integer ids, got {unique.dtype} values")
    for original_id in unique.tolist():
        if isinstance(original_id, (bool, float)) or not isinstance(original_id, (str, int, np.integer)):
            raise TypeError(f"{name} must hold string or integer ids, got {original_id!r}")
    # a column of objects may hold both 1 and "1", which are one id
    code_of_text, unique_texts = pd.factorize(np.array([*map(str, unique.tolist())], dtype=object))
    return EncodedIds(code_of_text[codes], np.asarray(unique_texts, dtype=object))


def is_text(kind: "pa.DataType") -> bool:
    """Whether an Arrow type is one of its three of text."""
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
    # a dictionary may stand in another order, and hold what does not occur
    codes, used = factorize_integers(column.indices.to_numpy())
    unique = encode_arrow(name, column.dictionary.take(pa.array(used)))
    return EncodedIds(unique.codes[codes], unique.unique)


def _index(ids: Ids) -> "pd.Index[Any]":
    # of the given type, since pandas 3 would make text of its own kind of objects, which cannot hold all of Python's
    return pd.Index(ids, dtype=ids.dtype)


def _refuse_missing(name: str, row: int) -> NoReturn:
    raise ValueError(f"{name} must hold an id in every row, got none in row {row}")


class IdEncoder:
    """Gives every distinct id of the columns that it meets an index, in order of first appearance.

    Integers stay integers as long as all ids are; 7 and "7" are one id.

    Parameters
    ----------
    known : numpy.ndarray of int64, or of object with str, optional
        Ids that have the indices 0..n-1 already.
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
        """The index of the id in each row of the column.

        Raises
        ------
        ValueError
            If there are more than 2^31-1 distinct ids.
        """
        unique = self._in_one_type(column.unique)
        places = self._index.get_indexer(_index(unique))
        new = places < 0
        if new.any():
            n_known = len(self)
            if n_known + int(new.sum()) > MAX_IDS:
                raise ValueError(f"ids must be at most {MAX_IDS} distinct ones, got more")
            places[new] = np.arange(n_known, n_known + int(new.sum()))
            self._index = _index(np.concatenate([self._index.to_numpy(), unique[new]]))
        indices: npt.NDArray[np.int32] = places.astype(np.int32)[column.codes]
        return indices

    def _in_one_type(self, unique: Ids) -> Ids:
        """These ids in the type of those so far; where one of both is text, text it is for both."""
        if len(self) == 0:
            self._is_text = unique.dtype == object
            self._index = _index(unique[:0])
        elif self._is_text:
            return texts_of(unique)
        elif unique.dtype == object:
            self._index = _index(texts_of(self.ids))
            self._is_text = True
        return unique
