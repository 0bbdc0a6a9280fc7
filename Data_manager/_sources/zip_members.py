"""Members of a data set's zip, read in place: nothing is extracted to disk.

Here a zip is refused: one that is damaged, has a member with a path out of its folder, or is made to do harm.
"""

import codecs
import copy
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from recsys_common.files import open_regular

# MovieLens 32M's largest member has 0.9 GB; a member that claims to be larger than this is not of a known data set
MAX_MEMBER_BYTES = 16 * 2**30

# A zip bomb comes near the 1032 : 1 that deflate can reach. MovieLens' ratings, titles and users come to 2 to 5 : 1,
# and every user with every item, in order, at one time and with one rating, to 12 : 1. Up to ALWAYS_ALLOWED_BYTES any
# ratio passes: so few can do no harm, and a small file may well be one line many times.
MAX_RATIO = 100
ALWAYS_ALLOWED_BYTES = 64 * 2**20

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CONTROL_CHARACTER_OR_BACKSLASH = re.compile(r"[\x00-\x1f\\]")
_DRIVE = re.compile(r"[A-Za-z]:")
_CHUNK_BYTES = 2**20

# OSError: an address in front of the file's first byte; RuntimeError: needs what zipfile does not know
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError)
_DAMAGE_AT_OPENING = (*_DAMAGE, RuntimeError)


class ZipError(ValueError):
    """A damaged or refused zip; the text names the file, `detail` is what is wrong with it."""

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text)
        self.detail = detail


def _damaged(path: Path, detail: str) -> ZipError:
    return ZipError(
        f"'{path}' is damaged or not a zip file ({detail}); put a complete copy in its place, "
        "or delete it where the reader can download it",
        detail,
    )


def _refused(path: Path, detail: str) -> ZipError:
    return ZipError(f"'{path}' is refused: {detail}; put the data set's own zip in its place", detail)


class ZipMembers:
    """An open zip that has all needed members; `open_zip` makes it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive

    def where(self, member: str) -> str:
        """Name a member for messages."""
        return f"'{self.path}', member '{member}'"

    @contextmanager
    def open(self, member: str) -> Iterator[IO[bytes]]:
        """Open a member as a stream of bytes; damage found on the way is a ValueError that names zip and member.

        The members are text: a UTF-8 byte order mark in front, as some editors leave it, is skipped.
        """
        info = self._archive.getinfo(member)
        # zipfile stops silently at the declared size, so it is told one byte more, which must not come
        with_one_more = copy.copy(info)
        with_one_more.file_size += 1
        try:
            stream = self._archive.open(with_one_more)
        except _DAMAGE_AT_OPENING as error:
            raise _damaged(self.path, f"member '{member}': {error}") from error
        try:
            with stream:
                measured = _MeasuredStream(cast("zipfile.ZipExtFile", stream), info.file_size)
                measured.skip(codecs.BOM_UTF8)
                yield cast("IO[bytes]", measured)
        except _DAMAGE as error:
            raise _damaged(self.path, f"member '{member}': {error}") from error


class _MeasuredStream(io.BufferedIOBase):
    """A stream that must end where it was declared to."""

    def __init__(self, stream: zipfile.ZipExtFile, n_declared: int) -> None:
        self._stream = stream
        self._n_declared = n_declared
        self._n_read = 0

    def skip(self, prefix: bytes) -> None:
        if self._stream.peek(len(prefix)).startswith(prefix):
            self.read(len(prefix))

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self._n_read += len(data)
        at_end = size is None or size < 0 or (size > 0 and not data)
        if self._n_read > self._n_declared or (at_end and self._n_read < self._n_declared):
            more_or_less = "more" if self._n_read > self._n_declared else "less"
            raise zipfile.BadZipFile(f"it unpacks to {more_or_less} than the {self._n_declared} bytes that it declares")
        return data

    read1 = read


def _opened(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_DAMAGE_AT_OPENING, ValueError) as error:  # ValueError: a member's name is not text
        raise _damaged(path, str(error)) from error


def member_names(path: Path) -> list[str]:
    """Return the names of a zip's files, in its order; ValueError if it is damaged or has a name that is refused."""
    with open_regular(path) as file, _opened(path, file) as archive:
        _check_names(path, archive.infolist())
        return [info.filename for info in archive.infolist() if not info.is_dir()]


@contextmanager
def open_zip(path: Path, members: Sequence[str]) -> Iterator[ZipMembers]:
    """Open a zip and check that it has these members (full names, as ``ml-1m/ratings.dat``) and is not made to do harm.

    ValueError if it is not a regular file, not a zip, truncated, lacks a member, or has a name twice or one that leads
    out of its folder; or if a member is encrypted, compressed other than by deflate, or unreasonably large. OSError if
    the file cannot be opened.
    """
    with open_regular(path) as file, _opened(path, file) as archive:
        _check_names(path, archive.infolist())
        infos = {info.filename: info for info in archive.infolist()}
        missing = [member for member in members if member not in infos]
        if missing:
            there = ", ".join(sorted(infos)[:20]) or "none"
            raise ValueError(f"'{path}' lacks the member(s) {', '.join(missing)}; its members are: {there}")
        for member in members:
            _check_member(path, infos[member])
        yield ZipMembers(path, archive)


def check_complete_zip(path: Path) -> None:
    """Read every member of a zip to its end, where its checksum is compared; several seconds for a gigabyte.

    ZipError if it is damaged, or refused as by `open_zip`.
    """
    members = member_names(path)
    if not members:
        raise _damaged(path, "it has no members")
    with open_zip(path, members) as zip_members:
        for member in members:
            with zip_members.open(member) as stream:
                while stream.read(_CHUNK_BYTES):
                    pass


def _check_names(path: Path, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse names that lead out of the zip or occur twice: nothing is extracted, but this is not the data set."""
    names = set()
    for info in infos:
        name = info.orig_filename  # filename is changed already, on Windows and after a zero byte
        leaves = name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/")
        if leaves or _CONTROL_CHARACTER_OR_BACKSLASH.search(name):
            raise _refused(path, f"its member {name!r} must have a path inside the zip, written with '/'")
        if name in names:
            raise _refused(path, f"it has two members of the name {name!r}")
        names.add(name)


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    its_member = f"its member {info.filename!r}"
    if info.flag_bits & _ENCRYPTED:
        raise _refused(path, f"{its_member} must not be encrypted")
    if info.compress_type not in _METHODS:
        raise _refused(
            path,
            f"{its_member} must be stored or compressed by deflate, as usual (methods 0 and 8), "
            f"got method {info.compress_type}",
        )
    if info.file_size > MAX_MEMBER_BYTES:
        raise _refused(path, f"{its_member} must have at most {MAX_MEMBER_BYTES} bytes, got {info.file_size}")
    if info.file_size > max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * info.compress_size):
        raise _refused(
            path,
            f"{its_member} must unpack to at most {MAX_RATIO} times its {info.compress_size} compressed bytes, "
            f"got {info.file_size} bytes",
        )
