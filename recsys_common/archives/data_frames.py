"""Converting a pandas data frame to plain JSON data and back, exactly: labels, names, dtypes and cells."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_FORMAT_VERSION = 1
_NUMERIC = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
)
_TIMES = re.compile(r"(datetime64|timedelta64)\[(s|ms|us|ns)\]")
_BYTES_PER_LABEL = 8
_PLAIN_CELLS = (type(None), bool, int, float, str)


def encode_frame(frame: pd.DataFrame, where: str) -> dict[str, Any]:
    """Return the frame as dictionaries, lists, strings and numbers, for `decode_frame`.

    Columns and axes may be of booleans, integers, floats, strings, dates, time spans and categories; object columns may
    mix None, bool, int, float, str, numpy scalars, and lists, tuples and dictionaries of these. `attrs` and the `freq`
    of an index of dates are lost. TypeError, which names the frame by `where`, for a dtype or a cell that would not
    come back as it was.
    """
    return {
        "format_version": _FORMAT_VERSION,
        "index": _encode_axis(frame.index, f"the index of {where}"),
        "columns": _encode_axis(frame.columns, f"the columns of {where}"),
        "data": [
            _encode_values(frame.iloc[:, position], f"column {frame.columns[position]!r} of {where}")
            for position in range(frame.shape[1])
        ],
    }


def decode_frame(content: Any, spend: Callable[[int], None]) -> pd.DataFrame:
    """Return the frame that `encode_frame` was given, from what JSON gives back.

    `spend` is told the bytes of a range's labels, which `content` does not pay for, before pandas makes them. A column
    of pandas 3's `str` dtype becomes one of dtype object, with NaN for missing values, where pandas is older. KeyError,
    TypeError, ValueError or OverflowError if `content` is not what `encode_frame` makes.
    """
    if content["format_version"] != _FORMAT_VERSION:
        raise ValueError(f"format_version must be {_FORMAT_VERSION}, got {content['format_version']!r}")
    index, columns = _decode_axis(content["index"], spend), _decode_axis(content["columns"], spend)
    series = [_decode_values(values, spend) for values in content["data"]]
    if len(series) != len(columns) or any(len(values) != len(index) for values in series):
        raise ValueError("the columns differ in number or length from the labels")
    # by position first: labels may occur twice, and nothing must be aligned
    frame = pd.DataFrame(dict(enumerate(series)), index=pd.RangeIndex(len(index)))
    frame.index, frame.columns = index, columns
    return frame


def _encode_axis(axis: Any, where: str) -> dict[str, Any]:
    if isinstance(axis, pd.MultiIndex):
        return {
            "kind": "multi",
            "levels": [_encode_axis(level, where) for level in axis.levels],
            "codes": [np.asarray(codes).tolist() for codes in axis.codes],
            "names": [_encode_cell(name, where) for name in axis.names],
        }
    name = _encode_cell(axis.name, where)
    if isinstance(axis, pd.RangeIndex):
        return {"kind": "range", "range": [axis.start, axis.stop, axis.step], "name": name}
    return {"kind": "values", "values": _encode_values(pd.Series(axis, dtype=axis.dtype), where), "name": name}


def _decode_axis(content: Any, spend: Callable[[int], None]) -> Any:
    if content["kind"] == "multi":
        return pd.MultiIndex(
            levels=[_decode_axis(level, spend) for level in content["levels"]],
            codes=content["codes"],
            names=[_decode_cell(name) for name in content["names"]],
        )
    name = _decode_cell(content["name"])
    if content["kind"] == "range":
        start, stop, step = content["range"]
        spend(_BYTES_PER_LABEL * len(range(start, stop, step)))
        return pd.RangeIndex(start, stop, step, name=name)
    values = _decode_values(content["values"], spend)
    return pd.Index(values.array, dtype=values.dtype, name=name)


def _encode_values(values: Any, where: str) -> dict[str, Any]:
    """Encode the values of a Series with their dtype, without its index."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return {
            "dtype": "category",
            "codes": values.cat.codes.tolist(),
            "categories": _encode_axis(dtype.categories, where),
            "ordered": bool(dtype.ordered),
        }
    if isinstance(dtype, pd.StringDtype):
        # pandas' new `str` has NaN for missing values and chooses its storage by itself
        name = f"string[{dtype.storage}]" if getattr(dtype, "na_value", pd.NA) is pd.NA else "str"
        missing = values.isna().tolist()
        return {"dtype": name, "values": [None if gap else text for text, gap in zip(values.tolist(), missing)]}
    if isinstance(dtype, pd.DatetimeTZDtype):
        timezone = str(dtype.tz)
        if not _is_known_timezone(dtype, timezone):
            raise TypeError(f"{where} must be of a time zone with a standard name, got {dtype.tz!r}")
        return _encode_values(values.dt.tz_convert("UTC").dt.tz_localize(None), where) | {"timezone": timezone}
    if isinstance(dtype, np.dtype) and dtype.isnative:
        if dtype.name in _NUMERIC:
            return {"dtype": dtype.name, "values": values.tolist()}
        if _TIMES.fullmatch(dtype.name):
            return {"dtype": dtype.name, "values": values.to_numpy().view("int64").tolist()}
        if dtype.kind == "O":
            return {"dtype": "object", "values": [_encode_cell(cell, where) for cell in values.tolist()]}
    raise TypeError(
        f"{where} must be of booleans, numbers, strings, dates, time spans, categories or plain objects, got {dtype}"
    )


def _decode_values(content: Any, spend: Callable[[int], None]) -> Any:
    dtype = content["dtype"]
    if dtype == "category":
        categories = _decode_axis(content["categories"], spend)
        return pd.Series(pd.Categorical.from_codes(content["codes"], categories, ordered=content["ordered"]))
    values = content["values"]
    if dtype in _NUMERIC:
        return pd.Series(_numbers(values, dtype))
    if dtype == "object":
        return _object_series(_decode_cell(cell) for cell in values)
    if dtype in ("str", "string[python]", "string[pyarrow]"):
        if not all(value is None or type(value) is str for value in values):
            raise ValueError("a column of strings holds something else")
        if dtype == "str" and not isinstance(pd.api.types.pandas_dtype("str"), pd.StringDtype):
            return _object_series(np.nan if value is None else value for value in values)
        return pd.Series(values, dtype=dtype)
    if isinstance(dtype, str) and _TIMES.fullmatch(dtype):
        series = pd.Series(_numbers(values, "int64").view(dtype))
        timezone = content.get("timezone")
        # pandas opens the file that such a name leads to
        if isinstance(timezone, str) and timezone.startswith("dateutil"):
            raise ValueError(f"unknown time zone {timezone!r}")
        return series if timezone is None else series.dt.tz_localize("UTC").dt.tz_convert(timezone)
    raise ValueError(f"unknown dtype {dtype!r}")


def _numbers(values: Any, dtype: str) -> npt.NDArray[Any]:
    """Return the array that gave these values; numpy alone would read texts as numbers, and cut what does not fit."""
    if not {int, float, bool}.issuperset(map(type, values)):
        raise ValueError(f"a column of {dtype} holds something else")
    array = np.array(values, dtype=dtype)
    if array.dtype.kind != "f" and array.tolist() != values:
        raise ValueError(f"a column of {dtype} holds other numbers")
    return array


def _object_series(cells: Iterable[Any]) -> Any:
    cells = list(cells)
    array = np.empty(len(cells), dtype=object)
    for position, cell in enumerate(cells):  # assigning the whole list would unpack cells that are lists
        array[position] = cell
    return pd.Series(array, dtype=object)


def _is_known_timezone(dtype: Any, timezone: str) -> bool:
    try:
        return bool(pd.DatetimeTZDtype(dtype.unit, timezone) == dtype)
    except (TypeError, ValueError, KeyError, OSError):  # zoneinfo, pytz and pandas each have their own
        return False


def _encode_cell(cell: Any, where: str) -> Any:
    """Return a plain cell as it is, any other as a dictionary with one tag."""
    if type(cell) in _PLAIN_CELLS:
        return cell
    if cell is pd.NA or cell is pd.NaT:
        return {"missing": "NA" if cell is pd.NA else "NaT"}
    if isinstance(cell, np.str_):
        return {"numpy": ["str", str(cell)]}
    if isinstance(cell, np.generic) and cell.dtype.name in _NUMERIC:
        return {"numpy": [cell.dtype.name, cell.item()]}
    if type(cell) in (list, tuple):
        return {type(cell).__name__: [_encode_cell(element, where) for element in cell]}
    if type(cell) is dict:
        return {"dict": [[_encode_cell(key, where), _encode_cell(value, where)] for key, value in cell.items()]}
    raise TypeError(
        f"{where} must hold None, booleans, numbers, strings or lists of these, got a {type(cell).__name__}"
    )


def _decode_cell(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    ((tag, value),) = content.items()
    if tag == "missing":
        return {"NA": pd.NA, "NaT": pd.NaT}[value]
    if tag == "numpy":
        dtype, scalar = value
        if dtype != "str" and dtype not in _NUMERIC:
            raise ValueError(f"unknown dtype {dtype!r}")
        return np.dtype(dtype).type(scalar)
    if tag in ("list", "tuple"):
        elements = [_decode_cell(element) for element in value]
        return elements if tag == "list" else tuple(elements)
    if tag == "dict":
        return {_decode_cell(key): _decode_cell(element) for key, element in value}
    raise ValueError(f"unknown cell {tag!r}")
