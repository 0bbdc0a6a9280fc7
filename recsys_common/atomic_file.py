"""Files that appear whole or not at all."""

import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from recsys_common.file_lock import held_file, is_abandoned

# Windows refuses to replace or delete a file while another program (a reader, an indexer) has it open, mostly briefly.
_REPLACE_ATTEMPTS = 20 if os.name == "nt" else 1
_REPLACE_PAUSE_SECONDS = 0.05

_TEMPORARY_NAME = re.compile(r"\..+\.\d+_[0-9a-f]{16}\.temp(\.[^.]*)?", re.DOTALL)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which becomes `target` when the block ends without an error.

    The temporary file lies in the folder of `target` (made if missing), is hidden, has the suffix of `target`, and a
    name that no other process or thread uses. At the end it is flushed to disk and renamed over `target`, so that a
    crash at any moment leaves the old file or the new one, and a reader never meets half a file. What a killed process
    has left in the folder is deleted when somebody writes there more than a minute later.

    The path is of an empty file, which the block must have closed at its end. After any error of the block, also
    KeyboardInterrupt, or of the disk, the temporary file is removed and `target` is untouched.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target.parent)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}_{secrets.token_hex(8)}.temp{target.suffix}")
    try:
        with ExitStack() as held:
            held.enter_context(held_file(temporary))
            yield temporary
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            if sys.platform == "win32":  # which does not rename a file that somebody has open
                held.close()
            replace_file(temporary, target)
    finally:
        _remove(temporary)
    sync_folder(target.parent)


def replace_file(temporary: Path, target: Path) -> None:
    """Rename a file over another, or a folder to a free name, with several attempts on Windows."""
    _attempt(lambda: temporary.replace(target))


def remove_file(path: Path) -> None:
    """Delete a file if it is there, with several attempts on Windows."""
    _attempt(lambda: path.unlink(missing_ok=True))


def sync_folder(folder: Path) -> None:
    """Flush a folder, and with it new names, to disk, where the system can (Windows cannot)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(path: Path) -> None:
    with suppress(OSError):  # which must not hide the error that led here
        path.unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that killed processes left behind."""
    with suppress(OSError), os.scandir(folder) as entries:  # who cannot list the folder may still write to it
        for name in [entry.name for entry in entries if _TEMPORARY_NAME.fullmatch(entry.name)]:
            if is_abandoned(folder / name):
                _remove(folder / name)


def _attempt(change: Callable[[], object]) -> None:
    for attempts_left in reversed(range(_REPLACE_ATTEMPTS)):
        try:
            change()
            return
        except PermissionError:
            if attempts_left == 0:
                raise
            time.sleep(_REPLACE_PAUSE_SECONDS)
