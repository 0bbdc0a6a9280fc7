"""Several files in one folder that are one thing: the old ones or the new ones, never some of both."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_common.atomic_file import remove_file, replace_file, sync_folder
from recsys_common.file_lock import locked


class FileGroup:
    """Files of fixed names in a folder that are replaced together, even if the process that does it is killed.

    The new files are written into a hidden folder beside their places, the head last. Then the head of the old ones is
    deleted: from here on the new ones count. The others of the old ones follow, and only then do the new ones come
    to their places, the head last. A kill leaves the old files as they were, or the new ones on their way, which the
    next `finish` or `replace` brings to their places. At no moment are there files of both in their places, and
    whoever finds the head finds all.

    Parameters
    ----------
    folder : pathlib.Path
    head : str
        The name of the file that says that the others are there.
    names : collection of str
        Those of all files that a group may have, the head among them; no other file of the folder is touched.
    """

    def __init__(self, folder: Path, head: str, names: Collection[str]) -> None:
        self.folder = folder
        self.head = head
        self.names = frozenset(names)
        self._lock_path = folder / f".{head}.lock"
        self._written = folder / f".{head}.new"
        # the same folder, once no old file is in its place
        self._arriving = folder / f".{head}.arriving"

    @contextmanager
    def locked(self, *, wait: bool = True) -> Iterator[None]:
        """Keep other processes and threads from changing the group; see `recsys_common.file_lock.locked`."""
        with locked(self._lock_path, wait=wait):
            yield

    def is_being_replaced(self) -> bool:
        """Whether a process is at it, or was when it was killed."""
        return any(path.exists() for path in (self._lock_path, self._written, self._arriving))

    def finish(self) -> None:
        """Do the rest of what a killed process had begun; to be called under the lock.

        IsADirectoryError, before anything is done, where a folder of somebody else's has the name of a file.
        """
        self._check_no_folder()
        is_old_in_force = (self.folder / self.head).exists()
        if self._written.exists():
            if is_old_in_force or not (self._written / self.head).exists():
                shutil.rmtree(self._written)
            else:
                self._put_in_place()
        if self._arriving.exists():
            self._arrive()

    @contextmanager
    def replace(self) -> Iterator[Path]:
        """A new folder to write the new files into, which are in their places at the end; to be called under the lock.

        After an error in the block the old files are as they were.
        """
        self.finish()
        self._written.mkdir()
        try:
            yield self._written
            sync_folder(self._written)
            sync_folder(self.folder)
        except BaseException:
            shutil.rmtree(self._written, ignore_errors=True)
            raise
        self._put_in_place()

    def _check_no_folder(self) -> None:
        for name in self.names:
            if (self.folder / name).is_dir():
                raise IsADirectoryError(f"{self.folder / name} must be a file or the name of a new one, got a folder")

    def _put_in_place(self) -> None:
        for name in (self.head, *(self.names - {self.head})):
            remove_file(self.folder / name)
        sync_folder(self.folder)
        replace_file(self._written, self._arriving)
        self._arrive()

    def _arrive(self) -> None:
        others = [path for path in self._arriving.iterdir() if path.name != self.head]
        for path in others:
            replace_file(path, self.folder / path.name)
        sync_folder(self.folder)
        head = self._arriving / self.head
        if head.exists():  # all that was left is to delete the folder
            replace_file(head, self.folder / self.head)
        self._arriving.rmdir()
        sync_folder(self.folder)
