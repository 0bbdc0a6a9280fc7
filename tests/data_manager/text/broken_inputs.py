"""How broken inputs are made, and what each must lead to; not a test itself."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.data_manager.conftest import write_zip

Make = Callable[[Path], Any]

HEADER = "user,item,rating\n"
GOOD = f"{HEADER}a,x,3\n"
TIMED = ("user", "item", "rating", "time")


class Broken(NamedTuple):
    """`make` writes the input into a folder and returns it; FILE in `message` stands for the file it wrote."""

    what: str
    make: Make
    message: str
    options: dict[str, Any] = {}  # noqa: RUF012
    error: type[Exception] = ValueError


def text(content: str | bytes, name: str = "ratings.csv") -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def folder_of(**names: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "ratings.csv"  # a folder may have any name
        path.mkdir()
        for name, content in names.items():
            text(content, name.replace("_dot_", "."))(path)
        return path

    return make


def zip_of(members: dict[str, str | bytes], change: Callable[[bytes], bytes] = bytes) -> Make:
    def make(folder: Path) -> Path:
        path = write_zip(folder / "ratings.zip", members)
        path.write_bytes(change(path.read_bytes()))
        return path

    return make


def encrypted(content: bytes) -> bytes:
    """With the flag in the local header and in the directory that says that a member is encrypted."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.index(b"PK\1\2") + 8] |= 1
    return bytes(changed)


def parquet_of(change: Callable[[bytes], bytes] = bytes, **columns: Any) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "ratings.parquet"
        parquet.write_table(pa.table(columns), path, row_group_size=2)
        path.write_bytes(change(path.read_bytes()))
        return path

    return make


def frame(**columns: Any) -> Make:
    return lambda folder: pd.DataFrame(columns)


def unreadable(folder: Path) -> Path:
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("every file is readable here")
    path = text(GOOD)(folder)
    path.chmod(0)
    return path


GOOD_COLUMNS: dict[str, Any] = {"user": [1, 2, 3], "item": ["x", "y", "x"], "rating": [3.0, 4.0, 5.0]}


def with_column(make: Callable[..., Make], **columns: Any) -> Make:
    kept = {name: values for name, values in {**GOOD_COLUMNS, **columns}.items() if values is not None}
    return make(**kept)
