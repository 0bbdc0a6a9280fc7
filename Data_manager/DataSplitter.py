"""What the splitters of the data sets have in common."""

import copy
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sps

from Data_manager._splits.export import EXPORT_FORMATS, export_split
from Data_manager._splits.verification import verify_partition
from Data_manager._statistics.numbers import split_block, split_features_block
from Data_manager._storage.content import copies_of, find
from Data_manager._storage.hashing import dataset_fingerprint
from Data_manager._storage.split import (
    RANDOM_SEED,
    Division,
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
from recsys_common.validation import check_bool, check_choice, check_int

DATASET_FINGERPRINT = "dataset_fingerprint"


class DataSplitter:
    """Divides the interactions of a reader's data set into parts, and saves the split in the data folder.

    A splitter is a subclass that defines the methods `_split_folder`, `_file_suffix`, `_asked_parameters`, `_divide`
    and `_verify`; this class loads and saves splits, and hands out copies of their matrices.

    A saved split is used again only if it was made with the same parameters of the same data set. Otherwise it is made
    anew, with a warning that says what differs (the host takes any file of the right name). A damaged one is made anew
    with the seed that it was made with, and is the same split again; the seed is saved twice for this.

    Parameters
    ----------
    dataReader_object : DataReader
        Where the data set comes from. What its `load_data` returns is never changed.
    forbid_new_split : bool, default False
        Whether it is an error if the split has not been saved by an earlier call.
    force_new_split : bool, default False
        Whether to make the split anew even if it has been saved.
    random_seed : int >= 0, optional
        The same seed gives the same split. Default: the saved split, of any seed; if that cannot be used, a new one of
        its seed; else one of a fresh seed. The seed is recorded in either case, see `get_split_parameters`.
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

    # the parts that `_divide` returns, in this order, and whether it draws at random
    _parts: tuple[str, ...] = ("URM_train", "URM_validation", "URM_test")
    _draws: bool = True

    # why the users that a split does not have were removed, for a message
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
        if not isinstance(dataReader_object, DataReader):
            raise TypeError(f"dataReader_object must be a DataReader, got a {type(dataReader_object).__name__}")
        self.dataReader_object = dataReader_object
        self.forbid_new_split = check_bool("forbid_new_split", forbid_new_split)
        self.force_new_split = check_bool("force_new_split", force_new_split)
        if self.forbid_new_split and self.force_new_split:
            raise ValueError("force_new_split must be False where forbid_new_split is True, got True")
        self.random_seed = None if random_seed is None else check_int(RANDOM_SEED, random_seed, minimum=0)
        self.verbose = check_bool("verbose", verbose)
        # a split that has to be made anew is drawn with the seed of the damaged one
        self._saved_seed: int | None = None
        self._split: Split | None = None
        self.SPLIT_URM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_ICM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_ICM_MAPPER_DICT: dict[str, dict[str, int]] = {}
        self.SPLIT_UCM_DICT: dict[str, sps.csr_matrix] = {}
        self.SPLIT_UCM_MAPPER_DICT: dict[str, dict[str, int]] = {}
        self.SPLIT_GLOBAL_MAPPER_DICT: dict[str, dict[str, int]] = {}

    def load_data(self, save_folder_path: str | os.PathLike[str] | bool | None = None) -> None:
        """Load the split that an earlier call has saved, or make and save it.

        A split is verified before it is saved and after it has been loaded. Where the folder cannot be written, it is
        not saved, with a warning. If several processes make the same split at once, all use the first one's.

        Parameters
        ----------
        save_folder_path : str, path, None or False, default None
            The folder of the split; None:
            ``<data folder>/<data set>/<split>/<original or that of the post-processing>/``; False: nothing is read and
            nothing is written.

        Raises
        ------
        ValueError
            If the data set cannot be split so; if `forbid_new_split` and the saved split is missing, damaged or of
            other parameters; if a saved split is damaged and its seed is lost (the host saves no seed): another random
            split would test on what models of this one were trained on.
        """
        folder = self._save_folder(save_folder_path)
        dataset = self.dataReader_object.load_data()
        fingerprint = dataset_fingerprint(dataset._parts())
        self._saved_seed = None
        split = None
        if folder is not None and not self.force_new_split:
            split = self._load_saved(folder, dataset, fingerprint)
        if split is None:
            split = self._make(dataset, fingerprint)
            self._become(split)  # before it is saved: the warnings of that can be errors
            if folder is not None:
                split = self._save(split, folder, dataset, fingerprint)
        self._become(split)
        if self.verbose:
            self.get_statistics_URM()
            self.get_statistics_ICM()
            self.get_statistics_UCM()
            self._print("Done.")

    def get_dataReader_object(self) -> DataReader:
        """Return the reader of the data set."""
        return self.dataReader_object

    def get_loaded_ICM_names(self) -> list[str]:
        """Return the names of the ICMs that the reader provides."""
        return self.dataReader_object.get_loaded_ICM_names()

    def get_loaded_UCM_names(self) -> list[str]:
        """Return the names of the UCMs that the reader provides."""
        return self.dataReader_object.get_loaded_UCM_names()

    def get_holdout_split(self) -> tuple[sps.csr_matrix, ...]:
        """Return copies of the parts that have interactions: train, validation and test, or train and test alone.

        Returns
        -------
        URM_train, URM_validation, URM_test : scipy.sparse.csr_matrix of float64, shape (n_users, n_items)
            Without a validation set (`use_validation_set=False`, or a quota of 0) two matrices: URM_train, URM_test
            (the host has no way to get them).

        Raises
        ------
        RuntimeError
            If `load_data` has not been called; the same holds for the methods below.
        """
        self._loaded()
        return tuple(URM.copy() for URM in self.SPLIT_URM_DICT.values() if URM.nnz > 0)

    def get_URM_from_name(self, URM_name: str) -> sps.csr_matrix:
        """Return a copy of a URM of the data set, as "URM_timestamp", with the users and items of the split."""
        return self._loaded().dataset.get_URM_from_name(URM_name)

    def get_ICM_from_name(self, ICM_name: str) -> sps.csr_matrix:
        """Return a copy of an ICM, shape (n_items, n_features); ValueError, with the names, for another name."""
        self._loaded()
        return find("ICM_name", self.SPLIT_ICM_DICT, ICM_name).copy()

    def get_UCM_from_name(self, UCM_name: str) -> sps.csr_matrix:
        """Return a copy of a UCM, shape (n_users, n_features); ValueError, with the names, for another name."""
        self._loaded()
        return find("UCM_name", self.SPLIT_UCM_DICT, UCM_name).copy()

    def get_loaded_ICM_dict(self) -> dict[str, sps.csr_matrix]:
        """Return copies of all ICMs by name."""
        self._loaded()
        return copies_of(self.SPLIT_ICM_DICT)

    def get_loaded_UCM_dict(self) -> dict[str, sps.csr_matrix]:
        """Return copies of all UCMs by name."""
        self._loaded()
        return copies_of(self.SPLIT_UCM_DICT)

    def get_all_available_ICM_names(self) -> list[str]:
        """Return the names of the ICMs of the split."""
        self._loaded()
        return list(self.SPLIT_ICM_DICT)

    def get_all_available_UCM_names(self) -> list[str]:
        """Return the names of the UCMs of the split (the host gives the names of the ICMs)."""
        self._loaded()
        return list(self.SPLIT_UCM_DICT)

    def get_split_parameters(self) -> dict[str, Any]:
        """Return a copy of what the split was made with and what came out: seed, quotas, instants, removed users.

        A split that the host has saved has no seed and no fingerprint of its data set.
        """
        return copy.deepcopy(self._loaded().parameters)

    def get_statistics_URM(self) -> None:
        """Print the numbers of users and items, and the interactions and density of each part."""
        self._loaded()
        name, dataset_name = type(self).__name__, self.dataReader_object.get_dataset_name()
        say(split_block(name, dataset_name, self.SPLIT_URM_DICT, self._quotas()))

    def get_statistics_ICM(self) -> None:
        """Print a line for each ICM, or nothing."""
        self._loaded()
        if self.SPLIT_ICM_DICT:
            say(split_features_block("ICM", self.SPLIT_ICM_DICT))

    def get_statistics_UCM(self) -> None:
        """Print a line for each UCM, or nothing."""
        self._loaded()
        if self.SPLIT_UCM_DICT:
            say(split_features_block("UCM", self.SPLIT_UCM_DICT))

    def export_split(self, folder: str | os.PathLike[str], format: str = "csv") -> None:
        """Write each part as a text file with the original ids, with a line for each interaction.

        The lines are in the order of the users and items of the split. Where the data set has URM_timestamp, there is a
        column for it. A crash leaves no half file, and an error no file at all.

        Parameters
        ----------
        folder : str or path
            Made if it is missing; files of an earlier export are replaced.
        format : {"csv", "recbole"}, default "csv"
            csv: ``train.csv``, ``validation.csv`` and ``test.csv``, with the columns user, item, rating[, timestamp],
            quoted where an id needs it. `InteractionsReader` reads them.
            recbole: RecBole's atomic files ``<data set>.train.inter``, ``.valid.inter`` and ``.test.inter``, separated
            by tabs. Name the folder after the data set; its parent is RecBole's ``data_path``, and its configuration
            needs ``benchmark_filename: [train, valid, test]``.
            Without a validation set there is no such file.

        Raises
        ------
        RuntimeError
            If `load_data` has not been called.
        TypeError, ValueError
            If an argument is not as above; for recbole if an id has a tab, a quote or a line break, or is empty; if
            there is no validation set, but a file of one from another export in the folder.
        OSError
            If the folder cannot be written.
        """
        target, format = check_path("folder", folder), check_choice("format", format, EXPORT_FORMATS)
        export_split(self._loaded(), self.dataReader_object.get_dataset_name(), target, format)

    def _quotas(self) -> dict[str, tuple[float, float]] | None:
        """Return the asked and the actual percentage of each part, where a splitter has quotas."""
        return None

    def _split_folder(self) -> str:
        """Return the folder of the split in the data set's, as "leave_1_out_random/"; each splitter defines this."""
        raise NotImplementedError(f"{type(self).__name__} must define _split_folder")

    def _file_suffix(self) -> str:
        """Return the end of the names of the archives, as "_only_warm_users"; each splitter defines this."""
        raise NotImplementedError(f"{type(self).__name__} must define _file_suffix")

    def _asked_parameters(self) -> dict[str, Any]:
        """Return the parameters that a saved split must have been made with; each splitter defines this."""
        raise NotImplementedError(f"{type(self).__name__} must define _asked_parameters")

    def _divide(self, dataset: Dataset, random_seed: int) -> Division:
        """Divide the interactions; each splitter defines this.

        Returns which users the split has, shape (n_users,), the URMs of the parts by name, each of shape
        (n_kept_users, n_items), and what else is to be recorded in split_parameters.
        """
        raise NotImplementedError(f"{type(self).__name__} must define _divide")

    def _verify(self, split: Split) -> None:
        """Raise ValueError if the split is not what it should be; each splitter extends this."""
        verify_partition(split.URMs, self._parts, split.dataset.AVAILABLE_URM["URM_all"])

    def _loaded(self) -> Split:
        if self._split is None:
            raise RuntimeError(f"load_data of a {type(self).__name__} must be called before its data is asked for")
        return self._split

    def _become(self, split: Split) -> None:
        self._split = split
        self.SPLIT_URM_DICT = dict(split.URMs)
        self.SPLIT_ICM_DICT = split.dataset.get_loaded_ICM_dict()
        self.SPLIT_ICM_MAPPER_DICT = split.dataset.get_loaded_ICM_feature_mapper_dict()
        self.SPLIT_UCM_DICT = split.dataset.get_loaded_UCM_dict()
        self.SPLIT_UCM_MAPPER_DICT = split.dataset.get_loaded_UCM_feature_mapper_dict()
        self.SPLIT_GLOBAL_MAPPER_DICT = split.dataset.get_global_mapper_dict()

    def _save_folder(self, save_folder_path: str | os.PathLike[str] | bool | None) -> Path | None:
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
        """Load the split saved in the folder; None, once the reason has been said, if a new one has to be made."""
        archives = SplitArchives(folder, self._file_suffix())
        try:
            split = self._read(archives, dataset, fingerprint)
            if restore_seed(archives, split):
                self._print("The second copy of the seed was missing or damaged and has been written again.")
            return split
        except (FileNotFoundError, NotADirectoryError):
            self._check_not_forbidden(f"there is no saved split in '{folder}'")
            self._print("Preloaded data not found, making a new split...")
        except Exception as error:  # a damaged file can lead to any; a new split is the way out
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
                "random_seed must be the seed of the saved split if this is damaged and its seed is lost, got None: "
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
        differences = saved.differences(asked, self._needed)
        if differences:
            raise _OtherParameters(f"It was made with other parameters: {'; '.join(differences)}")
        self._print(f"Loading the split saved in '{archives.folder}'")
        self._print("Verifying data consistency...")
        split = saved.to_split(dataset)
        self._verify(split)
        self._print("Verifying data consistency... Passed!")
        # the parts in an archive of the host's are in no order
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
                    with suppress(Exception):  # a damaged one is replaced
                        return self._read(archives, dataset, fingerprint)
                write_split(archives, split)
        except OSError as error:
            warn(
                f"{type(self).__name__}: the folder '{folder}' cannot be written ({error}); the split is not saved.",
                stacklevel=3,
            )
        else:
            self._print(f"Split saved in '{folder}'")
        return split

    def _print(self, message: str) -> None:
        if self.verbose:
            say(f"{type(self).__name__}: {message}")


class _OtherParameters(ValueError):
    """A saved split was made with other parameters than are asked for."""
