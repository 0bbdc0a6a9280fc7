"""What becomes of repeated interactions, small values and zeros, and of interactions that come in parts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Data_manager._matrices.builder import DatasetBuilder, Features, Interactions
from Data_manager._matrices.ids import encode_series
from Data_manager._matrices.rules import DUPLICATES, URM_TIMESTAMP, InteractionRules, RepeatedInteraction
from tests.reference.data_interactions import read_interactions

Row = tuple[int, int, float, float]

rows_of_pairs = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 3), st.sampled_from([-1.0, 0.0, 0.5, 1.0, 3.0]), st.sampled_from([0.5, 1, 2])
    ),
    min_size=1,
)


def part_of(rows: list[Row], with_time: bool, dtype: str = "int64") -> Interactions:
    frame = pd.DataFrame(rows, columns=["user", "item", "rating", "time"])
    values = {"URM_all": frame["rating"].to_numpy(dtype=np.float64)}
    if with_time:
        values[URM_TIMESTAMP] = frame["time"].to_numpy(dtype=np.float64)
    return Interactions(
        encode_series("user", frame["user"].astype(dtype)), encode_series("item", frame["item"].astype(dtype)), values
    )


def matrices(rules: InteractionRules, rows: list[Row], with_time: bool) -> tuple[dict[str, Any], list[str]]:
    users, items, ratings, times = (np.array(column) for column in zip(*rows))
    values = {"URM_all": ratings} | ({URM_TIMESTAMP: times} if with_time else {})
    before = {name: entries.copy() for name, entries in values.items()}
    result = rules.matrices(users.astype(np.int32), items.astype(np.int32), values, (3, 4))
    assert all(np.array_equal(values[name], entries) for name, entries in before.items()), "nothing given is changed"
    return result


@pytest.mark.parametrize("duplicates", sorted(DUPLICATES))
@given(rows=rows_of_pairs, minimum=st.sampled_from([None, 0.5, 1.0]), implicit=st.booleans(), with_time=st.booleans())
def test_matrices_equal_a_loop_over_the_rows(
    duplicates: str, rows: list[Row], minimum: float | None, implicit: bool, with_time: bool
) -> None:
    rules = InteractionRules(duplicates, minimum, implicit)
    timed = [(u, i, r, t if with_time else None) for u, i, r, t in rows]
    options: dict[str, Any] = {"duplicates": duplicates, "minimum_value": minimum, "implicit": implicit}
    numbers = {"known_users": map(str, range(3)), "known_items": map(str, range(4))}
    try:
        expected = read_interactions(timed, **options, **numbers)
    except ValueError:
        with pytest.raises(RepeatedInteraction):
            matrices(rules, rows, with_time)
        return
    URMs, notices = matrices(rules, rows, with_time)
    assert list(URMs) == (["URM_all", URM_TIMESTAMP] if with_time else ["URM_all"])
    np.testing.assert_allclose(URMs["URM_all"].toarray(), expected.dense(expected.values))
    assert URMs["URM_all"].nnz == len(expected.values)
    if with_time:
        np.testing.assert_array_equal(URMs[URM_TIMESTAMP].toarray(), expected.dense(expected.times))
    told = [notice for notice in notices if "repeat" in notice]
    assert bool(told) == bool(expected.n_repeated)
    assert not told or told[0].startswith(f"{expected.n_repeated} interactions repeat a user and an item: ")


@given(rows=rows_of_pairs)
def test_the_first_repetition_is_named(rows: list[Row]) -> None:
    pairs = [row[:2] for row in rows]
    repeated = [pair for k, pair in enumerate(pairs) if pair in pairs[:k]]
    if repeated:
        with pytest.raises(RepeatedInteraction) as caught:
            matrices(InteractionRules("error"), rows, True)
        assert (caught.value.user, caught.value.item) == repeated[0]
        assert caught.value.n_repeated == len(repeated)


def test_what_is_left_out_is_told() -> None:
    rows: list[Row] = [(0, 0, 1.0, 1), (0, 1, 0.0, 1), (1, 0, 3.0, 1), (1, 1, -1.0, 1), (1, 1, 1.0, 1)]
    URMs, notices = matrices(InteractionRules("sum", 2.0), rows, False)
    assert URMs["URM_all"].toarray()[:2, :2].tolist() == [[0, 0], [3, 0]]
    assert notices == [
        "1 interactions repeat a user and an item: their sum holds",
        "Left out 2 ratings of 0: a sparse matrix cannot tell them from none",
        "Left out 1 ratings below 2",
    ]


def test_the_minimum_is_for_the_value_after_duplicates_became_one() -> None:
    rows: list[Row] = [(0, 0, 1.0, 1), (0, 0, 2.0, 2), (1, 0, 4.0, 1), (1, 0, 1.0, 2)]
    for duplicates, expected in (("sum", [3, 5]), ("last", [0, 0]), ("mean", [0, 2.5])):
        URMs, _ = matrices(InteractionRules(duplicates, 2.5), rows, True)
        assert URMs["URM_all"].toarray()[:2, 0].tolist() == expected


def test_the_latest_holds_and_of_equal_times_the_last_line() -> None:
    rows: list[Row] = [(0, 0, 1.0, 9), (0, 0, 2.0, 5), (1, 0, 1.0, 5), (1, 0, 2.0, 5)]
    URMs, _ = matrices(InteractionRules("last"), rows, True)
    assert URMs["URM_all"].toarray()[:2, 0].tolist() == [1.0, 2.0]
    assert URMs[URM_TIMESTAMP].toarray()[:2, 0].tolist() == [9.0, 5.0]


@given(rows=rows_of_pairs, data=st.data())
def test_parts_give_the_data_set_of_the_whole(rows: list[Row], data: st.DataObject) -> None:
    ends = sorted(data.draw(st.sets(st.integers(0, len(rows)), max_size=4)) | {len(rows)})
    kinds = data.draw(st.lists(st.sampled_from(["int64", "int32", "str"]), min_size=len(ends), max_size=len(ends)))
    parts = [rows[start:end] for start, end in zip([0, *ends], ends)]
    rules = InteractionRules("sum")
    whole, in_parts = DatasetBuilder(), DatasetBuilder()
    whole.add_interactions([part_of([(u, i, r + 9, t) for u, i, r, t in rows], True)], rules, "rows")
    names = in_parts.add_interactions(
        (part_of([(u, i, r + 9, t) for u, i, r, t in part], True, kind) for part, kind in zip(parts, kinds)),
        rules,
        "rows",
    )
    assert names == ["URM_all", URM_TIMESTAMP]
    expected, dataset = whole.build("toy", False), in_parts.build("toy", False)
    assert dataset.get_global_mapper_dict() == expected.get_global_mapper_dict()
    for name in names:
        assert (dataset.get_URM_from_name(name) != expected.get_URM_from_name(name)).nnz == 0


def test_no_entry_in_any_part_adds_nothing() -> None:
    builder = DatasetBuilder()
    assert builder.add_interactions([], InteractionRules(), "rows") == []
    assert builder.add_interactions([part_of([], True), part_of([], True)], InteractionRules(), "rows") == []


def test_known_ids_come_first_then_interactions_then_features() -> None:
    builder = DatasetBuilder(np.array([9]), np.array(["z"], dtype=object))
    builder.add_item_features(
        "ICM", Features(encode_series("i", pd.Series(["new", "z"])), encode_series("f", pd.Series([1, 1])), np.ones(2))
    )
    builder.add_interactions([part_of([(5, 7, 1.0, 1), (9, 7, 1.0, 1)], False)], InteractionRules(), "rows")
    dataset = builder.build("toy", True)
    assert dataset.get_user_original_ID_to_index_mapper() == {"9": 0, "5": 1}
    assert dataset.get_item_original_ID_to_index_mapper() == {"z": 0, "7": 1, "new": 2}
    assert dataset.get_URM_all().toarray().tolist() == [[0, 1, 0], [0, 1, 0]]
    assert dataset.get_ICM_from_name("ICM").toarray().tolist() == [[1], [0], [1]]


def test_repeated_interactions_that_are_an_error_are_named_by_their_original_ids() -> None:
    builder = DatasetBuilder()
    rows = [part_of([(5, 7, 1.0, 1), (6, 8, 1.0, 1), (6, 8, 2.0, 1)], True)]
    with pytest.raises(ValueError, match=r"^rows must have one line .* got 1 more, the first for user 6 and item 8$"):
        builder.add_interactions(rows, InteractionRules("error"), "rows")
