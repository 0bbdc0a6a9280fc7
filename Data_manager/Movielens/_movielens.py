"""The base of the MovieLens readers: which file is where in the zip, and the way from the tables to a Dataset.

All editions are of GroupLens, https://grouplens.org/datasets/movielens/, for research use, not to be redistributed:
F. M. Harper, J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ClassVar

import pandas as pd

from Data_manager._matrices.builder import Interactions
from Data_manager._matrices.rules import InteractionRules
from Data_manager._ratings.columns import check_columns
from Data_manager._ratings.files import RatingsFile
from Data_manager._ratings.text import read_text
from Data_manager._sources.download import RemoteFile, find_local, tell_of_another_hash
from Data_manager._sources.zip_members import ZipMembers, open_zip
from Data_manager._text.layout import TextTable
from Data_manager._text.parsing import read_table
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DatasetMapperManager import DatasetMapperManager
from Data_manager.Movielens._features import genres_frame, tags_frame, users_frame, years_frame

# kinds of the fields, by the names that the code uses
_RATINGS = {"UserID": "id", "ItemID": "id", "Rating": "float", "Timestamp": "int"}

RATINGS_DAT = TextTable("::", _RATINGS)
RATINGS_TAB = TextTable("\t", _RATINGS)
MOVIES_DAT = TextTable("::", {"ItemID": "int", "Title": "free", "Genres": "text"}, encoding="latin-1")
TAGS_DAT = TextTable("::", {"UserID": "skip", "ItemID": "int", "Tag": "free", "Timestamp": "skip"}, encoding="latin-1")
USERS_DAT = TextTable(
    "::", {"UserID": "int", "Gender": "key", "Age_group": "key", "Occupation": "key", "Zip_code": "key"}
)

RATINGS_CSV = TextTable(
    ",", {"userId": "id", "movieId": "id", "rating": "float", "timestamp": "int"}, header=True, quoted=True
)
MOVIES_CSV = TextTable(",", {"movieId": "int", "title": "text", "genres": "text"}, header=True, quoted=True)
TAGS_CSV = TextTable(",", {"movieId": "int", "tag": "text"}, header=True, quoted=True)

_NAMES_OF_HEADER = {
    "userId": "UserID",
    "movieId": "ItemID",
    "rating": "Rating",
    "timestamp": "Timestamp",
    "title": "Title",
    "genres": "Genres",
    "tag": "Tag",
}


def grouplens(file_name: str, md5: str | None, folder: str = "movielens") -> RemoteFile:
    """Describe a zip on GroupLens' server; `md5` is None where the file changes over time, or its hash is unknown."""
    return RemoteFile(f"https://files.grouplens.org/datasets/{folder}/{file_name}", md5)


class MovielensReader(DataReader):
    """The base of the MovieLens readers, whose subclasses are the class attributes of one edition.

    URM_all has the ratings, URM_timestamp their times in seconds since 1970. An item of the movies file that nobody
    rated has an index after those of all rated items, so it is a cold column of the URMs.
    """

    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all", "URM_timestamp"]

    ZIP: ClassVar[RemoteFile]
    # member of the zip and its layout, for "ratings", "movies" and, where the edition has them, "tags" and "users"
    TABLES: ClassVar[dict[str, tuple[str, TextTable]]]

    def _source_files(self) -> list[Path]:
        path = find_local(self.ZIP, self.data_folder, self.DATASET_SUBFOLDER)
        return [] if path is None else [path]

    def _load_from_original_file(self) -> Dataset:
        manager = DatasetMapperManager()
        members = [member for member, _ in self.TABLES.values()]
        with self._original_zip(self.ZIP) as path, open_zip(path, members) as archive:
            # the features are mostly Python; hashing, unpacking and parsing need none, and go on meanwhile
            with ThreadPoolExecutor(max_workers=1) as thread:
                item_features = thread.submit(self._item_features, archive)
                tell_of_another_hash(self.ZIP, path, self._print)
                self._print("Loading Interactions")
                where = archive.where(self.TABLES["ratings"][0])
                manager.add_interactions(self._interactions(archive), InteractionRules("error"), where)
                if manager.notices:
                    raise ValueError(f"{where} must not have ratings of 0. {' '.join(manager.notices)}")
            for name, frame in item_features.result().items():
                manager.add_ICM(frame, name)
            if self.AVAILABLE_UCM:
                self._print("Loading User Features")
                manager.add_UCM(users_frame(self._users(archive)), "UCM_all")
            dataset = manager.generate_Dataset(self.get_dataset_name(), self.IS_IMPLICIT)
        self._print("Loading Complete")
        return dataset

    def _table(self, archive: ZipMembers, name: str) -> pd.DataFrame:
        member, layout = self.TABLES[name]
        frame = read_table(lambda: archive.open(member), archive.where(member), layout)
        return frame.rename(columns=_NAMES_OF_HEADER)

    def _interactions(self, archive: ZipMembers) -> Iterator[Interactions]:
        member, layout = self.TABLES["ratings"]
        file = RatingsFile(archive.path, archive.where(member), partial(archive.open, member))
        return read_text(file, layout, check_columns(list(layout.columns)))

    def _item_features(self, archive: ZipMembers) -> dict[str, pd.DataFrame]:
        """Return the data frames of AVAILABLE_ICM, in its order."""
        if not self.AVAILABLE_ICM:
            return {}
        self._print("Loading Item Features Genres")
        movies = self._movies(archive)
        frames = {"ICM_genres": self._genres(movies), "ICM_year": years_frame(movies)}
        if "tags" in self.TABLES:
            self._print("Loading Item Features Tags")
            frames["ICM_tags"] = tags_frame(self._table(archive, "tags"))
            frames["ICM_all"] = pd.concat([frames["ICM_genres"], frames["ICM_tags"]], ignore_index=True)
        return {name: frames[name] for name in self.AVAILABLE_ICM}

    def _movies(self, archive: ZipMembers) -> pd.DataFrame:
        return self._table(archive, "movies").drop_duplicates("ItemID")

    def _genres(self, movies: pd.DataFrame) -> pd.DataFrame:
        return genres_frame(movies)

    def _users(self, archive: ZipMembers) -> pd.DataFrame:
        return self._table(archive, "users").drop_duplicates("UserID")


class MovielensWithTagsReader(MovielensReader):
    """The base of the editions from 10M on: ICM_all has the features of ICM_genres and ICM_tags side by side."""

    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_all", "ICM_genres", "ICM_tags", "ICM_year"]


def csv_tables(folder: str) -> dict[str, tuple[str, TextTable]]:
    """Return the tables of the editions from 20M on: csv files in one folder."""
    return {
        "ratings": (f"{folder}/ratings.csv", RATINGS_CSV),
        "movies": (f"{folder}/movies.csv", MOVIES_CSV),
        "tags": (f"{folder}/tags.csv", TAGS_CSV),
    }
