"""A data set without its low ratings."""

from typing import Any

import numpy as np

from Data_manager._matrices.cells import cell_keys, with_cells
from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from recsys_common.validation import check_float


class DataPostprocessing_Minimum_Rating(DataPostprocessing):
    """Drops the interactions with a rating below a minimum, such as 4 of 5 stars for what users liked.

    The rating is the one in URM_all; every other URM, as URM_timestamp, loses the same cells, but no cell without a
    rating in URM_all. Users and items stay, with their features, also without any interaction:
    `DataPostprocessing_K_Cores` with k = 1 around this drops them. Cached in ``minimum_rating_<minimum>/``.

    Parameters
    ----------
    dataReader_object : DataReader
    minimum_rating : float
        The smallest rating that stays.

    Raises
    ------
    ValueError
        From `load_data`, if all ratings are lower, or another URM has nothing left.

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> dataset = DataPostprocessing_Minimum_Rating(SyntheticReader(verbose=False), 4).load_data()
    >>> float(dataset.get_URM_all().data.min())
    4.0
    """

    def __init__(self, dataReader_object: DataReader, minimum_rating: float) -> None:
        self.minimum_rating = check_float("minimum_rating", minimum_rating) + 0.0  # -0.0 would have another folder
        super().__init__(dataReader_object)

    def _subfolder(self) -> str:
        return f"minimum_rating_{np.format_float_positional(self.minimum_rating, trim='-')}/"

    def _options(self) -> dict[str, Any]:
        return {"minimum_rating": self.minimum_rating}

    def _process(self, dataset: Dataset) -> Dataset:
        URM_all = dataset.get_URM_all()
        is_low = URM_all.data < self.minimum_rating
        if is_low.all():
            raise ValueError(
                f"minimum_rating must be at most the highest rating, {URM_all.data.max()}, got {self.minimum_rating}"
            )
        self._print(f"Removing {np.count_nonzero(is_low)} of {URM_all.nnz} interactions")
        low = cell_keys(URM_all)[is_low]
        parts = dataset._parts()
        parts["URM_dictionary"] = {
            name: with_cells(URM, ~np.isin(cell_keys(URM), low, assume_unique=True))
            for name, URM in parts["URM_dictionary"].items()
        }
        return Dataset(**parts)
