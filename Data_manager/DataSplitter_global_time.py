"""What happened before an instant for training, then until another one for validation, and the rest for testing."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import scipy.sparse as sps

from Data_manager._matrices.cells import with_cells
from Data_manager._splits.quotas import QuotaSplitter
from Data_manager._splits.verification import verify_times
from Data_manager._storage.split import Division, Split
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.split_functions._interactions import URM_TIMESTAMP, times_of_cells, times_of_parts
from Data_manager.split_functions.split_train_validation_global_time import time_of_train_percentage


class DataSplitter_global_time(QuotaSplitter):
    """Divides the interactions at two instants, the same for all users, so that no future is known in training.

    Train is strictly before the first instant, test at or after the second, validation in between. The instants are
    times of interactions that come closest to the quotas; interactions at one time are never divided. Users without a
    train interaction are then left out of all matrices and mappers, since no method that learns users could recommend
    to them. They can be many, and then the quotas of what is left differ: where people rate in one session and never
    come back, as in MovieLens, most users of the last months are new. Nothing is random.

    Parameters
    ----------
    dataReader_object : DataReader
        Of a data set with URM_timestamp.
    split_interaction_quota_list : sequence of three numbers, optional
        As in `DataSplitter_Holdout`; with a validation quota of 0 there is one instant and no validation set.
    allow_cold_users : bool, default False
        Whether users without a train interaction stay.
    forbid_new_split, force_new_split : bool, default False
        As in `DataSplitter`.
    verbose : bool, default True

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> class ExampleReader(DataReader):
    ...     DATASET_SUBFOLDER = "Example/"
    ...     KEEPS_DATASET = False
    ...
    ...     def _load_from_original_file(self):
    ...         URM_all = sps.csr_matrix([[5, 3, 4, 1]])
    ...         URM_timestamp = sps.csr_matrix([[100, 400, 200, 300]])
    ...         return Dataset("Example", {"URM_all": URM_all, "URM_timestamp": URM_timestamp})
    >>> splitter = DataSplitter_global_time(ExampleReader(verbose=False), [50, 25, 25], verbose=False)
    >>> splitter.load_data(save_folder_path=False)
    >>> [URM.indices.tolist() for URM in splitter.get_holdout_split()]
    [[0, 2], [3], [1]]
    >>> splitter.get_split_parameters()["test_start"]
    400.0
    """

    PARAMETER_TYPES: ClassVar[dict[str, tuple[type, ...]]] = {
        **QuotaSplitter.PARAMETER_TYPES,
        "validation_start": (float,),
        "test_start": (float,),
    }
    _draws = False

    def __init__(
        self,
        dataReader_object: DataReader,
        split_interaction_quota_list: Sequence[float] | None = None,
        allow_cold_users: bool = False,
        forbid_new_split: bool = False,
        force_new_split: bool = False,
        *,
        verbose: bool = True,
    ) -> None:
        super().__init__(
            dataReader_object,
            split_interaction_quota_list,
            allow_cold_users,
            forbid_new_split,
            force_new_split,
            verbose=verbose,
        )

    def _split_folder(self) -> str:
        return f"global_time_{self._quotas_text()}/"

    def _instants(self, URM_all: sps.csr_matrix, URM_timestamp: sps.csr_matrix) -> tuple[float, float]:
        train_quota, validation_quota, _ = self.input_split_interaction_quota_list
        test_start = time_of_train_percentage(URM_all, URM_timestamp, (train_quota + validation_quota) / 100)
        if validation_quota == 0:
            return test_start, test_start
        validation_start = time_of_train_percentage(URM_all, URM_timestamp, train_quota / 100)
        if validation_start >= test_start:
            raise ValueError(
                f"split_interaction_quota_list must be such that the times of the interactions can tell validation "
                f"from test, got {self.input_split_interaction_quota_list}, for which both begin at {test_start}"
            )
        return validation_start, test_start

    def _divide(self, dataset: Dataset, random_seed: int) -> Division:
        if URM_TIMESTAMP not in dataset.AVAILABLE_URM:
            raise ValueError(
                f"dataReader_object must be of a data set with {URM_TIMESTAMP}, got {dataset.get_dataset_name()}, "
                f"which has {', '.join(dataset.get_loaded_URM_names())}"
            )
        URM_all, URM_timestamp = dataset.get_URM_all().astype(np.float64), dataset.get_URM_from_name(URM_TIMESTAMP)
        validation_start, test_start = self._instants(URM_all, URM_timestamp)
        times = times_of_cells(URM_all, URM_timestamp)
        is_train, is_test = times < validation_start, times >= test_start
        parts = tuple(with_cells(URM_all, chosen) for chosen in (is_train, ~is_train & ~is_test, is_test))
        kept_users, URMs, found = self._remaining(parts)
        return kept_users, URMs, {**found, "validation_start": validation_start, "test_start": test_start}

    def _verify(self, split: Split) -> None:
        super()._verify(split)
        all_URMs = split.dataset.AVAILABLE_URM
        times = times_of_parts(split.URMs, all_URMs["URM_all"], all_URMs[URM_TIMESTAMP])
        verify_times(times, split.parameters["validation_start"], split.parameters["test_start"])
