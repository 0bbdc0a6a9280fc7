"""Locks that end with their process, even a killed one: of a single writer, of unfinished files and folders."""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 2**40  # beyond the end of any file, since other handles can neither read nor write a locked byte

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from error

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        # closing is not enough where a forked child has the descriptor too
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_PAUSE_SECONDS = 0.02
# the file that marks a folder as in use
_MARK = ".in_use"
# A file is unlocked for microseconds after it is made, and on Windows before it is renamed: a younger one is not taken
# for one that a killed process has left.
_ABANDONED_SECONDS = 60


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Let one process, and one thread of it, at a time into the block.

    The lock is a file that exists while somebody is in the block; one that a killed process has left hinders nobody. On
    a file system without locks everybody is let in. Nothing else may use the file's name. Without `wait`, a block that
    another is in is a BlockingIOError.
    """
    descriptor = _open_locked(path, wait)
    try:
        yield
    finally:
        if sys.platform != "win32":
            with suppress(OSError):  # the folder may be gone
                path.unlink()
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)
        if sys.platform == "win32":  # where it fails while others have the file open, who then delete it
            with suppress(OSError):
                path.unlink()


@contextmanager
def held_file(path: Path) -> Iterator[None]:
    """Make an empty file that `is_abandoned` knows to be in use until the block ends; others may write to it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with suppress(OSError):  # a file system without locks
            _lock(descriptor)
        yield
    finally:
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Make a folder that `is_abandoned` knows to be in use until the block ends."""
    folder.mkdir()
    mark = folder / _MARK
    with held_file(mark):
        yield
    with suppress(OSError):
        mark.unlink(missing_ok=True)


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Yield a new temporary folder and delete it at the end; first delete the folders that killed processes left."""
    name_of_ours = re.compile(re.escape(prefix) + "[a-z0-9_]{8}")  # not a folder that somebody has named by hand
    for leftover in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        if name_of_ours.fullmatch(leftover.name) and is_abandoned(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name, held_file(Path(name) / _MARK):
        yield Path(name)


def is_abandoned(path: Path) -> bool:
    """Return whether the process is gone that has made a file or folder by the functions above.

    False in doubt: within a minute of its last change, or where the file system has no locks.
    """
    try:
        if time.time() - path.stat().st_mtime <= _ABANDONED_SECONDS:
            return False
        mark = path / _MARK if path.is_dir() else path
        if not mark.exists():  # a folder after its use
            return True
        descriptor = os.open(mark, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(descriptor)
        _unlock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _open_locked(path: Path, wait: bool) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if _is_locked_by_us(descriptor, path, wait):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_locked_by_us(descriptor: int, path: Path, wait: bool) -> bool:
    try:
        _lock(descriptor)
    except BlockingIOError:
        if not wait:
            raise
        time.sleep(_PAUSE_SECONDS)
        return False
    except OSError:
        return True
    try:
        # the one before has deleted its file, and another process may have made a new one of that name
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
