"""What each processing does to a data set, by hand. The k-core has a file of its own."""

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager import DataPostprocessing_Implicit_URM as implicit_module
from Data_manager import DataPostprocessing_Minimum_Rating as minimum_module
from Data_manager import DataPostprocessing_User_sample as sample_module
from Data_manager.DataPostprocessing_Implicit_URM import DataPostprocessing_Implicit_URM
from Data_manager.DataPostprocessing_Minimum_Rating import DataPostprocessing_Minimum_Rating
from Data_manager.DataPostprocessing_User_sample import DataPostprocessing_User_sample
from tests.reference.data_toy import assert_same_content, toy, toy_arguments
from tests.reference.data_toy_reader import ToyReader


def test_sample_keeps_the_users_with_all_they_have_in_their_order_and_every_item() -> None:
    dataset = DataPostprocessing_User_sample(ToyReader(), 0.7, random_seed=0).load_data()
    everything = toy()
    ids = list(dataset.get_user_original_ID_to_index_mapper())
    assert len(ids) == 2 and ids == sorted(ids)
    rows = [everything.get_user_original_ID_to_index_mapper()[original_id] for original_id in ids]
    for name in ("URM_all", "URM_timestamp"):
        expected = everything.get_URM_from_name(name).toarray()[rows]
        np.testing.assert_array_equal(dataset.get_URM_from_name(name).toarray(), expected)
    assert dataset.get_item_original_ID_to_index_mapper() == everything.get_item_original_ID_to_index_mapper()
    for name in ("ICM_genres", "ICM_year"):
        np.testing.assert_array_equal(
            dataset.get_ICM_from_name(name).toarray(), everything.get_ICM_from_name(name).toarray()
        )


def _many_users(n_users: int = 200) -> ToyReader:
    ones = sps.csr_matrix(np.ones((n_users, 2)))
    return ToyReader(
        changes={
            **dict.fromkeys(toy_arguments(), None),
            "dataset_name": "Toy",
            "URM_dictionary": {"URM_all": ones},
            "is_implicit": False,
        }
    )


def _sampled(quota: float, **arguments: Any) -> set[str]:
    reader = DataPostprocessing_User_sample(_many_users(), quota, **arguments)
    return set(reader.load_data().get_user_original_ID_to_index_mapper())


def test_sample_is_the_seeds_and_a_smaller_one_is_part_of_a_larger_one() -> None:
    np.random.seed(7)
    before = np.random.get_state()[1].tolist()
    assert _sampled(0.25) == _sampled(0.25, random_seed=42) != _sampled(0.25, random_seed=43)
    assert np.random.get_state()[1].tolist() == before
    assert _sampled(0.1) < _sampled(0.25) < _sampled(1.0)
    assert [len(_sampled(quota)) for quota in (0.1, 0.25, 1.0, 1e-9)] == [20, 50, 200, 1]
    drawn = [_sampled(0.1, random_seed=seed) for seed in range(100)]
    assert len(set.union(*drawn)) == 200, "everybody can be drawn"


@pytest.mark.parametrize(
    ("arguments", "name", "error"),
    [
        ({"user_quota": 0}, "user_quota", ValueError),
        ({"user_quota": 1.01}, "user_quota", ValueError),
        ({"user_quota": True}, "user_quota", TypeError),
        ({"random_seed": None}, "random_seed", TypeError),
        ({"random_seed": -1}, "random_seed", ValueError),
    ],
)
def test_wrong_argument_of_the_sample_is_named(arguments: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be"):
        DataPostprocessing_User_sample(ToyReader(), **{"user_quota": 0.5, **arguments})


def test_implicit_makes_ratings_ones_and_leaves_times_and_features() -> None:
    inner = ToyReader()
    dataset = DataPostprocessing_Implicit_URM(inner).load_data()
    pattern = (toy().get_URM_all().toarray() != 0).astype(float)
    assert inner.IS_IMPLICIT is False and dataset.is_implicit() is True
    assert_same_content(
        dataset,
        toy(
            is_implicit=True,
            URM_dictionary={**toy_arguments()["URM_dictionary"], "URM_all": sps.csr_matrix(pattern)},
        ),
    )


def test_ratings_below_the_minimum_go_from_every_URM_and_nobody_else_goes() -> None:
    given = toy_arguments()["URM_dictionary"]
    # a cell that URM_all has no rating for, and one URM without the cells that are dropped
    given["URM_clicks"] = sps.csr_matrix(np.array([[0.0, 7, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0]]))
    dataset = DataPostprocessing_Minimum_Rating(ToyReader(changes={"URM_dictionary": given}), 3).load_data()
    high = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    URM, timestamps = (given[name].toarray() for name in ("URM_all", "URM_timestamp"))
    clicks = sps.csr_matrix(np.array([[0.0, 7, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0]]))
    expected = {
        "URM_all": sps.csr_matrix(URM * high),
        "URM_timestamp": sps.csr_matrix(timestamps * high),
        "URM_clicks": clicks,
    }
    assert_same_content(dataset, toy(URM_dictionary=expected))


@pytest.mark.parametrize(
    ("minimum", "n_left", "folder"),
    [(0.5, 6, "0.5"), (-3, 6, "-3"), (0.51, 5, "0.51"), (5.0, 1, "5"), (-0.0, 6, "0"), (1e-9, 6, "0.000000001")],
)
def test_the_minimum_itself_stays(minimum: float, n_left: int, folder: str) -> None:
    reader = DataPostprocessing_Minimum_Rating(ToyReader(), minimum)
    assert reader.load_data().get_URM_all().nnz == n_left
    assert f"minimum_rating_{folder}/" == reader.DATASET_SUBFOLDER_ORIGINAL


def test_minimum_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"minimum_rating must be at most the highest rating, 5\.0, got 5\.5"):
        DataPostprocessing_Minimum_Rating(ToyReader(), 5.5).load_data()


@pytest.mark.parametrize(("value", "error"), [(np.nan, ValueError), ("4", TypeError), (None, TypeError)])
def test_wrong_minimum_is_named(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^minimum_rating must be a finite number"):
        DataPostprocessing_Minimum_Rating(ToyReader(), value)


def test_examples_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (implicit_module, minimum_module, sample_module):
        assert doctest.testmod(module).failed == 0
    assert list(tmp_path.iterdir()) == []
