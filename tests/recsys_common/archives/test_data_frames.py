import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from Recommenders.DataIO import DataIO
from recsys_common.archives.data_frames import decode_frame, encode_frame


def search_results() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([[0, 1], [5, 10]], names=["case", "cutoff"])
    return pd.DataFrame(
        {"MAP": [0.1, None, "x", np.float64(0.3)], "NDCG": 1 / np.arange(3, 7)}, index=index, dtype=object
    )


FRAMES = {
    "empty": pd.DataFrame(),
    "no_rows": pd.DataFrame({"a": np.empty(0, dtype=np.float32)}),
    "no_columns": pd.DataFrame(index=["a", "b"]),
    "numbers": pd.DataFrame(
        {
            "float64": [0.1, 1 / 3, np.nan],
            "inf": [np.inf, -np.inf, -0.0],
            "float32": np.array([0.1, 1e-40, np.nan], dtype=np.float32),
            "int64": [2**63 - 1, -(2**63), 0],
            "uint64": np.array([2**64 - 1, 0, 1], dtype=np.uint64),
            "int8": np.array([-128, 0, 127], dtype=np.int8),
            "bool": [True, False, True],
        }
    ),
    "mixed_cells": pd.DataFrame(
        {"a": [None, "x", 1, 1.5, True, np.nan, 2**70, np.float32(0.1), np.int64(3)]}, dtype=object
    ),
    "integers_and_floats_apart": pd.DataFrame({"a": [1, 1.0, True]}, dtype=object),
    "nested_cells": pd.DataFrame({"a": [[1, (2, "x")], {"k": [None], 3: ()}, (1,), np.str_("s"), pd.NA, pd.NaT]}),
    "strings": pd.DataFrame({"a": ["é", "a,b\n\"c'", "", "NaN"], "b": ["x", None, "y", np.nan]}),
    "string_dtype": pd.DataFrame({"a": pd.array(["x", None], dtype="string[python]")}),
    "arrow_strings": pd.DataFrame({"a": pd.array(["x", None], dtype="string[pyarrow]")}),
    "dates": pd.DataFrame(
        {"a": pd.to_datetime(["2020-01-01 01:02:03.000004", None]), "b": pd.to_timedelta([1, 2], "s")}
    ),
    "time_zones": pd.DataFrame({"a": pd.to_datetime(["2020-03-29 00:30", None]).tz_localize("Europe/Rome")}),
    "categories": pd.DataFrame({"a": pd.Categorical(["x", "y", None], ["y", "x", "unused"], ordered=True)}),
    "search_results": search_results(),
    "duplicate_labels": pd.DataFrame([[1, 2.5], [3, 4.5]], columns=["a", "a"], index=["r", "r"]),
    "multi_columns": pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("u", 1), ("u", 2)], names=["level", None]), index=[("t", 1)]
    ),
    "integer_columns": pd.DataFrame(np.eye(2), columns=pd.Index([10, 20], name=("a", 1))),
    "range_index": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(10, 0, -5, name="n")),
    "date_index": pd.DataFrame({"a": [1, 2]}, index=pd.DatetimeIndex(["2020-01-01", "2021-05-05"], name="day")),
    "category_index": pd.DataFrame({"a": [1, 2]}, index=pd.CategoricalIndex(["x", "y"], name="c")),
    "float_index": pd.DataFrame({"a": [1, 2]}, index=[0.1, np.nan]),
    "mixed_index": pd.DataFrame({"a": [1, 2, 3]}, index=pd.Index(["x", 1, None], dtype=object)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_come_back_exactly(tmp_path: Path, name: str) -> None:
    frame = FRAMES[name]
    DataIO(tmp_path).save_data("frame", {"df": frame})
    loaded = DataIO(tmp_path).load_data("frame")["df"]
    pd.testing.assert_frame_equal(loaded, frame, check_exact=True, check_index_type="equiv", check_freq=False)
    assert type(loaded.index) is type(frame.index)
    assert list(loaded.index.names) == list(frame.index.names)
    assert list(loaded.columns.names) == list(frame.columns.names)
    for position in range(frame.shape[1]):
        column = loaded.iloc[:, position]
        assert column.dtype == frame.iloc[:, position].dtype
        cells = zip(column.tolist(), frame.iloc[:, position].tolist())
        assert all(type(left) is type(right) and repr(left) == repr(right) for left, right in cells)


def test_random_floats_keep_every_bit(tmp_path: Path) -> None:
    bits = np.random.default_rng(0).integers(0, 2**63, size=2000, dtype=np.int64)
    values = bits.view(np.float64)
    frame = pd.DataFrame({"a": values[np.isfinite(values)]})
    DataIO(tmp_path).save_data("frame", {"df": frame})
    loaded = DataIO(tmp_path).load_data("frame")["df"]
    assert loaded["a"].to_numpy().tobytes() == frame["a"].to_numpy().tobytes()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [object()]}),
        pd.DataFrame({"a": [{1, 2}]}),
        pd.DataFrame({"a": [1 + 2j]}),
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
        pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="D")}),
        pd.DataFrame({"a": [1]}, index=pd.IntervalIndex.from_tuples([(0, 1)])),
        pd.DataFrame({"a": [np.zeros(2)]}),
        pd.DataFrame({"a": pd.Series([pd.Timestamp("2020-01-01")], dtype=object)}),
        pd.DataFrame({"a": [b"bytes"]}),
    ],
    ids=lambda frame: str(frame.dtypes.iloc[0]),
)
def test_what_would_not_come_back_exactly_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="of THE_FRAME"):
        encode_frame(frame, "THE_FRAME")


def test_cells_that_hold_themselves_are_refused(tmp_path: Path) -> None:
    cell: list[Any] = []
    cell.append(cell)
    with pytest.raises(ValueError, match="hold themselves"):
        DataIO(tmp_path).save_data("frame", {"df": pd.DataFrame({"a": pd.Series([cell, 1], dtype=object)})})


@pytest.mark.parametrize(
    "change",
    [
        {"format_version": 2},
        {"data": []},
        {"data": [{"dtype": "object", "values": [1]}]},
        {"data": [{"dtype": "O", "values": [1, 2]}]},
        {"data": [{"dtype": "object", "values": [{"call": "os.system"}, 2]}]},
        {"data": [{"dtype": "object", "values": [{"numpy": ["O", 1]}, 2]}]},
        {"data": [{"dtype": "str", "values": [1, 2]}]},
        {"data": [{"dtype": "category", "codes": [5, 6], "ordered": False,
                   "categories": {"kind": "range", "range": [0, 1, 1], "name": None}}]},
        {"index": {"kind": "multi", "levels": [], "codes": [], "names": []}},
        {"index": None},
        {"columns": {"kind": "other", "name": None}},
    ],
)  # fmt: skip
def test_edited_frames_are_refused(change: dict[str, Any]) -> None:
    spent: list[int] = []
    content = json.loads(json.dumps(encode_frame(pd.DataFrame({"a": [1, 2]}), "frame")))
    decode_frame(content, spent.append)
    assert spent == [16]  # the range of two rows
    with pytest.raises((KeyError, TypeError, ValueError)):
        decode_frame(content | change, spent.append)
