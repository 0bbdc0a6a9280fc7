"""The Dataset: what it holds, gives, checks and drops. How it is saved and what it prints have files of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from tests.reference.data_toy import assert_same_content, toy, toy_arguments


def test_getters_give_what_was_put_in() -> None:
    dataset, given = toy(), toy_arguments()
    assert dataset.get_dataset_name() == "Toy" and dataset.is_implicit() is False
    assert dataset.get_loaded_URM_names() == ["URM_all", "URM_timestamp"]
    for matrix, expected in (
        (dataset.get_URM_all(), given["URM_dictionary"]["URM_all"]),
        (dataset.get_URM_from_name("URM_timestamp"), given["URM_dictionary"]["URM_timestamp"]),
        (dataset.get_ICM_from_name("ICM_year"), given["ICM_dictionary"]["ICM_year"]),
        (dataset.get_UCM_from_name("UCM_all"), given["UCM_dictionary"]["UCM_all"]),
        (dataset.get_loaded_URM_dict()["URM_all"], given["URM_dictionary"]["URM_all"]),
        (dataset.get_loaded_ICM_dict()["ICM_genres"], given["ICM_dictionary"]["ICM_genres"]),
        (dataset.get_loaded_UCM_dict()["UCM_all"], given["UCM_dictionary"]["UCM_all"]),
    ):
        np.testing.assert_array_equal(matrix.toarray(), expected.toarray())
    genres = given["ICM_feature_mapper_dictionary"]["ICM_genres"]
    assert dataset.get_ICM_feature_to_index_mapper_from_name("ICM_genres") == genres
    assert dataset.get_loaded_ICM_feature_mapper_dict() == given["ICM_feature_mapper_dictionary"]
    assert dataset.get_loaded_UCM_feature_mapper_dict() == given["UCM_feature_mapper_dictionary"]
    assert dataset.get_user_original_ID_to_index_mapper() == given["user_original_ID_to_index"]
    assert dataset.get_item_original_ID_to_index_mapper() == given["item_original_ID_to_index"]
    assert dataset.get_global_mapper_dict() == {
        "user_original_ID_to_index": given["user_original_ID_to_index"],
        "item_original_ID_to_index": given["item_original_ID_to_index"],
    }


DESTROY: dict[str, Callable[[Dataset], Any]] = {
    "URM": lambda d: d.get_URM_all().data.fill(9),
    "URM dict": lambda d: d.get_loaded_URM_dict()["URM_all"].data.fill(9),
    "ICM": lambda d: d.get_ICM_from_name("ICM_genres").data.fill(9),
    "ICM dict": lambda d: d.get_loaded_ICM_dict()["ICM_genres"].data.fill(9),
    "UCM": lambda d: d.get_UCM_from_name("UCM_all").data.fill(9),
    "UCM dict": lambda d: d.get_loaded_UCM_dict()["UCM_all"].data.fill(9),
    "ICM mapper": lambda d: d.get_ICM_feature_to_index_mapper_from_name("ICM_genres").clear(),
    "ICM mappers": lambda d: d.get_loaded_ICM_feature_mapper_dict()["ICM_genres"].clear(),
    "UCM mappers": lambda d: d.get_loaded_UCM_feature_mapper_dict()["UCM_all"].clear(),
    "user mapper": lambda d: d.get_user_original_ID_to_index_mapper().clear(),
    "item mapper": lambda d: d.get_item_original_ID_to_index_mapper().clear(),
    "global mappers": lambda d: [mapper.clear() for mapper in d.get_global_mapper_dict().values()],
    "copy": lambda d: d.copy()._remove_items_and_users([0], [0], verbose=False),
    "copy's mapper": lambda d: d.copy().additional_data_mapper["titles"].clear(),
}


@pytest.mark.parametrize("destroy", DESTROY.values(), ids=DESTROY)
def test_nothing_done_to_what_a_getter_gave_changes_the_data_set(destroy: Callable[[Dataset], Any]) -> None:
    dataset = toy()
    destroy(dataset)
    assert_same_content(dataset, toy())


def test_nothing_done_to_the_arguments_changes_the_data_set_and_it_does_not_change_them() -> None:
    given = toy_arguments()
    given["URM_dictionary"]["URM_all"].data[0] = 0.0
    given["additional_data_mapper"]["genres"] = {"a": ["Comedy"]}
    dataset = Dataset(**given)
    assert given["URM_dictionary"]["URM_all"].nnz == 6, "the explicit zero is still there"
    assert dataset.get_URM_all().nnz == 5
    assert dataset.additional_data_mapper["genres"] == {"a": ["Comedy"]}
    expected = dataset.copy()
    given["URM_dictionary"]["URM_all"].data.fill(9)
    given["ICM_dictionary"].clear()
    given["item_original_ID_to_index"].clear()
    given["ICM_feature_mapper_dictionary"]["ICM_genres"].clear()
    given["additional_data_mapper"]["titles"].clear()
    given["additional_data_mapper"]["genres"]["a"].clear()
    assert_same_content(dataset, expected)
    assert dataset.additional_data_mapper["genres"] == {"a": ["Comedy"]}


def test_mappers_are_made_where_none_are_given() -> None:
    ones = {"URM_all": sps.csr_matrix(np.ones((2, 3)))}
    dataset = Dataset("x", ones, ICM_dictionary={"ICM": sps.csr_matrix(np.ones((3, 2)))}, is_implicit=True)
    dataset.verify_data_consistency()
    assert dataset.get_item_original_ID_to_index_mapper() == {"0": 0, "1": 1, "2": 2}
    assert dataset.get_ICM_feature_to_index_mapper_from_name("ICM") == {"0": 0, "1": 1}
    mine = dataset.item_original_ID_to_index.copy()
    mine["3"] = 3
    assert dataset.item_original_ID_to_index == {"0": 0, "1": 1, "2": 2}
    by_integer = Dataset("x", ones, user_original_ID_to_index={7: np.int64(0), 3: 1})
    assert by_integer.get_user_original_ID_to_index_mapper() == {"7": 0, "3": 1}


def test_an_empty_data_set_answers_or_refuses_clearly() -> None:
    dataset = Dataset()
    assert dataset.get_dataset_name() is None
    assert dataset.get_loaded_URM_names() == [] and dataset.get_loaded_ICM_dict() == {}
    assert dataset.get_global_mapper_dict() == {"user_original_ID_to_index": {}, "item_original_ID_to_index": {}}
    for use in (dataset.get_URM_all, dataset.print_statistics, lambda: dataset.get_ICM_from_name("ICM_all")):
        with pytest.raises(RuntimeError, match="load_data of the Dataset must be called"):
            use()
    for use in (dataset.verify_data_consistency, dataset.copy):
        with pytest.raises(ValueError, match="must be"):
            use()


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("get_URM_from_name", "URM_name"),
        ("get_ICM_from_name", "ICM_name"),
        ("get_UCM_from_name", "UCM_name"),
        ("get_ICM_feature_to_index_mapper_from_name", "ICM_name"),
    ],
)
def test_an_unknown_name_is_refused_with_the_names_that_there_are(method: str, argument: str) -> None:
    known = "UCM_all" if "UCM" in method else "ICM_genres" if "ICM" in method else "URM_all"
    with pytest.raises(ValueError, match=f"^{argument} must be .*'{known}'.* got 'misspelt'"):
        getattr(toy(), method)("misspelt")


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (TypeError, {"dataset_name": 3}),
        (TypeError, {"is_implicit": "no"}),
        (TypeError, {"URM_dictionary": sps.csr_matrix((2, 2))}),
        (TypeError, {"URM_dictionary": {"URM_all": np.ones((2, 2))}}),
        (TypeError, {"URM_dictionary": {1: sps.csr_matrix((2, 2))}}),
        (ValueError, {"URM_dictionary": {"URM_all": sps.csr_matrix([[np.nan]])}}),
        (TypeError, {"ICM_dictionary": {"ICM": sps.csr_matrix([[1j]])}}),
        (TypeError, {"UCM_feature_mapper_dictionary": {"UCM": ["a"]}}),
        (TypeError, {"user_original_ID_to_index": ["a"]}),
        (TypeError, {"user_original_ID_to_index": {"a": 0.5}}),
        (TypeError, {"user_original_ID_to_index": {"a": "0"}}),
        (ValueError, {"item_original_ID_to_index": {"1": 0, 1: 1}}),
        (TypeError, {"additional_data_mapper": {"titles": ["a"]}}),
    ],
)
def test_bad_arguments_are_refused(error: type[Exception], arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=f"^{next(iter(arguments))}.* must be"):
        Dataset(**arguments)


INCONSISTENT: dict[str, Callable[[], Dataset]] = {
    "URM without interactions": lambda: toy(URM_dictionary={"URM_all": sps.csr_matrix((3, 4))}),
    "implicit with ratings": lambda: toy(is_implicit=True),
    "too few users in the mapper": lambda: toy(user_original_ID_to_index={"11": 0}),
    "item index out of range": lambda: toy(item_original_ID_to_index={"a": 0, "b": 1, "c": 2, "d": 4}),
    "ICM of other items": lambda: toy(ICM_dictionary={"ICM_genres": sps.csr_matrix(np.ones((3, 3)))}),
    "UCM without mapper": lambda: toy(UCM_feature_mapper_dictionary={}),
}


@pytest.mark.parametrize("make", INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_data_set_is_named_and_neither_copied_nor_saved(
    make: Callable[[], Dataset], tmp_path: Path
) -> None:
    dataset = make()
    for use in (dataset.verify_data_consistency, dataset.copy, lambda: dataset.save_data(tmp_path / "saved")):
        with pytest.raises(ValueError, match=r"^Dataset Toy: .* must "):
            use()
    assert not (tmp_path / "saved").exists()


def test_numbers_that_became_NaN_are_found() -> None:
    dataset = toy()
    dataset.AVAILABLE_URM["URM_timestamp"].data[0] = np.nan
    with pytest.raises(ValueError, match="URM_timestamp must hold finite numbers"):
        dataset.verify_data_consistency()


def test_implicit_data_of_ones_is_consistent() -> None:
    Dataset("x", {"URM_all": sps.csr_matrix(np.ones((2, 2)))}, is_implicit=True).verify_data_consistency()


def test_copy_is_the_same_data_set() -> None:
    assert_same_content(toy().copy(), toy())


def test_removed_items_and_users_are_gone_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = toy()
    dataset._remove_items_and_users(np.array([1, 2]), np.array([1]))
    np.testing.assert_array_equal(dataset.get_URM_all().toarray(), [[5, 0], [4, 0]])
    np.testing.assert_array_equal(dataset.get_URM_from_name("URM_timestamp").toarray(), [[1e9, 0], [1e9 + 3, 0]])
    assert dataset.get_user_original_ID_to_index_mapper() == {"11": 0, "13": 1}
    assert dataset.get_item_original_ID_to_index_mapper() == {"a": 0, "d": 1}
    np.testing.assert_array_equal(dataset.get_ICM_from_name("ICM_genres").toarray(), [[1, 1], [0, 1]])
    assert dataset.get_ICM_feature_to_index_mapper_from_name("ICM_genres") == {"Comedy": 0, "War": 1}
    np.testing.assert_array_equal(dataset.get_ICM_from_name("ICM_year").toarray(), [[1995], [1980]])
    np.testing.assert_array_equal(dataset.get_UCM_from_name("UCM_all").toarray(), [[1], [1]])
    assert dataset.get_loaded_UCM_feature_mapper_dict() == {"UCM_all": {"gender_F": 0}}
    dataset.verify_data_consistency()
    assert capsys.readouterr().out == (
        "Dataset: Removing items from ICM_genres\n"
        "Dataset: Removing items from ICM_year\n"
        "Dataset: Removing users from UCM_all\n"
    )


def test_removal_follows_the_indices_of_a_mapper_in_any_order() -> None:
    dataset = toy(item_original_ID_to_index={"d": 3, "a": 0, "c": 2, "b": 1})
    dataset._remove_items_and_users([2], verbose=False)
    assert dataset.get_item_original_ID_to_index_mapper() == {"d": 2, "a": 0, "b": 1}
    assert dataset.get_item_original_IDs().tolist() == ["a", "b", "d"]


def test_removing_nothing_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = toy()
    dataset._remove_items_and_users(verbose=False)
    dataset._remove_items_and_users([], np.array([]), verbose=False)
    assert_same_content(dataset, toy())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("items", "users"),
    [([4], []), ([], [3]), ([-1], []), ([0, 1, 2, 3], []), ([], [0, 1, 2]), ([0, 1, 2], [])],
    ids=["no such item", "no such user", "negative", "all items", "all users", "all interactions"],
)
def test_a_removal_that_cannot_be_is_refused_and_nothing_removed_or_said(
    items: list[int], users: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = toy()
    with pytest.raises(ValueError, match=" must "):
        dataset._remove_items_and_users(items, users)
    assert_same_content(dataset, toy())
    assert capsys.readouterr().out == ""
