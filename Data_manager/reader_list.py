"""The data sets that can be asked for by name."""

import os

import Data_manager
from Data_manager.DataReader import DataReader
from recsys_common.validation import check_choice

READERS: dict[str, type[DataReader]] = {
    dataset: getattr(Data_manager, reader)
    for reader, (_, dataset) in Data_manager.READER_TABLE.items()
    if dataset is not None
}


def get_reader(name: str, data_folder: str | os.PathLike[str] | None = None, *, verbose: bool = True) -> DataReader:
    """Make the reader of a data set.

    Parameters
    ----------
    name : str
        A key of `READERS`.
    data_folder : str or path, optional
        As in `DataReader`.
    verbose : bool, default True

    Returns
    -------
    DataReader
        Its `load_data` returns the data set.

    Raises
    ------
    ValueError
        If `READERS` does not have the name; the error lists the names that it has.

    Examples
    --------
    >>> get_reader("ml-100k").get_dataset_name()
    'Movielens100K'
    """
    return READERS[check_choice("dataset", name, READERS)](data_folder=data_folder, verbose=verbose)
