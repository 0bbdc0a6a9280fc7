"""MovieLens 10M."""

from typing import ClassVar

import pandas as pd

from Data_manager._sources.zip_members import ZipMembers
from Data_manager._text.layout import TextTable
from Data_manager.Movielens._features import utf8_where_it_is
from Data_manager.Movielens._movielens import MOVIES_DAT, RATINGS_DAT, TAGS_DAT, MovielensWithTagsReader, grouplens


class Movielens10MReader(MovielensWithTagsReader):
    """MovieLens 10M (``ml-10m.zip``): URM_all, URM_timestamp; ICM_all, ICM_genres, ICM_tags, ICM_year.

    Titles and tags are UTF-8, as the README of the edition says, and where they are not, latin-1 (the host reads
    everything as latin-1, which garbles the tokens of tags with accents).
    Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens10M/"
    ZIP = grouplens("ml-10m.zip", "ce571fd55effeba0271552578f2648bd")
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]] = {
        "ratings": ("ml-10M100K/ratings.dat", RATINGS_DAT),
        "movies": ("ml-10M100K/movies.dat", MOVIES_DAT),
        "tags": ("ml-10M100K/tags.dat", TAGS_DAT),
    }

    def _table(self, archive: ZipMembers, name: str) -> pd.DataFrame:
        table = super()._table(archive, name)
        for column in {"Title", "Tag"} & {*table.columns}:
            table[column] = utf8_where_it_is(table[column])
        return table
