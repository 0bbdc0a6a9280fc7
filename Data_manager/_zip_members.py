"""Members of a data set's zip, read in place: nothing is extracted to disk."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# MovieLens 32M's largest member has 0.9 GB; what claims to be larger than this is not a data set of ours
MAX_MEMBER_BYTES = 16 * 2**30

# OSError: an address in front of the file's first byte; RuntimeError: encrypted, or packed in a way unknown to zipfile
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError)
_DAMAGE_AT_OPENING = (*_DAMAGE, RuntimeError)


def _damaged(path: Path, detail: str) -> ValueError:
    return ValueError(
        f"'{path}' is damaged or not a zip file ({detail}); delete it to have it downloaded again, "
        "or put a complete copy in its place"
    )


class ZipMembers:
    """An open zip whose needed members are all there.

    Made by `open_zip`. `open` gives a member as a stream of bytes; `where` names it for messages.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive

    def where(self, member: str) -> str:
        return f"'{self.path}', member '{member}'"

    @contextmanager
    def open(self, member: str) -> Iterator[IO[bytes]]:
        """Read a member; damage that shows while it is read is a ValueError that names the zip and the member."""
        try:
            stream = self._archive.open(member)
        except _DAMAGE_AT_OPENING as error:
            raise _damaged(self.path, f"member '{member}': {error}") from error
        try:
            with stream:
                yield stream
        except _DAMAGE as error:
            raise _damaged(self.path, f"member '{member}': {error}") from error


def _opened(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_DAMAGE_AT_OPENING, ValueError) as error:  # ValueError: a member's name is not text
        raise _damaged(path, str(error)) from error


def member_names(path: Path) -> list[str]:
    """The names of a zip's files, in its order; ValueError if it is none."""
    with path.open("rb") as file, _opened(path, file) as archive:
        return [info.filename for info in archive.infolist() if not info.is_dir()]


@contextmanager
def open_zip(path: Path, members: Sequence[str]) -> Iterator[ZipMembers]:
    """Open a zip and check that it has the members.

    Parameters
    ----------
    path : Path
    members : sequence of str
        Full names inside the zip, such as ``ml-1m/ratings.dat``.

    Raises
    ------
    ValueError
        If the file is not a zip, is truncated, lacks a member, or a member is unreasonably large.
    OSError
        If the file cannot be opened.
    """
    with path.open("rb") as file, _opened(path, file) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        missing = [member for member in members if member not in sizes]
        if missing:
            there = ", ".join(sorted(sizes)[:20]) or "none"
            raise ValueError(f"'{path}' lacks the member(s) {', '.join(missing)}; its members are: {there}")
        for member in members:
            if sizes[member] > MAX_MEMBER_BYTES:
                raise ValueError(
                    f"'{path}', member '{member}' must be at most {MAX_MEMBER_BYTES} bytes, got {sizes[member]}"
                )
        yield ZipMembers(path, archive)
