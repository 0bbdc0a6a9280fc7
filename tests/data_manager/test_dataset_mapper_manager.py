"""From data frames to matrices and mappers."""

import doctest
from typing import Any

import numpy as np
import pandas as pd
import pytest

from Data_manager import DatasetMapperManager as module
from Data_manager.DatasetMapperManager import DatasetMapperManager
from tests.reference.data_matrices import Row, dense_sum, order_of_appearance


def frame(rows: list[Row], columns: tuple[str, str] = ("UserID", "ItemID")) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*columns, "Data"])


def random_rows(rng: np.random.Generator, n_rows: int, prefix_row: str, prefix_col: str, n_ids: int) -> list[Row]:
    """Few ids and many rows, so that pairs repeat; values that cancel out are likely."""
    rows, cols = rng.integers(0, n_ids, n_rows), rng.integers(0, n_ids, n_rows)
    values = rng.choice([-1.0, 1.0, 2.5], n_rows)
    return [(f"{prefix_row}{r}", f"{prefix_col}{c}", float(v)) for r, c, v in zip(rows, cols, values)]


def test_matrices_and_mappers_equal_the_slow_version() -> None:
    rng = np.random.default_rng(0)
    URM_all, URM_timestamp = random_rows(rng, 120, "u", "i", 12), random_rows(rng, 60, "u", "i", 20)
    ICM, UCM = random_rows(rng, 80, "i", "f", 30), random_rows(rng, 50, "u", "g", 25)
    manager = DatasetMapperManager()
    manager.add_ICM(frame(ICM, ("ItemID", "FeatureID")), "ICM")
    manager.add_URM(frame(URM_all), "URM_all")
    manager.add_UCM(frame(UCM, ("UserID", "FeatureID")), "UCM")
    manager.add_URM(frame(URM_timestamp), "URM_timestamp")
    dataset = manager.generate_Dataset("toy", is_implicit=False)

    users = order_of_appearance([row[0] for row in URM_all + URM_timestamp + UCM])
    items = order_of_appearance([row[1] for row in URM_all + URM_timestamp] + [row[0] for row in ICM])
    item_features = order_of_appearance([row[1] for row in ICM])
    user_features = order_of_appearance([row[1] for row in UCM])
    assert list(dataset.get_user_original_ID_to_index_mapper().items()) == list(users.items())
    assert list(dataset.get_item_original_ID_to_index_mapper().items()) == list(items.items())
    assert dataset.get_ICM_feature_to_index_mapper_from_name("ICM") == item_features
    assert dataset.get_loaded_UCM_feature_mapper_dict() == {"UCM": user_features}
    for matrix, rows, row_mapper, col_mapper in (
        (dataset.get_URM_all(), URM_all, users, items),
        (dataset.get_URM_from_name("URM_timestamp"), URM_timestamp, users, items),
        (dataset.get_ICM_from_name("ICM"), ICM, items, item_features),
        (dataset.get_UCM_from_name("UCM"), UCM, users, user_features),
    ):
        expected = dense_sum(rows, row_mapper, col_mapper, (len(row_mapper), len(col_mapper)))
        np.testing.assert_array_equal(matrix.toarray(), expected)
        assert matrix.nnz == np.count_nonzero(expected), "cells that sum to 0 are dropped"
        assert matrix.format == "csr" and matrix.dtype == np.float64
    assert dataset.get_loaded_URM_names() == ["URM_all", "URM_timestamp"]
    assert dataset.get_dataset_name() == "toy" and not dataset.is_implicit()


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "Int64", "str", "object", "category"])
def test_ids_of_every_kind_give_string_keys_in_order_of_appearance(dtype: str) -> None:
    interactions = frame([(70, 3, 1.0), (5, 3, 2.0), (70, 8, 3.0)]).astype({"UserID": dtype, "ItemID": dtype})
    manager = DatasetMapperManager()
    manager.add_URM(interactions, "URM_all")
    dataset = manager.generate_Dataset("toy", False)
    assert dataset.get_user_original_ID_to_index_mapper() == {"70": 0, "5": 1}
    assert dataset.get_item_original_ID_to_index_mapper() == {"3": 0, "8": 1}
    assert all(type(key) is str for key in dataset.get_user_original_ID_to_index_mapper())
    np.testing.assert_array_equal(dataset.get_URM_all().toarray(), [[1, 3], [2, 0]])


def test_integer_and_string_of_the_same_text_are_one_id() -> None:
    manager = DatasetMapperManager()
    manager.add_URM(frame([(1, "7", 1.0), ("1", 7, 2.0), ("01", 7, 3.0)]), "URM_all")
    manager.add_ICM(frame([(7, "f", 1.0)], ("ItemID", "FeatureID")), "ICM")
    dataset = manager.generate_Dataset("toy", False)
    assert dataset.get_user_original_ID_to_index_mapper() == {"1": 0, "01": 1}
    assert dataset.get_item_original_ID_to_index_mapper() == {"7": 0}
    np.testing.assert_array_equal(dataset.get_URM_all().toarray(), [[3], [3]])


def test_integer_ids_beyond_float_precision_stay_apart() -> None:
    manager = DatasetMapperManager()
    manager.add_URM(frame([(2**53, 1, 1.0), (2**53 + 1, 1, 2.0)]), "URM_all")
    mapper = manager.generate_Dataset("toy", False).get_user_original_ID_to_index_mapper()
    assert mapper == {str(2**53): 0, str(2**53 + 1): 1}


def test_items_that_only_an_ICM_has_come_after_all_rated_ones() -> None:
    manager = DatasetMapperManager()
    manager.add_ICM(frame([("cold", "f", 1.0), ("b", "f", 1.0)], ("ItemID", "FeatureID")), "ICM")
    manager.add_URM(frame([("u", "a", 1.0), ("u", "b", 1.0)]), "URM_all")
    dataset = manager.generate_Dataset("toy", True)
    assert dataset.get_item_original_ID_to_index_mapper() == {"a": 0, "b": 1, "cold": 2}
    assert dataset.get_URM_all().shape == (1, 3)
    np.testing.assert_array_equal(dataset.get_ICM_from_name("ICM").toarray(), [[0], [1], [1]])


def test_frames_are_not_changed_and_may_change_after_they_were_added() -> None:
    interactions = frame([("u", "a", 1.0), ("v", "b", 2.0)])
    interactions.index = [5, 5]
    before = interactions.copy()
    manager = DatasetMapperManager()
    manager.add_URM(interactions, "URM_all")
    pd.testing.assert_frame_equal(interactions, before)
    interactions.iloc[:, 2] = 9.0
    np.testing.assert_array_equal(manager.generate_Dataset("toy", False).get_URM_all().toarray(), [[1, 0], [0, 2]])


def test_further_columns_are_ignored_and_boolean_data_is_ones() -> None:
    interactions = frame([("u", "a", 1.0)]).assign(Data=True, comment=None)
    manager = DatasetMapperManager()
    manager.add_URM(interactions, "URM_all")
    assert manager.generate_Dataset("toy", True).get_URM_all()[0, 0] == 1.0


GOOD = [("u", "a", 1.0), ("v", "b", 2.0)]
BAD: dict[str, tuple[type[Exception], str, Any]] = {
    "no frame": (TypeError, "must be a pandas DataFrame", {"UserID": [1], "ItemID": [1], "Data": [1]}),
    "missing column": (ValueError, "must have the columns", frame(GOOD).drop(columns="Data")),
    "column twice": (ValueError, "must have the columns", frame(GOOD).set_axis(["UserID", "ItemID", "ItemID"], axis=1)),
    "empty": (ValueError, "at least one row", frame(GOOD).iloc[:0]),
    "user None": (ValueError, "UserID of 'URM_all' .* row 1", frame([("u", "a", 1.0), (None, "b", 2.0)])),
    "item NaN": (ValueError, "ItemID of 'URM_all' .* row 0", frame([("u", np.nan, 1.0), ("v", "b", 2.0)])),
    "float ids": (TypeError, "UserID of 'URM_all' must hold string or integer", frame([(1.0, "a", 1.0)])),
    "boolean ids": (TypeError, "ItemID of 'URM_all' must hold string or integer", frame([("u", True, 1.0)])),
    "tuple ids": (TypeError, "UserID of 'URM_all' must hold string or integer", frame([((1, 2), "a", 1.0)])),
    "Data NaN": (ValueError, "Data of 'URM_all' .* got nan in row 1", frame([("u", "a", 1.0), ("v", "b", np.nan)])),
    "Data inf": (ValueError, "Data of 'URM_all' .* got inf in row 0", frame([("u", "a", np.inf)])),
    "Data NA": (
        ValueError,
        "Data of 'URM_all' .* got nan in row 0",
        frame([("u", "a", 1)]).assign(Data=pd.array([pd.NA], dtype="Int64")),
    ),
    "Data text": (TypeError, "Data of 'URM_all' must hold real numbers", frame([("u", "a", "1")])),
    "Data complex": (TypeError, "Data of 'URM_all' must hold real numbers", frame([("u", "a", 1j)])),
}


@pytest.mark.parametrize(("error", "message", "dataframe"), BAD.values(), ids=BAD)
def test_bad_frames_are_refused_and_leave_the_manager_as_it_was(
    error: type[Exception], message: str, dataframe: Any
) -> None:
    manager = DatasetMapperManager()
    with pytest.raises(error, match=message):
        manager.add_URM(dataframe, "URM_all")
    manager.add_URM(frame(GOOD), "URM_all")
    assert manager.generate_Dataset("toy", False).get_URM_all().nnz == 2


def test_bad_names_are_refused() -> None:
    manager = DatasetMapperManager()
    manager.add_URM(frame(GOOD), "URM_all")
    with pytest.raises(ValueError, match="URM_name must be a name that is not taken, got 'URM_all'"):
        manager.add_URM(frame(GOOD), "URM_all")
    with pytest.raises(ValueError, match="ICM_name"):
        manager.add_ICM(frame(GOOD, ("ItemID", "FeatureID")), "")
    with pytest.raises(TypeError, match="UCM_name"):
        manager.add_UCM(frame(GOOD, ("UserID", "FeatureID")), 3)  # type: ignore[arg-type]


def test_nothing_can_be_done_after_the_data_set_was_generated() -> None:
    manager = DatasetMapperManager()
    manager.add_URM(frame(GOOD), "URM_all")
    manager.generate_Dataset("toy", False)
    for use in (
        lambda: manager.add_URM(frame(GOOD), "other"),
        lambda: manager.add_ICM(frame(GOOD, ("ItemID", "FeatureID")), "ICM"),
        lambda: manager.add_UCM(frame(GOOD, ("UserID", "FeatureID")), "UCM"),
        lambda: manager.generate_Dataset("toy", False),
    ):
        with pytest.raises(ValueError, match="has generated its Dataset: make a new one"):
            use()


def test_a_data_set_without_interactions_is_refused() -> None:
    with pytest.raises(ValueError, match="add_URM"):
        DatasetMapperManager().generate_Dataset("toy", False)
    manager = DatasetMapperManager()
    manager.add_URM(frame([("u", "a", 1.0), ("u", "a", -1.0)]), "URM_all")
    with pytest.raises(ValueError, match="toy: URM_all must have at least one interaction"):
        manager.generate_Dataset("toy", False)


def test_implicit_data_with_a_repeated_pair_is_refused() -> None:
    manager = DatasetMapperManager()
    manager.add_URM(frame([("u", "a", 1.0), ("u", "a", 1.0)]), "URM_all")
    with pytest.raises(ValueError, match="must hold only ones, got 2"):
        manager.generate_Dataset("toy", is_implicit=True)
    assert manager.generate_Dataset("toy", is_implicit=False).get_URM_all()[0, 0] == 2


def test_examples_run() -> None:
    result = doctest.testmod(module)
    assert result.attempted >= 4 and result.failed == 0
