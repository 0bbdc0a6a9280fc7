"""The k-core: against one removal at a time, as a fixed point, and on whole data sets."""

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from Data_manager import DataPostprocessing_K_Cores as k_cores_module
from Data_manager.DataPostprocessing_K_Cores import DataPostprocessing_K_Cores, select_k_cores
from tests.reference.data_k_cores import k_core_by_single_removals
from tests.reference.data_toy_reader import ToyReader

MATRICES = st_numpy.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.sampled_from([0.0, 1.0, -2.0, 5.0]),
)


@settings(max_examples=150, deadline=None)
@given(MATRICES, st.integers(1, 4))
def test_k_core_is_what_single_removals_leave_and_a_fixed_point(dense: np.ndarray, k: int) -> None:
    expected_users, expected_items = k_core_by_single_removals(dense, k)
    URM = sps.csr_matrix(dense)
    if len(expected_users) == len(dense):
        with pytest.raises(ValueError, match=f"k_value must leave at least one .* got {k}, which leaves none"):
            select_k_cores(URM, k, verbose=False)
        return
    core, removed_users, removed_items = select_k_cores(URM, k, verbose=False)
    assert (removed_users.tolist(), removed_items.tolist()) == (expected_users, expected_items)
    zeroed = dense.copy()
    zeroed[expected_users] = 0
    zeroed[:, expected_items] = 0
    np.testing.assert_array_equal(core.toarray(), zeroed)

    reshaped, *removed = select_k_cores(URM, k, reshape=True, verbose=False)
    left = np.delete(np.delete(dense, expected_users, axis=0), expected_items, axis=1)
    np.testing.assert_array_equal(reshaped.toarray(), left)
    assert min(reshaped.getnnz(axis=0).min(), reshaped.getnnz(axis=1).min()) >= k
    assert [ids.tolist() for ids in removed] == [expected_users, expected_items]
    again, *none_removed = select_k_cores(reshaped, k, reshape=True, verbose=False)
    np.testing.assert_array_equal(again.toarray(), left)
    assert [ids.size for ids in none_removed] == [0, 0]


def test_removals_go_on_as_long_as_one_leads_to_another(capsys: pytest.CaptureFixture[str]) -> None:
    # a chain user 0 - item 0 - user 1 - ... - item 5, which the 2-core loses from its ends, and a square beside it
    chain = sps.bmat([[sps.diags([np.ones(6), np.ones(5)], [0, -1]), None], [None, np.ones((2, 2))]])
    core, removed_users, removed_items = select_k_cores(chain, 2)
    assert (removed_users.tolist(), removed_items.tolist()) == (list(range(6)), list(range(6)))
    assert core.shape == (8, 8) and core.nnz == 4
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("DataDenseSplit_K_Cores: ") for line in lines)
    assert "removed 1 users and 2 items, 7 and 6 are left" in lines[0]
    assert lines[-1].endswith("2 and 2 are left")
    select_k_cores(chain, 2, verbose=False)
    assert capsys.readouterr().out == ""


def test_default_is_the_5_core_and_an_explicit_zero_is_no_interaction() -> None:
    five = sps.csr_matrix(np.ones((5, 6), dtype=np.float32))
    five.data[5::6] = 0
    core, removed_users, removed_items = select_k_cores(five, verbose=False)
    assert (removed_users.tolist(), removed_items.tolist()) == ([], [5])
    assert core.dtype == np.float32 and core.format == "csr" and core.nnz == 25


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
def test_any_sparse_format_is_taken_and_not_changed(form: str) -> None:
    dense = np.array([[1, 2, 0], [3, 4, 0], [0, 5, 6]])
    URM = sps.csr_matrix(dense).asformat(form)
    core, *_ = select_k_cores(URM, 2, verbose=False)
    np.testing.assert_array_equal(core.toarray(), [[1, 2, 0], [3, 4, 0], [0, 0, 0]])
    assert core.dtype == dense.dtype
    np.testing.assert_array_equal(URM.toarray(), dense)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"URM": np.ones((2, 2))}, TypeError),
        ({"k_value": 0}, ValueError),
        ({"k_value": 2.0}, TypeError),
        ({"reshape": 1}, TypeError),
        ({"verbose": None}, TypeError),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{next(iter(arguments))} must be"):
        select_k_cores(**{"URM": sps.csr_matrix(np.ones((2, 2))), "k_value": 1, **arguments})


def test_all_matrices_and_mappers_of_a_data_set_lose_the_same_users_and_items() -> None:
    # user 12 has one interaction; without it items a and b have two, c one, d none; without c all have two
    dataset = DataPostprocessing_K_Cores(ToyReader(), 2).load_data()
    np.testing.assert_array_equal(dataset.get_URM_all().toarray(), [[5, 3], [4, 2]])
    np.testing.assert_array_equal(dataset.get_URM_from_name("URM_timestamp").toarray() - 1e9, [[0, 1], [3, 4]])
    assert dataset.get_user_original_ID_to_index_mapper() == {"11": 0, "13": 1}
    assert dataset.get_item_original_ID_to_index_mapper() == {"a": 0, "b": 1}
    np.testing.assert_array_equal(dataset.get_ICM_from_name("ICM_genres").toarray(), [[1, 0, 1], [0, 1, 1]])
    assert dataset.get_loaded_UCM_feature_mapper_dict() == {"UCM_all": {"gender_F": 0}}


def test_data_set_without_k_core_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    reader = DataPostprocessing_K_Cores(ToyReader(keeps=True, data_folder=tmp_path), 4)
    with pytest.raises(ValueError, match="k_value must leave"):
        reader.load_data()
    assert [path.name for path in (tmp_path / "Toy").iterdir()] == ["original"]


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (True, TypeError), ("5", TypeError)])
def test_wrong_k_is_refused_when_the_reader_is_made(k: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="k_cores_value must be an integer >= 1"):
        DataPostprocessing_K_Cores(ToyReader(), k)


def test_examples_run() -> None:
    assert doctest.testmod(k_cores_module).failed == 0
