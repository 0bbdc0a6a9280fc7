"""The files that a user's own data consists of: one, those of a folder, or the members of a zip."""

import bz2
import fnmatch
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from Data_manager._sources.zip_members import ALWAYS_ALLOWED_BYTES, MAX_RATIO, member_names, open_zip
from Data_manager._text.parsing import OpenStream
from recsys_common.files import check_regular, open_regular

PARQUET_SUFFIXES = (".parquet", ".pq")
TEXT_SUFFIXES = (".csv", ".tsv", ".dat", ".txt", ".data", ".inter")

_READERS_OF_PANDAS = {
    ".xlsx": "read_excel",
    ".xls": "read_excel",
    ".ods": "read_excel",
    ".json": "read_json",
    ".feather": "read_feather",
    ".h5": "read_hdf",
}

_DECOMPRESS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": partial(gzip.open, mode="rb"),  # type: ignore[dict-item]
    ".bz2": partial(bz2.open, mode="rb"),
    ".xz": partial(lzma.open, mode="rb"),
}


@dataclass(frozen=True)
class RatingsFile:
    """One file, or one member of a zip."""

    path: Path  # of the file or the zip
    where: str  # its name in messages
    open: OpenStream  # at its start, decompressed
    is_parquet: bool = False


def files_on_disk(path: Path, pattern: str | None, cache_folder: Path) -> list[Path]:
    """Return the file itself, or those of a folder and its subfolders, in the order of their names.

    A folder's files are those that match `pattern`, or without a pattern all Parquet and text files; names that begin
    with "." or "_" and caches, which lie in `cache_folder`, are left out. A folder without files, with Parquet beside
    text files, or with a pipe or a device is a ValueError.
    """
    if path.exists() and not path.is_dir():
        check_regular(path)
        reader_of_pandas = _READERS_OF_PANDAS.get(path.suffix.lower())
        if reader_of_pandas is not None:
            raise ValueError(
                f"ratings must be text or Parquet, got '{path}'; give the data frame that pandas.{reader_of_pandas} "
                "makes of it"
            )
        return [path]
    if not path.is_dir():
        raise ValueError(f"ratings must be an existing file or folder, got '{path}'")
    caches = cache_folder.resolve()
    has_caches = path.resolve() in caches.parents
    visible = [
        file
        for file in sorted(path.rglob("*"))
        if file.exists()
        and not file.is_dir()
        and not any(part[0] in "._" for part in file.relative_to(path).parts)
        and not (has_caches and caches in file.resolve().parents)
    ]
    if pattern is not None:
        chosen = [file for file in visible if fnmatch.fnmatch(file.name, pattern)]
    else:
        chosen = [file for file in visible if _is_parquet(file) or _is_text(file.name)]
    if not chosen:
        allowed = f"files that match {pattern!r}" if pattern else f"{', '.join(PARQUET_SUFFIXES + TEXT_SUFFIXES)} files"
        names = ", ".join(file.name for file in visible[:10]) or "none"
        raise ValueError(f"ratings must be a folder with {allowed}, got '{path}' with: {names}")
    if len({_is_parquet(file) for file in chosen}) > 1:
        one, other = chosen[0], next(file for file in chosen if _is_parquet(file) != _is_parquet(chosen[0]))
        raise ValueError(
            f"ratings must be a folder of Parquet files or of text files, got '{path}' with both, such as {one.name} "
            f"and {other.name}; pattern chooses among them"
        )
    for file in chosen:
        check_regular(file)
    return chosen


def ratings_files(paths: list[Path], pattern: str | None) -> Iterator[RatingsFile]:
    """Yield the files, and the members of those that are zips."""
    for path in paths:
        if path.suffix.lower() == ".zip":
            yield from _members(path, pattern)
        else:
            yield RatingsFile(path, f"'{path}'", partial(_opened, path), _is_parquet(path))


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in PARQUET_SUFFIXES


def _is_text(name: str) -> bool:
    return Path(name).suffix.lower() in (*TEXT_SUFFIXES, *_DECOMPRESS, ".zip")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    decompress = _DECOMPRESS.get(path.suffix.lower())
    with open_regular(path) as file:
        if decompress is None:
            yield file
            return
        try:
            with decompress(file) as stream:
                yield cast("IO[bytes]", _LimitedStream(path, stream))
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the system's errors have a number, others not
                raise
            raise ValueError(f"'{path}' is damaged or not compressed as its name says ({error})") from error


class _LimitedStream(io.BufferedIOBase):
    """The content of a compressed file, up to the ratio that a member of a zip may unpack to."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = stream
        self._n_compressed = path.stat().st_size
        self._n_left = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * self._n_compressed)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(self._n_left + 1 if size is None or size < 0 else size)
        self._n_left -= len(data)
        if self._n_left < 0:
            raise ValueError(
                f"'{self._path}' is refused: it must unpack to at most {MAX_RATIO} times its {self._n_compressed} "
                "bytes, got more; if it is to be trusted, unpack it and give the unpacked file"
            )
        return data

    read1 = read


def _members(path: Path, pattern: str | None) -> Iterator[RatingsFile]:
    names = [name for name in member_names(path) if _matches(name, pattern)]
    if not names:
        raise ValueError(
            f"'{path}' must have members that match {pattern or ' or '.join(TEXT_SUFFIXES)}, got "
            f"{', '.join(member_names(path)[:10]) or 'none'}"
        )
    for name in names:
        yield RatingsFile(path, f"'{path}', member '{name}'", partial(_opened_member, path, name))


def _matches(name: str, pattern: str | None) -> bool:
    if pattern is not None:
        return fnmatch.fnmatch(PurePosixPath(name).name, pattern)
    is_hidden = any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)
    return not is_hidden and PurePosixPath(name).suffix.lower() in TEXT_SUFFIXES


@contextmanager
def _opened_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with open_zip(path, [name]) as archive, archive.open(name) as stream:
        yield stream
