"""The host's base of the recommenders whose score is a product of factors."""

import numpy as np

from Recommenders.BaseRecommender import BaseRecommender
from Recommenders.DataIO import DataIO


class BaseMatrixFactorizationRecommender(BaseRecommender):
    def __init__(self, URM_train, verbose=True):
        super().__init__(URM_train, verbose)
        self.USER_factors = None
        self.ITEM_factors = None
        self.use_bias = False
        self.ITEM_bias = None
        self.USER_bias = None
        self.GLOBAL_bias = None

    def _compute_item_score(self, user_id_array, items_to_compute=None):
        assert self.USER_factors.shape[1] == self.ITEM_factors.shape[1]
        assert self.USER_factors.shape[0] > np.max(user_id_array), "cold users are not allowed"
        if items_to_compute is None:
            scores = self.USER_factors[user_id_array] @ self.ITEM_factors.T
        else:
            scores = np.full((len(user_id_array), self.n_items), -np.inf, dtype=np.float32)
            scores[:, items_to_compute] = self.USER_factors[user_id_array] @ self.ITEM_factors[items_to_compute].T
        if self.use_bias:
            scores += self.ITEM_bias + self.GLOBAL_bias
            scores += self.USER_bias[user_id_array][:, np.newaxis]
        return scores

    def save_model(self, folder_path, file_name=None):
        file_name = self.RECOMMENDER_NAME if file_name is None else file_name
        self._print(f"Saving model in file '{folder_path}{file_name}'")
        data = {"USER_factors": self.USER_factors, "ITEM_factors": self.ITEM_factors, "use_bias": self.use_bias}
        if self.use_bias:
            data |= {"ITEM_bias": self.ITEM_bias, "USER_bias": self.USER_bias, "GLOBAL_bias": self.GLOBAL_bias}
        DataIO(folder_path=folder_path).save_data(file_name=file_name, data_dict_to_save=data)
        self._print("Saving complete")


class BaseSVDRecommender(BaseRecommender):
    """It has no attributes of biases, and multiplies the singular values in when it scores."""

    def __init__(self, URM_train, verbose=True):
        super().__init__(URM_train, verbose)
        self.USER_factors = None
        self.ITEM_factors = None
        self.Sigma = None

    def _compute_item_score(self, user_id_array, items_to_compute=None):
        assert items_to_compute is None, "the tests rank all items"
        return self.USER_factors[user_id_array] @ np.diag(self.Sigma) @ self.ITEM_factors.T

    def save_model(self, folder_path, file_name=None):
        file_name = self.RECOMMENDER_NAME if file_name is None else file_name
        data = {"USER_factors": self.USER_factors, "ITEM_factors": self.ITEM_factors, "Sigma": self.Sigma}
        DataIO(folder_path=folder_path).save_data(file_name=file_name, data_dict_to_save=data)
