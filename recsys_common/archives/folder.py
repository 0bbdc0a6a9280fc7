"""A folder of archives: dictionaries of arrays, tables and numbers in one zip file each."""

import os
from collections.abc import Collection
from pathlib import Path, PureWindowsPath
from typing import Any

from recsys_common.archives.reader import read_archive
from recsys_common.archives.writer import plan_members, write_members
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import say
from recsys_common.validation import check_bool, check_int


class ArchiveFolder:
    """A folder where dictionaries are saved and loaded by name.

    `Recommenders.DataIO.DataIO` is its public face, and describes the arguments, the format and the errors.
    """

    def __init__(
        self, folder_path: str | os.PathLike[str], *, verbose: bool = True, max_load_bytes: int | None = None
    ) -> None:
        self._folder = _check_folder(folder_path)
        self._verbose = check_bool("verbose", verbose)
        if max_load_bytes is not None:
            max_load_bytes = check_int("max_load_bytes", max_load_bytes, minimum=1)
        self._max_load_bytes = max_load_bytes
        self._notice_given = False

    def path(self, file_name: str) -> Path:
        """Return the path of an archive; TypeError or ValueError if the name leads out of the folder."""
        return _archive_path(self._folder, file_name)

    def save(self, file_name: str, data: dict[Any, Any], *, argument: str = "data") -> None:
        """Write a dictionary as one archive, which errors call `argument`, over an older one of that name."""
        path = self.path(file_name)
        if not isinstance(data, dict):
            raise TypeError(f"{argument} must be a dictionary, got a {type(data).__name__}")
        members = plan_members(data, argument, self._notice)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            write_members(file, members)

    def load(self, file_name: str, *, keys: Collection[str] | None = None) -> dict[str, Any]:
        """Read an archive; one with a key that is not among `keys` is refused before anything of it is read."""
        return read_archive(self.path(file_name), self._max_load_bytes, keys)

    def _notice(self, message: str) -> None:
        if not self._notice_given and self._verbose:
            say(f"DataIO: {message}")
        self._notice_given = True


def _check_folder(folder_path: Any) -> Path:
    """Return the folder as a Path; it may climb at its start (``../a``), not later (``a/../b``)."""
    text = os.fspath(folder_path) if isinstance(folder_path, os.PathLike) else folder_path
    if not isinstance(text, str):
        raise TypeError(f"folder_path must be a string or a path, got {folder_path!r}")
    if "/../" in f"{text}/".replace("\\", "/"):
        raise ValueError(f"folder_path must be a path without '/../', got {text!r}")
    return Path(text)


def _archive_path(folder: Path, file_name: Any) -> Path:
    """Return the path of an archive, which may lie in a sub-folder; ``.zip`` is appended if missing."""
    if not isinstance(file_name, str):
        raise TypeError(f"file_name must be a string, got {file_name!r}")
    # Windows' reading knows both kinds of slashes and drives, on every system.
    pure = PureWindowsPath(file_name)
    if pure.anchor or ".." in pure.parts or not pure.name or file_name.endswith(("/", "\\")) or "\0" in file_name:
        raise ValueError(f"file_name must be the name of a file inside the folder, got {file_name!r}")
    path = folder / (file_name if file_name.endswith(".zip") else file_name + ".zip")
    return Path(_long_windows_path(str(path.absolute()))) if os.name == "nt" else path


def _long_windows_path(absolute: str) -> str:
    """Add the marker that lifts the limit of 260 characters from an absolute Windows path."""
    marker = "\\\\?\\"
    if absolute.startswith(marker):
        return absolute
    if absolute.startswith("\\\\"):
        return marker + "UNC" + absolute[1:]
    return marker + absolute
