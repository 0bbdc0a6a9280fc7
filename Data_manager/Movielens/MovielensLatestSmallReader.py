"""MovieLens Latest, small."""

from Data_manager.Movielens._movielens import MovielensWithTagsReader, csv_tables, grouplens


class MovielensLatestSmallReader(MovielensWithTagsReader):
    """MovieLens Latest Small: URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    GroupLens replaces ``ml-latest-small.zip`` from time to time, so no hash of it is recorded: report the date of the
    download with the results. A newer one is fetched when the zip has been deleted and the reader is made with
    ``reload_from_original_data=True``. Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "MovielensLatestSmall/"
    ZIP = grouplens("ml-latest-small.zip", md5=None)
    TABLES = csv_tables("ml-latest-small")
