"""MovieLens 10M."""

from typing import ClassVar

from Data_manager._parsing import TextTable
from Data_manager.Movielens._movielens import MOVIES_DAT, RATINGS_DAT, TAGS_DAT, MovielensWithTagsReader, grouplens


class Movielens10MReader(MovielensWithTagsReader):
    """MovieLens 10M (``ml-10m.zip``): URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    Parameters are those of `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens10M/"
    ZIP = grouplens("ml-10m.zip", "ce571fd55effeba0271552578f2648bd")
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]] = {
        "ratings": ("ml-10M100K/ratings.dat", RATINGS_DAT),
        "movies": ("ml-10M100K/movies.dat", MOVIES_DAT),
        "tags": ("ml-10M100K/tags.dat", TAGS_DAT),
    }
