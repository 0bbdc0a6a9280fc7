"""MovieLens 100K."""

from typing import ClassVar

import numpy as np
import pandas as pd

from Data_manager._sources.zip_members import ZipMembers
from Data_manager._text.layout import TextTable
from Data_manager.Movielens._features import AGE_GROUPS, flagged_genres_frame
from Data_manager.Movielens._movielens import RATINGS_TAB, MovielensReader, grouplens

GENRES = TextTable("|", {"Genre": "key", "Position": "int"}, encoding="latin-1")
USERS = TextTable(
    "|", {"UserID": "int", "Age": "int", "Gender": "key", "Occupation": "key", "Zip_code": "key"}, encoding="latin-1"
)
# the fields of u.item before its genre flags: one flag for each line of u.genre
_ITEM_FIELDS = {"ItemID": "int", "Title": "text", "Released": "skip", "Released on video": "skip", "Address": "skip"}
N_GENRES = 19
ITEMS = TextTable("|", {**_ITEM_FIELDS, **{f"Flag {k}": "int" for k in range(N_GENRES)}}, encoding="latin-1")


class Movielens100KReader(MovielensReader):
    """MovieLens 100K (``ml-100k.zip``): URM_all, URM_timestamp; ICM_genres, ICM_year; UCM_all.

    The host's reader has no features; here the genre flags of u.item are ICM_genres, with the names of u.genre, and
    u.user is UCM_all. Ages are put into the groups that MovieLens 1M uses, so that ``age_group_25`` is 25 to 34 in both
    (groups begin at 1, 18, 25, 35, 45, 50, 56). Parameters as in `DataReader`.
    """

    DATASET_SUBFOLDER = "Movielens100K/"
    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_genres", "ICM_year"]
    AVAILABLE_UCM: ClassVar[list[str]] = ["UCM_all"]
    ZIP = grouplens("ml-100k.zip", "0e33842e24a9c977be4e0107933c0723")
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]] = {
        "ratings": ("ml-100k/u.data", RATINGS_TAB),
        "movies": ("ml-100k/u.item", ITEMS),
        "genres": ("ml-100k/u.genre", GENRES),
        "users": ("ml-100k/u.user", USERS),
    }

    def _movies(self, archive: ZipMembers) -> pd.DataFrame:
        genres = self._table(archive, "genres")
        if sorted(genres["Position"]) != list(range(N_GENRES)):
            member, _ = self.TABLES["genres"]
            raise ValueError(
                f"{archive.where(member)} must number {N_GENRES} genres from 0, got {genres['Position'].tolist()}"
            )
        names = {f"Flag {position}": name for name, position in zip(genres["Genre"], genres["Position"])}
        return super()._movies(archive).rename(columns=names)

    def _genres(self, movies: pd.DataFrame) -> pd.DataFrame:
        not_flags = {"ItemID", "Title"}
        return flagged_genres_frame(movies, [name for name in movies.columns if name not in not_flags])

    def _users(self, archive: ZipMembers) -> pd.DataFrame:
        users = super()._users(archive)
        group = np.searchsorted(AGE_GROUPS, users["Age"].to_numpy(), side="right") - 1
        return users.assign(Age_group=AGE_GROUPS[np.maximum(group, 0)])
