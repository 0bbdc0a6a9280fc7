"""MovieLens 25M."""

from Data_manager.Movielens._movielens import MovielensWithTagsReader, csv_tables, grouplens


class Movielens25MReader(MovielensWithTagsReader):
    """MovieLens 25M (``ml-25m.zip``): URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    The files are quoted csv in UTF-8, and read as such (the host splits quoted tags at their commas).
    Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens25M/"
    ZIP = grouplens("ml-25m.zip", "6b51fb2759a8657d3bfcbfc42b592ada")
    TABLES = csv_tables("ml-25m")
