"""Names in and of archives: which keys can be file names on every system, and where an archive lies."""

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath
from typing import Any

# The longest file name is 255 bytes on the usual disks; the rest is for extensions.
MAX_KEY_BYTES = 200

_ILLEGAL_CHARACTERS = frozenset('<>:"/\\|?*')
_RESERVED_ON_WINDOWS = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{device}{digit}" for device in ("COM", "LPT") for digit in "0123456789\u00b9\u00b2\u00b3"]
)


def key_problem(key: str) -> str | None:
    """Why `key` cannot be the name of a file on every system, or None if it can."""
    if not key:
        return "which is empty"
    if key.startswith("."):
        return "which starts with a dot: readers skip such members"
    if key.endswith((".", " ")):
        return "which ends in a dot or a space"
    for character in key:
        if character in _ILLEGAL_CHARACTERS or unicodedata.category(character) in ("Cc", "Cs"):
            return f"which contains {character!r}"
    if key.partition(".")[0].rstrip(" ").upper() in _RESERVED_ON_WINDOWS:
        return "which Windows reserves for a device"
    if len(key.encode("utf-8")) > MAX_KEY_BYTES:
        return f"which is longer than {MAX_KEY_BYTES} bytes in UTF-8"
    return None


def check_keys(where: str, keys: Iterable[str]) -> None:
    """Refuse keys that cannot be file names side by side in one folder, on any system."""
    seen: dict[str, str] = {}
    for key in keys:
        problem = key_problem(key)
        if problem is not None:
            raise ValueError(f"{where} keys must be safe file names, got {key!r}, {problem}")
        folded = unicodedata.normalize("NFC", key).casefold()
        if folded in seen:
            raise ValueError(
                f"{where} keys must be file names that differ in more than upper and lower case, "
                f"got {seen[folded]!r} and {key!r}"
            )
        seen[folded] = key


def check_folder(folder_path: Any) -> Path:
    """The folder as a Path; with or without a slash at its end it is the same one.

    Raises
    ------
    TypeError
        If `folder_path` is not a string or a path.
    ValueError
        If it climbs up after its start (``a/../b``); a leading ``../`` is fine.
    """
    text = os.fspath(folder_path) if isinstance(folder_path, os.PathLike) else folder_path
    if not isinstance(text, str):
        raise TypeError(f"folder_path must be a string or a path, got {folder_path!r}")
    if "/../" in f"{text}/".replace("\\", "/"):
        raise ValueError(f"folder_path must be a path without '/../', got {text!r}")
    return Path(text)


def archive_path(folder: Path, file_name: Any) -> Path:
    """The file of the archive `file_name` in `folder`; ``.zip`` is appended if missing.

    `file_name` may name a sub-folder, and never leads out of `folder`.
    """
    if not isinstance(file_name, str):
        raise TypeError(f"file_name must be a string, got {file_name!r}")
    # Windows' reading knows both kinds of slashes and drives, whatever system this is.
    pure = PureWindowsPath(file_name)
    if pure.anchor or ".." in pure.parts or not pure.name or file_name.endswith(("/", "\\")) or "\0" in file_name:
        raise ValueError(f"file_name must be the name of a file inside the folder, got {file_name!r}")
    path = folder / (file_name if file_name.endswith(".zip") else file_name + ".zip")
    return Path(long_windows_path(str(path.absolute()))) if os.name == "nt" else path


def long_windows_path(absolute: str) -> str:
    """An absolute Windows path with the marker that lifts the limit of 260 characters."""
    marker = "\\\\?\\"
    if absolute.startswith(marker):
        return absolute
    if absolute.startswith("\\\\"):
        return marker + "UNC" + absolute[1:]
    return marker + absolute
