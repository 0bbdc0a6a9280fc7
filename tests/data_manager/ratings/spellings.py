"""The same interactions, written in every way in which they may be read; not a test itself."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from pyarrow import parquet

# user, item, rating, seconds since 1970
Row = tuple[str, str, float, int]

NAMES = ("who", "what", "stars", "when")

# no quote, line end or separator: those are for spellings that can tell them from the text's own
plain_ids = st.sampled_from(["1", "2", "-3", "007", "NaN", "é", "a b", "x"])
integer_ids = st.integers(-3, 3).map(str)
awkward_ids = st.sampled_from(["1", 'say "no"', "a,b", "a;b|c", "two\nlines", "\tt", "'", '"', "::"])
ratings = st.sampled_from([0.0, 0.5, 1.0, 2.5, -1.0, 4.0])
times = st.integers(0, 5).map(lambda k: 1_000_000_000 + 43_200 * k)


def rows_of(ids: st.SearchStrategy[str]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.tuples(ids, ids, ratings, times), min_size=1, max_size=12)


def date_of(seconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


# how a text writes a time, whichever way all of them
TIMES_IN_TEXT: dict[str, Callable[[int], str]] = {
    "seconds": str,
    "fractions": lambda seconds: f"{seconds}.0",
    "date and time": lambda seconds: str(date_of(seconds)),
    "with T": lambda seconds: date_of(seconds).isoformat(),
    "UTC": lambda seconds: f"{date_of(seconds).isoformat()}Z",
    "another zone": lambda seconds: (
        date_of(seconds).replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    ),
}


def text_of_rows(
    rows: Sequence[Row],
    order: Sequence[int],
    separator: str,
    header: bool,
    line_end: str,
    last_line_end: bool,
    quoting: int,
    time_format: str,
) -> str:
    """A text; `order` has the positions of `Row`'s fields in its columns, and others for columns of no meaning."""
    table = [[*row[:2], repr(row[2]), TIMES_IN_TEXT[time_format](row[3])] for row in rows]
    lines = [[values[k] if k < 4 else "more" for k in order] for values in ([list(NAMES)] if header else []) + table]
    if separator == "::":
        text = "".join("::".join(line) + line_end for line in lines)
    else:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(lines)
        text = buffer.getvalue()
    return text if last_line_end else text.removesuffix(line_end)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def write_text(folder: Path, parts: Sequence[str], encoding: str, kind: str) -> Path:
    """Texts as one file, a folder, a zip or a folder of zips; `kind` is one of these or a suffix of `COMPRESS`."""
    contents = [part.encode(encoding) for part in parts]
    if kind in COMPRESS and len(parts) == 1:
        path = folder / f"ratings.csv{kind}"
        path.write_bytes(COMPRESS[kind](contents[0]))
        return path
    if kind == "zip":
        path = folder / "ratings.zip"
        _write_zip(path, contents)
        return path
    path = folder / "parts"
    path.mkdir()
    for k, content in enumerate(contents):
        if kind == "zips":
            _write_zip(path / f"{k:02d}.zip", [content])
        else:
            (path / f"{k:02d}.csv{kind}").write_bytes(COMPRESS[kind](content))
    return path


def _write_zip(path: Path, contents: Sequence[bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.md", "not read")
        archive.writestr("__MACOSX/._00.csv", b"\0not read")
        for k, content in enumerate(contents):
            archive.writestr(f"data/{k:02d}.csv", content)


ARROW_IDS: dict[str, Callable[[list[str]], pa.Array]] = {
    "string": lambda ids: pa.array(ids, pa.string()),
    "large_string": lambda ids: pa.array(ids, pa.large_string()),
    "dictionary": lambda ids: pa.array(ids, pa.string()).dictionary_encode(),
    "int64": lambda ids: pa.array(map(int, ids), pa.int64()),
    "int32": lambda ids: pa.array(map(int, ids), pa.int32()),
    "dictionary of int64": lambda ids: pa.array(map(int, ids), pa.int64()).dictionary_encode(),
}
ARROW_TIMES: dict[str, Callable[[list[int]], pa.Array]] = {
    "int64": lambda seconds: pa.array(seconds, pa.int64()),
    "float64": lambda seconds: pa.array(map(float, seconds), pa.float64()),
    **{
        f"timestamp {unit}": lambda seconds, unit=unit: pa.array(map(date_of, seconds), pa.timestamp(unit))
        for unit in ("s", "ms", "us", "ns")
    },
    "with zone": lambda seconds: pa.array(map(date_of, seconds), pa.timestamp("us", tz="Europe/Rome")),
}


def write_parquet(
    folder: Path, parts: Sequence[Sequence[Row]], user_kind: str, item_kind: str, time_kind: str, group_rows: int
) -> Path:
    """Rows as one Parquet file, or for several parts a folder of such; each part must have rows."""
    paths = [folder / "ratings.parquet"]
    if len(parts) > 1:
        paths = [folder / "parts" / f"{k:02d}.parquet" for k in range(len(parts))]
        paths[0].parent.mkdir()
    for path, rows in zip(paths, parts):
        users, items, stars, seconds = map(list, zip(*rows))
        columns = [ARROW_IDS[item_kind](items), pa.array(stars), ARROW_TIMES[time_kind](seconds)]
        table = pa.table([*columns, ARROW_IDS[user_kind](users)], names=["what", "stars", "when", "who"])
        parquet.write_table(table, path, row_group_size=group_rows)
    return paths[0] if len(parts) == 1 else paths[0].parent


FRAME_IDS: dict[str, Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {
    "str": lambda ids: ids,
    "object": lambda ids: ids.astype(object),
    "category": lambda ids: ids.astype("category"),
    "int64": lambda ids: ids.astype("int64"),
    "Int32": lambda ids: ids.astype("int64").astype("Int32"),
    "category of int64": lambda ids: ids.astype("int64").astype("category"),
    "mixed": lambda ids: pd.Series([int(k) if n % 2 else k for n, k in enumerate(ids)], dtype=object, index=ids.index),
}
FRAME_TIMES: dict[str, Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {
    "int64": lambda seconds: seconds,
    "float64": lambda seconds: seconds.astype("float64"),
    "datetime64": lambda seconds: pd.to_datetime(seconds, unit="s"),
    "with zone": lambda seconds: pd.to_datetime(seconds, unit="s", utc=True).dt.tz_convert("Europe/Rome"),
}


def frame_of(rows: Sequence[Row], user_kind: str, item_kind: str, time_kind: str) -> pd.DataFrame:
    """Rows as a data frame whose index has no meaning and repeats."""
    frame = pd.DataFrame(rows, columns=NAMES, index=[7] * len(rows))
    frame["who"], frame["what"] = FRAME_IDS[user_kind](frame["who"]), FRAME_IDS[item_kind](frame["what"])
    frame["when"] = FRAME_TIMES[time_kind](frame["when"])
    return frame
