"""Rankings by factors, without the matrix of scores: only scores that may enter a list are computed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from Recommenders._ranking.request import RankingRequest, ScoreRanker
from Recommenders._ranking.top_k import Profiles
from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_ids

_kernel = import_kernel("Recommenders._ranking.factor_kernel")
_SECTION_ITEMS = _kernel.PANEL * _kernel.SECTION

# for fewer users, preparing the catalogue costs more than it saves
_FEW_USERS = 256
# below this, no score and no partial sum overflows float32
_LARGEST_SCORE = 1e37
# Ctrl-C waits for a kernel call; this many products of numbers take less than 0.2 s where no item can be skipped.
_PRODUCTS_PER_CALL = 1 << 30
# the order in which the items are tried is made from this many users' vectors
_SAMPLED_USERS = 1024


class RankedUsers(NamedTuple):
    """Users who get a ranking."""

    ids: npt.NDArray[np.int64]  # (B,)
    vectors: npt.NDArray[np.float32]  # (B, F)
    biases: npt.NDArray[np.float32]  # (B,)
    seen: Profiles

    def part(self, rows: slice) -> "RankedUsers":
        """Return some of the users."""
        return RankedUsers(self.ids[rows], self.vectors[rows], self.biases[rows], self.seen.part(rows))


class FactorCatalogue(NamedTuple):
    """Items in the order in which they are tried, as the kernel takes them: N panels of P items, in S sections.

    By the inequality of Cauchy and Schwarz, no score of section s is above `|user vector| * bounds[s, 0] + bounds[s, 1]
    + user bias + rounding * |user bias|`; with bounds[s, 2] and bounds[s, 3] this holds for all sections from s on.
    """

    panels: npt.NDArray[np.float32]  # (N, F, P)
    biases: npt.NDArray[np.float32]  # (N, P), -inf in places without an item
    items: npt.NDArray[np.int32]  # (N, P)
    bounds: npt.NDArray[np.float64]  # (S, 4)
    rounding: float  # the largest error of a score, as a share of the sum of the sizes of its terms

    @classmethod
    def from_factors(
        cls,
        item_factors: npt.NDArray[np.float32],
        item_bias: npt.NDArray[np.float32],
        items: npt.NDArray[np.int64],
        user_vectors: npt.NDArray[np.float32],
    ) -> "FactorCatalogue":
        """Order the given items: first one section with the highest mean scores of a few users, then by falling bounds.

        The first section gives the users a high threshold early, so that fewer items are tried.
        """
        factors, bias = item_factors[items], item_bias[items]
        # the error of a sum of F products and two biases is below this share of the sum of their sizes, and below
        # `tiny` where the numbers are subnormal
        rounding = (factors.shape[1] + 4) * float(np.finfo(np.float32).eps)
        tiny = float(np.finfo(np.float32).tiny)
        norms = np.sqrt(np.einsum("if,if->i", factors, factors, dtype=np.float64)) * (1 + 2 * rounding)
        largest = bias.astype(np.float64)
        finite = largest > -np.inf
        largest[finite] += rounding * np.abs(largest[finite]) + tiny

        order = np.argsort(-(norms * np.linalg.norm(user_vectors, axis=1).mean() + largest), kind="stable")
        # einsum, since the threads of BLAS would go on spinning beside ours after a matrix product
        mean_scores = np.einsum("if,f->i", factors, user_vectors.mean(axis=0)) + bias
        is_first = np.zeros(items.size, dtype=bool)
        is_first[np.argsort(-mean_scores, kind="stable")[:_SECTION_ITEMS]] = True
        order = np.concatenate([order[is_first[order]], order[~is_first[order]]])
        n_places = -(-items.size // _SECTION_ITEMS) * _SECTION_ITEMS
        panels = np.zeros((n_places, factors.shape[1]), dtype=np.float32)
        panels[: items.size] = factors[order]
        padded = [_padded(values[order], n_places, filler) for values, filler in ((norms, 0.0), (largest, -np.inf))]
        per_section = np.stack([values.reshape(-1, _SECTION_ITEMS).max(axis=1) for values in padded], axis=1)
        from_section_on = np.maximum.accumulate(per_section[::-1])[::-1]
        return cls(
            np.ascontiguousarray(panels.reshape(-1, _kernel.PANEL, factors.shape[1]).transpose(0, 2, 1)),
            _padded(bias[order], n_places, -np.inf).reshape(-1, _kernel.PANEL),
            _padded(items[order].astype(np.int32), n_places, 0).reshape(-1, _kernel.PANEL),
            np.hstack([per_section, from_section_on]),
            rounding,
        )

    def rank(
        self, users: RankedUsers, n_items: int, ids: npt.NDArray[np.int32], lengths: npt.NDArray[np.int32]
    ) -> None:
        """Write the rankings of some users into `ids` and `lengths`; n_items counts left-out items too."""
        _kernel.rank_by_factors(users.vectors, users.biases, *self, n_items, *users.seen, ids, lengths)


class CandidateItems(NamedTuple):
    """Items that are ranked only for the users who have them among their candidates."""

    factors: npt.NDArray[np.float32]  # (n_items, F)
    biases: npt.NDArray[np.float32]  # (n_items,), -inf for items that are left out for every user
    candidates: Any  # csr matrix (n_users, n_items)

    def rank(
        self, users: RankedUsers, n_items: int, ids: npt.NDArray[np.int32], lengths: npt.NDArray[np.int32]
    ) -> None:
        """Write rankings as `FactorCatalogue.rank` does."""
        offered = Profiles.from_matrix(self.candidates, users.ids)
        _kernel.rank_candidates_by_factors(
            users.vectors, users.biases, self.factors, self.biases, *offered, *users.seen, ids, lengths
        )


class FactorRanker:
    """Ranks by score(u, i) = user_vectors(u) . item_factors[i] + item_bias[i] + user_bias[u], summed in this order.

    The recommender's `_compute_item_score` gives the same scores. It ranks in place of this class where the users are
    few, or where a sum may overflow float32. The factors are read once, when the first users are ranked.
    """

    def __init__(
        self,
        recommender: Any,
        request: RankingRequest,
        user_vectors: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]],  # (B,) -> (B, F)
        user_bias: npt.NDArray[np.float32],
        item_factors: npt.NDArray[np.float32],
        item_bias: npt.NDArray[np.float32],
    ) -> None:
        self._recommender = recommender
        self._request = request
        self._by_scores = ScoreRanker(recommender, request)
        self._user_vectors, self._user_bias = user_vectors, user_bias
        self._item_factors, self._item_bias = item_factors, item_bias
        self._items: FactorCatalogue | CandidateItems | None = None

    def rank(self, user_ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Rank as `Ranker.rank` says."""
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

    def _float32_holds(self, vectors: npt.NDArray[np.float32], biases: npt.NDArray[np.float32]) -> bool:
        """Return whether no score can overflow float32; False where one may be NaN."""
        item_bias = self._item_bias[self._item_bias != -np.inf]
        arrays = (vectors, self._item_factors, item_bias, biases)
        user, item, *bias = [float(np.abs(array).max(initial=0)) for array in arrays]
        return bool(user * item * vectors.shape[1] + sum(bias) < _LARGEST_SCORE)

    def _catalogue(self) -> FactorCatalogue:
        n_users = self._recommender.n_users
        items = np.flatnonzero(self._request.is_ranked(self._recommender.n_items))
        sample = self._user_vectors(np.arange(0, n_users, -(-n_users // _SAMPLED_USERS)))
        return FactorCatalogue.from_factors(self._item_factors, self._item_bias, items, sample)

    def _candidate_items(self) -> CandidateItems:
        bias = np.where(self._request.is_ranked(self._recommender.n_items), self._item_bias, np.float32(-np.inf))
        return CandidateItems(np.ascontiguousarray(self._item_factors), bias, self._request.candidates)

    def _rank_users(
        self, users: RankedUsers, items: FactorCatalogue | CandidateItems
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        n_users, n_items, num_threads = users.ids.size, self._recommender.n_items, self._request.num_threads
        ids = np.full((n_users, self._request.cutoff), -1, dtype=np.int32)
        lengths = np.zeros(n_users, dtype=np.int32)

        def rank(rows: slice) -> None:
            items.rank(users.part(rows), n_items, ids[rows], lengths[rows])

        longest = _PRODUCTS_PER_CALL // max(1, self._item_factors.size)
        for_each_slice(rank, n_users, max(1, min(-(-n_users // (4 * num_threads)), longest)), num_threads)
        return ids, lengths


def _padded(values: npt.NDArray[Any], size: int, filler: float) -> npt.NDArray[Any]:
    return np.concatenate([values, np.full(size - values.size, filler, dtype=values.dtype)])
