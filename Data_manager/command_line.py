"""The options of the scripts that say which data to use."""

import argparse

from Data_manager.DataReader import DataReader
from Data_manager.interactions_reader import InteractionsReader
from Data_manager.reader_list import READERS, get_reader

DEFAULT_COLUMNS = "user,item,rating"


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--dataset`` or ``--ratings`` with ``--columns``, and ``--data-folder``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--dataset", default="synthetic", help=f"one of {', '.join(READERS)} (default: synthetic)")
    source.add_argument(
        "--ratings",
        metavar="FILE",
        help="ratings of your own: a text file with one a line, compressed or not, a Parquet file, or a folder of such",
    )
    parser.add_argument(
        "--columns",
        metavar="USER,ITEM[,RATING[,TIMESTAMP]]",
        help=f"names, or positions from 0, of the columns of FILE (default: {DEFAULT_COLUMNS})",
    )
    parser.add_argument(
        "--data-folder",
        metavar="FOLDER",
        help="with the data sets (default: $RECSYS_DATA_FOLDER, else Data_manager_split_datasets)",
    )


def reader_of_arguments(options: argparse.Namespace) -> DataReader:
    """Make the reader that the options of `add_data_arguments` ask for.

    Parameters
    ----------
    options : argparse.Namespace

    Returns
    -------
    DataReader

    Raises
    ------
    ValueError
        If the data set or the file does not exist, or ``--columns`` comes without ``--ratings``.
    """
    if options.ratings is None:
        if options.columns is not None:
            raise ValueError("--columns must be given with --ratings: it names the columns of that file")
        return get_reader(options.dataset, data_folder=options.data_folder)
    names = [name.strip() for name in (options.columns or DEFAULT_COLUMNS).split(",")]
    if all(name.isdecimal() or not name for name in names):
        positions = [int(name) if name else None for name in names]
        return InteractionsReader(options.ratings, positions, data_folder=options.data_folder)
    return InteractionsReader(options.ratings, names, data_folder=options.data_folder)
