"""Reading a dictionary from a zip, in which nothing is trusted.

A small hostile file cannot fill the memory: what a value may take is known, and spent from the budget of its file,
before it is made. Arrays cost their bytes. JSON and csv make many objects of few bytes, so their cost is estimated from
the characters that every value must have, at the most memory that CPython takes for it.
"""

import csv
import errno
import io
import json
import os
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy.typing as npt
import pandas as pd

from recsys_common.archives.arrays import check_compression, read_array, read_sparse
from recsys_common.archives.data_frames import decode_frame
from recsys_common.archives.writer import MAX_DEPTH, key_problem
from recsys_common.files import open_regular

# So many bytes are always allowed; a larger file may cost so many times its size. Factors and ratings cost 1 to 5 times
# their size, ids in JSON up to 63 by the estimate below, an array of a single value 229, hostile files 1,000 and more.
ALWAYS_ALLOWED_BYTES = 160 * 2**20
ALLOWED_RATIO = 80

# A value that follows a comma or a bracket: its place in a list, and a number (24 or 28 bytes). The other objects are
# an empty list with its first places, an empty dictionary with its first places, an entry of a growing dictionary and
# of the decoder's memory of keys, and half of a string's head, since a string has two quotes.
_BYTES_PER_CHARACTER = {b",": 40, b"[": 96, b"{": 160, b":": 140, b'"': 28}
# A field of a csv: its place, and the head of a string. A column: what pandas keeps for it while it reads.
_BYTES_PER_FIELD = 72
_BYTES_PER_COLUMN = 2**15
# pandas renames columns of one name in quadratic time.
MAX_CSV_COLUMNS = 5_000
# zipfile's object for a member takes a twelfth of this; the rest stands for the time of reading it, 0.1 ms at least: a
# directory of many empty members within another zip is packed into almost nothing.
_BYTES_PER_MEMBER = 12_000

_END_RECORD = struct.Struct("<4s6xH10x")
_COUNT_IS_ELSEWHERE = 0xFFFF
_CHUNK_BYTES = 2**18

# What the readers of zip, deflate, npy, JSON and csv raise on bytes that they did not expect.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
    EOFError,
    struct.error,
    tokenize.TokenError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
)


class ArchiveError(ValueError):
    """An archive that is damaged, foreign or too large; the text names file and member."""


def read_archive(path: Path, max_load_bytes: int | None = None, keys: Collection[str] | None = None) -> dict[str, Any]:
    """Read the dictionary in a file, of at most `max_load_bytes` of memory (see `DataIO`), with no key beside `keys`.

    FileNotFoundError if there is no such file; ValueError if it is not a regular file, damaged, foreign, too large in
    memory, or holds members that must not be read: another key is refused before anything is read.
    """
    with open_regular(path) as file:
        budget = _Budget(os.fstat(file.fileno()).st_size, max_load_bytes)
        return _read_zip(file, str(path), budget, depth=0, keys=keys)


def cost_of_json(text: bytes) -> int:
    """Return the most memory that decoding takes beside the text itself, in bytes."""
    # one character beyond ASCII makes all of its string as wide as itself
    width = 1 if text.isascii() and rb"\u" not in text else 4
    return 2 * width * len(text) + sum(text.count(mark) * cost for mark, cost in _BYTES_PER_CHARACTER.items())


def spend_for_csv(text: bytes, spend: Callable[[int], None]) -> None:
    """Spend what reading takes beside the text itself; ValueError for more columns than pandas reads in good time."""
    width = 1 if text.isascii() else 4
    n_fields = sum(map(text.count, (b",", b"\n", b"\r"))) + 1
    spend(2 * width * len(text) + _BYTES_PER_FIELD * n_fields)
    # the names may be on several lines, in quotes
    names = next(csv.reader(io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")), [])
    if len(names) > MAX_CSV_COLUMNS:
        raise ValueError(f"it has {len(names)} columns, and more than {MAX_CSV_COLUMNS} are not read from a csv")
    spend(_BYTES_PER_COLUMN * len(names))


class _Budget:
    """The memory that a file and all the archives within it may still take."""

    def __init__(self, file_bytes: int, max_load_bytes: int | None) -> None:
        if max_load_bytes is None:
            max_load_bytes = max(ALWAYS_ALLOWED_BYTES, ALLOWED_RATIO * file_bytes)
        self._limit = max_load_bytes
        self._left = max_load_bytes

    def spend(self, n_bytes: int, where: str) -> None:
        """Refuse what costs more than is left, before it is made."""
        self._left -= n_bytes
        if self._left < 0:
            raise ArchiveError(
                f"{where} would take the memory for this archive beyond {self._limit} bytes, which is far more than a "
                "file of its size should need; if it is to be trusted, give DataIO a larger max_load_bytes"
            )


@dataclass
class _Archive:
    """An open zip, which may lie within another one."""

    zip: zipfile.ZipFile
    where: str
    budget: _Budget
    depth: int

    def where_of(self, member: zipfile.ZipInfo) -> str:
        return f"{self.where}: member {member.filename!r}"

    def spend(self, member: zipfile.ZipInfo, n_bytes: int) -> None:
        self.budget.spend(n_bytes, self.where_of(member))


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except MemoryError as error:
        raise MemoryError(f"{where} does not fit into the memory that is left") from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk's fault, not the archive's
            raise
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error
    except _DAMAGE as error:
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error


def _read_zip(
    file: IO[bytes], where: str, budget: _Budget, depth: int, keys: Collection[str] | None = None
) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise ArchiveError(f"{where} is nested more than {MAX_DEPTH} archives deep")
    with _damage_named(where):
        content = zipfile.ZipFile(file)
        _check_number_of_members(file, content)
    with content:
        archive = _Archive(content, where, budget, depth)
        readers = _planned(archive, keys)
        result: dict[str, Any] = {}
        for key, (member, read) in readers.items():
            with _damage_named(archive.where_of(member)):
                result[key] = read(archive, member)
    return result


def _planned(archive: _Archive, keys: Collection[str] | None) -> dict[str, tuple[zipfile.ZipInfo, "_Reader"]]:
    """Return the member of each key with its reader, in the archive's order; nothing is read before all are checked."""
    members = archive.zip.infolist()
    if archive.depth == 0:  # for a zip within this was spent before it was listed
        archive.budget.spend(_BYTES_PER_MEMBER * len(members), archive.where)
    if len({member.filename for member in members}) < len(members):
        raise ArchiveError(f"{archive.where} has two members of one name")
    planned: dict[str, tuple[zipfile.ZipInfo, _Reader]] = {}
    for member in members:
        with _damage_named(archive.where_of(member)):
            _check_member(member)
            if member.filename.startswith("."):
                archive.zip.open(member).close()  # compares the two places where its name stands
                continue
            key, _, extension = member.filename.rpartition(".")
            if key in planned:
                raise ValueError(f"the key {key!r} occurs twice")
            if keys is not None and key not in keys:
                raise ArchiveError(
                    f"{archive.where} must hold nothing but {', '.join(keys)}, got the member {member.filename!r}, "
                    "which has not been read"
                )
            planned[key] = member, _READERS[extension]
    return planned


def _check_number_of_members(file: IO[bytes], content: zipfile.ZipFile) -> None:
    """Compare with the count at the end of the zip: one wrong length in the directory can hide the members after it."""
    file.seek(-(_END_RECORD.size + len(content.comment)), io.SEEK_END)
    signature, n_members = _END_RECORD.unpack(file.read(_END_RECORD.size))
    if signature != b"PK\x05\x06" or n_members not in (len(content.infolist()), _COUNT_IS_ELSEWHERE):
        raise zipfile.BadZipFile("its directory is incomplete")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if name != member.filename or "/" in name or "\\" in name:
        raise ValueError(f"{name!r} is not the name of a file in one flat folder")
    check_compression(member)
    if name.startswith("."):
        return
    key, _, extension = name.rpartition(".")
    if extension not in _READERS:
        raise ValueError(f"there are only members that end in {', '.join(_READERS)}")
    problem = key_problem(key)
    if problem is not None:
        raise ValueError(f"its key is {key!r}, {problem}")


def _content(archive: _Archive, member: zipfile.ZipInfo) -> io.BytesIO:
    archive.spend(member, member.file_size)
    content = io.BytesIO()
    with archive.zip.open(member) as file:
        # zipfile holds twice what it unpacks at once, which without a size is more than the member declares
        shutil.copyfileobj(file, content, _CHUNK_BYTES)
    content.seek(0)
    return content


def _read_json(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    content = _content(archive, member).getvalue()
    archive.spend(member, cost_of_json(content))
    return json.loads(content.decode("utf-8-sig"))


def _zip_within(archive: _Archive, member: zipfile.ZipInfo) -> io.BytesIO:
    content = _content(archive, member)
    # the entries of its directory, before zipfile makes an object of each
    archive.spend(member, _BYTES_PER_MEMBER * content.getvalue().count(b"PK\x01\x02"))
    return content


def _read_nested(archive: _Archive, member: zipfile.ZipInfo) -> dict[str, Any]:
    content = _zip_within(archive, member)
    return _read_zip(content, archive.where_of(member), archive.budget, archive.depth + 1)


def _read_frame(archive: _Archive, member: zipfile.ZipInfo) -> pd.DataFrame:
    exact = archive.zip.NameToInfo.get(f".{member.filename.removesuffix('.csv')}.frame.json")
    if exact is not None:
        return decode_frame(_read_json(archive, exact), partial(archive.spend, member))
    content = _content(archive, member)
    spend_for_csv(content.getvalue(), partial(archive.spend, member))
    return pd.read_csv(content, index_col=False)


def _refuse_hdf5(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    copy = f".{member.filename.removesuffix('.h5')}.csv"
    hint = f" (a copy to look at is the member {copy!r})" if copy in archive.zip.namelist() else ""
    raise ArchiveError(
        f"{archive.where}: member {member.filename!r} is a data frame in HDF5, where text is kept as pickles: reading "
        f"it can run code that came with the file, so it is refused{hint}. If you trust the file, load it with the "
        'program that wrote it, replace the frame by frame.to_dict("list"), and save it again'
    )


def _read_array(archive: _Archive, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.zip.open(member) as file:
        return read_array(file, member.file_size, partial(archive.spend, member))


def _read_sparse(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    with zipfile.ZipFile(_zip_within(archive, member)) as content:
        return read_sparse(content, partial(archive.spend, member))


_Reader = Callable[[_Archive, zipfile.ZipInfo], Any]

_READERS: dict[str, _Reader] = {
    "json": _read_json,
    "npy": _read_array,
    "npz": _read_sparse,
    "zip": _read_nested,
    "csv": _read_frame,
    "h5": _refuse_hdf5,
}
