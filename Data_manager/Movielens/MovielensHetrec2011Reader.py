"""MovieLens of the HetRec 2011 workshop."""

from typing import ClassVar

from Data_manager._text.layout import TextTable
from Data_manager.Movielens._movielens import MovielensReader, grouplens

# the columns after these are the parts of a date; as only numbers are read, the encoding of the file does not matter
RATINGS = TextTable("\t", {"userID": "id", "movieID": "id", "rating": "float"}, header=True)


class MovielensHetrec2011Reader(MovielensReader):
    """MovieLens of HetRec 2011 (``hetrec2011-movielens-2k-v2.zip``): URM_all, as the host has it.

    The part of MovieLens 10M of the users who gave both ratings and tags, from the 2nd Workshop on Information
    Heterogeneity and Fusion in Recommender Systems, 2011. No hash of the file is recorded. Parameters as in
    `DataReader`.
    """

    DATASET_SUBFOLDER = "MovielensHetrec2011/"
    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all"]
    ZIP = grouplens("hetrec2011-movielens-2k-v2.zip", md5=None, folder="hetrec2011")
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]] = {"ratings": ("user_ratedmovies.dat", RATINGS)}
