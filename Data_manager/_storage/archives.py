"""Several archives in one folder that belong together: all come from the same save."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from Data_manager._storage.hashing import hash_file
from recsys_common.archives.folder import ArchiveFolder
from recsys_common.file_group import FileGroup

# A key of the head archive: the hash of each other archive of the same save. Archives that somebody copies by hand may
# come from two saves; the host, which has no such key, would load the mixture.
HASHES = "_archive_sha256"

Names = Callable[[dict[str, Any]], tuple[Iterable[str], Iterable[str]]]


class ArchiveGroup:
    """Archives of a folder that are saved together; one of them, the head, says that the others are there.

    `others` are the names that the other archives may have.
    """

    def __init__(self, folder: Path, head: str, others: Sequence[str]) -> None:
        self.folder = folder
        self.head = head
        self.others = tuple(others)
        self._files = FileGroup(folder, f"{head}.zip", [f"{archive}.zip" for archive in (head, *others)])
        self._is_locked = False

    def path(self, archive: str) -> Path:
        """Return the path of an archive."""
        return self.folder / f"{archive}.zip"

    def exists(self) -> bool:
        """Check whether any of the archives is there, damaged or not."""
        return any(self.path(archive).exists() for archive in (self.head, *self.others))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder if it is missing, and keep other processes and threads from saving the group.

        What a killed process has begun is finished first.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._files.locked():
            self._files.finish()
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False

    def write(self, archives: Mapping[str, dict[str, Any]]) -> None:
        """Save archives, the content of each by its name, in the place of older ones; to be called under the lock.

        A crash at any moment leaves the old ones or the new ones. While they come to their places there is no head, so
        that the host finds nothing rather than a mixture.
        """
        with self._files.replace() as folder:
            saved = ArchiveFolder(folder)
            hashes = {}
            for archive in self.others:
                if archive in archives:
                    saved.save(archive, archives[archive])
                    hashes[archive] = hash_file(folder / f"{archive}.zip", "sha256")
            saved.save(self.head, {**archives[self.head], HASHES: hashes})

    def read_alone(self, archive: str) -> dict[str, Any]:
        """Load one archive, from any save; FileNotFoundError if it is missing, ValueError if it is damaged."""
        return ArchiveFolder(self.folder).load(archive)

    def write_alone(self, archive: str, content: dict[str, Any]) -> None:
        """Save one archive beside the others; to be called under the lock."""
        ArchiveFolder(self.folder).save(archive, content)

    def read(self, names: Names) -> dict[str, dict[str, Any]]:
        """Load what `write`, or the host, has saved: the content of each archive by its name.

        `names` is given the content of the head, and returns the names of the archives that must be there and of those
        that may; one of the latter that is missing is an empty dictionary, unless the head has its hash.
        FileNotFoundError if there is no head; ValueError, with its path, if an archive is damaged, missing or from
        another save than the head.
        """
        hash_of_head = _hash_or_none(self.path(self.head))
        try:
            return self._read(names)
        except (OSError, ValueError):
            was_replaced = self._files.is_being_replaced() or _hash_or_none(self.path(self.head)) != hash_of_head
            if self._is_locked or not was_replaced or not self.folder.is_dir():
                raise
        # another process is replacing the archives, or was killed when it did
        with ExitStack() as stack:
            with suppress(OSError):  # a folder that cannot be written
                stack.enter_context(self.locked())
            return self._read(names)

    def _read(self, names: Names) -> dict[str, dict[str, Any]]:
        saved = ArchiveFolder(self.folder)
        hash_of_head = _hash_or_none(self.path(self.head))
        contents = {self.head: saved.load(self.head)}
        hashes = contents[self.head].pop(HASHES, {})
        if not isinstance(hashes, dict):
            raise ValueError(f"{self.path(self.head)} must hold a dict as {HASHES}, got a {type(hashes).__name__}")
        required, optional = names(contents[self.head])
        for archive in required:
            contents[archive] = self._load(saved, archive, hashes)
        for archive in optional:
            is_missing = archive not in hashes and not self.path(archive).exists()
            contents[archive] = {} if is_missing else self._load(saved, archive, hashes)
        if _hash_or_none(self.path(self.head)) != hash_of_head:
            raise ValueError(f"{self.path(self.head)} was replaced while it was read")
        return contents

    def _load(self, saved: ArchiveFolder, archive: str, hashes: Mapping[str, str]) -> dict[str, Any]:
        path = self.path(archive)
        if not path.exists():
            raise ValueError(f"{path} is missing beside the other archives of its save")
        # what the host has saved has no hashes
        if hashes and hashes.get(archive) != hash_file(path, "sha256"):
            raise ValueError(f"{path} is damaged or from another save than the other archives in its folder")
        return saved.load(archive)


def _hash_or_none(path: Path) -> str | None:
    try:
        return hash_file(path, "sha256")
    except FileNotFoundError:
        return None
