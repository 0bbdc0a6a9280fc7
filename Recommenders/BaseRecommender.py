"""What every recommender is: the training matrix, and recommend() = score, mask, best k."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sps

from Recommenders._model_archive import Saved, load_declared, save_declared
from Recommenders._ranking.request import Ranker, RankingRequest, ScoreRanker, also_by, faster_form
from Recommenders._ranking.top_k import as_lists, top_k
from recsys_common.messages import say
from recsys_common.threads import check_num_threads
from recsys_common.validation import (
    check_bool,
    check_entries,
    check_ids,
    check_int,
    check_sparse,
    check_structure,
    is_sparse,
)


class BaseRecommender:
    """The base of all recommenders.

    A subclass sets `RECOMMENDER_NAME`, supplies `fit` and `_compute_item_score`, and declares in `_SAVED` what its file
    holds.

    Parameters
    ----------
    URM_train : scipy sparse matrix or array, shape (n_users, n_items)
        The interactions to learn from; finite numbers, at least one that is not zero. It is never changed.
    verbose : bool, default True
        Whether the recommender prints what it does.

    Attributes
    ----------
    URM_train : scipy.sparse.csr_matrix of float32
        A copy, without explicit zeros.
    n_users, n_items : int
    items_to_ignore_ID : np.ndarray of int32
        See `set_items_to_ignore`.

    Raises
    ------
    TypeError, ValueError
        For a URM that is not as described.
    """

    RECOMMENDER_NAME = "Recommender_Base_Class"
    # the attributes that save_model writes and load_model sets, each with its kind
    _SAVED: ClassVar[Mapping[str, Saved]] = {}

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        # mix-ins after this class (early stopping, temporary folders) are initialised without arguments
        super().__init__()
        self.verbose = check_bool("verbose", verbose)
        self.URM_train = check_sparse("URM_train", URM_train)
        self._checked_matrices: dict[str, Any] = {"URM_train": self.URM_train}
        self.n_users, self.n_items = self.URM_train.shape

        self.filterTopPop = False
        self.filterTopPop_ItemsID = np.empty(0, dtype=np.int32)
        self.items_to_ignore_flag = False
        self.items_to_ignore_ID = np.empty(0, dtype=np.int32)

        self._find_cold("URM ")

    def _find_cold(self, message_prefix: str) -> None:
        """Set the masks of users and items without interactions, and print how many there are."""
        self._cold_user_mask: np.ndarray = np.diff(self.URM_train.indptr) == 0
        self._cold_item_mask: np.ndarray = np.bincount(self.URM_train.indices, minlength=self.n_items) == 0
        for kind, mask in (("users", self._cold_user_mask), ("items", self._cold_item_mask)):
            n_cold = int(mask.sum())
            if n_cold > 0:
                percentage = n_cold / mask.size * 100
                self._print(f"{message_prefix}Detected {n_cold} ({percentage:4.1f}%) {kind} with no interactions.")

    def _print(self, string: str) -> None:
        """Print a message with the recommender's name before it, if verbose."""
        if self.verbose:
            say(f"{self.RECOMMENDER_NAME}: {string}")

    def fit(self) -> Self:
        """Learn from the URM; here there is nothing to learn."""
        return self

    @also_by("URM_train")
    def get_URM_train(self) -> sps.csr_matrix:
        """A copy of the training matrix."""
        return self.URM_train.copy()

    def set_URM_train(self, URM_train_new: Any, **kwargs: Any) -> None:
        """Replace the training matrix, and with it the seen items and both masks of cold users and items.

        (The host framework leaves the mask of the cold items as it was.)

        Parameters
        ----------
        URM_train_new : scipy sparse matrix or array, shape (n_users, n_items)
        **kwargs
            Ignored, with a printed notice: what other recommenders may take.

        Raises
        ------
        TypeError, ValueError
            As the constructor does, and for another shape.
        """
        URM_train = check_sparse("URM_train_new", URM_train_new)
        if URM_train.shape != self.URM_train.shape:
            raise ValueError(f"URM_train_new must be of shape {self.URM_train.shape}, got {URM_train.shape}")
        if kwargs:
            self._print(f"set_URM_train ignores the arguments {', '.join(kwargs)}")
        self.URM_train = self._checked_matrices["URM_train"] = URM_train
        self._find_cold("")

    def _get_cold_user_mask(self) -> np.ndarray:
        """True for the users without interactions, shape (n_users,)."""
        return self._cold_user_mask

    def _get_cold_item_mask(self) -> np.ndarray:
        """True for the items without interactions, shape (n_items,)."""
        return self._cold_item_mask

    def set_items_to_ignore(self, items_to_ignore: Any) -> None:
        """Items that `recommend(remove_custom_items_flag=True)` leaves out: ids in 0..n_items-1."""
        items = check_ids("items_to_ignore", items_to_ignore, self.n_items)
        self.items_to_ignore_flag = True
        self.items_to_ignore_ID = items.astype(np.int32)

    def reset_items_to_ignore(self) -> None:
        """Ignore no item."""
        self.items_to_ignore_flag = False
        self.items_to_ignore_ID = np.empty(0, dtype=np.int32)

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """The scores of all items for some users.

        Parameters
        ----------
        user_id_array : array of int, shape (B,)
        items_to_compute : array of int, default None
            The items that are asked for; all others get -inf.

        Returns
        -------
        np.ndarray of float, shape (B, n_items)
            A new array: the caller writes its masks into it.
        """
        raise NotImplementedError(f"{self.RECOMMENDER_NAME} has no _compute_item_score")

    @also_by("start_ranking")
    def recommend(
        self,
        user_id_array: Any,
        cutoff: int | None = None,
        remove_seen_flag: bool = True,
        items_to_compute: Any = None,
        remove_top_pop_flag: bool = False,
        remove_custom_items_flag: bool = False,
        return_scores: bool = False,
    ) -> list[Any] | tuple[list[Any], np.ndarray]:
        """The best items for one or several users.

        Equal scores are ranked by ascending item id. Items of score -inf are left out, so a list may be shorter than
        the cutoff; those of score +inf lead it. (The host framework caps the cutoff at n_items - 1, drops +inf, leaves
        the order of equal scores open, and takes negative ids and NaN.)

        Parameters
        ----------
        user_id_array : int, or list or array of int
            Ids in 0..n_users-1.
        cutoff : int >= 1, default None
            The longest list. n_items if None; more than n_items is as good as n_items.
        remove_seen_flag : bool, default True
            Leave out what the user has an entry for in this recommender's `URM_train`.
        items_to_compute : list or array of int, default None
            Rank these items only; ids in 0..n_items-1.
        remove_top_pop_flag : bool, default False
            Leave out `filterTopPop_ItemsID`.
        remove_custom_items_flag : bool, default False
            Leave out the items of `set_items_to_ignore`.
        return_scores : bool, default False
            Return the scores as well; the memory of (number of users) x n_items scores is then needed at once.

        Returns
        -------
        ranking : list of int for a single id, else a list of such lists; best item first
        scores : np.ndarray of float, shape (number of users, n_items), only with return_scores
            With -inf for whatever was left out.

        Raises
        ------
        TypeError, ValueError
            For an argument that is not as described, and for NaN among the scores.
        RuntimeError
            Before fit() or load_model().
        """
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        return_scores = check_bool("return_scores", return_scores)
        request = self._ranking_request(
            cutoff, remove_seen_flag, items_to_compute, remove_top_pop_flag, remove_custom_items_flag
        )
        if return_scores:
            scores = ScoreRanker(self, request).scores(user_ids)
            ids, lengths = top_k(scores, request.cutoff, row_ids=user_ids, num_threads=request.num_threads)
        else:
            ids, lengths = self._ranker(request).rank(user_ids)

        ranking: list[Any] = as_lists(ids, lengths)
        if np.ndim(user_id_array) == 0:
            ranking = ranking[0]
        return (ranking, scores) if return_scores else ranking

    def start_ranking(
        self,
        cutoff: int | None = None,
        *,
        remove_seen_flag: bool = True,
        remove_custom_items_flag: bool = False,
        candidates: Any = None,
        num_threads: int | None = None,
    ) -> Ranker:
        """What `recommend` does, prepared once for many users and with the rankings in arrays.

        A model that is trained further, or has another training matrix, needs another ranker.

        Parameters
        ----------
        cutoff, remove_seen_flag, remove_custom_items_flag
            As in `recommend`.
        candidates : scipy sparse matrix, shape (n_users, n_items), default None
            Rank for each user the items of its stored entries only; None for all items.
        num_threads : int >= 1, default None
            Threads over users, at most; None for as many as there are processors. The result does not depend on it.

        Returns
        -------
        Ranker
            Its `rank(user_ids)` takes an array of int64, shape (B,), and returns the ids, int32 of shape (B, cutoff),
            filled with -1 after the end of a list, and the lengths of the lists, int32 of shape (B,).

        Raises
        ------
        TypeError, ValueError
            For an argument that is not as described.
        RuntimeError
            Before fit() or load_model().
        """
        return self._ranker(
            self._ranking_request(
                cutoff,
                remove_seen_flag,
                remove_custom_items_flag=remove_custom_items_flag,
                candidates=candidates,
                num_threads=num_threads,
            )
        )

    def _ranking_request(
        self,
        cutoff: int | None,
        remove_seen_flag: bool,
        items_to_compute: Any = None,
        remove_top_pop_flag: bool = False,
        remove_custom_items_flag: bool = False,
        candidates: Any = None,
        num_threads: int | None = None,
    ) -> RankingRequest:
        """The arguments of `recommend` and `start_ranking`, checked."""
        self._check_own_matrix("URM_train")
        if self.URM_train.shape != (self.n_users, self.n_items):
            raise ValueError(f"URM_train must be of shape {(self.n_users, self.n_items)}, got {self.URM_train.shape}")
        if items_to_compute is not None:
            items_to_compute = check_ids("items_to_compute", items_to_compute, self.n_items)
        if candidates is not None:
            # the places of the entries alone matter, and a copy of many candidates costs more than ranking them
            candidates = check_entries("candidates", candidates, self.URM_train.shape)
        return RankingRequest(
            cutoff=self.n_items if cutoff is None else min(check_int("cutoff", cutoff, minimum=1), self.n_items),
            remove_seen=check_bool("remove_seen_flag", remove_seen_flag),
            removed=self._removed_items(remove_top_pop_flag, remove_custom_items_flag),
            items_to_compute=items_to_compute,
            candidates=candidates,
            num_threads=check_num_threads("num_threads", num_threads),
        )

    def _check_own_matrix(self, name: str) -> None:
        """Refuse a sparse attribute that was set by hand and whose arrays contradict one another.

        Kernels follow its indices. The same object is looked at once.
        """
        matrix = getattr(self, name)
        if self._checked_matrices.get(name) is not matrix and is_sparse(matrix):
            check_structure(name, matrix)
            self._checked_matrices[name] = matrix

    def _ranker(self, request: RankingRequest) -> Ranker:
        """The fastest way to the rankings that this recommender's scores make."""
        make = faster_form(self, "_compute_item_score")
        return ScoreRanker(self, request) if make is None else make(request)

    def _removed_items(self, remove_top_pop_flag: bool, remove_custom_items_flag: bool) -> np.ndarray:
        """The ids of the items that the two flags leave out for every user."""
        removed = np.empty(0, dtype=np.int64)
        if check_bool("remove_top_pop_flag", remove_top_pop_flag):
            removed = np.append(removed, self.filterTopPop_ItemsID)
        if check_bool("remove_custom_items_flag", remove_custom_items_flag):
            removed = np.append(removed, self.items_to_ignore_ID)
        return removed.astype(np.int64)

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write the model as one zip into a folder.

        Parameters
        ----------
        folder_path : str or Path
            Made where it is missing; a slash at its end makes no difference.
        file_name : str, optional
            RECOMMENDER_NAME if None; ".zip" is appended where it is missing.

        Raises
        ------
        RuntimeError
            Before fit() and load_model().
        TypeError, ValueError
            For a folder or a name that is not as described.
        OSError
            If the file cannot be written; an older one of that name is as it was.
        """
        save_declared(self, folder_path, file_name)

    def load_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Read a model that `save_model` wrote; the recommender is unchanged where the file is refused.

        Parameters
        ----------
        folder_path : str or Path
        file_name : str, optional
            As in `save_model`.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError, ValueError
            For a folder or a name that is not as described, and for a file that is damaged, of another kind of model,
            or of another number of users or items.
        """
        load_declared(self, folder_path, file_name)
