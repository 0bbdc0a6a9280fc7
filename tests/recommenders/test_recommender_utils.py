"""The sparse helpers."""

import threading

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.Recommender_utils import (
    addZeroSamples,
    areURMequals,
    check_matrix,
    get_unique_temp_folder,
    reshapeSparse,
    similarityMatrixTopK,
)

DENSE = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -3.0]])


@pytest.mark.parametrize("format", ["csc", "csr", "coo", "dok", "bsr", "dia", "lil"])
@pytest.mark.parametrize("given", [sps.csr_matrix, sps.coo_matrix, sps.csc_array, np.array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_check_matrix_gives_the_format_and_dtype_asked_for(format, given, dtype):
    matrix = check_matrix(given(DENSE), format, dtype)
    assert sps.isspmatrix(matrix)
    assert matrix.format == format
    assert matrix.dtype == dtype
    np.testing.assert_array_equal(matrix.toarray(), DENSE.astype(dtype))


def test_check_matrix_defaults_to_csc_float32():
    matrix = check_matrix(sps.csr_matrix(DENSE))
    assert (matrix.format, matrix.dtype) == ("csc", np.float32)


@pytest.mark.parametrize("format", ["csc", "csr", "coo", "bsr"])
def test_check_matrix_copies_what_is_already_right(format):
    given = check_matrix(DENSE, format)
    copy = check_matrix(given, format)
    copy.data[:] = 9
    np.testing.assert_array_equal(given.toarray(), DENSE)


@pytest.mark.parametrize("format", ["csr", "npy"])
def test_check_matrix_sums_duplicates_of_small_integers_without_overflow(format):
    given = sps.coo_matrix((np.array([100, 100], dtype=np.int8), ([0, 0], [0, 0])), shape=(1, 1))
    assert check_matrix(given, format)[0, 0] == 200
    assert given.data.tolist() == [100, 100]


def test_check_matrix_drops_the_zeros_of_an_array():
    assert check_matrix(DENSE, "csr").nnz == 3


def test_check_matrix_npy_is_dense_and_casts_sparse_matrices_alone():
    from_sparse = check_matrix(sps.csr_matrix(DENSE), "npy")
    from_array = check_matrix(DENSE, "npy")
    assert (from_sparse.dtype, from_array.dtype) == (np.float32, np.float64)
    assert from_array is not DENSE
    for dense in (from_sparse, from_array):
        np.testing.assert_array_equal(dense, DENSE)


@pytest.mark.parametrize(
    ("X", "format", "error"),
    [(DENSE, "xyz", ValueError), (DENSE, None, TypeError), ([[1.0]], "csr", TypeError), (DENSE[0], "csr", ValueError)],
)
def test_check_matrix_refuses_other_formats_and_types(X, format, error):
    with pytest.raises(error, match="must"):
        check_matrix(X, format)


def reference_column_top_k(W, k, key):
    """Column by column in plain Python: the entries sorted by (-key(value), row), the first k."""
    result = np.zeros_like(W)
    for j in range(W.shape[1]):
        entries = [i for i in range(W.shape[0]) if W[i, j] != 0]
        for i in sorted(entries, key=lambda i, j=j: (-key(W[i, j]), i))[:k]:
            result[i, j] = W[i, j]
    return result


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("k", [1, 3, 12, 100])
@pytest.mark.parametrize("absolute", [False, True])
def test_top_k_equals_the_column_by_column_oracle(seed, k, absolute, monkeypatch):
    rng = np.random.default_rng(seed)
    # a few values with many ties, negative ones, empty and full columns
    W = rng.integers(-3, 4, (12, 12)) * (rng.random((12, 12)) < rng.random(12)) / 2
    W[:, 5] = 0
    W[:, 6] = rng.integers(1, 3, 12)
    expected = reference_column_top_k(W, k, abs if absolute else float)
    for block in (1 << 22, 20):
        monkeypatch.setattr("Recommenders.Recommender_utils._CELLS_PER_CHUNK", block)
        for given in (W, sps.csr_matrix(W), sps.coo_array(W)):
            kept = similarityMatrixTopK(given, k=k, use_absolute_values=absolute)
            assert isinstance(kept, sps.csr_matrix)
            assert kept.dtype == np.float32
            assert kept.has_canonical_format
            assert kept.nnz == np.count_nonzero(expected)
            np.testing.assert_array_equal(kept.toarray(), expected)


def test_top_k_leaves_its_argument_as_it_was_and_takes_an_empty_one():
    W = sps.random(20, 20, 0.5, "csr", random_state=0)
    before = W.copy()
    similarityMatrixTopK(W, k=2)
    np.testing.assert_array_equal(W.toarray(), before.toarray())
    assert similarityMatrixTopK(sps.csr_matrix((4, 4))).nnz == 0


@pytest.mark.parametrize(
    ("W", "k", "error"),
    [
        (sps.eye(3, 4), 2, ValueError),
        (sps.eye(3), 0, ValueError),
        (sps.eye(3), 1.5, TypeError),
        (sps.csr_matrix([[np.nan]]), 1, ValueError),
        ([[1.0]], 1, TypeError),
    ],
)
def test_top_k_refuses_what_is_no_square_matrix_or_no_k(W, k, error):
    with pytest.raises(error, match="must be"):
        similarityMatrixTopK(W, k=k)


def test_URMs_are_equal_by_shape_and_values_whatever_the_format_and_stored_zeros():
    URM = sps.csr_matrix(DENSE)
    with_zero = sps.csr_matrix(([1.5, 2.0, -3.0, 0.0], ([0, 1, 1, 0], [1, 0, 2, 0])), shape=(2, 3))
    assert areURMequals(URM, sps.coo_array(DENSE))
    assert areURMequals(URM, with_zero)
    assert not areURMequals(URM, URM * 2)
    assert not areURMequals(URM, sps.csr_matrix((2, 4)))
    assert not areURMequals(URM, sps.csr_matrix((2, 3)))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(30, 30), (20, 35)])
def test_zero_samples_are_new_cells_off_the_diagonal(share, shape):
    S = sps.random(*shape, density=0.4, format="csr", random_state=1)
    free = (S.toarray() == 0) & ~(np.eye(*shape, dtype=bool) & (shape[0] == shape[1]))
    n_added = int(share * free.sum())
    sampled = addZeroSamples(S, n_added, random_seed=0)
    assert sampled.nnz == S.nnz + n_added
    np.testing.assert_array_equal(sampled.toarray(), S.toarray())
    added = sampled.tocoo()
    assert free[added.row[added.data == 0], added.col[added.data == 0]].all()
    with pytest.raises(ValueError, match="numSamplesToAdd must be"):
        addZeroSamples(S, int(free.sum()) + 1)


def test_zero_samples_come_from_the_seed_and_reach_every_free_cell():
    S = sps.eye(6, format="csr")
    cells = [frozenset(zip(*addZeroSamples(S, 5, random_seed=seed).nonzero())) for seed in (0, 0)]
    assert cells[0] == cells[1]
    hits = np.zeros((6, 6))
    for seed in range(600):
        sampled = addZeroSamples(S, 5, random_seed=seed).tocoo()
        hits[sampled.row, sampled.col] += sampled.data == 0
    assert (hits[~np.eye(6, dtype=bool)] > 60).all()
    assert hits.trace() == 0


def test_reshape_keeps_the_entries_and_only_grows():
    given = sps.csr_matrix(DENSE)
    larger = reshapeSparse(given, (4, 5))
    assert larger.shape == (4, 5)
    np.testing.assert_array_equal(larger.toarray()[:2, :3], DENSE)
    assert larger.nnz == 3
    assert given.shape == (2, 3)
    for shape in ((1, 3), (2, 2)):
        with pytest.raises(ValueError, match="newShape"):
            reshapeSparse(given, shape)


def test_temp_folders_are_numbered(tmp_path):
    base = f"{tmp_path}/deep/folder"
    folders = [get_unique_temp_folder(path) for path in (base, base + "/", tmp_path / "deep" / "folder")]
    assert folders == [f"{base}/", f"{base}_1/", f"{base}_2/"]
    assert len(list((tmp_path / "deep").iterdir())) == 3


def test_temp_folders_of_threads_differ(tmp_path):
    folders = []
    threads = [
        threading.Thread(target=lambda: folders.append(get_unique_temp_folder(tmp_path / "x"))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(folders)) == 20


def test_the_import_list_exports_what_there_is():
    names = {}
    exec("from Recommenders.Recommender_import_list import *", names)
    assert {"TopPop", "Random", "GlobalEffects", "MatrixFactorization_PyTorch", "MF_MSE_PyTorch"} <= set(names)
