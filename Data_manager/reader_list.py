"""The data sets that can be asked for by name."""

import os

from Data_manager.DataReader import DataReader
from Data_manager.Movielens.Movielens1MReader import Movielens1MReader
from Data_manager.Movielens.Movielens10MReader import Movielens10MReader
from Data_manager.Movielens.Movielens20MReader import Movielens20MReader
from Data_manager.Movielens.Movielens25MReader import Movielens25MReader
from Data_manager.Movielens.Movielens32MReader import Movielens32MReader
from Data_manager.Movielens.Movielens100KReader import Movielens100KReader
from Data_manager.Movielens.MovielensHetrec2011Reader import MovielensHetrec2011Reader
from Data_manager.Movielens.MovielensLatestReader import MovielensLatestReader
from Data_manager.Movielens.MovielensLatestSmallReader import MovielensLatestSmallReader
from Data_manager.synthetic_reader import SyntheticReader
from recsys_common.validation import check_choice

READERS: dict[str, type[DataReader]] = {
    "synthetic": SyntheticReader,
    "ml-100k": Movielens100KReader,
    "ml-1m": Movielens1MReader,
    "ml-10m": Movielens10MReader,
    "ml-20m": Movielens20MReader,
    "ml-25m": Movielens25MReader,
    "ml-32m": Movielens32MReader,
    "ml-latest-small": MovielensLatestSmallReader,
    "ml-latest": MovielensLatestReader,
    "hetrec2011": MovielensHetrec2011Reader,
}


def get_reader(name: str, data_folder: str | os.PathLike[str] | None = None, *, verbose: bool = True) -> DataReader:
    """The reader of a data set.

    Parameters
    ----------
    name : str
        A key of `READERS`.
    data_folder, verbose
        As in `DataReader`.

    Raises
    ------
    ValueError
        If there is no data set of this name; the names there are are listed.

    Examples
    --------
    >>> get_reader("ml-100k").get_dataset_name()
    'Movielens100K'
    """
    return READERS[check_choice("dataset", name, READERS)](data_folder=data_folder, verbose=verbose)
