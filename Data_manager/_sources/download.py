"""Where a data set's zip comes from: the data folder, else a server."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from Data_manager._sources.zip_members import ZipError, check_complete_zip
from Data_manager._storage.file_hash import hash_of_file
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import ProgressBar

MIRROR_VARIABLE = "RECSYS_DATA_MIRROR"

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 60.0
N_RETRIES = 2
RETRY_PAUSE_SECONDS = 1.0

_CHUNK_BYTES = 2**17
_SHOWN_CHARACTERS = 300

Notify = Callable[[str], None]


@dataclass(frozen=True)
class RemoteFile:
    """A zip on a server.

    Parameters
    ----------
    url : str
        Its address; the last part is the name that the file has on disk.
    md5 : str or None
        The hexadecimal MD5 of its content, which a download must have; None for a file that changes over time, of which
        a download must be a zip that can be read to its end.
    mirrors : tuple of str, default=()
        Further addresses of the same content, tried in this order after `url`.
    """

    url: str
    md5: str | None
    mirrors: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", maxsplit=1)[-1]


def places_of(file_name: str, data_folder: Path, subfolder: str) -> list[Path]:
    """Where a file is looked for, in this order: the data set's own folder, the data folder."""
    return [data_folder / subfolder / file_name, data_folder / file_name]


def find_local(remote: RemoteFile, data_folder: Path, subfolder: str) -> Path | None:
    """The file that the user or an earlier download has put in place, None if there is none.

    It is used whatever its hash, since the user may have packed it anew; see `tell_of_other_edition`.
    """
    return next((path for path in places_of(remote.file_name, data_folder, subfolder) if path.is_file()), None)


def tell_of_other_edition(remote: RemoteFile, path: Path, notify: Notify) -> None:
    """Notify if the hash of a file that was found is not the recorded one."""
    if remote.md5 is not None and hash_of_file(path, "md5") != remote.md5:
        notify(f"'{path}' is not the edition that this reader knows (its MD5 differs); it is used as it is")


def addresses_of(remote: RemoteFile) -> list[str]:
    """The addresses to try, in this order: the user's own mirror, the file's server, its recorded mirrors.

    The user's own mirror is the folder on a server that the environment variable ``RECSYS_DATA_MIRROR`` names when this
    is called, such as ``https://mirror.example.org/movielens``; the file has its usual name there.

    Raises
    ------
    ValueError
        If the variable is set to something else.
    """
    addresses = [remote.url, *remote.mirrors]
    own = os.environ.get(MIRROR_VARIABLE)
    if own:
        if not own.lower().startswith(("https://", "http://")):
            raise ValueError(f"{MIRROR_VARIABLE} must be an address that begins with https:// or http://, got {own!r}")
        addresses.insert(0, f"{own.rstrip('/')}/{remote.file_name}")
    return list(dict.fromkeys(addresses))


def download(remote: RemoteFile, target_folder: Path, by_hand: list[Path], *, verbose: bool, notify: Notify) -> Path:
    """Download a file into a folder.

    The addresses of `addresses_of` are tried in turn, each up to ``1 + N_RETRIES`` times; the first that gives the
    recorded hash wins. A server that does not answer for `CONNECT_TIMEOUT_SECONDS`, or stops sending for
    `READ_TIMEOUT_SECONDS`, has failed. The server's certificate is always verified. Until its content is verified the
    file has a temporary name of this process alone, so under its own name it is never half there: processes that
    download it at once do not disturb each other, and what a killed one leaves is deleted by a download a day later.

    Parameters
    ----------
    remote : RemoteFile
    target_folder : Path
        An existing folder.
    by_hand : list of Path
        The paths that an error names as places for the file.
    verbose : bool
        Whether to show a progress bar.
    notify : callable
        Is told, as one line of text each, the addresses and what went wrong with them.

    Returns
    -------
    Path
        The downloaded file, `target_folder / remote.file_name`.

    Raises
    ------
    ConnectionError
        If no address gave the file: it lists them with their reasons, and says where to put the file by hand.
    OSError
        If the file cannot be written: it says this, and the same of the places.
    ValueError
        If ``RECSYS_DATA_MIRROR`` is no address.
    """
    target = target_folder / remote.file_name
    failures: dict[str, str] = {}
    addresses = addresses_of(remote)
    try:
        with atomic_path(target) as temporary:
            for address in addresses:
                notify(f"Downloading: {address}")
                notify(f"In folder: {target_folder}")
                progress = _ByteBar() if verbose else False
                reason = fetch(address, temporary, partial(_check_content, md5=remote.md5), progress, notify)
                if reason is None:
                    break
                failures[address] = reason
            else:
                reasons = "".join(f"\n  {address}: {reason}" for address, reason in failures.items())
                raise ConnectionError(f"{remote.file_name} could not be downloaded.{reasons}{_offline_way(by_hand)}")
    except ConnectionError:
        raise
    except OSError as error:
        if isinstance(error, PermissionError) and target.is_file():
            return target  # Windows: another process has put it there, and reads it
        text = f"{remote.file_name} could not be written to '{target_folder}' ({error.strerror or error})."
        raise OSError(error.errno, f"{text}{_offline_way(by_hand)}") from error
    return target


class _ByteBar:
    """A progress bar in the form that pooch takes; pooch's own would end a download where it cannot be shown."""

    def __init__(self) -> None:
        self._total = 0
        self._bar: ProgressBar | None = None

    @property
    def total(self) -> int:
        """Bytes of the file; it is set at the start of each attempt, which has a bar of its own."""
        return self._total

    @total.setter
    def total(self, n_bytes: int) -> None:
        self.close()
        self._total, self._bar = n_bytes, ProgressBar(n_bytes, unit="B", unit_scale=True)

    def update(self, n_bytes: int) -> None:
        if self._bar is not None:
            self._bar.update(n_bytes)

    def reset(self) -> None:
        if self._bar is not None:
            self._bar.reset()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class WrongContentError(Exception):
    """What a server sent is not the file."""


def fetch(address: str, path: Path, check: Callable[[Path], None], progress: Any, notify: Notify) -> str | None:
    """Download to a path, in several attempts.

    Parameters
    ----------
    address : str
    path : Path
        Written over.
    check : callable
        Raises WrongContentError if the file at the path is not what it should be.
    progress : object or False
        A progress bar in the form that pooch takes, or none.
    notify : callable
        Is told what went wrong with each attempt.

    Returns
    -------
    str or None
        None if it is there, else the reason of the last failure.
    """
    import pooch
    import requests

    downloader = pooch.HTTPDownloader(
        progressbar=progress, chunk_size=_CHUNK_BYTES, timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    )
    reason = ""
    for attempt in range(1, 2 + N_RETRIES):
        if attempt > 1:
            time.sleep((attempt - 1) * RETRY_PAUSE_SECONDS)
        try:
            downloader(address, str(path), None)
            check(path)
            return None
        except (requests.RequestException, ConnectionError, TimeoutError, WrongContentError) as error:
            reason = f"{_reason(error)} (attempts: {attempt})"
            is_final = _is_final(error)
        notify(f"Download failed: {reason}")
        if is_final:
            break
    return reason


def _is_final(error: Exception) -> bool:
    """Whether the same request would fail again: no server's address, no such file there, or not the server it says."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        again = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
        return error.response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and error.response.status_code not in again
    return isinstance(error, requests.exceptions.InvalidURL) or _is_about_certificate(error)


def _is_about_certificate(error: Exception) -> bool:
    import requests

    return isinstance(error, requests.exceptions.SSLError) and "certificate" in str(error).lower()


def check_hash(path: Path, md5: str) -> None:
    """Raise WrongContentError if the file has another MD5."""
    found = hash_of_file(path, "md5")
    if found != md5.lower():
        raise WrongContentError(f"its hash (MD5) must be {md5}, got {found}; {_beginning(path)}")


def _check_content(path: Path, md5: str | None) -> None:
    if md5 is not None:
        check_hash(path, md5)
        return
    try:
        check_complete_zip(path)
    except ZipError as error:
        found = f"{error.detail}; {_beginning(path)}"
        raise WrongContentError(f"it must be a zip that can be read to its end, got {found}") from error


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return f"{path.stat().st_size} bytes that begin with {file.read(16)!r}"


def _reason(error: Exception) -> str:
    if isinstance(error, WrongContentError):
        return f"what it sends is not the file: {error}"
    text = f"{type(error).__name__}: {error}"
    text = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
    if _is_about_certificate(error):
        return f"the server's certificate is not valid, and verification is never switched off ({text})"
    return text


def _offline_way(by_hand: list[Path]) -> str:
    places = "".join(f"\n    {path.absolute()}" for path in by_hand)
    return (
        f"\n  Get the file by other means and put it, still zipped, in one of these places:{places}"
        "\n  or pass the folder that holds it as data_folder, or name it in the environment variable"
        " RECSYS_DATA_FOLDER."
        f"\n  A server of your own that has it can be named in {MIRROR_VARIABLE}."
    )
