"""Files from servers: a data set's zip, where the data folder does not have it, and any file from any address.

Of pooch this uses the HTTP download. The attempts, the check and the temporary name are ours, where `Pooch.fetch` with
``retry_if_failed`` promises less: it knows one address for a file, repeats what cannot succeed (404, bad certificate),
does not say why an attempt failed, does not check a file that has no recorded hash, does not flush it to disk, and
never deletes the temporary file of a killed process.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath, PureWindowsPath
from time import monotonic
from typing import Any

from Data_manager._sources.zip_members import ZipError, check_complete_zip
from Data_manager._storage.hashing import hash_file
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import ProgressBar, say
from recsys_common.validation import check_bool

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
    """A zip on a server: its address, whose last part is the file's name on disk, and its hexadecimal MD5.

    `md5` is None for a file that changes over time; it must then be a zip that can be read to its end. `mirrors` are
    further addresses of the same content, tried in this order after `url`.
    """

    url: str
    md5: str | None
    mirrors: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """The name of the file on disk."""
        return self.url.rsplit("/", maxsplit=1)[-1]


def places_of(file_name: str, data_folder: Path, subfolder: str) -> list[Path]:
    """Return where a file is looked for, in this order: the data set's own folder, the data folder."""
    return [data_folder / subfolder / file_name, data_folder / file_name]


def find_local(remote: RemoteFile, data_folder: Path, subfolder: str) -> Path | None:
    """Return the path of the file that the user or an earlier download has put in place, or None.

    Its hash may differ, since the user may have packed it anew; see `tell_of_another_hash`.
    """
    return next((path for path in places_of(remote.file_name, data_folder, subfolder) if path.is_file()), None)


def tell_of_another_hash(remote: RemoteFile, path: Path, notify: Notify) -> None:
    """Notify if the hash of a file that was found is not the recorded one."""
    if remote.md5 is not None and hash_file(path, "md5") != remote.md5:
        notify(f"'{path}' is not the file that this reader knows (its MD5 differs); it is used as it is")


def addresses_of(remote: RemoteFile) -> list[str]:
    """Return the addresses to try, in this order: the user's own mirror, the file's server, its recorded mirrors.

    The user's own mirror is the folder on a server that the environment variable ``RECSYS_DATA_MIRROR`` names when this
    is called, such as ``https://mirror.example.org/movielens``, where the file has its usual name. ValueError if the
    variable is set to something else.
    """
    addresses = [remote.url, *remote.mirrors]
    own = os.environ.get(MIRROR_VARIABLE)
    if own:
        if not own.lower().startswith(("https://", "http://")):
            raise ValueError(f"{MIRROR_VARIABLE} must be an address that begins with https:// or http://, got {own!r}")
        addresses.insert(0, f"{own.rstrip('/')}/{remote.file_name}")
    return list(dict.fromkeys(addresses))


def download(remote: RemoteFile, target_folder: Path, by_hand: list[Path], *, verbose: bool, notify: Notify) -> Path:
    """Download a file into an existing folder, and return its path there, `target_folder / remote.file_name`.

    The addresses of `addresses_of` are tried in turn, each up to ``1 + N_RETRIES`` times; the first that gives the
    recorded hash wins. A server that does not answer for `CONNECT_TIMEOUT_SECONDS`, or stops sending for
    `READ_TIMEOUT_SECONDS`, has failed. The server's certificate is always verified. Until its content is verified the
    file has a temporary name of this process alone, so under its own name it is never half there, and processes that
    download it at once do not disturb each other. `notify` is told the addresses and what went wrong with each, and
    `verbose` shows a progress bar.

    ConnectionError if no address gave the file, with the reason of each; OSError if the file cannot be written: both
    say that it can be put at the paths `by_hand`. ValueError if ``RECSYS_DATA_MIRROR`` is not an address.
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
                reason = _fetch(address, temporary, partial(_check_content, md5=remote.md5), progress, notify)
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
            return target  # Windows: another process has put it there, and is reading it
        text = f"{remote.file_name} could not be written to '{target_folder}' ({error.strerror or error})."
        raise OSError(error.errno, f"{text}{_offline_way(by_hand)}") from error
    return target


def download_from_URL(
    URL: str, folder_path: str | os.PathLike[str], file_name: str, *, md5: str | None = None, verbose: bool = True
) -> Path:
    """Download any file from any address into a folder.

    It has a temporary name until it is complete, so a failure leaves what was there before; an older file of the
    name is replaced. The server's certificate is verified, a server that is silent for 60 seconds has failed, and a
    failed attempt is repeated twice. (The host's download has no time limit, no check and no temporary name.)

    Parameters
    ----------
    URL : str
        ``https://`` or ``http://``.
    folder_path : str or path
        Made if it is missing.
    file_name : str
        The name in that folder.
    md5 : str, optional
        The hexadecimal MD5 that the content must have. Default: its length is checked, where the server gives it.
    verbose : bool, default True
        Whether to print address, folder and progress.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.
    ConnectionError
        If every attempt failed; it names the address, the reason and where to put the file by hand.
    """
    verbose = check_bool("verbose", verbose)
    for name, value in (("URL", URL), ("file_name", file_name)):
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, got {value!r}")
    if not URL.lower().startswith(("https://", "http://")):
        raise ValueError(f"URL must be an address that begins with https:// or http://, got {URL!r}")
    names = {PurePosixPath(file_name).name, PureWindowsPath(file_name).name}
    if names != {file_name} or file_name in ("", ".."):
        raise ValueError(f"file_name must be a name without folders, got {file_name!r}")
    target = Path(folder_path).expanduser() / file_name
    if verbose:
        say(f"Downloading: {URL}")
        say(f"In folder: {target.parent}")
    with atomic_path(target) as temporary:
        reason = _fetch(
            URL,
            temporary,
            check=lambda path: None if md5 is None else _check_hash(path, md5),
            progress=_Progress() if verbose else False,
            notify=lambda text: None,
        )
        if reason is not None:
            raise ConnectionError(
                f"{file_name} could not be downloaded from {URL}\n  Reason: {reason}\n"
                f"  Get it by other means and put it here: {target.absolute()}"
            )
    return target


def urllretrieve_reporthook(count: int, block_size: int, total_size: int) -> None:
    """Print the progress of `urllib.request.urlretrieve`, which takes this as its `reporthook`.

    Parameters
    ----------
    count : int
        Blocks so far; 0 prints nothing and starts the clock.
    block_size : int
        Bytes of a block.
    total_size : int
        Bytes of the file; -1 if the server does not say, and the percentage is left out then.
    """
    if count == 0:
        _progress.reset()
        return
    _progress.total = total_size
    _progress.update(count * block_size - _progress.n_bytes)


class _WrongContent(Exception):
    """A server sent something else than the file."""


def _fetch(address: str, path: Path, check: Callable[[Path], None], progress: Any, notify: Notify) -> str | None:
    """Download to a path, which is written over, in several attempts; return None, or the reason of the last failure.

    `check` raises _WrongContent if the file is not the right one; `progress` is a progress bar as pooch takes it, or
    False; `notify` is told what went wrong with each attempt.
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
        except (requests.RequestException, ConnectionError, TimeoutError, _WrongContent) as error:
            reason = f"{_reason(error)} (attempts: {attempt})"
            is_final = _is_final(error)
        notify(f"Download failed: {reason}")
        if is_final:
            break
    return reason


def _is_final(error: Exception) -> bool:
    """Check whether the same request would fail again: a bad address, no such file there, or a bad certificate."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        again = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
        return error.response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and error.response.status_code not in again
    return isinstance(error, requests.exceptions.InvalidURL) or _is_about_certificate(error)


def _is_about_certificate(error: Exception) -> bool:
    import requests

    return isinstance(error, requests.exceptions.SSLError) and "certificate" in str(error).lower()


def _check_hash(path: Path, md5: str) -> None:
    """Raise _WrongContent if the file has another MD5."""
    found = hash_file(path, "md5")
    if found != md5.lower():
        raise _WrongContent(f"its hash (MD5) must be {md5}, got {found}; {_beginning(path)}")


def _check_content(path: Path, md5: str | None) -> None:
    if md5 is not None:
        _check_hash(path, md5)
        return
    try:
        check_complete_zip(path)
    except ZipError as error:
        found = f"{error.detail}; {_beginning(path)}"
        raise _WrongContent(f"it must be a zip that can be read to its end, got {found}") from error


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return f"{path.stat().st_size} bytes that begin with {file.read(16)!r}"


def _reason(error: Exception) -> str:
    if isinstance(error, _WrongContent):
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


class _ByteBar:
    """A progress bar as pooch takes it; pooch's own would end a download where it cannot be shown."""

    def __init__(self) -> None:
        self._total = 0
        self._bar: ProgressBar | None = None

    @property
    def total(self) -> int:
        """The bytes of the file; set at the start of each attempt, which has its own bar."""
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


class _Progress:
    """A progress bar as pooch takes it, which prints one line again and again as the host does."""

    def __init__(self) -> None:
        self.total = -1
        self.reset()

    def reset(self) -> None:
        self._start = monotonic()
        self.n_bytes = 0

    def update(self, n_bytes: int) -> None:
        """Add so many bytes; the last block is seldom a whole one."""
        self.n_bytes += n_bytes
        seconds = monotonic() - self._start
        n_bytes = min(self.n_bytes, self.total) if self.total > 0 else self.n_bytes
        percent = f"{100 * n_bytes / self.total:.2f}%, " if self.total > 0 else ""
        say(
            f"\rDataReader: Downloaded {percent}{n_bytes / 2**20:.2f} MB, "
            f"{n_bytes / 1024 / max(seconds, 1e-3):.0f} KB/s, {seconds:.0f} seconds passed",
            end="",
            flush=True,
        )

    def close(self) -> None:
        say("")


# the progress of `urllretrieve_reporthook`
_progress = _Progress()
