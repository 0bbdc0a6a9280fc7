"""MovieLens Latest, full."""

from Data_manager.Movielens._movielens import MovielensWithTagsReader, csv_tables, grouplens


class MovielensLatestReader(MovielensWithTagsReader):
    """MovieLens Latest, all of it: URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    ``ml-latest.zip`` changes over time, see `MovielensLatestSmallReader`. Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "MovielensLatest/"
    ZIP = grouplens("ml-latest.zip", md5=None)
    TABLES = csv_tables("ml-latest")
