"""The text that tells data sets apart."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager._storage.hashing import dataset_fingerprint
from Data_manager.Dataset import Dataset
from tests.reference.data_toy import toy, toy_arguments


def fingerprint_of(dataset: Dataset) -> str:
    return dataset_fingerprint(dataset._parts())


def changed(argument: str, name: str | None, change: Any) -> Dataset:
    arguments = toy_arguments()
    if name is None:
        arguments[argument] = change(arguments[argument])
    else:
        arguments[argument][name] = change(arguments[argument][name])
    return Dataset(**arguments)


def value(matrix: sps.csr_matrix) -> sps.csr_matrix:
    matrix.data[-1] += 0.25
    return matrix


def place(matrix: sps.csr_matrix) -> sps.csr_matrix:
    """The last cell one column to the left, or to the right."""
    dense = matrix.toarray()
    row, column = matrix.nonzero()[0][-1], matrix.nonzero()[1][-1]
    other = next(c for c in range(dense.shape[1]) if dense[row, c] == 0)
    dense[row, [column, other]] = dense[row, [other, column]]
    return sps.csr_matrix(dense)


def exchanged(mapper: dict[str, int]) -> dict[str, int]:
    first, second, *_ = mapper
    return {**mapper, first: mapper[second], second: mapper[first]}


DIFFERENT = {
    "rating": changed("URM_dictionary", "URM_all", value),
    "place of a rating": changed("URM_dictionary", "URM_all", place),
    "time": changed("URM_dictionary", "URM_timestamp", value),
    "name of a URM": changed("URM_dictionary", None, lambda m: {"URM_all": m["URM_all"], "URM_x": m["URM_timestamp"]}),
    "users": changed("user_original_ID_to_index", None, exchanged),
    "items": changed("item_original_ID_to_index", None, exchanged),
    "ICM": changed("ICM_dictionary", "ICM_year", value),
    "features": changed("ICM_feature_mapper_dictionary", "ICM_genres", exchanged),
    "UCM": changed("UCM_dictionary", "UCM_all", value),
    "features of users": changed("UCM_feature_mapper_dictionary", "UCM_all", exchanged),
    "no UCM": toy(UCM_dictionary=None, UCM_feature_mapper_dictionary=None),
}


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_every_difference_of_content_is_seen(other: Dataset) -> None:
    assert fingerprint_of(other) != fingerprint_of(toy())


def test_form_makes_no_difference() -> None:
    fingerprint = fingerprint_of(toy())
    assert len(fingerprint) == 64
    assert fingerprint_of(toy()) == fingerprint
    assert fingerprint_of(toy(dataset_name="Other")) == fingerprint
    narrow = {name: URM.astype(np.float32) for name, URM in toy_arguments()["URM_dictionary"].items()}
    narrow["URM_timestamp"] = toy_arguments()["URM_dictionary"]["URM_timestamp"]
    assert fingerprint_of(toy(URM_dictionary=narrow)) == fingerprint
    reversed_names = dict(reversed(toy_arguments()["URM_dictionary"].items()))
    assert fingerprint_of(toy(URM_dictionary=reversed_names)) == fingerprint
    users = toy_arguments()["user_original_ID_to_index"]
    assert fingerprint_of(toy(user_original_ID_to_index=dict(reversed(users.items())))) == fingerprint


def test_number_and_text_of_an_id_are_one_id() -> None:
    """Ids that are integers count as their text."""
    by_number = Dataset("x", {"URM_all": sps.csr_matrix(np.ones((2, 2)))})
    by_text = Dataset("x", {"URM_all": sps.csr_matrix(np.ones((2, 2)))}, user_original_ID_to_index={"0": 0, "1": 1})
    assert fingerprint_of(by_number) == fingerprint_of(by_text)
