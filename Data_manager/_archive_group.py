"""Several archives in one folder that are one thing: all of the same save, or none."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from Data_manager._file_hash import hash_of_file
from Recommenders.DataIO import DataIO

# A key of the head archive: the hash of each other archive of the same save. Two processes that save into one folder at
# once may leave archives of both; the host, which has no such key, would load the mixture.
HASHES = "_archive_sha256"


def _zip_path(folder: Path, archive: str) -> Path:
    return folder / f"{archive}.zip"


def write_archives(folder: Path, head: str, archives: Mapping[str, dict[str, Any]]) -> None:
    """Save the archives, so that a crash leaves the folder with all of them or without a head.

    They are written beside their place and renamed, the head last, with the hashes of the others in it; while it is
    missing, `read_archives` finds nothing.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it is missing.
    head : str
        The name of the archive that decides whether there is anything.
    archives : mapping of str to dict
        The content of each archive by its name, the head among them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    others = [archive for archive in archives if archive != head]
    with TemporaryDirectory(prefix=".archives_", dir=folder) as name:
        staging = Path(name)
        data_io = DataIO(staging)
        for archive in others:
            data_io.save_data(archive, archives[archive])
        hashes = {archive: hash_of_file(_zip_path(staging, archive), "sha256") for archive in others}
        data_io.save_data(head, {**archives[head], HASHES: hashes})

        _zip_path(folder, head).unlink(missing_ok=True)
        for archive in (*others, head):
            _zip_path(staging, archive).replace(_zip_path(folder, archive))


def read_archives(
    folder: Path, head: str, required: Sequence[str], optional: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Load what `write_archives` has saved, or the host.

    Parameters
    ----------
    folder : pathlib.Path
    head : str
    required, optional : sequence of str
        The other archives. An optional one may be missing, and is then an empty dictionary, unless the head has its
        hash.

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
    data_io = DataIO(folder)
    contents = {head: data_io.load_data(head)}
    hashes = contents[head].pop(HASHES, {})
    if not isinstance(hashes, dict):
        raise ValueError(f"{_zip_path(folder, head)} must hold a dict as {HASHES}, got a {type(hashes).__name__}")
    for archive in (*required, *optional):
        path = _zip_path(folder, archive)
        if not path.exists():
            if archive in optional and archive not in hashes:
                contents[archive] = {}
                continue
            raise ValueError(f"{path} must lie beside the other archives of its save, got none")
        # what the host saved has no hashes
        if hashes and hashes.get(archive) != hash_of_file(path, "sha256"):
            raise ValueError(
                f"{path} must be of the same save as the other archives in its folder, got another or damaged"
            )
        contents[archive] = data_io.load_data(archive)
    return contents
