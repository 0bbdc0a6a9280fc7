"""MovieLens 32M."""

from Data_manager.Movielens._movielens import MovielensWithTagsReader, csv_tables, grouplens


class Movielens32MReader(MovielensWithTagsReader):
    """MovieLens 32M (``ml-32m.zip``): URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    The files are quoted csv in UTF-8, and read as such (the host splits quoted tags at their commas).
    Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens32M/"
    ZIP = grouplens("ml-32m.zip", "d472be332d4daa821edc399621853b57")
    TABLES = csv_tables("ml-32m")
