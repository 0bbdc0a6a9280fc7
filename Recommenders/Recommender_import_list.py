"""The recommenders by name, for `from Recommenders.Recommender_import_list import *`."""

from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch import MF_MSE_PyTorch
from Recommenders.NonPersonalizedRecommender import GlobalEffects, Random, TopPop

__all__ = ["GlobalEffects", "MF_MSE_PyTorch", "MatrixFactorization_PyTorch", "Random", "TopPop"]
