"""What every recommender is: the training matrix, and recommend() = score, mask, best k."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import scipy.sparse as sps

from Recommenders._top_k import as_lists, mask_other_columns, mask_seen, top_k
from Recommenders._validation import check_bool, check_ids, check_int, check_sparse

# recommend() scores this many user-item pairs at a time (128 MB of float32), so that it never holds users x items.
_SCORES_A_BLOCK = 1 << 25


class BaseRecommender:
    """The base of all recommenders.

    A subclass sets `RECOMMENDER_NAME` and supplies `fit`, `_compute_item_score`, `save_model` and `load_model`.

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

    def __init__(self, URM_train: Any, verbose: bool = True) -> None:
        # mix-ins after this class (early stopping, temporary folders) are initialised without arguments
        super().__init__()
        self.verbose = check_bool("verbose", verbose)
        self.URM_train = check_sparse("URM_train", URM_train)
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
            print(f"{self.RECOMMENDER_NAME}: {string}")  # noqa: T201

    def fit(self) -> Self:
        """Learn from the URM; here there is nothing to learn."""
        return self

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
        self.URM_train = URM_train
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
        cutoff = self.n_items if cutoff is None else min(check_int("cutoff", cutoff, minimum=1), self.n_items)
        if items_to_compute is not None:
            items_to_compute = check_ids("items_to_compute", items_to_compute, self.n_items)
        return_scores = check_bool("return_scores", return_scores)
        removed = self._removed_items(remove_top_pop_flag, remove_custom_items_flag)
        remove_seen_flag = check_bool("remove_seen_flag", remove_seen_flag)

        ranking: list[Any] = []
        scores = np.empty((0, self.n_items), dtype=np.float32)
        step = max(1, user_ids.size if return_scores else _SCORES_A_BLOCK // self.n_items)
        for start in range(0, user_ids.size, step):
            block = user_ids[start : start + step]
            scores = self._fresh_scores(block, items_to_compute)
            if remove_seen_flag:
                mask_seen(scores, self.URM_train, block)
            scores[:, removed] = -np.inf
            ranking += as_lists(*top_k(scores, cutoff, row_ids=block))

        if np.ndim(user_id_array) == 0:
            ranking = ranking[0]
        return (ranking, scores) if return_scores else ranking

    def _removed_items(self, remove_top_pop_flag: bool, remove_custom_items_flag: bool) -> np.ndarray:
        """The ids of the items that the two flags leave out for every user."""
        removed = np.empty(0, dtype=np.int64)
        if check_bool("remove_top_pop_flag", remove_top_pop_flag):
            removed = np.append(removed, self.filterTopPop_ItemsID)
        if check_bool("remove_custom_items_flag", remove_custom_items_flag):
            removed = np.append(removed, self.items_to_ignore_ID)
        return removed.astype(np.int64)

    def _fresh_scores(self, user_ids: np.ndarray, items_to_compute: np.ndarray | None) -> np.ndarray:
        """The subclass's scores, checked, in an array that may be written to, as float32 or float64."""
        scores = np.asarray(self._compute_item_score(user_ids, items_to_compute=items_to_compute))
        if scores.shape != (user_ids.size, self.n_items):
            expected = (user_ids.size, self.n_items)
            raise ValueError(f"the scores of {self.RECOMMENDER_NAME} must be of shape {expected}, got {scores.shape}")
        dtype = scores.dtype if scores.dtype in (np.float32, np.float64) else np.float64
        scores = np.require(scores, dtype=dtype, requirements=["C", "W"])
        if items_to_compute is not None:
            # a scorer written by a user may forget its second argument
            mask_other_columns(scores, items_to_compute)
        return scores

    def save_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Write the model as one zip into a folder; its name is RECOMMENDER_NAME unless given."""
        raise NotImplementedError(f"{self.RECOMMENDER_NAME} has no save_model")

    def load_model(self, folder_path: str | Path, file_name: str | None = None) -> None:
        """Read a model that `save_model` wrote; the recommender is unchanged where the file is refused."""
        raise NotImplementedError(f"{self.RECOMMENDER_NAME} has no load_model")
