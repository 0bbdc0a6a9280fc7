"""Inputs that are broken, each with the message that it must lead to: which file, which line, what is allowed."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from Data_manager.interactions_reader import InteractionsReader
from tests.data_manager.text.broken_inputs import (
    GOOD,
    TIMED,
    Broken,
    encrypted,
    folder_of,
    frame,
    parquet_of,
    text,
    unreadable,
    with_column,
    zip_of,
)
from tests.data_manager.text.broken_texts import LINES, TEXTS

CONTAINERS = [
    Broken("not a gz", text(GOOD, "ratings.csv.gz"), r"^FILE is damaged or not compressed as its name says \("),
    Broken("not a bz2", text(GOOD, "ratings.csv.bz2"), r"^FILE is damaged or not compressed as its name says \("),
    Broken("not an xz", text(GOOD, "ratings.csv.xz"), r"^FILE is damaged or not compressed as its name says \("),
    Broken(
        "cut gz",
        text(gzip.compress(GOOD.encode() * 99)[:-9], "ratings.csv.gz"),
        "^FILE is damaged .*Compressed file ended",
    ),
    Broken(
        "changed gz",
        text(gzip.compress(GOOD.encode() * 99)[:-8] + bytes(8), "ratings.csv.gz"),
        "^FILE is damaged .*CRC check failed",
    ),
    Broken(
        "line in a gz", text(gzip.compress(f"{GOOD}b\n".encode()), "ratings.csv.gz"), LINES % (3, "3 fields expected")
    ),
    Broken("not a zip", text(GOOD, "ratings.zip"), "^FILE is damaged or not a zip file"),
    Broken("cut zip", zip_of({"a.csv": GOOD}, lambda b: b[:-30]), "^FILE is damaged or not a zip file"),
    Broken("empty zip", zip_of({}), r"^FILE must have members that match \.csv or .*, got none$"),
    Broken("zip of others", zip_of({"a.png": GOOD, "_b.csv": GOOD}), r"^FILE must have members .*got a\.png, _b\.csv$"),
    Broken("no match", zip_of({"a.csv": GOOD}), "^FILE must have members that match b, got a.csv$", {"pattern": "b"}),
    Broken(
        "line in a zip", zip_of({"a.csv": GOOD, "b/c.csv": f"{GOOD}b\n"}), r"^FILE, member 'b/c\.csv', line 3 is broken"
    ),
    Broken("changed member", zip_of({"a.csv": GOOD}, lambda b: b.replace(b"\x4b", b"\x4c", 1)), "^FILE is damaged"),
    Broken(
        "encrypted member",
        zip_of({"a.csv": GOOD}, encrypted),
        r"^FILE is refused: its member 'a\.csv' must not be encr",
    ),
    Broken(
        "way out", zip_of({"../a.csv": GOOD}), r"^FILE is refused: its member '\.\./a\.csv' must have a path inside"
    ),
    Broken(
        "bomb",
        zip_of({"a.csv": bytes(80 * 2**20)}),
        r"^FILE is refused: its member 'a\.csv' must unpack to at most 100",
    ),
    Broken(
        "folder without files", folder_of(), r"^ratings must be a folder with \.parquet.* files, got FILE with: none$"
    ),
    Broken(
        "folder of others", folder_of(a_dot_png="", _b_dot_csv=GOOD), "^ratings must be a folder .*FILE with: a.png$"
    ),
    Broken(
        "folder of two kinds",
        folder_of(a_dot_csv=GOOD, b_dot_parquet=b""),
        r"^ratings must be a folder of Parquet files or of text files, got FILE with both, such as a\.csv and b\.",
    ),
    Broken(
        "line in a folder",
        folder_of(a_dot_csv=GOOD, b_dot_csv=f"{GOOD}b\n"),
        r"ratings\.csv.b\.csv', line 3 is broken \(3 fields expected, 1 found\): 'b'$",
    ),
    Broken(
        "no such file", lambda folder: folder / "none.csv", "^ratings must be an existing file or folder, got FILE$"
    ),
    Broken("not readable", unreadable, "Permission denied", error=PermissionError),
]
PARQUETS = [
    Broken("no Parquet", text(GOOD, "ratings.parquet"), r"^FILE is damaged or not a Parquet file \("),
    Broken(
        "cut Parquet",
        with_column(lambda **c: parquet_of(lambda b: b[: len(b) // 2], **c)),
        "^FILE is damaged or not a P",
    ),
    Broken(
        "damaged page",
        with_column(lambda **c: parquet_of(lambda b: b[:4] + b"\xff" * 60 + b[64:], **c)),
        "^FILE is damaged or not a Parquet file",
    ),
    Broken(
        "no text", with_column(parquet_of, item=pa.array([b"\xff", b"b", b"c"]).view(pa.string())), "^FILE is damaged"
    ),
    Broken(
        "no rows",
        with_column(parquet_of, user=pa.array([], "int64"), item=pa.array([], "string"), rating=None),
        "^FILE holds no interactions$",
        {"columns": ("user", "item")},
    ),
    Broken(
        "missing column",
        with_column(parquet_of, rating=None),
        r"^FILE must have the column\(s\) rating once each, got user, item$",
    ),
    Broken(
        "no such column",
        with_column(parquet_of),
        r"^FILE must have columns at the positions \[0, 1, 7\]",
        {"columns": (0, 1, 7)},
    ),
    Broken(
        "missing id",
        with_column(parquet_of, user=[1, 2, None]),
        "^FILE, column 'user' must hold an id in every row, got none in row 2$",
    ),
    Broken(
        "missing rating",
        with_column(parquet_of, rating=[1, 2, None]),
        "^FILE, column 'rating' must hold a finite number in every row, got none in row 2$",
    ),
    Broken(
        "NaN",
        with_column(parquet_of, rating=[1, 2, np.nan]),
        "^FILE, column 'rating' must hold a finite number .* got nan in row 2$",
    ),
    Broken(
        "float ids",
        with_column(parquet_of, user=[1.0, 2.0, 3.0]),
        "^FILE, column 'user' must hold string or integer ids, got double values$",
        error=TypeError,
    ),
    Broken(
        "list of ids",
        with_column(parquet_of, item=[["x"], [], ["y"]]),
        "^FILE, column 'item' must hold string or integer ids, got list",
        error=TypeError,
    ),
    Broken(
        "ratings in text",
        with_column(parquet_of, rating=["3", "4", "5"]),
        "^FILE, column 'rating' must hold numbers, got string values$",
        error=TypeError,
    ),
    Broken(
        "times in text",
        with_column(parquet_of, time=["3", "4", "5"]),
        "^FILE, column 'time' must hold seconds or dates, got string values$",
        {"columns": TIMED},
        TypeError,
    ),
]
FRAMES = [
    Broken(
        "missing column",
        with_column(frame, rating=None),
        r"^ratings must have the column\(s\) rating once each, got user, item$",
    ),
    Broken(
        "column twice",
        lambda _: pd.DataFrame([[1, 2, 3, 4]], columns=["user", "item", "rating", "user"]),
        r"^ratings must have the column\(s\) user once each",
    ),
    Broken(
        "no such position",
        with_column(frame),
        r"^ratings must have columns at the positions \[0, 1, 3\], got user, item, rating$",
        {"columns": (0, 1, 3)},
    ),
    Broken("no rows", frame(user=[], item=[], rating=[]), "^ratings must have at least one row, got none$"),
    Broken(
        "missing id",
        with_column(frame, item=["x", "y", None]),
        "^column 'item' must hold an id in every row, got none in row 2$",
    ),
    Broken(
        "float ids",
        with_column(frame, user=[1.0, 2.0, 3.0]),
        "^column 'user' must hold string or integer ids, got float64",
        error=TypeError,
    ),
    Broken(
        "NaN",
        with_column(frame, rating=[3, 4, np.nan]),
        "^column 'rating' must hold finite numbers, got nan in row 2$",
    ),
    Broken(
        "inf",
        with_column(frame, rating=[3, 4, -np.inf]),
        "^column 'rating' must hold finite numbers, got -inf in row 2$",
    ),
    Broken(
        "ratings in text",
        with_column(frame, rating=["3", "4", "5"]),
        "^column 'rating' must hold real numbers, got (str|object) values$",
        error=TypeError,
    ),
    Broken(
        "complex",
        with_column(frame, rating=[3, 4, 5j]),
        "^column 'rating' must hold real numbers, got complex128 values$",
        error=TypeError,
    ),
    Broken(
        "times in text",
        with_column(frame, time=["3", "4", "5"]),
        "^column 'time' must hold seconds or datetime64 values, got",
        {"columns": TIMED},
        TypeError,
    ),
    Broken(
        "no time",
        with_column(frame, time=pd.to_datetime(["2020-01-01", None, None])),
        "^column 'time' must hold finite numbers, got nan in row 1$",
        {"columns": TIMED},
    ),
    Broken(
        "repeated pair",
        frame(user=[1, 1], item=[2, 2], rating=[3, 4]),
        "^ratings must have one line for a user and an item, got 1 more",
        {"duplicates": "error"},
    ),
]
ALL = [*TEXTS, *CONTAINERS, *PARQUETS, *FRAMES]


@pytest.mark.parametrize("case", ALL, ids=[case.what for case in ALL])
def test_broken_ratings_are_refused_with_the_place_and_what_is_allowed(
    case: Broken, tmp_path: Path, small_blocks: None
) -> None:
    ratings = case.make(tmp_path)
    message = case.message.replace("FILE", re.escape(f"'{ratings}'"))
    with pytest.raises(case.error, match=message) as caught:
        InteractionsReader(ratings, verbose=False, **case.options).load_data(save_folder_path=False)
    assert len(str(caught.value)) < 1_000, "a message is read by people"
