"""Every edition, drawn small and strange, against a plain parse of its lines."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pytest
import scipy.sparse as sps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from Data_manager.Dataset import Dataset
from Data_manager.reader_list import get_reader
from tests.data_manager.conftest import CONTENT, GENRES_100K, ZIP_NAMES, write_zip
from tests.reference.data_movielens import Cells, Expected, expected_dataset

GENRES = ["Comedy", "Drama", "Film-Noir", "Children's", "(no genres listed)"]
TITLES = ["Plain", "Comma, The", 'The "Quoted" One', "Double::Colon", "Étoilé", "Cat: A Tail", "1984", "(1999)", " "]
YEARS = ["", " (1995)", " (2001) ", " (1990) (V)", " (199)", "(1926)", " 1950)"]
TAGS = ["robots", "Robot!", "dark, gloomy", 'the "best" one', "a::b", "Almodóvar", "the", "!!!", "NaN", "sci-fi"]
ONLY_UTF8 = ["東京", "naïve café ½"]
ONLY_CSV = ["two\nlines", "", "  ", "\r\n"]


@dataclass(frozen=True)
class Drawn:
    """The content of an edition, and how it is written."""

    ratings: list[tuple[int, int, float, int]]
    movies: list[tuple[int, str, list[str]]]
    tags: list[tuple[int, int, str]]
    users: list[tuple[int, str, int, str, str]]
    line_end: str
    ends_in_line_end: bool
    has_bom: bool
    quotes_all: bool
    in_utf8: list[bool]  # for each line of a file without header, in turn


@st.composite
def editions(draw: st.DrawFn, texts: list[str]) -> Drawn:
    users = draw(st.lists(st.sampled_from([1, 2, 7, 30, 10**9]), min_size=1, unique=True))
    items = draw(st.lists(st.sampled_from([1, 3, 10, 20, 100, 2**40]), min_size=1, unique=True))
    pairs = draw(st.lists(st.tuples(*map(st.sampled_from, (users, items))), min_size=1, max_size=12, unique=True))
    rating, time = st.sampled_from([0.5, 1.0, 3.5, 5.0]), st.integers(1, 2**31)
    genres = st.lists(st.sampled_from(GENRES), max_size=3)
    title = st.tuples(st.sampled_from(TITLES + texts), st.sampled_from(YEARS)).map("".join)
    more_items = draw(st.permutations([*items, 77, 88]))
    movies = [(item, draw(title), draw(genres)) for item in more_items]
    # each feature matrix has at least one cell
    movies.append((99, "Sure (1950)", ["Drama"]))
    tag_lines = st.tuples(st.sampled_from(users), st.sampled_from(more_items), st.sampled_from(TAGS + texts))
    tags = [*draw(st.lists(tag_lines, max_size=8)), (5, 99, "sure")]
    who = st.tuples(
        st.sampled_from("FM"), st.integers(1, 90), st.sampled_from(["3", "artist"]), st.sampled_from(["0042"])
    )
    return Drawn(
        ratings=[(user, item, draw(rating), draw(time)) for user, item in pairs],
        movies=movies,
        tags=tags,
        users=[(user, *draw(who)) for user in draw(st.permutations([*users, 500]))],
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        ends_in_line_end=draw(st.booleans()),
        has_bom=draw(st.booleans()),
        quotes_all=draw(st.booleans()),
        in_utf8=draw(st.lists(st.booleans(), min_size=1, max_size=5)),
    )


def plain(drawn: Drawn, lines: list[str]) -> bytes:
    """Lines of a file that knows no quotes, each in UTF-8 or latin-1."""
    encodings = ["utf-8" if is_utf8 else "latin-1" for is_utf8 in drawn.in_utf8]
    encoded = [line.encode(encodings[k % len(encodings)]) for k, line in enumerate(lines)]
    end = drawn.line_end.encode()
    return (b"\xef\xbb\xbf" if drawn.has_bom else b"") + end.join(encoded) + (end if drawn.ends_in_line_end else b"")


def as_csv(drawn: Drawn, header: str, rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if drawn.quotes_all else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=drawn.line_end, quoting=quoting)
    writer.writerows([header.split(","), *rows])
    content = text.getvalue() if drawn.ends_in_line_end else text.getvalue().removesuffix(drawn.line_end)
    return content.encode("utf-8-sig" if drawn.has_bom else "utf-8")


def number(rating: float) -> str:
    return f"{rating:g}"


def members_100k(drawn: Drawn) -> dict[str, bytes]:
    def item_line(item: int, title: str, genres: list[str]) -> str:
        flags = ["1" if genre in genres else "0" for genre in GENRES_100K]
        return "|".join([str(item), title, "01-Jan-1995", "", "http://x/y?z", *flags])

    known = [(item, title, [genre for genre in genres if genre in GENRES_100K]) for item, title, genres in drawn.movies]
    return {
        "u.data": plain(drawn, [f"{u}\t{i}\t{number(r)}\t{t}" for u, i, r, t in drawn.ratings]),
        "u.item": plain(drawn, [item_line(*movie) for movie in known]),
        "u.genre": plain(drawn, [f"{genre}|{k}" for k, genre in enumerate(GENRES_100K)]),
        "u.user": plain(
            drawn, [f"{user}|{age}|{sex}|{job}|{zip_code}" for user, sex, age, job, zip_code in drawn.users]
        ),
    }


def members_dat(drawn: Drawn) -> dict[str, bytes]:
    return {
        "ratings.dat": plain(drawn, [f"{u}::{i}::{number(r)}::{t}" for u, i, r, t in drawn.ratings]),
        "movies.dat": plain(drawn, [f"{item}::{title}::{'|'.join(genres)}" for item, title, genres in drawn.movies]),
    }


def members_1m(drawn: Drawn) -> dict[str, bytes]:
    return {**members_dat(drawn), "users.dat": plain(drawn, ["::".join(map(str, user)) for user in drawn.users])}


def members_10m(drawn: Drawn) -> dict[str, bytes]:
    return {**members_dat(drawn), "tags.dat": plain(drawn, [f"{u}::{i}::{tag}::9" for u, i, tag in drawn.tags])}


def members_csv(drawn: Drawn) -> dict[str, bytes]:
    movies = [(item, title, "|".join(genres)) for item, title, genres in drawn.movies]
    return {
        "ratings.csv": as_csv(drawn, "userId,movieId,rating,timestamp", [*drawn.ratings]),
        "movies.csv": as_csv(drawn, "movieId,title,genres", movies),
        "tags.csv": as_csv(drawn, "userId,movieId,tag,timestamp", [(*tag, 9) for tag in drawn.tags]),
    }


def members_hetrec(drawn: Drawn) -> dict[str, bytes]:
    lines = [f"{u}\t{i}\t{number(r)}\t29\t10\t2006" for u, i, r, _ in drawn.ratings]
    return {"user_ratedmovies.dat": plain(drawn, ["userID\tmovieID\trating\tdate_day\tdate_month\tdate_year", *lines])}


MEMBERS = {"ml-100k": members_100k, "ml-1m": members_1m, "ml-10m": members_10m, "hetrec2011": members_hetrec}
CSV_EDITIONS = ["ml-20m", "ml-25m", "ml-32m", "ml-latest-small", "ml-latest"]


def check(edition: str, drawn: Drawn, folder: Path) -> None:
    members = MEMBERS.get(edition, members_csv)(drawn)
    full_names = {member.rsplit("/", 1)[-1]: member for member in CONTENT[edition]}
    path = write_zip(folder / ZIP_NAMES.get(edition, f"{edition}.zip"), {full_names[k]: v for k, v in members.items()})
    dataset = get_reader(edition, path.parent, verbose=False).load_data(save_folder_path=False)
    assert_equal(dataset, expected_dataset(edition, members))


def assert_equal(dataset: Dataset, expected: Expected) -> None:
    users, items = dataset.get_user_original_ID_to_index_mapper(), dataset.get_item_original_ID_to_index_mapper()
    assert users == {name: index for index, name in enumerate(expected.users)}
    assert items == {name: index for index, name in enumerate(expected.items)}
    assert dataset.get_loaded_URM_dict().keys() == expected.URMs.keys()
    assert dataset.get_loaded_ICM_dict().keys() == expected.ICMs.keys()
    assert dataset.get_loaded_UCM_dict().keys() == expected.UCMs.keys()
    for name, URM in dataset.get_loaded_URM_dict().items():
        assert cells(URM, expected.users, expected.items) == expected.URMs[name]
    for matrices, mappers, rows, all_cells in (
        (dataset.get_loaded_ICM_dict(), dataset.get_loaded_ICM_feature_mapper_dict(), expected.items, expected.ICMs),
        (dataset.get_loaded_UCM_dict(), dataset.get_loaded_UCM_feature_mapper_dict(), expected.users, expected.UCMs),
    ):
        for name, matrix in matrices.items():
            features = expected.features[name]
            assert mappers[name] == {feature: index for index, feature in enumerate(features)}
            assert cells(matrix, rows, features) == all_cells[name]


def cells(matrix: sps.csr_matrix, rows: list[str], columns: list[str]) -> Cells:
    assert matrix.shape == (len(rows), len(columns))
    coo = matrix.tocoo()
    return {(rows[row], columns[col]): value for row, col, value in zip(coo.row, coo.col, coo.data.tolist())}


few_examples = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("edition", ["ml-100k", "ml-1m", "ml-10m", "hetrec2011"])
@few_examples
@given(drawn=editions(["naïve"]))
def test_edition_in_plain_files_equals_a_loop_over_its_lines(edition: str, drawn: Drawn, tmp_path: Path) -> None:
    check(edition, drawn, tmp_path)


@pytest.mark.parametrize("edition", CSV_EDITIONS)
@few_examples
@given(drawn=editions(ONLY_UTF8 + ONLY_CSV))
def test_edition_in_csv_files_equals_a_loop_over_its_lines(edition: str, drawn: Drawn, tmp_path: Path) -> None:
    check(edition, drawn, tmp_path)
