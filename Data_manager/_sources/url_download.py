"""Any file from any address into any folder.

The zips of the readers come through `_download`, which knows their hashes and where users put them.
"""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from time import monotonic

from Data_manager._sources.download import check_hash, fetch
from recsys_common.atomic_file import atomic_path
from recsys_common.messages import say
from recsys_common.validation import check_bool


class _Progress:
    """Prints, over one line again and again, how far a download is: a progress bar in the form that pooch takes."""

    def __init__(self) -> None:
        self.total = -1
        self.reset()

    def reset(self) -> None:
        self._start = monotonic()
        self.n_bytes = 0

    def update(self, n_bytes: int) -> None:
        """So many bytes more; the last block is seldom a whole one."""
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
    if count == 0:
        _progress.reset()
        return
    _progress.total = total_size
    _progress.update(count * block_size - _progress.n_bytes)


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
        say(f"Downloading: {URL}")
        say(f"In folder: {target.parent}")
    with atomic_path(target) as temporary:
        reason = fetch(
            URL,
            temporary,
            check=lambda path: None if md5 is None else check_hash(path, md5),
            progress=_Progress() if verbose else False,
            notify=lambda text: None,
        )
        if reason is not None:
            raise ConnectionError(
                f"{file_name} could not be downloaded from {URL}\n  Reason: {reason}\n"
                f"  Get it by other means and put it here: {target.absolute()}"
            )
    return target
