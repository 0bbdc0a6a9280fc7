"""Test error of the default hyperparameters on a MovieLens data set, a random 80/20 split.

    python benchmarks/movielens_accuracy.py [--dataset ml-100k] [--data-folder FOLDER] [--seeds 3]

Each seed has its own split and its own training, without early stopping. Prints RMSE and MAE of the model and of
GlobalEffects for each seed, and their means.
"""

import argparse
import platform

import numpy as np
import pandas as pd
import torch

from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
)
from Evaluation.comparison import compare_rating_prediction
from Evaluation.rating_prediction import EvaluatorRatingPrediction
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from Recommenders.NonPersonalizedRecommender import GlobalEffects


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--data-folder")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()

    URM_all = get_reader(options.dataset, data_folder=options.data_folder, verbose=False).load_data().get_URM_all()
    tables = {}
    for seed in range(options.seeds):
        URM_train, URM_test = split_train_in_two_percentage_global_sample(URM_all, 0.8, random_seed=seed, verbose=False)
        recommenders = {
            "MatrixFactorization": MatrixFactorization_PyTorch(URM_train, verbose=False).fit(random_seed=seed),
            "GlobalEffects": GlobalEffects(URM_train, verbose=False).fit(),
        }
        tables[seed] = compare_rating_prediction(recommenders, EvaluatorRatingPrediction(URM_test, verbose=False))
    table = pd.concat(tables, names=["seed"])
    print(f"{options.dataset}, {platform.machine()}, torch {torch.__version__}, numpy {np.__version__}")
    print(table.round(4).to_string())
    print(f"\nmean over {options.seeds} seeds\n{table.groupby('recommender').mean().round(4).to_string()}")


if __name__ == "__main__":
    main()
