"""MovieLens 20M."""

from Data_manager.Movielens._movielens import MovielensWithTagsReader, csv_tables, grouplens


class Movielens20MReader(MovielensWithTagsReader):
    """MovieLens 20M (``ml-20m.zip``): URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    The files are quoted csv in UTF-8, and read as such (the host splits quoted tags at their commas).
    Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens20M/"
    ZIP = grouplens("ml-20m.zip", "cd245b17a1ae2cc31bb14903e1204af3")
    TABLES = csv_tables("ml-20m")
