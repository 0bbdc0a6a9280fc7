"""The helpers for readers of one's own: matrices, mappers, downloads. Text files have a file of their own."""

import doctest
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from Data_manager import DataReader_utils
from Data_manager._matrices import features as _feature_matrices
from Data_manager._sources import download as _download
from Data_manager.DataReader_utils import (
    add_boolean_matrix_iterator,
    compute_density,
    download_from_URL,
    invert_dictionary,
    merge_ICM,
    reconcile_mapper_with_removed_tokens,
    remove_empty_rows_and_cols,
    remove_features,
    split_big_CSR_in_columns,
    urllretrieve_reporthook,
)
from tests.data_manager.conftest import FileServer

MATRICES = st_numpy.arrays(
    np.float64, st.tuples(st.integers(1, 8), st.integers(1, 8)), elements=st.sampled_from([0.0, 0.0, 1.0, 3.0])
)


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.integers(1, 8))
def test_blocks_of_columns_put_together_are_the_matrix(dense: np.ndarray, num_split: int) -> None:
    num_split = min(num_split, dense.shape[1])
    blocks = split_big_CSR_in_columns(sps.csr_matrix(dense), num_split)
    assert len(blocks) == num_split and {block.format for block in blocks} == {"csr"}
    np.testing.assert_array_equal(np.hstack([block.toarray() for block in blocks]), dense)
    widths = [block.shape[1] for block in blocks]
    assert max(widths) - min(widths) <= 1 and widths == sorted(widths, reverse=True)


@settings(max_examples=60, deadline=None)
@given(MATRICES)
def test_rows_and_columns_without_interactions_go_and_the_ICM_follows(dense: np.ndarray) -> None:
    n_users, n_items = dense.shape
    ICM = np.arange(1, 2 * n_items + 1).reshape(n_items, 2)
    empty_users = [user for user in range(n_users) if not dense[user].any()]
    empty_items = [item for item in range(n_items) if not dense[:, item].any()]
    expected = np.delete(np.delete(dense, empty_users, axis=0), empty_items, axis=1)

    URM, removed_users, removed_items = remove_empty_rows_and_cols(sps.csr_matrix(dense))
    with_ICM = remove_empty_rows_and_cols(sps.csc_matrix(dense), sps.coo_matrix(ICM))
    for matrix, users, items in ((URM, removed_users, removed_items), (with_ICM[0], *with_ICM[2:])):
        np.testing.assert_array_equal(matrix.toarray(), expected)
        assert (users.tolist(), items.tolist()) == (empty_users, empty_items)
    np.testing.assert_array_equal(with_ICM[1].toarray(), np.delete(ICM, empty_items, axis=0))


def test_explicit_zeros_make_no_row_or_column() -> None:
    URM = sps.csr_matrix(np.ones((2, 2)))
    URM.data[:3] = 0
    assert remove_empty_rows_and_cols(URM)[0].toarray().tolist() == [[1]]
    assert URM.nnz == 4


@settings(max_examples=60, deadline=None)
@given(MATRICES, st.integers(0, 4), st.sampled_from([0.0, 0.29, 0.5, 1.0]))
def test_rare_and_frequent_features_go(dense: np.ndarray, minimum: int, share: float) -> None:
    n_items, n_features = dense.shape
    mapper = {f"feature {column}": column for column in reversed(range(n_features))}
    counts = [np.count_nonzero(dense[:, column]) for column in range(n_features)]
    expected = [column for column in range(n_features) if minimum <= counts[column] <= n_items * share]
    ICM, deleted, new_mapper = remove_features(sps.csr_matrix(dense), minimum, share, mapper)
    assert ICM.format == "csc"
    np.testing.assert_array_equal(ICM.toarray(), dense[:, expected])
    assert deleted.tolist() == [column for column in range(n_features) if column not in expected]
    assert list(new_mapper.items()) == [
        (f"feature {column}", expected.index(column)) for column in reversed(range(n_features)) if column in expected
    ]
    assert len(mapper) == n_features
    ICM, deleted_again = remove_features(sps.csr_matrix(dense), minimum, share)
    assert deleted_again.tolist() == deleted.tolist()


def test_defaults_keep_five_occurrences_and_thirty_per_cent_of_the_items() -> None:
    ICM = np.zeros((100, 5))
    for column, count in enumerate((4, 5, 29, 30, 31)):
        ICM[:count, column] = 1
    assert remove_features(sps.csr_matrix(ICM))[1].tolist() == [0, 4]
    # 0.29 * 100 lies below 29
    assert remove_features(sps.csr_matrix(ICM), max_percentage_occurrence=0.29)[1].tolist() == [0, 3, 4]


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(7)), st.sets(st.integers(0, 9)))
def test_indices_close_up_after_a_removal_and_the_given_mapper_stays(order: list[int], removed: set[int]) -> None:
    mapper = {f"token {index}": index for index in order}
    left = [index for index in range(7) if index not in removed]
    result = reconcile_mapper_with_removed_tokens(mapper, sorted(removed, reverse=True))
    assert list(result.items()) == [(f"token {index}", left.index(index)) for index in order if index in left]
    assert list(mapper.values()) == order
    assert all(type(index) is int for index in result.values())


def test_repeated_removed_index_counts_once_and_numpy_indices_are_taken() -> None:
    mapper = {"a": np.int64(0), "b": np.int64(2)}
    assert reconcile_mapper_with_removed_tokens(mapper, np.array([1, 1])) == {"a": 0, "b": 1}
    assert reconcile_mapper_with_removed_tokens(mapper, []) == {"a": 0, "b": 2}
    assert reconcile_mapper_with_removed_tokens({}, [0]) == {}


def test_merged_features_stand_side_by_side() -> None:
    first, second = np.array([[1, 0], [0, 2], [0, 0]]), np.array([[0.5], [0], [7]])
    mappers = {"x": 1, "y": 0}, {"z": 0}
    ICM, mapper = merge_ICM(sps.csc_matrix(first), sps.coo_matrix(second), *mappers)
    np.testing.assert_array_equal(ICM.toarray(), np.hstack([first, second]))
    assert ICM.format == "csr" and mapper == {"x": 1, "y": 0, "z": 2}
    assert mappers == ({"x": 1, "y": 0}, {"z": 0})


def test_ones_are_added_beside_what_is_not_binary() -> None:
    binary, counts = sps.csr_matrix([[1.0, 0], [0, 1]]), sps.csc_matrix([[3, 0], [-1, 1]])
    given = {"binary": binary, "counts": counts, "empty": sps.csr_matrix((2, 2))}
    result = add_boolean_matrix_iterator(given)
    assert list(result) == ["binary", "counts", "counts_bool", "empty"]
    assert result["binary"] is binary and result["counts"] is counts
    assert result["counts_bool"].toarray().tolist() == [[1, 0], [1, 1]]
    assert counts.toarray().tolist() == [[3, 0], [-1, 1]] and len(given) == 3


def test_density_and_inverted_dictionary_by_hand() -> None:
    assert compute_density(sps.csr_matrix([[1, 2, 0], [0, 0, 0]])) == pytest.approx(1 / 3)
    assert invert_dictionary({"a": 0, "b": 1}) == {0: "a", 1: "b"}
    assert invert_dictionary({}) == {}


ICM = sps.csr_matrix(np.ones((3, 2)))
WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "no matrix": (lambda: split_big_CSR_in_columns(np.ones((2, 2))), TypeError, "sparse_matrix_to_split must be"),
    "too many blocks": (lambda: split_big_CSR_in_columns(ICM, 3), ValueError, "num_split must be .* <= 2, got 3"),
    "no block": (lambda: split_big_CSR_in_columns(ICM, 0), ValueError, "num_split must be"),
    "other ICM": (lambda: remove_empty_rows_and_cols(ICM, ICM), ValueError, "ICM must have a row for each of 2 items"),
    "minimum": (lambda: remove_features(ICM, -1), ValueError, "min_occurrence must be"),
    "per cent": (lambda: remove_features(ICM, 1, 30), ValueError, "max_percentage_occurrence must be .* <= 1, got 30"),
    "mapper beyond": (lambda: remove_features(ICM, 1, 1.0, {"a": 2}), ValueError, "reconcile_mapper must be"),
    "mapper of two": (lambda: remove_features(ICM, 1, 1.0, {"a": 1, "b": 1}), ValueError, "one column for two"),
    "no mapper": (lambda: reconcile_mapper_with_removed_tokens([("a", 0)], []), TypeError, "mapper must be a dict"),
    "negative": (lambda: reconcile_mapper_with_removed_tokens({"a": 0}, [-1]), ValueError, "values must be"),
    "other rows": (lambda: merge_ICM(ICM, ICM[:2], {}, {}), ValueError, "ICM2 must have as many rows as ICM1, 3"),
    "same feature": (
        lambda: merge_ICM(ICM, ICM, {"a": 0, "b": 1}, {"b": 0}),
        ValueError,
        "mapper_ICM2 must not have features of mapper_ICM1, got b",
    ),
    "taken name": (lambda: add_boolean_matrix_iterator({"x": 2 * ICM, "x_bool": ICM}), ValueError, "x_bool"),
    "no dict": (lambda: add_boolean_matrix_iterator([ICM]), TypeError, "matrices must be a dict"),
    "dense": (lambda: compute_density(np.ones((2, 2))), TypeError, "URM must be"),
    "no rows": (lambda: compute_density(sps.csr_matrix((0, 2))), ValueError, "URM must have rows and columns"),
    "two keys": (lambda: invert_dictionary({"a": 0, "b": 0}), ValueError, "one value for two keys"),
}


@pytest.mark.parametrize(("call", "error", "match"), WRONG.values(), ids=WRONG)
def test_wrong_argument_is_named(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


# Downloads

BODY = b"some rows of a table\n" * 20_000


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_download, "N_RETRIES", 0)
    monkeypatch.setattr(_download, "RETRY_PAUSE_SECONDS", 0.0)


def test_file_is_downloaded_under_the_given_name_over_an_older_one(
    file_server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file_server.body = BODY
    url = f"{file_server.url}/other-name.csv"
    md5 = hashlib.md5(BODY).hexdigest().upper()
    assert download_from_URL(url, f"{tmp_path}/new/", "rows.csv", md5=md5) == tmp_path / "new" / "rows.csv"
    printed = capsys.readouterr().out
    assert printed.startswith(f"Downloading: {url}\nIn folder: {tmp_path / 'new'}\n\rDataReader: Downloaded ")
    assert "\rDataReader: Downloaded 100.00%, 0.40 MB, " in printed
    assert printed.endswith(" seconds passed\n")

    (tmp_path / "new" / "rows.csv").write_bytes(b"older")
    download_from_URL(url, tmp_path / "new", "rows.csv", verbose=False)
    assert (tmp_path / "new" / "rows.csv").read_bytes() == BODY
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["rows.csv"]
    assert capsys.readouterr().out == ""


def test_failed_attempt_is_repeated(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_download, "N_RETRIES", 1)
    file_server.body, file_server.n_failures = BODY, 1
    download_from_URL(f"{file_server.url}/x", tmp_path, "x", verbose=False)
    assert len(file_server.requests) == 2 and (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize(
    ("server", "arguments", "reason"),
    [
        ({"n_failures": 9}, {}, "503"),
        ({"claimed_length": len(BODY) + 7}, {}, "bytes expected|IncompleteRead"),
        ({}, {"md5": "0" * 32}, r"MD5\) must be 0000"),
        ({"hangs": True}, {}, "timed out"),
    ],
)
def test_failure_names_address_reason_and_place_and_leaves_what_was_there(
    server: dict[str, Any],
    arguments: dict[str, Any],
    reason: str,
    file_server: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_download, "READ_TIMEOUT_SECONDS", 0.2)
    file_server.body = BODY
    vars(file_server).update(server)
    (tmp_path / "x").write_bytes(b"older")
    with pytest.raises(ConnectionError, match=reason) as caught:
        download_from_URL(f"{file_server.url}/x", tmp_path, "x", verbose=False, **arguments)
    assert f"{file_server.url}/x" in str(caught.value) and str(tmp_path / "x") in str(caught.value)
    assert (tmp_path / "x").read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_certificate_is_verified(bad_certificate_server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="certificate"):
        download_from_URL(f"{bad_certificate_server.url}/x", tmp_path, "x", verbose=False)
    assert bad_certificate_server.requests == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"URL": "file:///etc/hosts"}, ValueError),
        ({"URL": None}, TypeError),
        ({"file_name": "../x"}, ValueError),
        ({"file_name": "a\\b"}, ValueError),
        ({"file_name": ".."}, ValueError),
        ({"file_name": ""}, ValueError),
        ({"file_name": 3}, TypeError),
        ({"verbose": 1}, TypeError),
    ],
)
def test_wrong_argument_of_a_download_is_named(
    arguments: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    given = {"URL": "http://127.0.0.1:9/x", "folder_path": tmp_path / "made", "file_name": "x", **arguments}
    with pytest.raises(error, match=f"^{next(iter(arguments))} must be"):
        download_from_URL(**given)
    assert list(tmp_path.iterdir()) == []


def test_progress_line_by_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([10.0, 12.0, 14.0, 18.0])
    monkeypatch.setattr(_download, "monotonic", lambda: next(clock))
    urllretrieve_reporthook(0, 2**20, 3 * 2**20)
    assert capsys.readouterr().out == ""
    urllretrieve_reporthook(1, 2**20, 3 * 2**20)
    assert capsys.readouterr().out == ("\rDataReader: Downloaded 33.33%, 1.00 MB, 512 KB/s, 2 seconds passed")
    urllretrieve_reporthook(4, 2**20, 3 * 2**20)
    assert "100.00%, 3.00 MB, 768 KB/s, 4 seconds" in capsys.readouterr().out
    urllretrieve_reporthook(4, 2**20, -1)
    assert capsys.readouterr().out == "\rDataReader: Downloaded 4.00 MB, 512 KB/s, 8 seconds passed"


def test_every_historical_name_is_there_and_examples_run() -> None:
    historical = (
        "split_big_CSR_in_columns, remove_empty_rows_and_cols, remove_Dataframe_duplicates, load_CSV_into_Dataframe, "
        "load_CSV_into_SparseBuilder, merge_ICM, compute_density, remove_features, "
        "reconcile_mapper_with_removed_tokens, download_from_URL, urllretrieve_reporthook, invert_dictionary, "
        "add_boolean_matrix_iterator"
    )
    assert sorted(DataReader_utils.__all__) == sorted(historical.split(", "))
    for module in (DataReader_utils, _feature_matrices):
        assert doctest.testmod(module).failed == 0
