"""The synthetic data set: what it promises about its size, its tails and what can be learned from it."""

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager._storage.cache import MANIFEST
from Data_manager.synthetic_reader import SyntheticReader


def load(**arguments: object) -> sps.csr_matrix:
    return SyntheticReader(verbose=False, **arguments).load_data().get_URM_all()


def test_it_has_the_promised_size_and_half_star_ratings() -> None:
    URM = load()
    assert URM.shape == (2000, 800)
    assert URM.nnz == 100_000
    assert np.array_equal(np.unique(URM.data), np.arange(1, 11) / 2)


@pytest.mark.parametrize(
    ("n_users", "n_items", "n_ratings"), [(100, 60, 160), (100, 60, 1500), (16, 8, 24), (30, 300, 2250)]
)
def test_every_user_and_item_is_there_whatever_the_size(n_users: int, n_items: int, n_ratings: int) -> None:
    URM = load(n_users=n_users, n_items=n_items, n_ratings=n_ratings)
    assert URM.shape == (n_users, n_items)
    assert URM.nnz == n_ratings
    assert (np.diff(URM.indptr) > 0).all()
    assert (np.diff(URM.tocsc().indptr) > 0).all()


def test_every_rating_has_a_time_in_the_four_years() -> None:
    dataset = SyntheticReader(verbose=False).load_data()
    URM_all, times = dataset.get_URM_all(), dataset.get_URM_from_name("URM_timestamp")
    assert np.array_equal(times.indptr, URM_all.indptr) and np.array_equal(times.indices, URM_all.indices)
    years = times.data.astype("datetime64[s]").astype("datetime64[Y]").astype(str)
    assert set(years) == {"2001", "2002", "2003", "2004"}


def test_same_seed_gives_the_same_data_and_another_one_does_not() -> None:
    size = {"n_users": 100, "n_items": 60, "n_ratings": 1500}
    first, second, other = load(**size), load(**size), load(**size, random_seed=1)
    assert (first != second).nnz == 0
    assert (first != other).nnz > 0


def test_global_random_state_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()
    load(n_users=100, n_items=60, n_ratings=1500)
    assert np.array_equal(np.random.get_state()[1], before)


def test_users_and_items_have_long_tails() -> None:
    URM = load()
    for counts in (np.diff(URM.indptr), np.diff(URM.tocsc().indptr)):
        assert counts.max() > 4 * counts.mean()
        assert np.median(counts) < 0.8 * counts.mean()


def _biases_and_residuals(users: np.ndarray, items: np.ndarray, ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = ratings.mean()
    user_bias, item_bias = np.zeros(users.max() + 1), np.zeros(items.max() + 1)
    for _ in range(5):
        residuals = ratings - mean - user_bias[users]
        item_bias = np.bincount(items, residuals) / (np.bincount(items) + 3)
        residuals = ratings - mean - item_bias[items]
        user_bias = np.bincount(users, residuals) / (np.bincount(users) + 3)
    return user_bias, ratings - mean - user_bias[users] - item_bias[items]


def test_latent_factors_predict_what_biases_leave_over() -> None:
    URM = sps.coo_matrix(load())
    _, residuals = _biases_and_residuals(URM.row, URM.col, URM.data)
    train = np.random.default_rng(0).random(URM.nnz) < 0.8
    known = sps.csr_matrix((residuals[train], (URM.row[train], URM.col[train])), shape=URM.shape)
    # the expected value of the ratings that are not there is 0, so a truncated SVD scaled by the density fits them
    users, values, items = sps.linalg.svds(known, k=6, random_state=0)
    predicted = np.einsum("nk,k,nk->n", users[URM.row[~train]], values, items.T[URM.col[~train]])
    held_out = residuals[~train]
    scale = predicted @ held_out / (predicted @ predicted)
    rmse = np.sqrt(np.mean((held_out - scale * predicted) ** 2))
    assert rmse < 0.95 * np.sqrt(np.mean(held_out**2))


def test_neighbours_in_factor_space_share_a_genre() -> None:
    dataset = SyntheticReader(verbose=False).load_data()
    URM, ICM = sps.coo_matrix(dataset.get_URM_all()), dataset.get_ICM_from_name("ICM_genres")
    assert ICM.shape == (800, 8)
    assert set(np.diff(ICM.indptr)) == {1, 2}
    _, residuals = _biases_and_residuals(URM.row, URM.col, URM.data)
    _, _, items = sps.linalg.svds(sps.csr_matrix((residuals, (URM.row, URM.col)), shape=URM.shape), k=6, random_state=0)
    items = items / np.linalg.norm(items, axis=0)
    cosine = items.T @ items
    np.fill_diagonal(cosine, -1.0)
    shares_genre = np.asarray((ICM @ ICM.T).todense()) > 0
    nearest_shares = shares_genre[np.arange(800), cosine.argmax(axis=1)].mean()
    assert nearest_shares > 2.5 * shares_genre.mean()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"n_users": 0}, ValueError),
        ({"n_items": 2.5}, TypeError),
        ({"n_users": 4, "n_items": 4}, ValueError),
        ({"n_ratings": 2799}, ValueError),
        ({"n_ratings": 400_001}, ValueError),
        ({"random_seed": -1}, ValueError),
        ({"random_seed": None}, TypeError),
        ({"reload_from_original_data": "yes"}, TypeError),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(arguments))):
        SyntheticReader(**arguments)


def test_it_keeps_nothing_unless_a_folder_is_given(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    size = {"n_users": 100, "n_items": 60, "n_ratings": 1500, "verbose": False}
    SyntheticReader(**size).load_data()
    assert list(tmp_path.iterdir()) == []
    SyntheticReader(**size).load_data("kept")
    assert (tmp_path / "kept" / MANIFEST).is_file()
    other = SyntheticReader(**{**size, "n_ratings": 1400}).load_data("kept")
    assert other.get_URM_all().nnz == 1400
