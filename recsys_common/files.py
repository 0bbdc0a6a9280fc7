"""Opening files that have an end: regular ones, and links to them."""

import stat
from pathlib import Path
from typing import IO

_OTHER_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: Path) -> None:
    """Refuse folders, pipes, sockets and devices with ValueError, missing files with FileNotFoundError.

    Opening a pipe would wait for its other end, and reading a device may never end.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return
    kind = next((text for is_of_kind, text in _OTHER_KINDS if is_of_kind(mode)), "something else")
    way_on = "" if stat.S_ISDIR(mode) else "; write its content into a file, and give that"
    raise ValueError(f"'{path}' must be a regular file, got {kind}{way_on}")


def open_regular(path: Path, *, buffering: int = -1) -> IO[bytes]:
    """Open a regular file to read its bytes; errors as in `check_regular`."""
    check_regular(path)
    return path.open("rb", buffering=buffering)
