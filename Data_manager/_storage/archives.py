"""Several archives in one folder that are one thing: all of the same save, or none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from Data_manager._storage.file_hash import hash_of_file
from recsys_common.archives.folder import ArchiveFolder
from recsys_common.file_group import FileGroup

# A key of the head archive: the hash of each other archive of the same save. Archives that are copied by hand may be of
# two saves; the host, which has no such key, would load the mixture.
HASHES = "_archive_sha256"

Names = Callable[[dict[str, Any]], tuple[Iterable[str], Iterable[str]]]


class ArchiveGroup:
    """Archives that are saved together, one of which, the head, says that there are the others.

    Parameters
    ----------
    folder : pathlib.Path
    head : str
        The name of the head.
    others : sequence of str
        The names that the other archives may have.
    """

    def __init__(self, folder: Path, head: str, others: Sequence[str]) -> None:
        self.folder = folder
        self.head = head
        self.others = tuple(others)
        self._files = FileGroup(folder, f"{head}.zip", [f"{archive}.zip" for archive in (head, *others)])
        self._is_locked = False

    def path(self, archive: str) -> Path:
        """Where an archive lies."""
        return self.folder / f"{archive}.zip"

    def exists(self) -> bool:
        """Whether any of the archives is there, damaged or not."""
        return any(self.path(archive).exists() for archive in (self.head, *self.others))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from saving the group; what a killed one has begun is finished first.

        The folder is made if it is missing.
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
        """Save archives in the place of those that are there, under the lock; a crash at any moment leaves either.

        While they come to their places there is no head, so that the host finds nothing rather than a mixture.

        Parameters
        ----------
        archives : mapping of str to dict
            The content of each archive by its name, the head among them.
        """
        with self._files.replace() as folder:
            saved = ArchiveFolder(folder)
            hashes = {}
            for archive in self.others:
                if archive in archives:
                    saved.save(archive, archives[archive])
                    hashes[archive] = hash_of_file(folder / f"{archive}.zip", "sha256")
            saved.save(self.head, {**archives[self.head], HASHES: hashes})

    def read_alone(self, archive: str) -> dict[str, Any]:
        """Load one archive, of whichever save it is; FileNotFoundError or ValueError as `ArchiveFolder.load`."""
        return ArchiveFolder(self.folder).load(archive)

    def write_alone(self, archive: str, content: dict[str, Any]) -> None:
        """Save one archive beside the others, under the lock."""
        ArchiveFolder(self.folder).save(archive, content)

    def read(self, names: Names) -> dict[str, dict[str, Any]]:
        """Load what `write` has saved, or the host.

        Parameters
        ----------
        names : callable
            Gives, from the content of the head, the other archives: those that must be there, and those that may. One
            of the latter that is missing is an empty dictionary, unless the head has its hash.

        Returns
        -------
        dict of str to dict
            The content of each archive by its name.

        Raises
        ------
        FileNotFoundError
            If there is no head.
        ValueError
            If an archive is damaged, missing or not of the same save as the head; the error has its path.
        """
        of_head = _hash_or_none(self.path(self.head))
        try:
            return self._read(names)
        except (OSError, ValueError):
            was_replaced = self._files.is_being_replaced() or _hash_or_none(self.path(self.head)) != of_head
            if self._is_locked or not was_replaced or not self.folder.is_dir():
                raise
        # by another process, which may also have been killed when it did
        with ExitStack() as stack:
            with suppress(OSError):  # a folder for reading alone
                stack.enter_context(self.locked())
            return self._read(names)

    def _read(self, names: Names) -> dict[str, dict[str, Any]]:
        saved = ArchiveFolder(self.folder)
        of_head = _hash_or_none(self.path(self.head))
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
        if _hash_or_none(self.path(self.head)) != of_head:
            raise ValueError(f"{self.path(self.head)} must stay the same while it is read, got another")
        return contents

    def _load(self, saved: ArchiveFolder, archive: str, hashes: Mapping[str, str]) -> dict[str, Any]:
        path = self.path(archive)
        if not path.exists():
            raise ValueError(f"{path} must lie beside the other archives of its save, got none")
        # what the host saved has no hashes
        if hashes and hashes.get(archive) != hash_of_file(path, "sha256"):
            raise ValueError(
                f"{path} must be of the same save as the other archives in its folder, got another or damaged"
            )
        return saved.load(archive)


def _hash_or_none(path: Path) -> str | None:
    try:
        return hash_of_file(path, "sha256")
    except FileNotFoundError:
        return None
