"""The base class of all recommenders: the training matrix, and `recommend` = score, mask, best k."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._model_archive import Saved, load_declared, save_declared
from Recommenders._ranking.request import RankingRequest, ScoreRanker
from Recommenders._ranking.top_k import as_lists, top_k
from recsys_common.fast_path import Ranker, faster_form, faster_form_of
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
        The interactions to learn from: finite numbers, at least one of them not zero. It is never changed.
    verbose : bool, default True
        Whether the recommender prints what it does.

    Attributes
    ----------
    URM_train : scipy.sparse.csr_matrix of float32
        A copy, without explicit zeros.
    n_users, n_items : int
    items_to_ignore_ID : np.ndarray of int32
        The items of `set_items_to_ignore`.

    Raises
    ------
    TypeError, ValueError
        If URM_train or verbose is not as described.
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
        self._cold_user_mask: npt.NDArray[np.bool_] = np.diff(self.URM_train.indptr) == 0
        self._cold_item_mask: npt.NDArray[np.bool_] = np.bincount(self.URM_train.indices, minlength=self.n_items) == 0
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
        """Do nothing: a subclass learns from the training matrix here.

        Returns
        -------
        self
        """
        return self

    def get_URM_train(self) -> sps.csr_matrix:
        """Return a copy of the training matrix.

        Returns
        -------
        scipy.sparse.csr_matrix of float32, shape (n_users, n_items)
        """
        return self.URM_train.copy()

    @faster_form_of(get_URM_train)
    def _URM_train_not_copied(self) -> Any:
        """Return the training matrix itself, for a caller who does not change it."""
        return self.URM_train

    def set_URM_train(self, URM_train_new: Any, **kwargs: Any) -> None:
        """Replace the training matrix, and with it the seen items and the masks of cold users and items.

        (The host framework does not update the mask of the cold items.)

        Parameters
        ----------
        URM_train_new : scipy sparse matrix or array, shape (n_users, n_items)
        **kwargs
            Arguments of other recommenders; they are ignored, with a printed message.

        Raises
        ------
        TypeError, ValueError
            If the matrix is not as the constructor takes it, or has another shape.
        """
        URM_train = check_sparse("URM_train_new", URM_train_new, shape=self.URM_train.shape)
        if kwargs:
            self._print(f"set_URM_train ignores the arguments {', '.join(kwargs)}")
        self.URM_train = self._checked_matrices["URM_train"] = URM_train
        self._find_cold("")

    def _get_cold_user_mask(self) -> npt.NDArray[np.bool_]:
        """Return for each user whether there are no interactions, (n_users,)."""
        return self._cold_user_mask

    def _get_cold_item_mask(self) -> npt.NDArray[np.bool_]:
        """Return for each item whether there are no interactions, (n_items,)."""
        return self._cold_item_mask

    def set_items_to_ignore(self, items_to_ignore: Any) -> None:
        """Set the items that `recommend(remove_custom_items_flag=True)` leaves out.

        Parameters
        ----------
        items_to_ignore : list or array of int
            Ids in 0..n_items-1.

        Raises
        ------
        TypeError, ValueError
            If they are not item ids.
        """
        items = check_ids("items_to_ignore", items_to_ignore, self.n_items)
        self.items_to_ignore_flag = True
        self.items_to_ignore_ID = items.astype(np.int32)

    def reset_items_to_ignore(self) -> None:
        """Forget the items of `set_items_to_ignore`."""
        self.items_to_ignore_flag = False
        self.items_to_ignore_ID = np.empty(0, dtype=np.int32)

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        """Return the scores of all items for B users: a new array of floats, (B, n_items).

        Items that are not in `items_to_compute`, if it is given, have the score -inf.
        """
        raise NotImplementedError(f"{self.RECOMMENDER_NAME} has no _compute_item_score")

    @faster_form_of(_compute_item_score)
    def _score_ranker(self, request: RankingRequest) -> Ranker | None:
        """Return a ranker that needs no matrix of scores, or None to rank by the scores.

        A subclass that replaces the scores either replaces this method too, marked with
        `@faster_form_of(_compute_item_score)`, or is ranked by its scores.
        """
        return None

    def recommend(
        self,
        user_id_array: Any,
        cutoff: int | None = None,
        remove_seen_flag: bool = True,
        items_to_compute: Any = None,
        remove_top_pop_flag: bool = False,
        remove_custom_items_flag: bool = False,
        return_scores: bool = False,
    ) -> list[Any] | tuple[list[Any], npt.NDArray[Any]]:
        """Rank the best items for one or several users.

        Equal scores are ranked by ascending item id. Items of score -inf are left out, so a list may be shorter than
        the cutoff; items of score +inf come first. (The host framework limits the cutoff to n_items - 1, drops +inf,
        does not define the order of equal scores, and accepts negative ids and NaN.)

        Parameters
        ----------
        user_id_array : int, or list or array of int
            Ids in 0..n_users-1.
        cutoff : int >= 1, optional
            The largest length of a list; by default, and at most, n_items.
        remove_seen_flag : bool, default True
            Leave out items for which the user has an entry in this recommender's `URM_train`.
        items_to_compute : list or array of int, optional
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
            The scores, -inf for the items that were left out.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described, or a score is NaN.
        RuntimeError
            If neither fit() nor load_model() was called.
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

    @faster_form_of(recommend)
    def start_ranking(
        self,
        cutoff: int | None = None,
        *,
        remove_seen_flag: bool = True,
        remove_custom_items_flag: bool = False,
        candidates: Any = None,
        num_threads: int | None = None,
    ) -> Ranker:
        """Prepare what `recommend` does, once for many users, with the rankings in arrays.

        After further training, or with another training matrix, start another ranking.

        Parameters
        ----------
        cutoff, remove_seen_flag, remove_custom_items_flag
            As in `recommend`.
        candidates : scipy sparse matrix, shape (n_users, n_items), optional
            Rank for each user the items of the user's stored entries only; by default, all items.
        num_threads : int >= 1, optional
            The largest number of threads over users; by default, the number of processors. The result does not depend
            on it.

        Returns
        -------
        Ranker
            Its `rank(user_ids)` takes an array of int64, shape (B,), and returns the ids, int32 of shape (B, cutoff),
            filled with -1 after the end of a list, and the lengths of the lists, int32 of shape (B,).

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.
        RuntimeError
            If neither fit() nor load_model() was called.
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
        """Check the arguments of `recommend` and `start_ranking`."""
        self._check_own_matrix("URM_train")
        if self.URM_train.shape != (self.n_users, self.n_items):
            raise ValueError(f"URM_train must be of shape {(self.n_users, self.n_items)}, got {self.URM_train.shape}")
        if items_to_compute is not None:
            items_to_compute = check_ids("items_to_compute", items_to_compute, self.n_items)
        if candidates is not None:
            # only where the entries are matters, and a copy of many candidates would cost more than ranking them
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
        """Refuse a sparse attribute that was set by hand and is inconsistent, since kernels follow its indices.

        The same object is checked once.
        """
        matrix = getattr(self, name)
        if self._checked_matrices.get(name) is not matrix and is_sparse(matrix):
            check_structure(name, matrix)
            self._checked_matrices[name] = matrix

    def _ranker(self, request: RankingRequest) -> Ranker:
        """Return the fastest ranker for this recommender's scores."""
        make = faster_form(self, "_compute_item_score", "_score_ranker")
        ranker: Ranker | None = None if make is None else make(request)
        return ScoreRanker(self, request) if ranker is None else ranker

    def _removed_items(self, remove_top_pop_flag: bool, remove_custom_items_flag: bool) -> npt.NDArray[np.int64]:
        """Return the ids of the items that the two flags leave out for every user."""
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
