"""The base of the readers: where the data lies, when its cache is used, and what is printed."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from Data_manager._sources.download import RemoteFile, download, find_local, places_of
from Data_manager._storage.cache import has_cache, read_cache, write_cache
from Data_manager._storage.hashing import describe_sources, size_and_hash
from Data_manager._storage.manifest import Origin, StaleCache, cached_name
from Data_manager.Dataset import Dataset
from recsys_common.file_lock import temporary_folder
from recsys_common.messages import say, warn
from recsys_common.validation import check_bool

DATA_FOLDER_VARIABLE = "RECSYS_DATA_FOLDER"
DEFAULT_DATA_FOLDER = "Data_manager_split_datasets"


def check_path(name: str, value: str | os.PathLike[str], kind: str = "folder") -> Path:
    """Check that a path is not empty, and put the user's home folder in the place of a leading "~".

    Parameters
    ----------
    name : str
        What errors call the argument.
    value : str or path
    kind : str, default "folder"
        What errors say that it is the path of.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    TypeError, ValueError
        If it is not a path, or empty.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name} must be the path of a {kind}, got {value!r}")
    if not os.fspath(value):
        raise ValueError(f"{name} must be the path of a {kind}, got {value!r}")
    return Path(value).expanduser()


class OtherDataset(ValueError):
    """Another data set than the reader's in the folder of the cache."""


class DataReader:
    """Reads one data set as a `Dataset`, and caches it in the data folder.

    A reader is a subclass with the class attributes below and a method `_load_from_original_file`. One that reads files
    also lists them in `_source_files`, so that the cache is made anew when they change.

    A zip that is not in the data folder is downloaded into it: from the folder on a server of the user's own that the
    environment variable ``RECSYS_DATA_MIRROR`` names (``https://...``), if it has the same file, else from the data
    set's server.

    Parameters
    ----------
    reload_from_original_data : bool, default False
        Whether to read the original files even if there is a cache of them.
    data_folder : str or path, optional
        Where the original files are looked for and the cache is written. Default: the folder that the environment
        variable ``RECSYS_DATA_FOLDER`` names when the reader is made, else ``Data_manager_split_datasets/`` in the
        current folder. (The host's folder lies beside its sources.)
    verbose : bool, default True
        Whether to print what is being done, the statistics and progress bars.

    Attributes
    ----------
    DATASET_SPLIT_ROOT_FOLDER : str
        The data folder, with a slash at its end.
    DATASET_OFFLINE_ROOT_FOLDER : str
        ``Data_manager_offline_datasets/`` beside it, for files that a user's own reader takes from there.
    """

    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all"]
    AVAILABLE_ICM: ClassVar[list[str]] = []
    AVAILABLE_UCM: ClassVar[list[str]] = []
    IS_IMPLICIT: ClassVar[bool] = False

    # the folder of the data set in the data folder; without its slash it is the data set's name
    DATASET_SUBFOLDER: str = ""
    # the folder in it that the cache is written to; a post-processing has its own
    DATASET_SUBFOLDER_ORIGINAL: str = "original/"

    # whether it is cached; False where the result depends on data or arguments that no manifest can compare
    KEEPS_DATASET: bool = True

    def __init__(
        self,
        reload_from_original_data: bool = False,
        *,
        data_folder: str | os.PathLike[str] | None = None,
        verbose: bool = True,
    ) -> None:
        self.reload_from_original_data = check_bool("reload_from_original_data", reload_from_original_data)
        self.verbose = check_bool("verbose", verbose)
        if data_folder is None:
            data_folder = os.environ.get(DATA_FOLDER_VARIABLE) or DEFAULT_DATA_FOLDER
        self.data_folder = check_path("data_folder", data_folder)
        if self.data_folder.is_file():
            raise ValueError(f"data_folder must be a folder, got the file '{self.data_folder}'")
        self.DATASET_SPLIT_ROOT_FOLDER = f"{self.data_folder.as_posix().rstrip('/')}/"
        beside = self.data_folder.absolute().parent / "Data_manager_offline_datasets"
        self.DATASET_OFFLINE_ROOT_FOLDER = f"{beside.as_posix()}/"
        self._told_not_writable = False
        if self.reload_from_original_data:
            self._print("reload_from_original_data is True, previously loaded data will be ignored")

    def get_dataset_name(self) -> str:
        """Return the name of the data set: its subfolder without the slash."""
        return self.DATASET_SUBFOLDER.rstrip("/")

    def get_loaded_ICM_names(self) -> list[str]:
        """Return the names of the item-feature matrices that the reader provides."""
        return list(self.AVAILABLE_ICM)

    def get_loaded_UCM_names(self) -> list[str]:
        """Return the names of the user-feature matrices that the reader provides."""
        return list(self.AVAILABLE_UCM)

    def describe_origin(self) -> dict[str, Any]:
        """Describe what the data set is read from, for a record of the run.

        Returns
        -------
        dict of str to Any, as JSON can hold it
            ``dataset_name``; ``reader``, the name of its class; ``options`` that the data set depends on; ``files``, a
            list of dict with ``path``, ``bytes`` and ``sha256`` of each original file, empty without such files.
        """
        return {
            "dataset_name": self.get_dataset_name(),
            "reader": type(self).__name__,
            "options": self._options_as_json_has_them(),
            "files": [{"path": str(path.absolute()), **size_and_hash(path)} for path in self._source_files()],
        }

    def load_data(self, save_folder_path: str | os.PathLike[str] | bool | None = None) -> Dataset:
        """Load the data set from the cache that an earlier call has written, or from the original files.

        A cache that was made from other files or with other options is not used, which is said; one that cannot be used
        is replaced, with a warning that says what was wrong. Where the folder cannot be written the data set is not
        cached, with one warning. A cache goes before the archives that `Dataset.save_data`, or the host's reader, has
        left in the same folder.

        Parameters
        ----------
        save_folder_path : str, path, None or False, default None
            The folder of the cache; None: ``<data folder>/<data set>/original/``; False: no cache is read or written.

        Returns
        -------
        Dataset
            Verified.

        Raises
        ------
        ValueError
            If an original file is damaged, lacks a member or has a broken line (named with its number), or
            the folder holds another data set.
        ConnectionError
            If an original file is neither there nor can be downloaded; it says where to put it by hand.
        OSError
            If a download cannot be written to the end, as where the disk is full; it says the same.
        """
        folder = self._cache_folder(save_folder_path)
        self._told_not_writable = False
        dataset = self._read_original() if folder is None else self._cached_or_original(folder)
        if self.verbose:
            dataset.print_statistics()
        return dataset

    def _cached_or_original(self, folder: Path) -> Dataset:
        name = cached_name(folder)
        if name is not None:
            self._check_name(folder, name)  # also where the cache would not be read, but replaced
        # before the files are read: if they change meanwhile, the cache does not fit them
        origin = self._origin()
        if self.KEEPS_DATASET and not self.reload_from_original_data:
            dataset = self._load_cached(folder, origin)
            if dataset is not None:
                return dataset
        dataset = self._read_original()
        # the files may have been downloaded meanwhile
        self._write_cache(dataset, folder, origin if origin.sources else self._origin())
        return dataset

    def _read_original(self) -> Dataset:
        self._print("Loading original data")
        dataset = self._load_from_original_file()
        self._verify(dataset)
        return dataset

    def _load_from_original_file(self) -> Dataset:
        """Read the original files; each reader defines this."""
        raise NotImplementedError(f"{type(self).__name__} must define _load_from_original_file")

    def _source_files(self) -> list[Path]:
        """Return the original files that are there; if they change, the cache is made anew."""
        return []

    def _reader_options(self) -> dict[str, Any]:
        """Return the options that the data set depends on, for JSON; if they change, the cache is made anew."""
        return {}

    def _origin(self) -> Origin:
        return Origin(
            self.get_dataset_name(),
            type(self).__name__,
            self._options_as_json_has_them(),
            describe_sources(self._source_files()),
        )

    def _options_as_json_has_them(self) -> dict[str, Any]:
        options: dict[str, Any] = json.loads(json.dumps(self._reader_options(), allow_nan=False))
        return options

    def _cache_folder(self, save_folder_path: str | os.PathLike[str] | bool | None) -> Path | None:
        if save_folder_path is False:
            return None
        if save_folder_path is None:
            if not self.KEEPS_DATASET:
                return None
            return self.data_folder / self.get_dataset_name() / self.DATASET_SUBFOLDER_ORIGINAL
        if save_folder_path is True:
            raise TypeError("save_folder_path must be the path of a folder, None or False, got True")
        return check_path("save_folder_path", save_folder_path)

    def _load_cached(self, folder: Path, origin: Origin) -> Dataset | None:
        """Load the data set from the folder; None, once the reason has been said, if the original files are needed."""
        try:
            if has_cache(folder):
                dataset = Dataset._from_parts(**read_cache(folder, origin))
            else:
                dataset = self._load_archives(folder)
            self._verify(dataset)
            self._check_complete(dataset)
        except OtherDataset:
            raise
        except StaleCache as error:
            self._print(f"The cache in '{folder}' is not used: {error}. Reading from original files...")
            return None
        except (FileNotFoundError, NotADirectoryError):
            self._print("Preloaded data not found, reading from original files...")
            return None
        except Exception as error:  # a damaged file can lead to any; the original files are the way out
            warn(
                f"{self.get_dataset_name()}: the cache in '{folder}' cannot be used and is made anew from the original "
                f"files. {type(error).__name__}: {error}",
                stacklevel=4,
            )
            return None
        return dataset

    def _load_archives(self, folder: Path) -> Dataset:
        """Load what `Dataset.save_data`, or the host's reader, has left in the folder."""
        dataset = Dataset()
        dataset.load_data(folder)
        self._check_name(folder, dataset.get_dataset_name())
        return dataset

    def _check_name(self, folder: Path, name: str | None) -> None:
        if name != self.get_dataset_name():
            raise OtherDataset(
                f"save_folder_path must be a folder that holds {self.get_dataset_name()} or no data set, "
                f"got '{folder}', which holds {name}"
            )

    def _check_complete(self, dataset: Dataset) -> None:
        """Refuse a data set, of an older version or the host's, without all that this reader provides."""
        provided = [*self.AVAILABLE_URM, *self.AVAILABLE_ICM, *self.AVAILABLE_UCM]
        there = {*dataset.AVAILABLE_URM, *dataset.AVAILABLE_ICM, *dataset.AVAILABLE_UCM}
        missing = [name for name in provided if name not in there]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")

    def _write_cache(self, dataset: Dataset, folder: Path, origin: Origin) -> None:
        try:
            if folder.is_dir():
                self._print(f"Found already existing folder '{folder}'")
            else:
                self._print(f"Creating folder '{folder}'")
            write_cache(folder, dataset._parts(), origin)
        except OSError as error:
            self._tell_not_writable(folder, error)
        else:
            self._print("Saving complete!")

    def _verify(self, dataset: Dataset) -> None:
        self._print("Verifying data consistency...")
        dataset.verify_data_consistency()
        self._print("Verifying data consistency... Passed!")

    @contextmanager
    def _original_zip(self, remote: RemoteFile) -> Iterator[Path]:
        """Find the zip of the data set in the data folder, or download it there, or into a temporary folder."""
        path = find_local(remote, self.data_folder, self.DATASET_SUBFOLDER)
        if path is not None:
            yield path
            return
        self._print("Unable to find data zip file. Downloading...")
        by_hand = places_of(remote.file_name, self.data_folder, self.DATASET_SUBFOLDER)
        target = by_hand[0].parent
        with ExitStack() as stack:
            try:
                target.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=target).close()
            except OSError as error:
                self._tell_not_writable(target, error)
                target = stack.enter_context(temporary_folder("recsys_download_"))
            yield download(remote, target, by_hand, verbose=self.verbose, notify=self._print)

    def _tell_not_writable(self, folder: Path, error: OSError) -> None:
        if self._told_not_writable:
            return
        self._told_not_writable = True
        warn(
            f"{self.get_dataset_name()}: the folder '{folder}' cannot be written ({error}); the data is not "
            f"cached and will be read anew each time. Choose another with data_folder or {DATA_FOLDER_VARIABLE}.",
            stacklevel=2,
        )

    def _print(self, message: str) -> None:
        if self.verbose:
            say(f"{self.get_dataset_name()}: {message}")
