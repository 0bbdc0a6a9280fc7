"""Files that appear whole or not at all."""

import glob
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Windows refuses to replace a file while another program (a reader, an indexer) has it open; that passes.
_REPLACE_ATTEMPTS = 20 if os.name == "nt" else 1
_REPLACE_PAUSE_SECONDS = 0.05

_LEFTOVER_SECONDS = 24 * 60 * 60


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path to write to, which becomes `target` when the block ends without an error.

    The temporary file stands in the folder of `target` (made if missing) under a name that no other process or thread
    uses, hidden, with the suffix of `target`. At the end it is flushed to disk and renamed over `target`, so that a
    crash at any moment leaves the old file or the new one, and a reader never meets half a file. What a killed process
    leaves of it is deleted a day later, by the next writing of the same target.

    Parameters
    ----------
    target : pathlib.Path
        The file to create or to replace.

    Yields
    ------
    pathlib.Path
        Where to write; nothing exists there yet, and the block must have closed it at its end.

    Raises
    ------
    BaseException
        Whatever the block raises, KeyboardInterrupt included: the temporary file is removed, `target` is untouched.
    OSError
        If the file cannot be written, flushed or renamed, with the same consequence.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}_{secrets.token_hex(8)}.temp{target.suffix}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        _replace(temporary, target)
    finally:
        with suppress(OSError):  # must not hide the error that led here
            temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _remove_leftovers(target: Path) -> None:
    """Delete the temporary files of this target that a killed process left behind, a day after."""
    for leftover in target.parent.glob(f".{glob.escape(target.stem)}.*_*.temp{target.suffix}"):
        with suppress(OSError):  # another process may be deleting it
            if time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS:
                leftover.unlink()


def _replace(temporary: Path, target: Path) -> None:
    for attempts_left in reversed(range(_REPLACE_ATTEMPTS)):
        try:
            temporary.replace(target)
            return
        except PermissionError:
            if attempts_left == 0:
                raise
            time.sleep(_REPLACE_PAUSE_SECONDS)


def _sync_folder(folder: Path) -> None:
    """Put the new name itself on disk, where the system lets a folder be flushed (Windows does not)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
