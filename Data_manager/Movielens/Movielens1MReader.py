"""MovieLens 1M."""

from typing import ClassVar

from Data_manager._text.layout import TextTable
from Data_manager.Movielens._movielens import MOVIES_DAT, RATINGS_DAT, USERS_DAT, MovielensReader, grouplens


class Movielens1MReader(MovielensReader):
    """MovieLens 1M (``ml-1m.zip``): URM_all, URM_timestamp; ICM_genres, ICM_year; UCM_all.

    Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens1M/"
    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_genres", "ICM_year"]
    AVAILABLE_UCM: ClassVar[list[str]] = ["UCM_all"]
    ZIP = grouplens("ml-1m.zip", "c4d9eecfca2ab87c1945afe126590906")
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]] = {
        "ratings": ("ml-1m/ratings.dat", RATINGS_DAT),
        "movies": ("ml-1m/movies.dat", MOVIES_DAT),
        "users": ("ml-1m/users.dat", USERS_DAT),
    }
