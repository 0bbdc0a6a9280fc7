"""Rankings by factors that never make the matrix of scores, and compute only the scores that may matter."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from Recommenders._ranking.request import RankingRequest, ScoreRanker
from Recommenders._ranking.top_k import Profiles
from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_ids

_kernel = import_kernel("Recommenders._ranking.factor_kernel")
_SECTION_ITEMS = _kernel.PANEL * _kernel.SECTION

# What the catalogue costs to prepare is worth it from here on.
_FEW_USERS = 256
# float32 holds every score, and every step on the way to it, below this
_LARGEST_SCORE = 1e37
# A kernel call holds back Ctrl-C: this many products of numbers take less than 0.2 s where no item can be skipped.
_PRODUCTS_A_CALL = 1 << 30
# users whose rows decide in which order the items are tried
_SAMPLED_USERS = 1024


class RankedUsers(NamedTuple):
    """Users to be ranked for.

    Attributes
    ----------
    ids : np.ndarray of int64, shape (B,)
    vectors, biases : np.ndarray of float32, shapes (B, F) and (B,)
    seen : Profiles of B users
    """

    ids: np.ndarray
    vectors: np.ndarray
    biases: np.ndarray
    seen: Profiles

    def part(self, rows: slice) -> "RankedUsers":
        """Some of them."""
        return RankedUsers(self.ids[rows], self.vectors[rows], self.biases[rows], self.seen.part(rows))


class FactorCatalogue(NamedTuple):
    """Items in the order in which they are tried, as the kernel takes them.

    Letters of the shapes: N panels of P items, F factors, S sections.

    Attributes
    ----------
    panels : np.ndarray of float32, shape (N, F, P)
    biases : np.ndarray of float32, shape (N, P)
        -inf in the places without an item.
    items : np.ndarray of int32, shape (N, P)
    bounds : np.ndarray of float64, shape (S, 4)
        No score of a section is above |user vector| * bounds[., 0] + bounds[., 1] + user bias + rounding * |user bias|,
        by Cauchy and Schwarz, and no score from there on, with the other two.
    rounding : float
        The largest error of a score relative to the sum of the sizes of what is added up.
    """

    panels: np.ndarray
    biases: np.ndarray
    items: np.ndarray
    bounds: np.ndarray
    rounding: float

    @classmethod
    def of(
        cls, item_factors: np.ndarray, item_bias: np.ndarray, items: np.ndarray, user_vectors: np.ndarray
    ) -> "FactorCatalogue":
        """The given items: first a section of those that score most on the mean, then the others by falling bounds.

        The first ones give the users a high threshold early, which spares them candidates.

        Parameters
        ----------
        item_factors, item_bias : np.ndarray of float32, shapes (n_items, F) and (n_items,)
        items : np.ndarray of int64
        user_vectors : np.ndarray of float32, shape (S, F)
            Of some users.
        """
        factors, bias = item_factors[items], item_bias[items]
        # a sum of F products and two biases is off by less than this share of the sum of their sizes, and by less than
        # `tiny` where numbers are too small for their full precision
        rounding = (factors.shape[1] + 4) * float(np.finfo(np.float32).eps)
        tiny = float(np.finfo(np.float32).tiny)
        norms = np.sqrt(np.einsum("if,if->i", factors, factors, dtype=np.float64)) * (1 + 2 * rounding)
        largest = bias.astype(np.float64)
        finite = largest > -np.inf
        largest[finite] += rounding * np.abs(largest[finite]) + tiny

        order = np.argsort(-(norms * np.linalg.norm(user_vectors, axis=1).mean() + largest), kind="stable")
        # einsum and not a matrix product, after which the threads of BLAS would spin beside ours
        mean_scores = np.einsum("if,f->i", factors, user_vectors.mean(axis=0)) + bias
        is_first = np.zeros(items.size, dtype=bool)
        is_first[np.argsort(-mean_scores, kind="stable")[:_SECTION_ITEMS]] = True
        order = np.concatenate([order[is_first[order]], order[~is_first[order]]])
        n_places = -(-items.size // _SECTION_ITEMS) * _SECTION_ITEMS
        panels = np.zeros((n_places, factors.shape[1]), dtype=np.float32)
        panels[: items.size] = factors[order]
        padded = [_padded(values[order], n_places, filler) for values, filler in ((norms, 0.0), (largest, -np.inf))]
        of_sections = np.stack([values.reshape(-1, _SECTION_ITEMS).max(axis=1) for values in padded], axis=1)
        from_there_on = np.maximum.accumulate(of_sections[::-1])[::-1]
        return cls(
            np.ascontiguousarray(panels.reshape(-1, _kernel.PANEL, factors.shape[1]).transpose(0, 2, 1)),
            _padded(bias[order], n_places, -np.inf).reshape(-1, _kernel.PANEL),
            _padded(items[order].astype(np.int32), n_places, 0).reshape(-1, _kernel.PANEL),
            np.hstack([of_sections, from_there_on]),
            rounding,
        )

    def rank(self, users: RankedUsers, n_items: int, ids: np.ndarray, lengths: np.ndarray) -> None:
        """Write the rankings of some users into `ids` and `lengths`; n_items are those of the whole catalogue."""
        _kernel.rank_by_factors(users.vectors, users.biases, *self, n_items, *users.seen, ids, lengths)


class CandidateItems(NamedTuple):
    """Items of which each user is offered a few.

    Attributes
    ----------
    factors, biases : np.ndarray of float32, shapes (n_items, F) and (n_items,)
        The bias is -inf for items that nobody is shown.
    candidates : csr_matrix (n_users, n_items)
    """

    factors: np.ndarray
    biases: np.ndarray
    candidates: Any

    def rank(self, users: RankedUsers, n_items: int, ids: np.ndarray, lengths: np.ndarray) -> None:
        """As in FactorCatalogue."""
        offered = Profiles.of(self.candidates, users.ids)
        _kernel.rank_candidates_by_factors(
            users.vectors, users.biases, self.factors, self.biases, *offered, *users.seen, ids, lengths
        )


def _padded(values: np.ndarray, size: int, filler: float) -> np.ndarray:
    return np.concatenate([values, np.full(size - values.size, filler, dtype=values.dtype)])


class FactorRanker:
    """Ranks by score(u, i) = user_vectors(u) . item_factors[i] + item_bias[i] + user_bias[u], summed in this order.

    The factors are read when the first users are ranked, and not again. A few users, and numbers that float32 sums may
    not hold, are ranked by their scores instead.

    Parameters
    ----------
    recommender : BaseRecommender
        Its `_compute_item_score` gives these scores.
    request : RankingRequest
    user_vectors : callable
        From user ids, shape (B,), to float32 of shape (B, F).
    user_bias : np.ndarray of float32, shape (n_users,)
    item_factors, item_bias : np.ndarray of float32, shapes (n_items, F) and (n_items,)
    """

    def __init__(
        self,
        recommender: Any,
        request: RankingRequest,
        user_vectors: Callable[[np.ndarray], np.ndarray],
        user_bias: np.ndarray,
        item_factors: np.ndarray,
        item_bias: np.ndarray,
    ) -> None:
        self._recommender = recommender
        self._request = request
        self._by_scores = ScoreRanker(recommender, request)
        self._user_vectors, self._user_bias = user_vectors, user_bias
        self._item_factors, self._item_bias = item_factors, item_bias
        self._items: FactorCatalogue | CandidateItems | None = None

    def rank(self, user_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See Ranker."""
        user_ids = check_ids("user_ids", user_ids, self._recommender.n_users)
        if user_ids.size < _FEW_USERS and self._items is None:
            return self._by_scores.rank(user_ids)
        vectors, biases = np.ascontiguousarray(self._user_vectors(user_ids)), self._user_bias[user_ids]
        if not self._float32_holds(vectors, biases):
            return self._by_scores.rank(user_ids)
        if self._items is None:
            self._items = self._candidate_items() if self._request.candidates is not None else self._catalogue()
        seen = self._request.seen(self._recommender.URM_train, user_ids)
        return self._rank_users(RankedUsers(user_ids, vectors, biases, seen), self._items)

    def _float32_holds(self, vectors: np.ndarray, biases: np.ndarray) -> bool:
        """Whether no sum can overflow; False for NaN."""
        item_bias = self._item_bias[self._item_bias != -np.inf]
        arrays = (vectors, self._item_factors, item_bias, biases)
        of_users, of_items, *of_biases = [float(np.abs(array).max(initial=0)) for array in arrays]
        return bool(of_users * of_items * vectors.shape[1] + sum(of_biases) < _LARGEST_SCORE)

    def _catalogue(self) -> FactorCatalogue:
        n_users = self._recommender.n_users
        items = np.flatnonzero(self._request.is_ranked(self._recommender.n_items))
        sample = self._user_vectors(np.arange(0, n_users, -(-n_users // _SAMPLED_USERS)))
        return FactorCatalogue.of(self._item_factors, self._item_bias, items, sample)

    def _candidate_items(self) -> CandidateItems:
        bias = np.where(self._request.is_ranked(self._recommender.n_items), self._item_bias, np.float32(-np.inf))
        return CandidateItems(np.ascontiguousarray(self._item_factors), bias, self._request.candidates)

    def _rank_users(self, users: RankedUsers, items: FactorCatalogue | CandidateItems) -> tuple[np.ndarray, np.ndarray]:
        n_users, n_items, num_threads = users.ids.size, self._recommender.n_items, self._request.num_threads
        ids = np.full((n_users, self._request.cutoff), -1, dtype=np.int32)
        lengths = np.zeros(n_users, dtype=np.int32)

        def rank(rows: slice) -> None:
            items.rank(users.part(rows), n_items, ids[rows], lengths[rows])

        longest = _PRODUCTS_A_CALL // max(1, self._item_factors.size)
        for_each_slice(rank, n_users, max(1, min(-(-n_users // (4 * num_threads)), longest)), num_threads)
        return ids, lengths
