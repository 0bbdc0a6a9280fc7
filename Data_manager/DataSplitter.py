"""What the splitters of the data sets have in common."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._splits.access import SplitAccess
from Data_manager._splits.export import export_split
from Data_manager._splits.parameters import differences
from Data_manager._splits.statistics import features_block, parts_block
from Data_manager._splits.verification import verify_partition
from Data_manager._storage.fingerprint import dataset_fingerprint
from Data_manager._storage.split import (
    RANDOM_SEED,
    Split,
    SplitArchives,
    read_seed,
    read_split,
    restore_seed,
    without_users,
    write_split,
)
from Data_manager.DataReader import DataReader, check_path
from Data_manager.Dataset import Dataset
from recsys_common.messages import say, warn
from recsys_common.validation import check_bool, check_int

DATASET_FINGERPRINT = "dataset_fingerprint"


class _OtherParameters(ValueError):
    """A saved split was made with other parameters than are asked for."""


class DataSplitter(SplitAccess):
    """Divides the interactions of a reader's data set into parts, and keeps the split in the data folder.

    A splitter is a subclass that defines the methods `_split_folder`, `_file_suffix`, `_asked_parameters`, `_divide`
    and `_verify`; this class loads, saves and hands out.

    A saved split is used again only if it was made with the same parameters of the same data set. Otherwise it is made
    anew, with a warning that says what differs (the host takes whatever has the right file name). A damaged one is made
    anew with the seed that it was made with, and is the same split again; the seed is kept twice for this.

    Parameters
    ----------
    dataReader_object : DataReader
        Where the data set comes from. What its `load_data` returns is never changed.
    forbid_new_split : bool, default False
        Whether it is an error if the split has not been saved by an earlier call.
    force_new_split : bool, default False
        Whether to make the split anew even if it has been saved.
    random_seed : int >= 0 or None, default None
        The same seed gives the same split. None: the saved split, whatever its seed; if that cannot be used, a new one
        of its seed; else one of a fresh seed. The seed is recorded in either case, see `get_split_parameters`.
    verbose : bool, default True
        Whether to print what is being done and the statistics.

    Attributes
    ----------
    SPLIT_URM_DICT : dict of str to scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
        URM_train, URM_validation (where there is one) and URM_test. This attribute and those below are empty before
        `load_data`.
    SPLIT_ICM_DICT, SPLIT_UCM_DICT : dict of str to scipy.sparse.csr_matrix
        The features of the items and users of the split.
    SPLIT_ICM_MAPPER_DICT, SPLIT_UCM_MAPPER_DICT : dict of str to dict of str to int
        Their columns.
    SPLIT_GLOBAL_MAPPER_DICT : dict of str to dict of str to int
        `user_original_ID_to_index` and `item_original_ID_to_index` of the split.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, or a new split is both forbidden and forced.
    """

    # the keys of split_parameters, and their types
    PARAMETER_TYPES: ClassVar[dict[str, tuple[type, ...]]] = {}

    # what `_divide` gives, in this order, and whether it draws at random
    _parts: tuple[str, ...] = ("URM_train", "URM_validation", "URM_test")
    _draws: bool = True

    # what is said of the users that a split does not have
    _why_removed: str = ""

    # the parameters without which a split that the host has saved is not used
    _needed: frozenset[str] = frozenset()

    def __init__(
        self,
        dataReader_object: DataReader,
        forbid_new_split: bool = False,
        force_new_split: bool = False,
        *,
        random_seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(dataReader_object, DataReader):
            raise TypeError(f"dataReader_object must be a DataReader, got a {type(dataReader_object).__name__}")
        self.dataReader_object = dataReader_object
        self.forbid_new_split = check_bool("forbid_new_split", forbid_new_split)
        self.force_new_split = check_bool("force_new_split", force_new_split)
        if self.forbid_new_split and self.force_new_split:
            raise ValueError("force_new_split must be False where forbid_new_split is True, got True")
        self.random_seed = None if random_seed is None else check_int(RANDOM_SEED, random_seed, minimum=0)
        self.verbose = check_bool("verbose", verbose)
        # what a split was drawn with is not lost when it has to be made anew
        self._saved_seed: int | None = None

    def load_data(self, save_folder_path: str | os.PathLike[str] | bool | None = None) -> None:
        """Load the split that an earlier call has saved, or make and save it.

        A split is verified before it is saved and after it has been loaded. A folder that cannot be written is no
        obstacle: the split is not kept, with a warning. Of processes that make the same split at once, the first one's
        is used by all.

        Parameters
        ----------
        save_folder_path : str, path, None or False, default None
            The folder of the split; None:
            ``<data folder>/<data set>/<split>/<original or that of the post-processing>/``; False: nothing is read and
            nothing is written.

        Raises
        ------
        ValueError
            If the data set cannot be split so, or if `forbid_new_split` and there is no such split: none at all, a
            damaged one or one of other parameters, which it says. Also if a saved split is damaged and its seed is lost
            with it (one that the host has saved has none): another random split would test on what this one trained on.
        """
        folder = self._folder_to_keep_in(save_folder_path)
        dataset = self.dataReader_object.load_data()
        fingerprint = dataset_fingerprint(dataset)
        self._saved_seed = None
        split = None
        if folder is not None and not self.force_new_split:
            split = self._load_saved(folder, dataset, fingerprint)
        if split is None:
            split = self._make(dataset, fingerprint)
            self._become(split)  # before it is saved: what is said of that can be an error
            if folder is not None:
                split = self._save(split, folder, dataset, fingerprint)
        self._become(split)
        if self.verbose:
            self.get_statistics_URM()
            self.get_statistics_ICM()
            self.get_statistics_UCM()
            self._print("Done.")

    def get_dataReader_object(self) -> DataReader:
        """The reader of the data set."""
        return self.dataReader_object

    def get_loaded_ICM_names(self) -> list[str]:
        """The names of the ICMs that the reader provides."""
        return self.dataReader_object.get_loaded_ICM_names()

    def get_loaded_UCM_names(self) -> list[str]:
        """The names of the UCMs that the reader provides."""
        return self.dataReader_object.get_loaded_UCM_names()

    def get_statistics_URM(self) -> None:
        """Print the numbers of users and items, and the interactions and density of each part."""
        self._loaded()
        name, dataset_name = type(self).__name__, self.dataReader_object.get_dataset_name()
        say(parts_block(name, dataset_name, self.SPLIT_URM_DICT, self._quotas()))

    def get_statistics_ICM(self) -> None:
        """Print a line for each ICM, or nothing."""
        self._loaded()
        if self.SPLIT_ICM_DICT:
            say(features_block("ICM", self.SPLIT_ICM_DICT))

    def get_statistics_UCM(self) -> None:
        """Print a line for each UCM, or nothing."""
        self._loaded()
        if self.SPLIT_UCM_DICT:
            say(features_block("UCM", self.SPLIT_UCM_DICT))

    def export_split(self, folder: str | os.PathLike[str], format: str = "csv") -> None:
        """Write the parts as text files with the original ids; see `Data_manager._splits.export.export_split`."""
        export_split(self, folder, format)

    def _quotas(self) -> dict[str, tuple[float, float]] | None:
        """The percentages asked and actual of each part, where a splitter has them."""
        return None

    def _split_folder(self) -> str:
        """The folder of the split in that of the data set, to be given by each splitter, as "leave_1_out_random/"."""
        raise NotImplementedError(f"{type(self).__name__} must define _split_folder")

    def _file_suffix(self) -> str:
        """What the names of the archives end in, to be given by each splitter, as "_only_warm_users"."""
        raise NotImplementedError(f"{type(self).__name__} must define _file_suffix")

    def _asked_parameters(self) -> dict[str, Any]:
        """What a saved split must have been made with, to be given by each splitter."""
        raise NotImplementedError(f"{type(self).__name__} must define _asked_parameters")

    def _divide(
        self, dataset: Dataset, random_seed: int
    ) -> tuple[npt.NDArray[np.bool_], dict[str, sps.csr_matrix], dict[str, Any]]:
        """Divide the interactions; to be written by each splitter.

        Returns
        -------
        kept_users : numpy.ndarray of bool, shape (n_users,)
            Which users of the data set the split has.
        URMs : dict of str to scipy.sparse.csr_matrix, shape (n_kept_users, n_items)
        found : dict of str to Any
            What else is to be recorded in split_parameters.
        """
        raise NotImplementedError(f"{type(self).__name__} must define _divide")

    def _verify(self, split: Split) -> None:
        """Raise ValueError if the split is not what it should be; to be extended by each splitter."""
        verify_partition(split.URMs, self._parts, split.dataset.AVAILABLE_URM["URM_all"])

    def _folder_to_keep_in(self, save_folder_path: str | os.PathLike[str] | bool | None) -> Path | None:
        reader = self.dataReader_object
        if save_folder_path is False:
            if self.forbid_new_split:
                raise ValueError("save_folder_path must be a folder where forbid_new_split is True, got False")
            return None
        if save_folder_path is None:
            root = Path(reader.DATASET_SPLIT_ROOT_FOLDER) / reader.get_dataset_name()
            return (root / self._split_folder() / reader.DATASET_SUBFOLDER_ORIGINAL).resolve()
        if save_folder_path is True:
            raise TypeError("save_folder_path must be the path of a folder, None or False, got True")
        return check_path("save_folder_path", save_folder_path).resolve()

    def _load_saved(self, folder: Path, dataset: Dataset, fingerprint: str) -> Split | None:
        """The split saved in the folder; None if a new one has to be made."""
        archives = SplitArchives(folder, self._file_suffix())
        try:
            split = self._read(archives, dataset, fingerprint)
            if restore_seed(archives, split):
                self._print("The second copy of the seed was missing or damaged and has been written again.")
            return split
        except (FileNotFoundError, NotADirectoryError):
            self._check_not_forbidden(f"there is no saved split in '{folder}'")
            self._print("Preloaded data not found, making a new split...")
        except Exception as error:  # whatever a damaged file leads to, a new split is the way out
            why = f"the split saved in '{folder}' cannot be used. {error}"
            self._check_not_forbidden(why, error)
            self._saved_seed = read_seed(archives)
            if not isinstance(error, _OtherParameters):
                self._check_seed_is_known(why, error)
            warn(f"{type(self).__name__}: {why}. It is made anew.", stacklevel=3)
        return None

    def _check_seed_is_known(self, why: str, error: Exception) -> None:
        if self._draws and self.random_seed is None and self._saved_seed is None:
            raise ValueError(
                "random_seed must be the seed of the saved split where this is damaged and has lost it, got None: "
                f"{why}. Put the archives back from a copy, or pass the seed that the split was made with. "
                "force_new_split=True makes another split, which tests on what models of this one were trained on."
            ) from error

    def _check_not_forbidden(self, why: str, error: Exception | None = None) -> None:
        if self.forbid_new_split:
            raise ValueError(
                f"forbid_new_split must be False where a new split has to be made, got True: {why}"
            ) from error

    def _read(self, archives: SplitArchives, dataset: Dataset, fingerprint: str) -> Split:
        saved = read_split(archives)
        saved.check_parameters(self.PARAMETER_TYPES)
        asked = {
            **self._asked_parameters(),
            RANDOM_SEED: self.random_seed if self._draws else None,
            DATASET_FINGERPRINT: fingerprint,
        }
        others = differences(saved.parameters, asked, self._needed)
        if others:
            raise _OtherParameters(f"It was made with other parameters: {'; '.join(others)}")
        self._print(f"Loading the split saved in '{archives.folder}'")
        self._print("Verifying data consistency...")
        split = saved.split_of(dataset)
        self._verify(split)
        self._print("Verifying data consistency... Passed!")
        # an archive of the host's has no order
        return replace(split, URMs={part: split.URMs[part] for part in self._parts})

    def _make(self, dataset: Dataset, fingerprint: str) -> Split:
        random_seed = self._saved_seed if self.random_seed is None else self.random_seed
        if random_seed is None:
            random_seed = int(np.random.default_rng().integers(2**32))
        kept_users, URMs, found = self._divide(dataset, random_seed)
        n_removed = int((~kept_users).sum())
        if n_removed > 0:
            self._print(f"Removing {n_removed} of {len(kept_users)} users{self._why_removed}")
        split = Split(
            parameters={
                **self._asked_parameters(),
                **found,
                **({RANDOM_SEED: random_seed} if self._draws else {}),
                DATASET_FINGERPRINT: fingerprint,
            },
            URMs=URMs,
            dataset=without_users(dataset, np.flatnonzero(~kept_users)),
        )
        self._print("Verifying data consistency...")
        self._verify(split)
        self._print("Verifying data consistency... Passed!")
        return split

    def _save(self, split: Split, folder: Path, dataset: Dataset, fingerprint: str) -> Split:
        """Save the split and return it, or the one that another process has saved meanwhile."""
        archives = SplitArchives(folder, self._file_suffix())
        try:
            with archives.locked():
                if not self.force_new_split:
                    with suppress(Exception):  # as above
                        return self._read(archives, dataset, fingerprint)
                write_split(archives, split)
        except OSError as error:
            warn(
                f"{type(self).__name__}: the folder '{folder}' cannot be written ({error}); the split is not kept.",
                stacklevel=3,
            )
        else:
            self._print(f"Split saved in '{folder}'")
        return split

    def _print(self, message: str) -> None:
        if self.verbose:
            say(f"{type(self).__name__}: {message}")
