"""Ratings turned into implicit interactions."""

from typing import Any

from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset


class DataPostprocessing_Implicit_URM(DataPostprocessing):
    """Makes every interaction of URM_all a 1 and the data set an implicit one.

    The other URMs stay as they are: URM_timestamp has the times, which a split by time still needs. To leave out low
    ratings first, wrap `DataPostprocessing_Minimum_Rating`. Cached in ``implicit/``.

    Parameters
    ----------
    dataReader_object : DataReader

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> dataset = DataPostprocessing_Implicit_URM(SyntheticReader(verbose=False)).load_data()
    >>> dataset.is_implicit(), set(dataset.get_URM_all().data.tolist())
    (True, {1.0})
    """

    def __init__(self, dataReader_object: DataReader) -> None:
        super().__init__(dataReader_object)
        vars(self).update(IS_IMPLICIT=True)

    def _subfolder(self) -> str:
        return "implicit/"

    def _options(self) -> dict[str, Any]:
        return {}

    def _process(self, dataset: Dataset) -> Dataset:
        URM_all = dataset.get_URM_all()
        URM_all.data[:] = 1
        parts = dataset._parts()
        parts["URM_dictionary"] = {**parts["URM_dictionary"], "URM_all": URM_all}
        parts["is_implicit"] = True
        return Dataset(**parts)
