"""Where a data set's zip comes from: the data folder, else its server."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 60.0
N_RETRIES = 2


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    Parameters
    ----------
    url : str
        Its address; the last part is the name that the file has on disk.
    md5 : str
        The hexadecimal MD5 of its content, which a download must have.
    """

    url: str
    md5: str

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", maxsplit=1)[-1]


def md5_of_file(path: Path) -> str:
    """The hexadecimal MD5 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def places_of(file_name: str, data_folder: Path, subfolder: str) -> list[Path]:
    """Where a file is looked for, in this order: the data set's own folder, the data folder."""
    return [data_folder / subfolder / file_name, data_folder / file_name]


def find_local(remote: RemoteFile, data_folder: Path, subfolder: str, notify: Callable[[str], None]) -> Path | None:
    """The file that the user or an earlier download has put in place, None if there is none.

    It is used whatever its hash: the user may have packed it anew. A hash that is not the recorded one is notified.
    """
    for path in places_of(remote.file_name, data_folder, subfolder):
        if path.is_file():
            if md5_of_file(path) != remote.md5:
                notify(f"'{path}' is not the edition that this reader knows (its MD5 differs); it is used as it is")
            return path
    return None


@contextmanager
def _pooch_logs(show: bool) -> Iterator[None]:
    import pooch

    def let_pass(record: logging.LogRecord) -> bool:
        return show

    # not by its level: the logger remembers which levels it passes, and is not told when that changes
    logger = pooch.get_logger()
    logger.addFilter(let_pass)
    try:
        yield
    finally:
        logger.removeFilter(let_pass)


def download(remote: RemoteFile, target_folder: Path, verbose: bool, by_hand: list[Path]) -> Path:
    """Download a file into a folder, under a temporary name until its hash is verified.

    The server's certificate is always verified. A failed attempt is repeated `N_RETRIES` times; a server that does not
    answer for `CONNECT_TIMEOUT_SECONDS`, or stops sending for `READ_TIMEOUT_SECONDS`, is a failed attempt.

    Parameters
    ----------
    remote : RemoteFile
    target_folder : Path
        An existing folder.
    verbose : bool
        Whether to show a progress bar and the attempts.
    by_hand : list of Path
        The paths that the error names as places for the file.

    Returns
    -------
    Path
        The downloaded file, `target_folder / remote.file_name`.

    Raises
    ------
    ConnectionError
        If every attempt failed. It names the address, the reason and where to put the file by hand.
    """
    import pooch

    timeout = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    fetcher = pooch.create(
        path=target_folder,
        base_url="",
        registry={remote.file_name: f"md5:{remote.md5}"},
        urls={remote.file_name: remote.url},
        retry_if_failed=N_RETRIES,
    )
    try:
        with _pooch_logs(verbose):
            downloader = pooch.HTTPDownloader(progressbar=verbose, timeout=timeout)
            return Path(fetcher.fetch(remote.file_name, downloader=downloader))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors, a wrong hash is a ValueError
        raise ConnectionError(_failure_text(remote, error, by_hand)) from error


def _failure_text(remote: RemoteFile, error: Exception, by_hand: list[Path]) -> str:
    reason = f"{type(error).__name__}: {error}"
    if "certificate" in reason.lower():
        reason = f"the server's certificate is not valid, and verification is never switched off ({reason})"
    places = "\n".join(f"    {path.absolute()}" for path in by_hand)
    return (
        f"{remote.file_name} could not be downloaded from {remote.url}\n"
        f"  Reason: {reason}\n"
        f"  Attempts: {1 + N_RETRIES}. Get the file by other means and put it, still zipped, in one of these places:\n"
        f"{places}\n"
        "  or pass the folder that holds it as data_folder, or name it in the environment variable RECSYS_DATA_FOLDER."
    )
