"""The consistency checks: what fits passes, and each single misfit is named."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.data_consistency_check import (
    assert_disjoint_matrices,
    assert_implicit_data,
    assert_URM_ICM_mapper_consistency,
)


def consistent() -> dict[str, Any]:
    """3 users, 4 items, 2 item features of which the mapper names both, 3 user features with one that never occurs."""
    return {
        "URM_DICT": {"URM_all": sps.csr_matrix(np.array([[1.0, 0, 0, 2], [0, 3, 0, 0], [0, 0, 0, 0]]))},
        "user_original_ID_to_index": {"u0": 0, "u1": 1, "u2": 2},
        "item_original_ID_to_index": {"i0": 0, "i1": 1, "i2": 2, "i3": 3},
        "ICM_DICT": {"ICM": sps.csr_matrix(np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]]))},
        "ICM_MAPPER_DICT": {"ICM": {"a": 0, "b": 1}},
        "UCM_DICT": {"UCM": sps.csr_matrix(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 0]]))},
        "UCM_MAPPER_DICT": {"UCM": {"x": 0, "y": 1}},
        "DATA_NAME": "toy",
    }


def set_mapper(part: str, key: str, mapper: dict[str, int]) -> Callable[[dict[str, Any]], None]:
    return lambda data: data[part].update({key: mapper})


def set_global(key: str, mapper: dict[str, int]) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update({key: mapper})


MISFITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no URM": lambda data: data["URM_DICT"].clear(),
    "URMs of two shapes": lambda data: data["URM_DICT"].update(URM_timestamp=sps.csr_matrix(np.ones((3, 3)))),
    "no user": lambda data: data.update(URM_DICT={"URM_all": sps.csr_matrix((0, 4))}),
    "user mapper too short": set_global("user_original_ID_to_index", {"u0": 0, "u1": 1}),
    "user index twice": set_global("user_original_ID_to_index", {"u0": 0, "u1": 1, "u2": 1}),
    "user index = n_users": set_global("user_original_ID_to_index", {"u0": 0, "u1": 1, "u2": 3}),
    "item index = n_items": set_global("item_original_ID_to_index", {"i0": 0, "i1": 1, "i2": 2, "i3": 4}),
    "item index negative": set_global("item_original_ID_to_index", {"i0": -1, "i1": 1, "i2": 2, "i3": 3}),
    "item mapper too long": lambda data: data["item_original_ID_to_index"].update(i4=4),
    "ICM without mapper": lambda data: data["ICM_MAPPER_DICT"].clear(),
    "mapper without UCM": lambda data: data["UCM_DICT"].clear(),
    "ICM rows": lambda data: data["ICM_DICT"].update(ICM=sps.csr_matrix(np.ones((3, 2)))),
    "UCM rows": lambda data: data["UCM_DICT"].update(UCM=sps.csr_matrix(np.ones((4, 3)))),
    "ICM empty": lambda data: data["ICM_DICT"].update(ICM=sps.csr_matrix((4, 2))),
    "ICM of explicit zeros": lambda data: data["ICM_DICT"]["ICM"].data.fill(0),
    "ICM without features": lambda data: data["ICM_DICT"].update(ICM=sps.csr_matrix((4, 0))),
    "feature index = n_features": set_mapper("ICM_MAPPER_DICT", "ICM", {"a": 0, "b": 2}),
    "feature index twice": set_mapper("UCM_MAPPER_DICT", "UCM", {"x": 0, "y": 1, "z": 1}),
    "feature that occurs has no name": set_mapper("ICM_MAPPER_DICT", "ICM", {"a": 0}),
}


def test_consistent_data_passes_with_cold_users_and_features_that_never_occur() -> None:
    assert_URM_ICM_mapper_consistency(**consistent())


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS)
def test_each_misfit_is_refused_with_the_name_of_the_data(misfit: Callable[[dict[str, Any]], Any]) -> None:
    data = consistent()
    misfit(data)
    with pytest.raises(ValueError, match=r"^toy: .* must "):
        assert_URM_ICM_mapper_consistency(**data)


def test_disjoint_matrices_pass() -> None:
    first, second, third = (sps.csr_matrix(np.eye(3) == 1), sps.csr_matrix(np.eye(3, k=1)), sps.csr_matrix((3, 3)))
    assert assert_disjoint_matrices([first, second, third]) is True
    assert assert_disjoint_matrices([first]) is True
    assert assert_disjoint_matrices([]) is True


def test_matrices_that_share_a_cell_are_refused() -> None:
    first, second = sps.csr_matrix(np.eye(3)), sps.csr_matrix(np.array([[-1.0, 1, 0], [0, 0, 0], [0, 0, 0]]))
    with pytest.raises(ValueError, match="disjoint, got 1 cells"):
        assert_disjoint_matrices([first, second])
    with pytest.raises(ValueError, match="disjoint, got 1 cells"):
        assert_disjoint_matrices([sps.csr_matrix((3, 3)), first, second])


def test_explicit_zeros_are_not_shared_cells_and_stay_in_the_input() -> None:
    first = sps.csr_matrix(np.eye(2))
    second = sps.csr_matrix(np.eye(2))
    second.data[:] = 0
    assert assert_disjoint_matrices([first, second]) is True
    assert second.nnz == 2


def test_disjoint_matrices_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        assert_disjoint_matrices([sps.csr_matrix((2, 2)), sps.csr_matrix((2, 3))])


def test_implicit_data_passes_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert_implicit_data([sps.csr_matrix(np.eye(2)), sps.csr_matrix((2, 2))])
    assert "Passed" in capsys.readouterr().out
    assert_implicit_data([sps.csr_matrix(np.eye(2))], verbose=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("value", [2.0, 0.5, np.nan, -1.0])
def test_other_values_are_no_implicit_data(value: float) -> None:
    with pytest.raises(ValueError, match=f"must hold only ones, got {value}"):
        assert_implicit_data([sps.csr_matrix(np.eye(2)), sps.csr_matrix(np.array([[1.0, value]]))])
