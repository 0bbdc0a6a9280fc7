"""The host's base of all recommenders: it asserts, silently takes negative ids, and never ranks the last item."""

import numpy as np
import scipy.sparse as sps


class BaseRecommender:
    RECOMMENDER_NAME = "Recommender_Base_Class"

    def __init__(self, URM_train, verbose=True):
        super().__init__()  # the mix-ins; they take no arguments
        self.URM_train = _as_float32_csr(URM_train)
        self.n_users, self.n_items = self.URM_train.shape
        self.verbose = verbose
        self.filterTopPop = False
        self.filterTopPop_ItemsID = np.array([], dtype=np.int32)
        self.items_to_ignore_flag = False
        self.items_to_ignore_ID = np.array([], dtype=np.int32)
        self._cold_user_mask = self.URM_train.getnnz(axis=1) == 0
        self._cold_item_mask = self.URM_train.getnnz(axis=0) == 0
        for kind, mask in (("users", self._cold_user_mask), ("items", self._cold_item_mask)):
            if mask.any():
                self._print(f"URM Detected {mask.sum()} ({100 * mask.mean():4.1f}%) {kind} with no interactions.")

    def _print(self, string):
        if self.verbose:
            print(f"{self.RECOMMENDER_NAME}: {string}")

    def fit(self):
        pass

    def get_URM_train(self):
        return self.URM_train.copy()

    def set_URM_train(self, URM_train_new, **kwargs):
        assert self.URM_train.shape == URM_train_new.shape
        if kwargs:
            self._print("set_URM_train keyword arguments are not supported")
        self.URM_train = _as_float32_csr(URM_train_new)
        self._cold_user_mask = self.URM_train.getnnz(axis=1) == 0
        if self._cold_user_mask.any():
            n_cold, share = self._cold_user_mask.sum(), 100 * self._cold_user_mask.mean()
            self._print(f"Detected {n_cold} ({share:4.1f}%) users with no interactions.")

    def _get_cold_user_mask(self):
        return self._cold_user_mask

    def _get_cold_item_mask(self):
        return self._cold_item_mask

    def set_items_to_ignore(self, items_to_ignore):
        self.items_to_ignore_flag = True
        self.items_to_ignore_ID = np.array(items_to_ignore, dtype=np.int32)

    def reset_items_to_ignore(self):
        self.items_to_ignore_flag = False
        self.items_to_ignore_ID = np.array([], dtype=np.int32)

    def _compute_item_score(self, user_id_array, items_to_compute=None):
        raise NotImplementedError

    def recommend(
        self,
        user_id_array,
        cutoff=None,
        remove_seen_flag=True,
        items_to_compute=None,
        remove_top_pop_flag=False,
        remove_custom_items_flag=False,
        return_scores=False,
    ):
        is_single_user = np.isscalar(user_id_array)
        if is_single_user:
            user_id_array = np.array([user_id_array])
        longest = self.n_items - 1
        cutoff = longest if cutoff is None else min(cutoff, longest)

        scores = self._compute_item_score(user_id_array, items_to_compute=items_to_compute)
        assert scores.shape == (len(user_id_array), self.n_items)
        if remove_seen_flag:
            assert self.URM_train.format == "csr"
            for row, user in enumerate(user_id_array):
                scores[row, self.URM_train[user].indices] = -np.inf
        if remove_top_pop_flag:
            scores[:, self.filterTopPop_ItemsID] = -np.inf
        if remove_custom_items_flag:
            scores[:, self.items_to_ignore_ID] = -np.inf

        ranking = [_best_items(row, cutoff) for row in scores]
        if is_single_user:
            ranking = ranking[0]
        return (ranking, scores) if return_scores else ranking

    def save_model(self, folder_path, file_name=None):
        raise NotImplementedError

    def load_model(self, folder_path, file_name=None):
        """Set whatever the archive holds: no check of class, shape or name."""
        from Recommenders.DataIO import DataIO

        file_name = self.RECOMMENDER_NAME if file_name is None else file_name
        self._print(f"Loading model from file '{folder_path}{file_name}'")
        for key, value in DataIO(folder_path=folder_path).load_data(file_name=file_name).items():
            setattr(self, key, value)
        self._print("Loading complete")


def _as_float32_csr(matrix):
    assert sps.isspmatrix(matrix), "sparse arrays are not known here"
    matrix = sps.csr_matrix(matrix, dtype=np.float32, copy=True)
    matrix.eliminate_zeros()
    return matrix


def _best_items(scores, cutoff):
    candidates = np.argpartition(-scores, cutoff)[:cutoff]
    best_first = candidates[np.argsort(-scores[candidates])]
    return best_first[~np.isinf(scores[best_first])].tolist()
