"""The ranking kernel against the sorted oracle."""

import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from Recommenders._ranking.top_k import Profiles, as_lists, mask_items, mask_other_columns, top_k
from tests.reference import top_k as reference

FEW_VALUES = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.5, 2.0, np.inf])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@settings(max_examples=300, deadline=None)
@given(
    scores=hnp.arrays(
        st.sampled_from([np.float32, np.float64]), hnp.array_shapes(min_dims=2, max_dims=2), elements=FEW_VALUES
    ),
    k=st.integers(1, 12),
)
def test_equals_the_oracle_on_scores_full_of_ties_and_infinities(scores, k):
    assert as_lists(*top_k(scores, k)) == reference.top_k(scores, k)


@DTYPES
@pytest.mark.parametrize("n_items", [1, 2, 63, 64, 65, 127, 200, 1000])
def test_equals_the_oracle_on_long_rows_for_every_kind_of_k(dtype, n_items):
    rng = np.random.default_rng(n_items)
    continuous = rng.normal(size=(6, n_items))
    scores = np.vstack([continuous, rng.integers(0, 4, (6, n_items)), np.sort(continuous), -np.sort(continuous)])
    scores = scores.astype(dtype)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    for k in {1, 2, 10, n_items // 2 + 1, n_items}:
        assert as_lists(*top_k(scores, k)) == reference.top_k(scores, k)


def test_equal_scores_are_ranked_by_ascending_id():
    assert as_lists(*top_k(np.zeros((1, 500), dtype=np.float32), 7)) == [list(range(7))]


def test_scores_of_minus_infinity_shorten_the_list_and_plus_infinity_leads_it():
    scores = np.array([[-np.inf, 1.0, np.inf, -np.inf], [-np.inf] * 4])
    ids, lengths = top_k(scores, 3)
    assert lengths.tolist() == [2, 0]
    assert ids.tolist() == [[2, 1, -1], [-1, -1, -1]]
    assert ids.dtype == lengths.dtype == np.int32


@DTYPES
@pytest.mark.parametrize("position", [0, 3, 70, 199])
@pytest.mark.parametrize("k", [1, 5, 200])
def test_nan_anywhere_is_an_error_that_names_its_row(dtype, position, k):
    scores = np.zeros((4, 200), dtype=dtype)
    scores[2, position] = np.nan
    with pytest.raises(ValueError, match="NaN in row 2"):
        top_k(scores, k)
    with pytest.raises(ValueError, match="NaN in the row of id 12"):
        top_k(scores, k, row_ids=np.array([10, 11, 12, 13]))


def test_many_kernel_calls_give_what_one_gives(monkeypatch):
    scores = np.random.default_rng(0).normal(size=(50, 30))
    whole = as_lists(*top_k(scores, 4))
    monkeypatch.setattr("Recommenders._ranking.top_k._SCORES_PER_CALL", 100)
    assert as_lists(*top_k(scores, 4)) == whole
    scores[47, 3] = np.nan
    with pytest.raises(ValueError, match="row 47"):
        top_k(scores, 4)


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("Recommenders._ranking.top_k._SCORES_PER_THREAD", 60)
    scores = np.random.default_rng(0).integers(0, 5, size=(50, 30)).astype(np.float32)
    one = top_k(scores, 7)
    for num_threads in (2, 3, 64):
        for alone, together in zip(one, top_k(scores, 7, num_threads=num_threads)):
            np.testing.assert_array_equal(alone, together)
    scores[[31, 47], 3] = np.nan
    with pytest.raises(ValueError, match="row 31"):
        top_k(scores, 4, num_threads=3)


def test_views_and_read_only_scores_are_ranked_and_never_changed():
    whole = np.random.default_rng(0).normal(size=(8, 12))
    before = whole.copy()
    whole.setflags(write=False)
    for scores in (whole, whole.T, whole[::2, ::3]):
        assert as_lists(*top_k(scores, 5)) == reference.top_k(scores, 5)
    np.testing.assert_array_equal(whole, before)


def test_no_rows_or_no_columns_give_empty_rankings():
    assert as_lists(*top_k(np.empty((0, 5)), 3)) == []
    assert as_lists(*top_k(np.empty((2, 0)), 3)) == [[], []]


@pytest.mark.parametrize(
    ("scores", "k", "error"),
    [
        (np.zeros((2, 3)), 0, ValueError),
        (np.zeros((2, 3)), -1, ValueError),
        (np.zeros((2, 3)), 1.0, TypeError),
        (np.zeros((2, 3)), True, TypeError),
        (np.zeros(3), 1, ValueError),
        (np.zeros((2, 3), dtype=np.int64), 1, TypeError),
        ([[0.0, 1.0]], 1, TypeError),
    ],
)
def test_bad_arguments_are_refused(scores, k, error):
    with pytest.raises(error, match="must be"):
        top_k(scores, k)


@DTYPES
@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
def test_mask_items_hides_exactly_the_entries_of_each_row_of_the_matrix_and_the_removed_columns(dtype, index_dtype):
    URM = sps.random(20, 15, density=0.3, random_state=1, format="csr")
    users = np.array([3, 3, 19, 0])
    profiles = Profiles.from_matrix(URM, users)
    scores = np.ones((4, 15), dtype=dtype)
    mask_items(scores, profiles._replace(items=profiles.items.astype(index_dtype)), np.array([2, 9]))
    hidden = URM.toarray()[users] != 0
    hidden[:, [2, 9]] = True
    np.testing.assert_array_equal(scores == -np.inf, hidden)


def test_mask_items_of_users_without_items_hides_nothing():
    scores = np.ones((2, 3))
    mask_items(scores, Profiles.empty(2), np.empty(0, dtype=np.int64))
    assert (scores == 1).all()


def test_mask_other_columns_keeps_exactly_the_given_columns():
    scores = np.ones((2, 5))
    mask_other_columns(scores, np.array([4, 1, 1]))
    assert scores.tolist() == [[-np.inf, 1.0, -np.inf, -np.inf, 1.0]] * 2
