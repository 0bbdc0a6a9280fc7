"""Files in one folder that are replaced together: all old or all new, never a mixture."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys_common.atomic_file import remove_file, replace_file, sync_folder
from recsys_common.file_lock import locked


class FileGroup:
    """Files of fixed names in a folder that are replaced together, even if the process that does it is killed.

    The new files are written into a hidden folder beside their places, the head last. Then the old files are deleted,
    the head first: from that moment the new ones count. Only then the new files are moved to their places, the head
    last. A kill leaves the old files as they were, or the new ones on their way, which the next `finish` or `replace`
    moves to their places. Old and new files are never in their places together, and where the head is, all files are.

    `names` are all files that a group may have, the head among them; no other file of the folder is touched.
    """

    def __init__(self, folder: Path, head: str, names: Collection[str]) -> None:
        self.folder = folder
        self.head = head
        self.names = frozenset(names)
        self._lock_path = folder / f".{head}.lock"
        self._written = folder / f".{head}.new"
        # the name of that folder once the old files are deleted
        self._arriving = folder / f".{head}.arriving"

    @contextmanager
    def locked(self, *, wait: bool = True) -> Iterator[None]:
        """Keep other processes and threads from changing the group; see `recsys_common.file_lock.locked`."""
        with locked(self._lock_path, wait=wait):
            yield

    def is_being_replaced(self) -> bool:
        """Return whether a process replaces the files now, or was killed while it did."""
        return any(path.exists() for path in (self._lock_path, self._written, self._arriving))

    def finish(self) -> None:
        """Finish what a killed process has begun; to be called under the lock.

        IsADirectoryError, before anything is done, where a folder has the name of one of the files.
        """
        for path in (self.folder / name for name in self.names):
            if path.is_dir():
                raise IsADirectoryError(f"{path} must be a file or not exist, got a folder")
        has_old_head = (self.folder / self.head).exists()
        if self._written.exists():
            if has_old_head or not (self._written / self.head).exists():
                shutil.rmtree(self._written)
            else:
                self._put_in_place()
        if self._arriving.exists():
            self._arrive()

    @contextmanager
    def replace(self) -> Iterator[Path]:
        """Yield a new folder to write the new files into, and move them to their places; to be called under the lock.

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
        if head.exists():  # else only the folder was left to delete
            replace_file(head, self.folder / self.head)
        self._arriving.rmdir()
        sync_folder(self.folder)
