"""Every edition from a tiny zip in its layout: what is read, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Data_manager.reader_list import READERS, get_reader
from tests.data_manager.conftest import CONTENT, GENRES_100K, RATINGS, MakeZip

EDITIONS = [name for name in CONTENT if name != "hetrec2011"]
CSV_EDITIONS = ["ml-20m", "ml-25m", "ml-32m", "ml-latest-small", "ml-latest"]


def load(edition: str, zip_path: Path) -> Dataset:
    return get_reader(edition, zip_path.parent, verbose=False).load_data(save_folder_path=False)


def cells(matrix: sps.spmatrix, rows: dict[str, int], columns: dict[str, int]) -> dict[tuple[str, str], float]:
    """The non-zero cells by original ids."""
    row_names = {index: name for name, index in rows.items()}
    column_names = {index: name for name, index in columns.items()}
    coo = sps.coo_matrix(matrix)
    return {(row_names[r], column_names[c]): value for r, c, value in zip(coo.row, coo.col, coo.data)}


def features(dataset: Dataset, name: str) -> dict[tuple[str, str], float]:
    mapper = dataset.get_ICM_feature_to_index_mapper_from_name(name)
    return cells(dataset.get_ICM_from_name(name), dataset.get_item_original_ID_to_index_mapper(), mapper)


@pytest.mark.parametrize("edition", EDITIONS)
def test_ratings_and_timestamps_are_those_of_the_file(edition: str, make_zip: MakeZip) -> None:
    dataset = load(edition, make_zip(edition))
    users, items = dataset.get_user_original_ID_to_index_mapper(), dataset.get_item_original_ID_to_index_mapper()
    assert users == {"7": 0, "3": 1}
    assert [items[name] for name in ("50", "10", "20")] == [0, 1, 2]
    assert items["40"] == 3, "an unrated item comes after all rated ones"
    expected = {(str(user), str(item)): (rating, time) for user, item, rating, time in RATINGS}
    assert cells(dataset.get_URM_all(), users, items) == {pair: float(value[0]) for pair, value in expected.items()}
    timestamps = cells(dataset.get_URM_from_name("URM_timestamp"), users, items)
    assert timestamps == {pair: float(value[1]) for pair, value in expected.items()}
    assert dataset.get_URM_all().shape == (2, 4)
    assert not dataset.is_implicit()


@pytest.mark.parametrize("edition", EDITIONS)
def test_what_a_reader_declares_is_what_it_loads(edition: str, make_zip: MakeZip) -> None:
    dataset = load(edition, make_zip(edition))
    reader_class = READERS[edition]
    assert list(dataset.get_loaded_URM_dict()) == reader_class.AVAILABLE_URM == ["URM_all", "URM_timestamp"]
    assert list(dataset.get_loaded_ICM_dict()) == reader_class.AVAILABLE_ICM
    assert list(dataset.get_loaded_UCM_dict()) == reader_class.AVAILABLE_UCM
    without_tags = ["ICM_genres", "ICM_year"]
    with_tags = ["ICM_all", "ICM_genres", "ICM_tags", "ICM_year"]
    expected = without_tags if edition in ("ml-100k", "ml-1m") else with_tags
    assert list(dataset.get_loaded_ICM_dict()) == expected
    names = {"ml-latest-small": "MovielensLatestSmall", "ml-latest": "MovielensLatest"}
    assert dataset.get_dataset_name() == names.get(edition, "Movielens" + edition.removeprefix("ml-").upper())


def test_hetrec_2011_has_the_ratings_alone(make_zip: MakeZip) -> None:
    dataset = load("hetrec2011", make_zip("hetrec2011"))
    users, items = dataset.get_user_original_ID_to_index_mapper(), dataset.get_item_original_ID_to_index_mapper()
    assert (users, items) == ({"7": 0, "3": 1}, {"50": 0, "10": 1, "20": 2})
    expected = {(str(user), str(item)): float(rating) for user, item, rating, _ in RATINGS}
    assert cells(dataset.get_URM_all(), users, items) == expected
    assert dataset.get_loaded_URM_names() == READERS["hetrec2011"].AVAILABLE_URM == ["URM_all"]
    assert not dataset.get_loaded_ICM_dict()
    assert not dataset.get_loaded_UCM_dict()
    assert dataset.get_dataset_name() == "MovielensHetrec2011"


def test_hetrec_2011_needs_no_more_than_its_first_three_columns(make_zip: MakeZip) -> None:
    text = "\ufeffuserID\tmovieID\trating\n75\t3\t1\n75\t32\t4.5"
    dataset = load("hetrec2011", make_zip("hetrec2011", {"user_ratedmovies.dat": text.encode()}))
    assert dataset.get_URM_all().toarray().tolist() == [[1.0, 4.5]]
    notes = b"userID\tmovieID\trating\tnote\n75\t3\t1\t\xe9t\xe9\n75\t32\t4.5\t\n"
    dataset = load("hetrec2011", make_zip("hetrec2011", {"user_ratedmovies.dat": notes}))
    assert dataset.get_URM_all().toarray().tolist() == [[1.0, 4.5]]


GENRES_DAT = {("10", "Crime"), ("10", "Thriller"), ("20", "Drama"), ("50", "Crime")}
GENRES_DAT |= {("40", name) for name in ("Comedy", "Drama", "Romance")}
GENRES_OF = {
    "ml-100k": {("10", "Crime"), ("10", "Thriller"), ("20", "unknown"), ("50", "Crime")}
    | {("40", "Comedy"), ("40", "Western")},
    "ml-1m": GENRES_DAT,
    "ml-10m": GENRES_DAT,
    **dict.fromkeys(CSV_EDITIONS, GENRES_DAT - {("50", "Crime")} | {("50", "(no genres listed)")}),
}


@pytest.mark.parametrize("edition", EDITIONS)
def test_genres_are_those_of_the_file_with_value_1_and_no_feature_for_missing_values(
    edition: str, make_zip: MakeZip
) -> None:
    dataset = load(edition, make_zip(edition))
    assert features(dataset, "ICM_genres") == dict.fromkeys(GENRES_OF[edition], 1.0)
    for name in dataset.get_loaded_ICM_dict():
        tokens = dataset.get_ICM_feature_to_index_mapper_from_name(name)
        assert "" not in tokens
        assert "nan" not in tokens or edition in CSV_EDITIONS, "the csv editions have a tag that is the text NaN"


@pytest.mark.parametrize("edition", ["ml-1m", "ml-20m"])
def test_repeated_and_empty_genres_change_nothing(edition: str, make_zip: MakeZip) -> None:
    member = next(member for member in CONTENT[edition] if "movies" in member)
    content = CONTENT[edition][member].replace("Crime|Thriller", "|Crime||Thriller|Crime|")
    dataset = load(edition, make_zip(edition, {member: content}))
    assert features(dataset, "ICM_genres") == dict.fromkeys(GENRES_OF[edition], 1.0)


@pytest.mark.parametrize("edition", EDITIONS)
def test_year_is_the_value_of_one_feature_where_the_title_ends_in_it(edition: str, make_zip: MakeZip) -> None:
    dataset = load(edition, make_zip(edition))
    assert features(dataset, "ICM_year") == {("10", "Year"): 1995.0, ("40", "Year"): 1926.0}


def test_tags_of_10M_are_counted_tokens(make_zip: MakeZip) -> None:
    dataset = load("ml-10m", make_zip("ml-10m"))
    tags = {("10", "robot"): 3.0, ("20", "b"): 1.0, ("20", "crime"): 1.0}
    assert features(dataset, "ICM_tags") == tags
    assert features(dataset, "ICM_all") == {**dict.fromkeys(GENRES_DAT, 1.0), **tags}


@pytest.mark.parametrize("edition", CSV_EDITIONS)
def test_quoted_tags_are_read_as_csv(edition: str, make_zip: MakeZip) -> None:
    dataset = load(edition, make_zip(edition))
    assert features(dataset, "ICM_tags") == {
        ("10", "robot"): 2.0,
        ("10", "dark"): 1.0,
        ("10", "noir"): 1.0,
        ("20", "line"): 1.0,
        ("20", "almodóvar"): 1.0,
        ("20", "nan"): 1.0,
    }


def test_empty_tag_is_no_token_and_no_error(make_zip: MakeZip) -> None:
    tags = CONTENT["ml-20m"]["ml-20m/tags.csv"] + '7,50,,1105\n7,50,"",1106\n'
    with_empty = load("ml-20m", make_zip("ml-20m", {"ml-20m/tags.csv": tags}))
    assert features(with_empty, "ICM_tags") == features(load("ml-20m", make_zip("ml-20m")), "ICM_tags")


def test_line_ends_inside_tags_are_read_in_files_of_any_size(make_zip: MakeZip) -> None:
    # pyarrow reads blocks of one megabyte; the ends of blocks fall inside the tags
    n_tags, long_tag = 200, "dark\n" * 3000
    tags = "userId,movieId,tag,timestamp\n" + f'7,20,"{long_tag}",1\n' * n_tags
    dataset = load("ml-20m", make_zip("ml-20m", {"ml-20m/tags.csv": tags}))
    assert features(dataset, "ICM_tags") == {("20", "dark"): 3000.0 * n_tags}


def test_columns_of_a_csv_are_found_by_name(make_zip: MakeZip) -> None:
    lines = [f'{time},"{item}",{rating}.0,{user}\n' for user, item, rating, time in RATINGS]
    shuffled = "timestamp,movieId,rating,userId\n" + "".join(lines)
    first, second = (
        load("ml-20m", make_zip("ml-20m")),
        load("ml-20m", make_zip("ml-20m", {"ml-20m/ratings.csv": shuffled})),
    )
    assert (first.get_URM_all() != second.get_URM_all()).nnz == 0


@pytest.mark.parametrize(
    ("edition", "expected"),
    [
        ("ml-1m", {"gender_F", "age_group_25", "occupation_10", "zip_code_48067"}),
        # 24 years are in the group that begins at 18, as MovieLens 1M has it
        ("ml-100k", {"gender_F", "age_group_18", "occupation_technician", "zip_code_V0R2M"}),
    ],
)
def test_users_have_their_four_features(edition: str, expected: set[str], make_zip: MakeZip) -> None:
    dataset = load(edition, make_zip(edition))
    mapper = dataset.get_loaded_UCM_feature_mapper_dict()["UCM_all"]
    found = cells(dataset.get_loaded_UCM_dict()["UCM_all"], dataset.get_user_original_ID_to_index_mapper(), mapper)
    assert {feature for user, feature in found if user == "3"} == expected
    assert set(found.values()) == {1.0}
    assert len(found) == 8


@pytest.mark.parametrize(
    ("age", "group"), [(7, 1), (17, 1), (18, 18), (24, 18), (25, 25), (49, 45), (55, 50), (73, 56)]
)
def test_age_is_in_the_group_of_movielens_1M(age: int, group: int, make_zip: MakeZip) -> None:
    dataset = load("ml-100k", make_zip("ml-100k", {"ml-100k/u.user": f"3|{age}|F|artist|1\n7|{age}|M|artist|2\n"}))
    mapper = dataset.get_loaded_UCM_feature_mapper_dict()["UCM_all"]
    assert [name for name in mapper if name.startswith("age_group_")] == [f"age_group_{group}"]


def test_genre_names_of_100K_follow_the_positions_in_u_genre(make_zip: MakeZip) -> None:
    renumbered = "".join(f"{name}|{k}\n" for k, name in reversed(list(enumerate(GENRES_100K))))
    dataset = load("ml-100k", make_zip("ml-100k", {"ml-100k/u.genre": renumbered}))
    assert features(dataset, "ICM_genres") == dict.fromkeys(GENRES_OF["ml-100k"], 1.0)


def test_wrong_number_of_genres_is_refused(make_zip: MakeZip) -> None:
    with pytest.raises(ValueError, match=r"u\.genre' must number 19 genres from 0"):
        load("ml-100k", make_zip("ml-100k", {"ml-100k/u.genre": "unknown|0\nAction|1\n"}))


@pytest.mark.parametrize(("edition", "member"), [(name, member) for name in CONTENT for member in CONTENT[name]])
def test_missing_member_is_named(edition: str, member: str, make_zip: MakeZip) -> None:
    path = make_zip(edition, {member: None})
    with pytest.raises(ValueError, match="lacks the member") as caught:
        load(edition, path)
    assert str(path) in str(caught.value)
    assert member in str(caught.value)


@pytest.mark.parametrize(("edition", "member"), [(name, member) for name in CONTENT for member in CONTENT[name]])
def test_empty_member_is_named(edition: str, member: str, make_zip: MakeZip) -> None:
    with pytest.raises(ValueError) as caught:
        load(edition, make_zip(edition, {member: ""}))
    assert f"member '{member}'" in str(caught.value)


BROKEN_LINES = [
    ("ml-100k", "ml-100k/u.data", "7\t50\t4\t1000\n7\t10\t3\n", 2, "4 fields expected, 3 found"),
    (
        "ml-100k",
        "ml-100k/u.item",
        CONTENT["ml-100k"]["ml-100k/u.item"] + "60|Short (1999)|x\n",
        5,
        "24 fields expected",
    ),
    ("ml-100k", "ml-100k/u.user", "3|old|F|artist|1\n", 1, "Age is not an integer"),
    ("ml-1m", "ml-1m/ratings.dat", "7::50::4::1000\n7::10::3:1001\n", 2, "4 fields expected, 3 found"),
    ("ml-1m", "ml-1m/ratings.dat", "7::50::4::1000\n\n7::10::three::1001\n", 3, "Rating is not a finite number"),
    ("ml-1m", "ml-1m/ratings.dat", "7::50::4::1000\n7:::10::3::1001\n", 2, "ItemID is not an integer"),
    ("ml-1m", "ml-1m/ratings.dat", "7::50::4::1000\n7::10::::1001\n", 2, "Rating is not a finite number"),
    ("ml-1m", "ml-1m/ratings.dat", "7::50::4::1000\n7:x:10::4::1001\n", 2, "4 fields expected, 3 found"),
    ("ml-1m", "ml-1m/ratings.dat", f"{2**63}::50::4::1000\n", 1, "UserID is not an integer"),
    ("ml-1m", "ml-1m/ratings.dat", b"7::50::4::1000\n7::\xff::4::1\n", 2, "not text in the file's encoding"),
    ("ml-1m", "ml-1m/movies.dat", "10::A::Drama\n20::No genres\n", 2, "3 fields expected, 2 found"),
    ("ml-1m", "ml-1m/movies.dat", "ten::A::Drama\n", 1, "ItemID is not an integer"),
    ("ml-1m", "ml-1m/users.dat", "3::F::25::10\n", 1, "5 fields expected, 4 found"),
    ("ml-10m", "ml-10M100K/tags.dat", "3::10::fine::1\n3::10\n", 2, "4 fields expected, 2 found"),
    ("ml-20m", "ml-20m/ratings.csv", "userId,movieId,rating,timestamp\n7,50,inf,1\n", 2, "rating is not a finite"),
    ("ml-20m", "ml-20m/ratings.csv", "userId,movieId,rating,timestamp\n7,50,4,1\n7,,4,1\n", 3, "movieId is not an int"),
    ("hetrec2011", "user_ratedmovies.dat", "userID\tmovieID\trating\n75\t3\t1\n75\t32\n", 3, "3 fields expected"),
    ("ml-20m", "ml-20m/tags.csv", 'userId,movieId,tag,timestamp\n7,50,"a\nb",1\n7,50,b\n', 4, "4 fields expected"),
    ("ml-20m", "ml-20m/movies.csv", b"movieId,title,genres\n1,\xff,Drama\n", 2, "not text in the file's encoding"),
]


@pytest.mark.parametrize(("edition", "member", "content", "line", "reason"), BROKEN_LINES)
def test_broken_line_is_named_with_zip_member_and_number(
    edition: str, member: str, content: str | bytes, line: int, reason: str, make_zip: MakeZip
) -> None:
    path = make_zip(edition, {member: content})
    with pytest.raises(ValueError, match=f"line {line} is broken .*{reason}") as caught:
        load(edition, path)
    assert f"'{path}', member '{member}'" in str(caught.value)


def test_header_without_a_column_is_refused(make_zip: MakeZip) -> None:
    with pytest.raises(ValueError, match="must have in its first line, once each, the columns userId, movieId, rating"):
        load("ml-20m", make_zip("ml-20m", {"ml-20m/ratings.csv": "userId,movieId,timestamp\n1,2,3\n"}))


@pytest.mark.parametrize("edition", ["ml-100k", "ml-1m", "ml-20m"])
def test_two_ratings_of_one_pair_are_refused_not_summed(edition: str, make_zip: MakeZip) -> None:
    member = next(iter(CONTENT[edition]))
    lines = CONTENT[edition][member]
    last_line = lines.splitlines(keepends=True)[-1]
    with pytest.raises(ValueError, match=r"one line for .* got 1 more, the first for user 3 and item 10"):
        load(edition, make_zip(edition, {member: lines + last_line}))


@pytest.mark.parametrize("kept_share", [0.0, 0.5, 0.95])
def test_truncated_zip_is_named(kept_share: float, make_zip: MakeZip) -> None:
    path = make_zip("ml-1m")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept_share)])
    with pytest.raises(ValueError, match="is damaged or not a zip file") as caught:
        load("ml-1m", path)
    assert str(path) in str(caught.value)


def test_damage_inside_a_member_is_named(make_zip: MakeZip) -> None:
    rows = np.random.default_rng(0).integers(1, 10_000, (20_000, 3))
    ratings = "".join(f"{user}::{item}::3::{time}\n" for user, item, time in rows)
    path = make_zip("ml-1m", {"ml-1m/ratings.dat": ratings})
    content = bytearray(path.read_bytes())
    content[100_000:100_010] = bytes(10)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is damaged or not a zip file \(member 'ml-1m/ratings.dat'"):
        load("ml-1m", path)


@pytest.mark.parametrize("n_bytes_lost", [1, 5, 300])
def test_zip_that_lost_bytes_in_the_middle_is_named(n_bytes_lost: int, make_zip: MakeZip) -> None:
    path = make_zip("ml-1m")
    content = path.read_bytes()
    path.write_bytes(content[:40] + content[40 + n_bytes_lost :])
    with pytest.raises(ValueError, match="is damaged or not a zip file") as caught:
        load("ml-1m", path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({6: b"\xff"}, id="needs an unknown version"),
        pytest.param({8: b"\x00\x08", 46: b"\xff"}, id="name is no UTF-8"),
    ],
)
def test_zip_whose_directory_is_broken_is_named(changes: dict[int, bytes], make_zip: MakeZip) -> None:
    path = make_zip("ml-1m")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # of the first member
    for offset, value in changes.items():
        content[entry + offset : entry + offset + len(value)] = value
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged or not a zip file") as caught:
        load("ml-1m", path)
    assert str(path) in str(caught.value)


def test_quote_that_is_never_closed_is_named_by_its_line_in_a_large_file(make_zip: MakeZip) -> None:
    movies = 'movieId,title,genres\n10,Fine (1999),Drama\n20,"Open (1999),Drama\n'
    movies += "".join(f"{k},Title of some length (1999),Drama\n" for k in range(100, 10_000))
    path = make_zip("ml-20m", {"ml-20m/movies.csv": movies})
    with pytest.raises(ValueError, match=r"line 3 is broken \(field larger than field limit") as caught:
        load("ml-20m", path)
    assert f"'{path}', member 'ml-20m/movies.csv'" in str(caught.value)


def test_large_file_equals_a_plain_parse_of_its_lines(make_zip: MakeZip) -> None:
    rng = np.random.default_rng(1)
    pairs = rng.choice(300 * 200, 5000, replace=False)
    rows = [
        (1 + pair // 200, 1 + pair % 200, rng.integers(1, 11) / 2, time) for time, pair in enumerate(pairs, start=1)
    ]
    text = "".join(f"{user}::{item}::{rating:g}::{time}\n" for user, item, rating, time in rows)
    users = "".join(f"{user}::M::1::0::1\n" for user in range(1, 301))
    dataset = load("ml-1m", make_zip("ml-1m", {"ml-1m/ratings.dat": text, "ml-1m/users.dat": users}))
    user_index, item_index = (
        dataset.get_user_original_ID_to_index_mapper(),
        dataset.get_item_original_ID_to_index_mapper(),
    )
    expected: dict[tuple[str, str], float] = {}
    for line in text.splitlines():
        user, item, rating, _ = line.split("::")
        expected[user, item] = float(rating)
    assert cells(dataset.get_URM_all(), user_index, item_index) == expected
