"""Any file from any address into any folder.

The zips of the readers come through `_download`, which knows their hashes and where users put them.
"""

import hashlib
import os
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path, PurePosixPath, PureWindowsPath
from time import monotonic
from typing import Any
from urllib.request import urlopen

from Recommenders._atomic_file import atomic_path
from Recommenders._validation import check_bool

TIMEOUT_SECONDS = 60.0
N_RETRIES = 2
BLOCK_BYTES = 2**17

ReportHook = Callable[[int, int, int], None]


class _Progress:
    """Prints, over one line again and again, how far a download is; a count of 0 starts the clock."""

    def __init__(self) -> None:
        self._start = monotonic()

    def __call__(self, count: int, block_size: int, total_size: int) -> None:
        if count == 0:
            self._start = monotonic()
            return
        seconds = monotonic() - self._start
        n_bytes = count * block_size
        if total_size >= 0:  # the last block is seldom a whole one
            n_bytes = min(n_bytes, total_size)
        percent = f"{100 * n_bytes / total_size:.2f}%, " if total_size > 0 else ""
        print(  # noqa: T201
            f"\rDataReader: Downloaded {percent}{n_bytes / 2**20:.2f} MB, "
            f"{n_bytes / 1024 / max(seconds, 1e-3):.0f} KB/s, {seconds:.0f} seconds passed",
            end="",
            flush=True,
        )


_progress = _Progress()


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
    _progress(count, block_size, total_size)


def download_from_URL(
    URL: str, folder_path: str | os.PathLike[str], file_name: str, *, md5: str | None = None, verbose: bool = True
) -> Path:
    """Download a file.

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
        The hexadecimal MD5 that the content must have. Default: only its length is checked, where the server gives it.
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
        print(f"Downloading: {URL}")  # noqa: T201
        print(f"In folder: {target.parent}")  # noqa: T201
    for attempts_left in reversed(range(1 + N_RETRIES)):
        try:
            with atomic_path(target) as temporary:
                _fetch(URL, temporary, md5, _Progress() if verbose else None)
            break
        except (OSError, HTTPException, EOFError) as error:  # urllib's own errors are OSErrors
            if attempts_left == 0:
                raise ConnectionError(
                    f"{file_name} could not be downloaded from {URL}\n  Reason: {type(error).__name__}: {error}\n"
                    f"  Attempts: {1 + N_RETRIES}. Get it by other means and put it here: {target.absolute()}"
                ) from error
        finally:
            if verbose:
                print()  # noqa: T201 - ends the line of the progress
    return target


def _fetch(URL: str, path: Path, md5: str | None, report: ReportHook | None) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with urlopen(URL, timeout=TIMEOUT_SECONDS) as response, path.open("wb") as file:
        expected = int(response.headers.get("Content-Length", -1))
        blocks: Any = iter(lambda: response.read(BLOCK_BYTES), b"")
        if report is not None:
            report(0, BLOCK_BYTES, expected)
        for count, block in enumerate(blocks, start=1):
            file.write(block)
            digest.update(block)
            if report is not None:
                report(count, BLOCK_BYTES, expected)
        n_bytes = file.tell()
    if expected not in (-1, n_bytes):
        raise EOFError(f"{expected} bytes expected, {n_bytes} received")
    if md5 is not None and digest.hexdigest() != md5.lower():
        raise EOFError(f"its MD5 must be {md5}, got {digest.hexdigest()}")
