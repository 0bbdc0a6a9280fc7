"""What is asked of a ranking, and the way that answers it for every recommender: by blocks of its scores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import scipy.sparse as sps

from Recommenders._ranking.top_k import Profiles, mask_items, mask_other_columns, top_k

Method = TypeVar("Method", bound=Callable[..., Any])

# Scores of user-item pairs that are there at a time: 8 MB of float32, which the caches hold.
_SCORES_A_BLOCK = 1 << 21


@dataclass(frozen=True)
class RankingRequest:
    """What `BaseRecommender.recommend` is asked for, checked, but for the users.

    Attributes
    ----------
    cutoff : int, 1..n_items
    remove_seen : bool
    removed : np.ndarray of int64
        Items that nobody is shown.
    items_to_compute : np.ndarray of int64, or None
        The items that are ranked, None for all.
    candidates : csr_matrix (n_users, n_items), or None
        The items that each user's ranking is made of, its stored entries; None for all.
    num_threads : int >= 1
    """

    cutoff: int
    remove_seen: bool
    removed: np.ndarray
    items_to_compute: np.ndarray | None
    candidates: sps.csr_matrix | None
    num_threads: int

    def seen(self, URM_train: Any, user_ids: np.ndarray) -> Profiles:
        """What each user must not be shown again."""
        return Profiles.of(URM_train, user_ids) if self.remove_seen else Profiles.empty(user_ids.size)

    def is_ranked(self, n_items: int) -> np.ndarray:
        """Which items anybody may be shown, bool of shape (n_items,)."""
        ranked = np.zeros(n_items, dtype=bool)
        ranked[slice(None) if self.items_to_compute is None else self.items_to_compute] = True
        ranked[self.removed] = False
        return ranked


class Ranker(Protocol):
    """Ranks for any number of users, always as it was asked to."""

    def rank(self, user_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rankings of some users.

        Parameters
        ----------
        user_ids : np.ndarray of int64, shape (B,)

        Returns
        -------
        ids : np.ndarray of int32, shape (B, cutoff)
            Best first, -1 after the end of the list.
        lengths : np.ndarray of int32, shape (B,)
        """


class ScoreRanker:
    """Ranks by the scores of `_compute_item_score`, a block of users at a time.

    The blocks and their scores are made on the calling thread, whatever the number of threads is: a scorer may be
    anybody's code, and the scores of a product depend on how its rows are grouped.
    """

    def __init__(self, recommender: Any, request: RankingRequest) -> None:
        self._recommender = recommender
        self._request = request

    def rank(self, user_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See Ranker."""
        parts = [
            top_k(self.scores(users), self._request.cutoff, row_ids=users, num_threads=self._request.num_threads)
            for users in self._blocks(user_ids)
        ]
        return np.concatenate([ids for ids, _ in parts]), np.concatenate([lengths for _, lengths in parts])

    def _blocks(self, user_ids: np.ndarray) -> Iterator[np.ndarray]:
        step = max(1, _SCORES_A_BLOCK // self._recommender.n_items)
        for start in range(0, max(1, user_ids.size), step):
            yield user_ids[start : start + step]

    def scores(self, user_ids: np.ndarray) -> np.ndarray:
        """The scores of some users, -inf for whatever is left out, shape (B, n_items); a new array."""
        request = self._request
        scores = self._fresh_scores(user_ids)
        if request.items_to_compute is not None:
            # a scorer written by a user may forget its second argument
            mask_other_columns(scores, request.items_to_compute)
        mask_items(scores, request.seen(self._recommender.URM_train, user_ids), request.removed)
        return scores if request.candidates is None else _entries_of(request.candidates[user_ids], scores)

    def _fresh_scores(self, user_ids: np.ndarray) -> np.ndarray:
        """The recommender's scores, checked, in an array that may be written to, as float32 or float64."""
        recommender, expected = self._recommender, (user_ids.size, self._recommender.n_items)
        scores = np.asarray(recommender._compute_item_score(user_ids, items_to_compute=self._request.items_to_compute))
        if scores.shape != expected:
            raise ValueError(
                f"the scores of {recommender.RECOMMENDER_NAME} must be of shape {expected}, got {scores.shape}"
            )
        dtype = scores.dtype if scores.dtype in (np.float32, np.float64) else np.float64
        return np.require(scores, dtype=dtype, requirements=["C", "W"])


def _entries_of(candidates: sps.csr_matrix, scores: np.ndarray) -> np.ndarray:
    """The scores at the stored entries of a matrix of their shape, -inf elsewhere."""
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(candidates.indptr))
    kept = np.full_like(scores, -np.inf)
    kept[rows, candidates.indices] = scores[rows, candidates.indices]
    return kept


def also_by(name: str) -> Callable[[Method], Method]:
    """Mark a method with the name of another one, which does the same in a faster form.

    Whoever asks finds the mark on the method that the object really has: a subclass that replaces the method replaces
    the mark with it, and is never answered by what it did not write.
    """

    def mark(method: Method) -> Method:
        # with the function itself, since functools.wraps copies the attribute to what it wraps around
        method.also_by = (method, name)  # type: ignore[attr-defined]
        return method

    return mark


def faster_form(recommender: Any, name: str) -> Callable[..., Any] | None:
    """The method that the recommender's method `name` is marked with, if it is."""
    method = getattr(recommender, name)
    marked = getattr(method, "also_by", None)
    if not isinstance(marked, tuple) or marked[0] is not getattr(method, "__func__", None):
        return None
    form: Callable[..., Any] = getattr(recommender, marked[1])
    return form
