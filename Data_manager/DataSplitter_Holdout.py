"""A random part of the interactions for training, one for validation and one for testing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sps

from Data_manager._splits.quotas import QuotaSplitter
from Data_manager._storage.split import Division
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
    split_train_in_two_percentage_user_wise,
)
from recsys_common.validation import check_bool


class DataSplitter_Holdout(QuotaSplitter):
    """Takes random interactions, of each user or of all together, by quotas of train, validation and test.

    With n interactions and the quotas q1, q2, q3, round(n (q1 + q2) / 100) go to train and validation together and the
    others to the test set; of the former, q1 percent of all go to train. User-wise this is done with the interactions
    of each user; in each of the two steps at least one of them goes to the second part, if there are two. Users without
    a train interaction are then left out of all matrices and mappers.

    Parameters
    ----------
    dataReader_object : DataReader
    split_interaction_quota_list : sequence of three numbers, optional
        The percentages of train, validation and test: they sum to 100, train and test are above 0. A validation quota
        of 0, as in [80, 0, 20], makes no validation set (the host cannot). Default: [70, 10, 20].
    user_wise : bool, default True
        Whether the quotas apply to the interactions of each user, or to all together.
    allow_cold_users : bool, default False
        Whether users without a train interaction stay.
    forbid_new_split, force_new_split : bool, default False
        As in `DataSplitter`.
    random_seed : int >= 0, optional
        As in `DataSplitter`.
    verbose : bool, default True

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> reader = SyntheticReader(n_users=50, n_items=40, n_ratings=400, verbose=False)
    >>> splitter = DataSplitter_Holdout(reader, [80, 0, 20], user_wise=False, random_seed=1, verbose=False)
    >>> splitter.load_data(save_folder_path=False)
    >>> URM_train, URM_test = splitter.get_holdout_split()
    >>> URM_train.shape == URM_test.shape
    True
    """

    def __init__(
        self,
        dataReader_object: DataReader,
        split_interaction_quota_list: Sequence[float] | None = None,
        user_wise: bool = True,
        allow_cold_users: bool = False,
        forbid_new_split: bool = False,
        force_new_split: bool = False,
        *,
        random_seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        super().__init__(
            dataReader_object,
            split_interaction_quota_list,
            allow_cold_users,
            forbid_new_split,
            force_new_split,
            random_seed=random_seed,
            verbose=verbose,
        )
        self.user_wise = check_bool("user_wise", user_wise)

    def _kind(self) -> str:
        return "user_wise" if self.user_wise else "global_sample"

    def _split_folder(self) -> str:
        return f"holdout_{self._quotas_text()}_{self._kind()}/"

    def _file_suffix(self) -> str:
        return f"{super()._file_suffix()}_{self._kind()}"

    def _asked_parameters(self) -> dict[str, Any]:
        return {**super()._asked_parameters(), "user_wise": self.user_wise}

    def _divide(self, dataset: Dataset, random_seed: int) -> Division:
        URM_all = dataset.get_URM_all()
        take = _take_of_each_user if self.user_wise else _take_of_all
        train_quota, validation_quota, _ = self.input_split_interaction_quota_list
        first_seed, second_seed = map(int, np.random.SeedSequence(random_seed).generate_state(2))

        n_all = URM_all.nnz
        URM_train, URM_test = take(URM_all, train_quota + validation_quota, n_all, first_seed)
        URM_validation = sps.csr_matrix(URM_all.shape, dtype=np.float64)
        if validation_quota > 0 and URM_train.nnz > 0:
            URM_train, URM_validation = take(URM_train, train_quota, n_all, second_seed)

        return self._remaining((URM_train, URM_validation, URM_test))


def _take_of_all(
    URM: sps.csr_matrix, percentage: float, n_all: int, random_seed: int
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    # the whole number first: its share of all rounds back to it
    share = min(1.0, round(n_all * percentage / 100) / URM.nnz)
    return split_train_in_two_percentage_global_sample(URM, share, random_seed=random_seed, verbose=False)


def _take_of_each_user(
    URM: sps.csr_matrix, percentage: float, n_all: int, random_seed: int
) -> tuple[sps.csr_matrix, sps.csr_matrix]:
    # in the first step the factor is exactly 1, so that halves stay halves
    share = min(1.0, percentage / 100 * (n_all / URM.nnz))
    return split_train_in_two_percentage_user_wise(URM, share, random_seed=random_seed)
