"""Negative items drawn at random, for EvaluatorNegativeItemSample.

Items are drawn one after the other from an urn and put back. A draw counts unless the user has rated the item or it was
drawn for the user before: this is successive sampling without replacement, by its definition. If that would take many
draws for an item, the rest of a user's items is drawn in one step, with the same probabilities.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.messages import warn
from recsys_common.validation import check_bool, check_int, check_sparse

# ratings and draws of the users of a block; a dozen arrays of this size, of up to 8 bytes each, exist at a time
_ENTRIES_AT_ONCE = 1 << 18
# drawing a few more than the expected number is cheaper than another round
_DRAWS_PER_EXPECTED = 1.2
# a draw from the urn costs about as much as `draw_at_once` takes for eight items of the catalogue
_MOST_DRAWS_PER_ITEM = 0.125


def sample_negative_items(
    URM_train: Any,
    URM_test: Any,
    n_negatives: int,
    *,
    by_popularity: bool = False,
    random_seed: int | None = None,
) -> sps.csr_matrix:
    """Draw items that the user has rated in neither matrix, for every user with a test rating.

    Parameters
    ----------
    URM_train : scipy sparse matrix, (n_users, n_items)
        Training ratings. Neither matrix is changed; stored zeros do not count as ratings.
    URM_test : scipy sparse matrix, (n_users, n_items)
        Test ratings. Users without a test rating get no negative items.
    n_negatives : int >= 1
        Distinct items for each user. A user who has fewer items to draw from gets all of them, and a UserWarning counts
        such users.
    by_popularity : bool, default False
        If False, draw uniformly. If True, draw by successive sampling: each next item is drawn among the items that are
        left with a probability proportional to its number of training ratings; items without any are never drawn.
    random_seed : int >= 0, optional
        The same seed gives the same items; by default, every call gives other items.

    Returns
    -------
    scipy.sparse.csr_matrix of bool, (n_users, n_items)
        True at the negative items, for EvaluatorNegativeItemSample.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or if the shapes differ.

    Notes
    -----
    A metric on a sample does not estimate the same metric on all items: a rank among 100 negatives is far better than
    the rank among all items, and the worse of two recommenders may look better, for any number of users.
    Krichene and Rendle show this inconsistency for uniform samples and all usual metrics but the AUC. Compare results
    only with results on samples of the same kind and size, and prefer EvaluatorHoldout if there is time for it.

    References
    ----------
    Krichene, Rendle. On sampled metrics for item recommendation. KDD 2020.

    Examples
    --------
    >>> URM_train = sps.csr_matrix([[5, 4, 0, 0, 0], [0, 3, 0, 0, 0], [1, 0, 0, 0, 0]])
    >>> URM_test = sps.csr_matrix([[0, 0, 0, 0, 5], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
    >>> sample = sample_negative_items(URM_train, URM_test, 2, random_seed=1)
    >>> sample[0].indices.tolist(), np.diff(sample.indptr).tolist()
    ([2, 3], [2, 2, 0])
    """
    train = check_sparse("URM_train", URM_train, dtype=None, allow_empty=True)
    test = check_sparse("URM_test", URM_test, dtype=None, allow_empty=True, shape=train.shape)
    n_negatives = check_int("n_negatives", n_negatives, minimum=1)
    by_popularity = check_bool("by_popularity", by_popularity)
    seed = None if random_seed is None else check_int("random_seed", random_seed, minimum=0)

    rng = np.random.default_rng(seed)
    n_users, n_items = train.shape
    n_wanted = min(n_negatives, n_items)
    # an item is in the urn as often as its weight, so that a uniform integer draws it
    urn = train.indices if by_popularity else np.arange(n_items, dtype=train.indices.dtype)
    weights = np.bincount(urn, minlength=n_items)
    items, n_drawn = [], np.zeros(n_users, dtype=np.int64)
    for users in _blocks(train, test, n_wanted):
        block = _Block(train, test, users, weights, n_wanted)
        block.draw_from_urn(urn, rng)
        block.draw_at_once(rng)
        owner, drawn = block.result()
        items.append(drawn.astype(urn.dtype))
        n_drawn[users] = np.bincount(owner, minlength=users.size)

    _warn_of_short_users(n_drawn[np.diff(test.indptr) > 0], n_negatives)
    indptr = np.concatenate([[0], np.cumsum(n_drawn)])
    return sps.csr_matrix((np.ones(indptr[-1], dtype=bool), np.concatenate(items), indptr), shape=(n_users, n_items))


def _blocks(train: sps.csr_matrix, test: sps.csr_matrix, n_wanted: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the users with test ratings, ascending, in blocks of limited ratings and draws; at least one block."""
    n_test = np.diff(test.indptr)
    users = np.flatnonzero(n_test)
    entries = np.cumsum(np.diff(train.indptr)[users] + n_test[users] + n_wanted, dtype=np.int64)
    yield from np.split(users, np.flatnonzero(np.diff(entries // _ENTRIES_AT_ONCE)) + 1)


def _warn_of_short_users(n_drawn: npt.NDArray[np.int64], n_negatives: int) -> None:
    short = n_drawn[n_drawn < n_negatives]
    if short.size > 0:
        users = f"{short.size} of {n_drawn.size} test users"
        message = f"{users} have fewer than {n_negatives} items to draw from, the fewest {short.min()}"
        warn(f"sample_negative_items: {message}", stacklevel=3)


class _Block:
    """The draws of B users. Item i of the block's user b has the key b * n_items + i."""

    need: npt.NDArray[np.int64]  # (B,): how many items are still to be drawn
    mass: npt.NDArray[np.float64]  # (B,): whole numbers, the weight of all items that can still be drawn

    def __init__(
        self,
        train: sps.csr_matrix,
        test: sps.csr_matrix,
        users: npt.NDArray[np.int64],
        weights: npt.NDArray[np.int64],
        n_wanted: int,
    ) -> None:
        self.n_items = weights.size
        self.weights = weights
        # ascending keys of the items that were rated or drawn before
        self.taken = np.unique(np.concatenate([_keys(train, users), _keys(test, users)]))
        self.drawn: list[npt.NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        owner, item = np.divmod(self.taken, self.n_items)
        n_taken = np.bincount(owner[weights[item] > 0], minlength=users.size)
        self.need = np.minimum(np.count_nonzero(weights) - n_taken, n_wanted)
        self.mass = weights.sum() - np.bincount(owner, weights[item], users.size)

    def draw_from_urn(self, urn: npt.NDArray[Any], rng: np.random.Generator) -> None:
        """Draw and put back, in rounds, for all users for whom this does not take too many draws."""
        while True:
            expected = self.need * (urn.size / np.maximum(self.mass, 1))
            n_draws = np.ceil(_DRAWS_PER_EXPECTED * expected)
            n_draws[n_draws > _MOST_DRAWS_PER_ITEM * self.n_items] = 0
            n_draws = np.minimum(n_draws, _ENTRIES_AT_ONCE).astype(np.int64)
            n_draws[np.cumsum(n_draws) > _ENTRIES_AT_ONCE] = 0  # they wait for the next round
            if not n_draws.any():
                return
            keys = np.repeat(np.arange(n_draws.size, dtype=np.int64) * self.n_items, n_draws)
            keys += urn[rng.integers(urn.size, size=keys.size)]
            self._take(self._first_new(keys))

    def _first_new(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return each user's first `need` draws that count, from keys in the order of the draws, user by user."""
        distinct, first = np.unique(keys, return_index=True)
        is_new = ~np.isin(distinct, self.taken, assume_unique=True)
        new = keys[np.sort(first[is_new])]
        owner = new // self.n_items
        n_new = np.bincount(owner, minlength=self.need.size)
        rank = np.arange(new.size) - (np.cumsum(n_new) - n_new)[owner]
        return new[rank < self.need[owner]]

    def _take(self, keys: npt.NDArray[np.int64]) -> None:
        owner, item = np.divmod(keys, self.n_items)
        self.drawn.append(keys)
        self.taken = np.sort(np.concatenate([self.taken, keys]))
        self.need -= np.bincount(owner, minlength=self.need.size)
        self.mass -= np.bincount(owner, self.weights[item], self.mass.size)

    def draw_at_once(self, rng: np.random.Generator) -> None:
        """Draw in one step all items that are still needed: the items with the smallest exponential times.

        With times E_i / weight_i, E_i standard exponential, the next item is always i with the probability weight_i /
        (sum of the weights of the items that are left).
        """
        for user in np.flatnonzero(self.need):
            start, stop = np.searchsorted(self.taken, [user * self.n_items, (user + 1) * self.n_items])
            weights = self.weights.copy()
            weights[self.taken[start:stop] - user * self.n_items] = 0
            free = np.flatnonzero(weights)
            times = rng.standard_exponential(free.size) / weights[free]
            earliest = np.argpartition(times, self.need[user] - 1)[: self.need[user]]
            self.drawn.append(user * self.n_items + free[earliest])

    def result(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the drawn items as (user of the block, item), ascending by both."""
        owner, item = np.divmod(np.sort(np.concatenate(self.drawn)), self.n_items)
        return owner, item


def _keys(matrix: sps.csr_matrix, users: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the keys of the users' stored items."""
    rows = matrix[users]
    owner = np.repeat(np.arange(users.size, dtype=np.int64), np.diff(rows.indptr))
    return owner * matrix.shape[1] + rows.indices
