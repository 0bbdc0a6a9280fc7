"""k interactions of each user for testing, k more for validation, all the others for training."""

from typing import Any, ClassVar

import numpy as np

from Data_manager._splits.verification import verify_no_cold_users, verify_profile_length
from Data_manager._storage.split import Division, Split
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.split_functions._interactions import URM_TIMESTAMP
from Data_manager.split_functions.split_train_validation_leave_k_out import split_train_leave_k_out_user_wise
from recsys_common.validation import check_bool, check_int


class DataSplitter_leave_k_out(DataSplitter):
    """Takes k interactions of each user for testing and k for validation, random ones or the latest.

    Users with fewer interactions than 2 k + 1 (without a validation set k + 1), so that none would be left to train
    with, are left out of all matrices and mappers.

    Parameters
    ----------
    dataReader_object : DataReader
    k_out_value : int >= 1, default 1
    forbid_new_split, force_new_split : bool, default False
        As in `DataSplitter`.
    use_validation_set : bool, default True
        Whether k interactions are taken for validation.
    leave_random_out : bool, default True
        True takes random interactions. False takes the latest ones by the data set's URM_timestamp: each user's last k
        for testing, the k before them for validation. (The host takes the highest rated ones; such a saved split is not
        used.)
    random_seed : int >= 0, optional
        As in `DataSplitter`, for random interactions.
    verbose : bool, default True

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> reader = SyntheticReader(n_users=50, n_items=40, n_ratings=400, verbose=False)
    >>> splitter = DataSplitter_leave_k_out(reader, k_out_value=2, random_seed=1, verbose=False)
    >>> splitter.load_data(save_folder_path=False)
    >>> URM_train, URM_validation, URM_test = splitter.get_holdout_split()
    >>> set(URM_test.getnnz(axis=1).tolist())
    {2}
    """

    PARAMETER_TYPES: ClassVar[dict[str, tuple[type, ...]]] = {
        "k_out_value": (int,),
        "allow_cold_users": (bool,),
        "removed_cold_users": (np.ndarray,),
    }

    def __init__(
        self,
        dataReader_object: DataReader,
        k_out_value: int = 1,
        forbid_new_split: bool = False,
        force_new_split: bool = False,
        use_validation_set: bool = True,
        leave_random_out: bool = True,
        *,
        random_seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        super().__init__(dataReader_object, forbid_new_split, force_new_split, random_seed=random_seed, verbose=verbose)
        self.k_out_value = check_int("k_out_value", k_out_value, minimum=1)
        self.use_validation_set = check_bool("use_validation_set", use_validation_set)
        self.leave_random_out = check_bool("leave_random_out", leave_random_out)
        # every user of the split has at least one interaction to train with
        self.allow_cold_users = False
        self._draws = self.leave_random_out
        self._why_removed = ", who have too few interactions"
        if not self.leave_random_out:
            # the host takes the highest rated ones as the last
            self._needed = frozenset({"leave_random_out"})
        if not self.use_validation_set:
            self._parts = ("URM_train", "URM_test")

    def _split_folder(self) -> str:
        return f"leave_{self.k_out_value}_out_{'random' if self.leave_random_out else 'last'}/"

    def _file_suffix(self) -> str:
        return f"_only_warm_users{'_use_validation_set' if self.use_validation_set else '_no_validation_set'}"

    def _asked_parameters(self) -> dict[str, Any]:
        return {
            "k_out_value": self.k_out_value,
            "allow_cold_users": self.allow_cold_users,
            "use_validation_set": self.use_validation_set,
            "leave_random_out": self.leave_random_out,
        }

    def _divide(self, dataset: Dataset, random_seed: int) -> Division:
        if not self.leave_random_out and URM_TIMESTAMP not in dataset.AVAILABLE_URM:
            raise ValueError(
                f"leave_random_out must be True for a data set without {URM_TIMESTAMP}, got False for "
                f"{dataset.get_dataset_name()}, which has {', '.join(dataset.get_loaded_URM_names())}"
            )
        URM_all = dataset.get_URM_all()
        profile_length = np.diff(URM_all.indptr)
        fewest = self.k_out_value * (len(self._parts) - 1) + 1
        kept_users = profile_length >= fewest
        if not kept_users.any():
            raise ValueError(
                f"k_out_value must leave a user to train with, got {self.k_out_value}, for which a user needs {fewest} "
                f"interactions; the most that one has are {profile_length.max()}"
            )
        rows = np.flatnonzero(kept_users)
        parts = split_train_leave_k_out_user_wise(
            URM_all[rows],
            k_out=self.k_out_value,
            use_validation_set=self.use_validation_set,
            leave_random_out=self.leave_random_out,
            URM_timestamp=None if self.leave_random_out else dataset.get_URM_from_name(URM_TIMESTAMP)[rows],
            random_seed=random_seed,
            verbose=False,
        )
        return kept_users, dict(zip(self._parts, parts)), {"removed_cold_users": ~kept_users}

    def _verify(self, split: Split) -> None:
        super()._verify(split)
        verify_no_cold_users(split.URMs["URM_train"])
        verify_profile_length(split.URMs, self._parts[1:], self.k_out_value)
