"""What a MovieLens edition must become, by loops over the lines of its files.

The tags' tokens are the only thing that is taken from the package, since they have an oracle of their own.
"""

import csv
import io

from Data_manager.TagPreprocessing import tagFilterAndStemming

Cells = dict[tuple[str, str], float]


class Expected:
    """The ids in the order of their indices, and every matrix as its cells by original ids."""

    def __init__(self) -> None:
        self.users: list[str] = []
        self.items: list[str] = []
        self.URMs: dict[str, Cells] = {}
        self.ICMs: dict[str, Cells] = {}
        self.UCMs: dict[str, Cells] = {}
        self.features: dict[str, list[str]] = {}

    def add_rating(self, user: str, item: str, rating: str, time: str | None) -> None:
        append_new(self.users, user)
        append_new(self.items, item)
        self.URMs.setdefault("URM_all", {})[user, item] = float(rating)
        if time is not None:
            self.URMs.setdefault("URM_timestamp", {})[user, item] = float(time)

    def add_item_feature(self, name: str, item: str, feature: str, value: float) -> None:
        append_new(self.items, item)
        append_new(self.features.setdefault(name, []), feature)
        cells = self.ICMs.setdefault(name, {})
        cells[item, feature] = cells.get((item, feature), 0.0) + value

    def add_user_feature(self, user: str, feature: str) -> None:
        append_new(self.users, user)
        append_new(self.features.setdefault("UCM_all", []), feature)
        self.UCMs.setdefault("UCM_all", {})[user, feature] = 1.0


def append_new(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def text_of_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def plain_lines(content: bytes) -> list[str]:
    lines = [line.removesuffix(b"\r") for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [text_of_line(line) for line in lines if line]


def csv_lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def expected_dataset(edition: str, members: dict[str, bytes]) -> Expected:
    """`members`: content by the name without its folder."""
    expected = Expected()
    read = {"ml-100k": read_100k, "ml-1m": read_dat, "ml-10m": read_dat, "hetrec2011": read_hetrec}
    movies, tags = read.get(edition, read_csv)(expected, members)
    genres = [(item, genre) for item, _, names in movies for genre in dict.fromkeys(names) if genre]
    tokens = [(item, token) for item, tag in tags for token in tagFilterAndStemming(tag)]
    if tags:
        for item, feature in genres + tokens:
            expected.add_item_feature("ICM_all", item, feature, 1.0)
    for item, genre in genres:
        expected.add_item_feature("ICM_genres", item, genre, 1.0)
    for item, token in tokens:
        expected.add_item_feature("ICM_tags", item, token, 1.0)
    for item, title, _ in movies:
        title = title.rstrip()
        if title.endswith(")") and title[-6:-5] == "(" and title[-5:-1].isdecimal():
            expected.add_item_feature("ICM_year", item, "Year", float(title[-5:-1]))
    return expected


Movies = list[tuple[str, str, list[str]]]  # item, title, genres
Tags = list[tuple[str, str]]  # item, tag


def read_csv(expected: Expected, members: dict[str, bytes]) -> tuple[Movies, Tags]:
    for row in csv_lines(members["ratings.csv"]):
        expected.add_rating(row["userId"], row["movieId"], row["rating"], row["timestamp"])
    movies = [(row["movieId"], row["title"], row["genres"].split("|")) for row in csv_lines(members["movies.csv"])]
    return movies, [(row["movieId"], row["tag"]) for row in csv_lines(members["tags.csv"])]


def read_dat(expected: Expected, members: dict[str, bytes]) -> tuple[Movies, Tags]:
    for line in plain_lines(members["ratings.dat"]):
        expected.add_rating(*line.split("::"))
    for line in plain_lines(members.get("users.dat", b"")):
        user, gender, age, occupation, zip_code = line.split("::")
        add_user(expected, user, gender, age, occupation, zip_code)
    movies, tags = [], []
    for line in plain_lines(members["movies.dat"]):
        item, rest = line.split("::", 1)
        title, genres = rest.rsplit("::", 1)
        movies.append((item, title, genres.split("|")))
    for line in plain_lines(members.get("tags.dat", b"")):
        _, item, rest = line.split("::", 2)
        tags.append((item, rest.rsplit("::", 1)[0]))
    return movies, tags


def read_100k(expected: Expected, members: dict[str, bytes]) -> tuple[Movies, Tags]:
    for line in plain_lines(members["u.data"]):
        expected.add_rating(*line.split("\t"))
    for line in plain_lines(members["u.user"]):
        user, age, gender, occupation, zip_code = line.split("|")
        group = max(lower for lower in (1, 18, 25, 35, 45, 50, 56) if lower <= int(age))
        add_user(expected, user, gender, str(group), occupation, zip_code)
    genre_at = {}
    for line in plain_lines(members["u.genre"]):
        genre, position = line.split("|")
        genre_at[int(position)] = genre
    movies = []
    for line in plain_lines(members["u.item"]):
        item, title, _, _, _, *flags = line.split("|")
        movies.append((item, title, [genre_at[place] for place, flag in enumerate(flags) if flag == "1"]))
    return movies, []


def read_hetrec(expected: Expected, members: dict[str, bytes]) -> tuple[Movies, Tags]:
    for line in plain_lines(members["user_ratedmovies.dat"])[1:]:
        user, item, rating = line.split("\t")[:3]
        expected.add_rating(user, item, rating, None)
    return [], []


def add_user(expected: Expected, user: str, gender: str, age: str, occupation: str, zip_code: str) -> None:
    for feature in (f"gender_{gender}", f"age_group_{age}", f"occupation_{occupation}", f"zip_code_{zip_code}"):
        expected.add_user_feature(user, feature)
