"""A table of every public call with arguments of Python's own types, for tests that try all arguments of all calls.

Each entry of `CALLS` has a function and its keyword arguments. The function makes the call and returns a result that
can be compared. float32 holds all numbers exactly. The calls write into the current folder only.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Data_manager.data_consistency_check import assert_disjoint_matrices, assert_implicit_data
from Data_manager.DataPostprocessing_Implicit_URM import DataPostprocessing_Implicit_URM
from Data_manager.DataPostprocessing_K_Cores import DataPostprocessing_K_Cores, select_k_cores
from Data_manager.DataPostprocessing_Minimum_Rating import DataPostprocessing_Minimum_Rating
from Data_manager.DataPostprocessing_User_sample import DataPostprocessing_User_sample
from Data_manager.DataReader_utils import (
    add_boolean_matrix_iterator,
    compute_density,
    load_CSV_into_Dataframe,
    load_CSV_into_SparseBuilder,
    merge_ICM,
    remove_Dataframe_duplicates,
    remove_empty_rows_and_cols,
    remove_features,
    split_big_CSR_in_columns,
)
from Data_manager.Dataset import Dataset, gini_index
from Data_manager.DatasetMapperManager import DatasetMapperManager
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from Data_manager.IncrementalSparseMatrix import (
    IncrementalSparseMatrix,
    IncrementalSparseMatrix_FilterIDs,
    IncrementalSparseMatrix_ListBased,
)
from Data_manager.interactions_reader import InteractionsReader
from Data_manager.reader_list import get_reader
from Data_manager.split_functions.split_train_k_fold import split_k_fold
from Data_manager.split_functions.split_train_validation_cold_items import split_train_in_two_cold_items
from Data_manager.split_functions.split_train_validation_global_time import (
    split_train_in_two_global_time,
    time_of_train_percentage,
)
from Data_manager.split_functions.split_train_validation_leave_k_out import split_train_leave_k_out_user_wise
from Data_manager.split_functions.split_train_validation_random_holdout import (
    split_train_in_two_percentage_global_sample,
    split_train_in_two_percentage_user_wise,
)
from Data_manager.synthetic_reader import SyntheticReader
from Data_manager.TagPreprocessing import tagFilter, tagFilterAndStemming
from Evaluation import metrics, significance
from Evaluation.comparison import format_comparison
from Evaluation.Evaluator import EvaluatorHoldout, EvaluatorNegativeItemSample, get_result_string_df
from Evaluation.negative_items import sample_negative_items
from Evaluation.ranking_batch import RankingBatch
from Evaluation.rating_prediction import EvaluatorRatingPrediction
from Recommenders.BaseCBFRecommender import BaseItemCBFRecommender, BaseUserCBFRecommender
from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.BaseRecommender import BaseRecommender
from Recommenders.BaseSimilarityMatrixRecommender import (
    BaseItemSimilarityMatrixRecommender,
    BaseUserSimilarityMatrixRecommender,
)
from Recommenders.DataIO import DataIO
from Recommenders.learning_curve import plot_learning_curve
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch import MF_MSE_PyTorch
from Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model import DatasetIterator_URM, MF_MSE_PyTorch_model
from Recommenders.NonPersonalizedRecommender import GlobalEffects, Random, TopPop
from Recommenders.Recommender_utils import (
    addZeroSamples,
    areURMequals,
    check_matrix,
    get_unique_temp_folder,
    reshapeSparse,
    similarityMatrixTopK,
)

_rng = np.random.default_rng(3)
_cells = _rng.random((16, 12))
URM = sps.csr_matrix(np.where(_cells < 0.5, _rng.integers(1, 6, _cells.shape), 0).astype(float))
URM_TEST = sps.csr_matrix(np.where(_cells > 0.7, _rng.integers(1, 6, _cells.shape), 0).astype(float))
URM_NEGATIVE = sps.csr_matrix(np.where((_cells > 0.5) & (_cells < 0.7), 1.0, 0.0))
URM_TIME = sps.csr_matrix(np.where(_cells < 0.5, _rng.permutation(_cells.size).reshape(_cells.shape) + 1.0, 0.0))
ICM = sps.csr_matrix(np.where(_rng.random((12, 5)) < 0.6, 1.0, 0.0))
UCM = sps.csr_matrix(np.where(_rng.random((16, 4)) < 0.6, 1.0, 0.0))
SQUARE = sps.csr_matrix(np.where(_rng.random((12, 12)) < 0.5, _rng.integers(1, 9, (12, 12)) / 8, 0.0))
USER_SQUARE = sps.csr_matrix(np.where(_rng.random((16, 16)) < 0.5, _rng.integers(1, 9, (16, 16)) / 8, 0.0))
FRAME = pd.DataFrame({"user": ["u1", "u2", "u1", "u3"], "item": ["a", "a", "b", "c"], "rating": [1.0, 2.0, 3.0, 4.0]})
CSV = {
    "header": True,
    "separator": ",",
    "timestamp": True,
    "remove_duplicates": True,
    "custom_user_item_rating_columns": ["user", "item", "rating", "time"],
}
PER_USER = {
    name: pd.DataFrame(
        {"NDCG": np.random.default_rng(seed).integers(0, 9, 12) / 8.0},
        index=pd.MultiIndex.from_product([range(12), [5]], names=["user", "cutoff"]),
    )
    for seed, name in enumerate(("first", "second", "third"))
}
TABLE = pd.DataFrame({"one": [0.5, 0.25, 0.75], "two": [0.25, 0.125, 0.5], "three": [0.0, 0.5, 0.625]})
HISTORY = pd.DataFrame({"epoch": [1, 2], "training_loss": [2.0, 1.0], "NEGATIVE_RMSE": [-2.0, -1.0]})

FIT = {
    "epochs": 3,
    "batch_size": 16,
    "num_factors": 3,
    "learning_rate": 0.0625,
    "sgd_mode": "adam",
    "loss": "mse",
    "activation": "identity",
    "use_bias": True,
    "user_reg": 0.125,
    "item_reg": 0.25,
    "bias_reg": 0.0625,
    "init_mean": 0.125,
    "init_std_dev": 0.25,
    "device": "cpu",
    "num_threads": 2,
    "random_seed": 7,
    "validation_metric": "NEGATIVE_RMSE",
    "validation_every_n": 1,
    "stop_on_validation": True,
    "lower_validations_allowed": 2,
    "epochs_min": 1,
}


def synthetic() -> SyntheticReader:
    return SyntheticReader(n_users=60, n_items=40, n_ratings=600, random_seed=1, data_folder="data", verbose=False)


def fitted(**changes: Any) -> MatrixFactorization_PyTorch:
    return MatrixFactorization_PyTorch(URM, verbose=False).fit(**{"epochs": 1, "random_seed": 1} | changes)


def fit(recommender_class: Any, **arguments: Any) -> Any:
    recommender = recommender_class(URM, verbose=False)
    recommender.fit(evaluator_object=EvaluatorRatingPrediction(URM_TEST, verbose=False), **arguments)
    return recommender.predict(range(16), 0), recommender.recommend(range(16)), recommender.epochs_best


def constructed(recommender_class: Any, **arguments: Any) -> Any:
    recommender = recommender_class(**arguments)
    return recommender.URM_train, getattr(recommender, "ICM_train", None), recommender.verbose


def read(reader_class: Any, *wrapped: Any, **arguments: Any) -> Any:
    return reader_class(*wrapped, **arguments).load_data().get_URM_all()


def parsed(load: Any, **arguments: Any) -> Any:
    Path("ratings.csv").write_text("time,user,item,rating\n5,u1,a,3\n6,u1,b,4\n7,u1,a,5\n", encoding="utf-8")
    return load("ratings.csv", **arguments)


def processed(postprocessing_class: Any, **arguments: Any) -> Any:
    return postprocessing_class(synthetic(), **arguments).load_data(False).get_URM_all()


def split(splitter_class: Any, **arguments: Any) -> Any:
    splitter = splitter_class(synthetic(), verbose=False, **arguments)
    splitter.load_data("split")
    return splitter.get_holdout_split()


def evaluated(evaluator_class: Any, **arguments: Any) -> Any:
    return evaluator_class(**arguments).evaluateRecommender(fitted())[0]


def similarity(recommender_class: Any, W_sparse: Any) -> Any:
    recommender = recommender_class(URM, verbose=False)
    recommender.W_sparse = W_sparse
    return recommender.recommend(range(16), cutoff=4)


class Foreign:
    """A recommender of another project, whose training matrix is the argument."""

    def __init__(self, URM_train: Any) -> None:
        self.URM_train = URM_train

    def get_URM_train(self) -> Any:
        return self.URM_train

    def recommend(self, user_id_array: Any, cutoff: int | None = None, **_: Any) -> list[list[int]]:
        return [list(range(12))[:cutoff] for _ in user_id_array]


def foreign_training_matrix(URM_train: Any) -> Any:
    return EvaluatorHoldout(URM_TEST, [3], verbose=False).evaluateRecommender(Foreign(URM_train))[0]


def replaced_training_matrix(URM_train: Any) -> Any:
    recommender = fitted()
    recommender.URM_train = URM_train
    return recommender.recommend(range(16), cutoff=4)


def saved_model(folder_path: str, file_name: str) -> Any:
    fitted().save_model(folder_path, file_name=file_name)
    loaded = MatrixFactorization_PyTorch(URM, verbose=False)
    loaded.load_model(folder_path, file_name=file_name)
    return loaded.recommend(range(16))


def saved_data(folder_path: str, file_name: str, key: str, text: str, number: int, real: float, flag: bool) -> Any:
    DataIO(folder_path, verbose=False).save_data(file_name, {key: [text, number, real, flag]})
    return DataIO(folder_path).load_data(file_name)


def set_URM_train(URM_train_new: Any) -> Any:
    recommender = fitted()
    recommender.set_URM_train(URM_train_new)
    return recommender.recommend(range(16))


def ignoring(items_to_ignore: Any) -> Any:
    recommender = fitted()
    recommender.set_items_to_ignore(items_to_ignore)
    return recommender.recommend(range(16), remove_custom_items_flag=True)


def ranked(**arguments: Any) -> Any:
    return fitted().start_ranking(**arguments).rank(np.arange(16))


def similar_items(item_diversity_matrix: Any) -> Any:
    diversity = metrics.Diversity_similarity(item_diversity_matrix)
    evaluator = EvaluatorHoldout(URM_TEST, [3], diversity_object=diversity, verbose=False)
    return evaluator.evaluateRecommender(fitted())[0]


def measured(metric_class: Any, URM_train: Any) -> Any:
    metric = metric_class(URM_train)
    batch = RankingBatch.of_lists([[0, 1], [2, 3]], URM_TEST[:2], [2])
    metric.add_recommendations(batch.at(2))
    return metric.get_metric_value()


def filled(builder: Any, **arguments: Any) -> Any:
    matrix = builder(**arguments)
    matrix.add_data_lists([0, 1], [1, 2], [0.5, 2.0])
    matrix.add_single_row(2, [0, 1], 3.0)
    return matrix.get_SparseMatrix()


def data_set(URM_all: Any, ICM_all: Any, UCM_all: Any, dataset_name: str, is_implicit: bool) -> Any:
    data = Dataset(
        dataset_name=dataset_name,
        URM_dictionary={"URM_all": URM_all},
        ICM_dictionary={"ICM_all": ICM_all},
        UCM_dictionary={"UCM_all": UCM_all},
        is_implicit=is_implicit,
    )
    data.save_data("saved")
    loaded = Dataset()
    loaded.load_data("saved")
    return loaded.get_URM_all(), loaded.get_ICM_from_name("ICM_all"), loaded.get_dataset_name(), loaded.is_implicit()


def consistency(URM_all: Any, ICM_all: Any, UCM_all: Any) -> Any:
    users, items = ({str(k): k for k in range(n)} for n in URM.shape)
    features = [{str(k): k for k in range(matrix.shape[1])} for matrix in (ICM, UCM)]
    data = Dataset(None, {"all": URM_all}, {"I": ICM_all}, {"I": features[0]}, {"U": UCM_all}, {"U": features[1]})
    data.verify_data_consistency()
    return len(users), len(items)


def mapped(URM_name: str, dataset_name: str, is_implicit: bool) -> Any:
    manager = DatasetMapperManager()
    columns = {"user": "UserID", "item": "ItemID", "rating": "Data"}
    manager.add_URM(FRAME.rename(columns=columns), URM_name)
    data = manager.generate_Dataset(dataset_name, is_implicit)
    return data.get_URM_from_name("URM_all"), data.get_dataset_name(), data.is_implicit()


def picture(validation_metric: str) -> Any:
    return [line.get_label() for axes in plot_learning_curve(HISTORY, validation_metric).axes for line in axes.lines]


def exported(format: str) -> Any:
    splitter = DataSplitter_Holdout(synthetic(), random_seed=1, verbose=False)
    splitter.load_data("split")
    splitter.export_split("exported", format=format)
    return None


HOLDOUT = {
    "URM_test_list": URM_TEST,
    "cutoff_list": [2, 5],
    "min_ratings_per_user": 2,
    "exclude_seen": True,
    "ignore_items": [1, 2],
    "ignore_users": [0],
    "verbose": False,
    "metrics": ["MAP", "NDCG", "AUC"],
    "num_threads": 2,
}
RECOMMEND = {
    "user_id_array": [0, 3, 5],
    "cutoff": 4,
    "remove_seen_flag": True,
    "items_to_compute": [0, 2, 4, 6, 8],
    "remove_top_pop_flag": False,
    "remove_custom_items_flag": False,
    "return_scores": False,
}
SPLIT_SEED = {"random_seed": 5}

CALLS: dict[str, tuple[Any, dict[str, Any]]] = {
    "MatrixFactorization_PyTorch": (
        partial(constructed, MatrixFactorization_PyTorch),
        {"URM_train": URM, "verbose": False},
    ),
    "MatrixFactorization_PyTorch.fit, fused": (
        partial(fit, MatrixFactorization_PyTorch),
        {**FIT, "engine": "fused"},
    ),
    "MatrixFactorization_PyTorch.fit, torch": (
        partial(fit, MatrixFactorization_PyTorch),
        {**FIT, "engine": "torch", "num_threads": 1},
    ),
    "MF_MSE_PyTorch": (partial(constructed, MF_MSE_PyTorch), {"URM_train": URM, "verbose": False}),
    "MF_MSE_PyTorch.fit": (
        partial(fit, MF_MSE_PyTorch),
        {
            "epochs": 2,
            "batch_size": 8,
            "num_factors": 3,
            "learning_rate": 0.125,
            "use_cuda": False,
            "random_seed": 3,
            "validation_metric": "NEGATIVE_MAE",
            "validation_every_n": 1,
        },
    ),
    "MF_MSE_PyTorch_model": (
        lambda **sizes: MF_MSE_PyTorch_model(**sizes).get_USER_factors().shape,
        {"n_users": 4, "n_items": 3, "n_factors": 2},
    ),
    "DatasetIterator_URM": (lambda **k: len(DatasetIterator_URM(**k)), {"URM": URM}),
    "recommend": (lambda **arguments: fitted().recommend(**arguments), RECOMMEND),
    "recommend, scores": (
        lambda **arguments: GlobalEffects(URM, verbose=False).fit().recommend(**arguments)[1],
        {**RECOMMEND, "return_scores": True, "user_id_array": 3},
    ),
    "start_ranking": (
        ranked,
        {"cutoff": 3, "remove_seen_flag": True, "candidates": URM_NEGATIVE, "num_threads": 2},
    ),
    "predict": (
        lambda **arguments: fitted().predict(**arguments),
        {"user_id_array": [0, 1], "item_id_array": [3, 4], "clip": True},
    ),
    "set_items_to_ignore": (ignoring, {"items_to_ignore": [1, 2]}),
    "set_URM_train": (set_URM_train, {"URM_train_new": URM}),
    "URM_train, set by hand": (replaced_training_matrix, {"URM_train": URM}),
    "get_URM_train of another's": (foreign_training_matrix, {"URM_train": URM}),
    "save_model, load_model": (saved_model, {"folder_path": "models", "file_name": "first"}),
    "DataIO": (
        saved_data,
        {
            "folder_path": "archives",
            "file_name": "name",
            "key": "key",
            "text": "text",
            "number": 3,
            "real": 0.5,
            "flag": True,
        },
    ),
    "BaseRecommender": (partial(constructed, BaseRecommender), {"URM_train": URM, "verbose": False}),
    "BaseMatrixFactorizationRecommender": (
        partial(constructed, BaseMatrixFactorizationRecommender),
        {"URM_train": URM, "verbose": False},
    ),
    "BaseItemCBFRecommender": (
        partial(constructed, BaseItemCBFRecommender),
        {"URM_train": URM, "ICM_train": ICM, "verbose": False},
    ),
    "BaseUserCBFRecommender": (
        partial(constructed, BaseUserCBFRecommender),
        {"URM_train": URM, "UCM_train": UCM, "verbose": False},
    ),
    "BaseItemSimilarityMatrixRecommender": (
        partial(similarity, BaseItemSimilarityMatrixRecommender),
        {"W_sparse": SQUARE.astype(np.float32)},
    ),
    "BaseUserSimilarityMatrixRecommender": (
        partial(similarity, BaseUserSimilarityMatrixRecommender),
        {"W_sparse": USER_SQUARE.astype(np.float32)},
    ),
    "TopPop": (lambda URM_train: TopPop(URM_train, verbose=False).fit().recommend(0), {"URM_train": URM}),
    "GlobalEffects.fit": (
        lambda **arguments: GlobalEffects(URM, verbose=False).fit(**arguments).predict([0, 1], [2, 3], clip=True),
        {"lambda_user": 8.0, "lambda_item": 16},
    ),
    "Random.fit": (
        lambda **arguments: Random(URM, verbose=False).fit(**arguments).recommend(0),
        {"random_seed": 200},
    ),
    "check_matrix": (check_matrix, {"X": URM, "format": "csr"}),
    "similarityMatrixTopK": (
        similarityMatrixTopK,
        {"item_weights": SQUARE, "k": 3, "verbose": False, "use_absolute_values": True},
    ),
    "areURMequals": (areURMequals, {"URM1": URM, "URM2": URM.copy()}),
    "addZeroSamples": (addZeroSamples, {"S_matrix": URM, "numSamplesToAdd": 5, "random_seed": 1}),
    "reshapeSparse": (
        lambda sparseMatrix, rows, columns: reshapeSparse(sparseMatrix, (rows, columns)),
        {"sparseMatrix": URM, "rows": 20, "columns": 30},
    ),
    "get_unique_temp_folder": (
        lambda path, prefix: str(get_unique_temp_folder(path)).startswith(prefix),
        {"path": "temporary", "prefix": "temporary"},
    ),
    "plot_learning_curve": (picture, {"validation_metric": "NEGATIVE_RMSE"}),
    "EvaluatorHoldout": (partial(evaluated, EvaluatorHoldout), HOLDOUT),
    "EvaluatorNegativeItemSample": (
        partial(evaluated, EvaluatorNegativeItemSample),
        {**HOLDOUT, "URM_test_negative": URM_NEGATIVE, "metrics": ["MAP", "NDCG"]},
    ),
    "EvaluatorRatingPrediction": (
        partial(evaluated, EvaluatorRatingPrediction),
        {"URM_test": URM_TEST, "verbose": False},
    ),
    "sample_negative_items": (
        sample_negative_items,
        {"URM_train": URM, "URM_test": URM_TEST, "n_negatives": 1, "by_popularity": True, "random_seed": 2},
    ),
    "get_result_string_df": (
        lambda n_decimals: get_result_string_df(pd.DataFrame({"MAP": [0.25]}, index=[5]), n_decimals),
        {"n_decimals": 3},
    ),
    "format_comparison": (
        partial(format_comparison, TABLE),
        {"columns": ["one", "two"], "n_decimals": 3},
    ),
    "Diversity_similarity": (similar_items, {"item_diversity_matrix": SQUARE}),
    "Novelty": (partial(measured, metrics.Novelty), {"URM_train": URM}),
    "AveragePopularity": (partial(measured, metrics.AveragePopularity), {"URM_train": URM}),
    "precision": (metrics.precision, {"is_relevant": [True, False, True]}),
    "average_precision": (metrics.average_precision, {"is_relevant": [True, False, True]}),
    "rr": (metrics.rr, {"is_relevant": [False, True, True]}),
    "arhr_all_hits": (metrics.arhr_all_hits, {"is_relevant": [False, True, True]}),
    "recall": (lambda number: metrics.recall([True, False], number), {"number": 4}),
    "average_precision_min_denominator": (
        lambda number: metrics.average_precision_min_denominator([True, False, True], number),
        {"number": 2},
    ),
    "precision_recall_min_denominator": (
        lambda number: metrics.precision_recall_min_denominator([True, False, True], number),
        {"number": 2},
    ),
    "ndcg": (metrics.ndcg, {"ranked_list": [3, 1], "pos_items": [1, 2], "relevance": [2, 1], "at": 2}),
    "dcg": (metrics.dcg, {"scores": [3, 0, 1]}),
    "pp_metrics": (
        metrics.pp_metrics,
        {"metric_names": ["MAP", "MRR"], "metric_values": [0.25, 0.5], "metric_at": 5},
    ),
    "compare_per_user": (
        partial(significance.compare_per_user, PER_USER),
        {
            "metric": "NDCG",
            "cutoff": 5,
            "baseline": "first",
            "test": "permutation",
            "correction": "benjamini_hochberg",
            "confidence_level": 0.875,
            "n_resamples": 99,
            "random_seed": 1,
        },
    ),
    "compare_across_datasets": (
        lambda **arguments: significance.compare_across_datasets(TABLE, **arguments).mean_ranks,
        {"higher_is_better": True, "alpha": 0.125},
    ),
    "split_k_fold": (
        lambda **arguments: list(split_k_fold(**arguments)),
        {"URM_all": URM, "n_folds": 3, "user_wise": True, **SPLIT_SEED},
    ),
    "split_train_in_two_cold_items": (
        split_train_in_two_cold_items,
        {"URM_all": URM, "train_item_percentage": 0.5, "verbose": False, **SPLIT_SEED},
    ),
    "split_train_in_two_cold_items, ICM": (
        lambda one_ICM, **arguments: split_train_in_two_cold_items(URM, [one_ICM], verbose=False, **arguments),
        {"one_ICM": ICM, "train_interaction_percentage": 0.5, **SPLIT_SEED},
    ),
    "split_train_in_two_global_time": (
        split_train_in_two_global_time,
        {"URM_all": URM, "URM_timestamp": URM_TIME, "train_percentage": 0.5, "verbose": False},
    ),
    "split_train_in_two_global_time, time": (
        split_train_in_two_global_time,
        {"URM_all": URM, "URM_timestamp": URM_TIME, "split_time": 64.0, "verbose": False},
    ),
    "time_of_train_percentage": (
        time_of_train_percentage,
        {"URM_all": URM, "URM_timestamp": URM_TIME, "train_percentage": 0.5},
    ),
    "split_train_leave_k_out_user_wise": (
        split_train_leave_k_out_user_wise,
        {
            "URM": URM,
            "k_out": 1,
            "use_validation_set": True,
            "leave_random_out": False,
            "URM_timestamp": URM_TIME,
            "verbose": False,
            **SPLIT_SEED,
        },
    ),
    "split_train_in_two_percentage_global_sample": (
        split_train_in_two_percentage_global_sample,
        {"URM_all": URM, "train_percentage": 0.75, "verbose": False, **SPLIT_SEED},
    ),
    "split_train_in_two_percentage_user_wise": (
        split_train_in_two_percentage_user_wise,
        {"URM_train": URM, "train_percentage": 0.75, "verbose": False, **SPLIT_SEED},
    ),
    "select_k_cores": (select_k_cores, {"URM": URM, "k_value": 3, "reshape": True, "verbose": False}),
    "load_CSV_into_Dataframe": (partial(parsed, load_CSV_into_Dataframe), CSV),
    "load_CSV_into_SparseBuilder": (
        partial(parsed, load_CSV_into_SparseBuilder),
        {**CSV, "create_mapper": True, "on_new_col": "add", "on_new_row": "add"},
    ),
    "remove_Dataframe_duplicates": (
        partial(remove_Dataframe_duplicates, FRAME),
        {"unique_values_in_columns": ["user"], "keep_highest_value_in_col": "rating"},
    ),
    "split_big_CSR_in_columns": (split_big_CSR_in_columns, {"sparse_matrix_to_split": URM, "num_split": 3}),
    "remove_empty_rows_and_cols": (remove_empty_rows_and_cols, {"URM": URM, "ICM": ICM}),
    "compute_density": (compute_density, {"URM": URM}),
    "merge_ICM": (
        lambda ICM1, ICM2: merge_ICM(ICM1, ICM2, {"a": 0}, {"b": 0})[0],
        {"ICM1": ICM, "ICM2": ICM.copy()},
    ),
    "remove_features": (
        remove_features,
        {"ICM": ICM, "min_occurrence": 1, "max_percentage_occurrence": 0.75},
    ),
    "add_boolean_matrix_iterator": (
        lambda matrix: list(add_boolean_matrix_iterator({"a": matrix})),
        {"matrix": URM},
    ),
    "assert_implicit_data": (lambda matrix: assert_implicit_data([matrix], verbose=False), {"matrix": URM_NEGATIVE}),
    "assert_disjoint_matrices": (
        lambda first, second: assert_disjoint_matrices([first, second]),
        {"first": URM, "second": URM_NEGATIVE},
    ),
    "Dataset": (
        data_set,
        {"URM_all": URM, "ICM_all": ICM, "UCM_all": UCM, "dataset_name": "name", "is_implicit": False},
    ),
    "Dataset.verify_data_consistency": (consistency, {"URM_all": URM, "ICM_all": ICM, "UCM_all": UCM}),
    "DatasetMapperManager": (mapped, {"URM_name": "URM_all", "dataset_name": "name", "is_implicit": False}),
    "IncrementalSparseMatrix": (
        partial(filled, IncrementalSparseMatrix),
        {
            "auto_create_col_mapper": False,
            "auto_create_row_mapper": False,
            "n_rows": 4,
            "n_cols": 5,
            "dtype": "float32",
        },
    ),
    "IncrementalSparseMatrix_ListBased": (
        partial(filled, IncrementalSparseMatrix_ListBased),
        {"auto_create_col_mapper": True, "auto_create_row_mapper": True},
    ),
    "IncrementalSparseMatrix_FilterIDs": (
        partial(filled, IncrementalSparseMatrix_FilterIDs, preinitialized_row_mapper={0: 0, 2: 1}),
        {"on_new_col": "add", "on_new_row": "ignore"},
    ),
    "InteractionsReader": (
        partial(read, InteractionsReader, FRAME),
        {
            "columns": ["user", "item", "rating"],
            "encoding": "utf-8",
            "implicit": False,
            "minimum_value": 2.0,
            "duplicates": "sum",
            "dataset_name": "name",
            "reload_from_original_data": True,
            "data_folder": "data",
            "verbose": False,
        },
    ),
    "SyntheticReader": (
        partial(read, SyntheticReader),
        {
            "reload_from_original_data": False,
            "n_users": 40,
            "n_items": 20,
            "n_ratings": 200,
            "random_seed": 2,
            "data_folder": "data",
            "verbose": False,
        },
    ),
    "get_reader": (
        lambda **arguments: get_reader(**arguments).verbose,
        {"name": "synthetic", "data_folder": "data", "verbose": False},
    ),
    "DataPostprocessing_K_Cores": (
        partial(processed, DataPostprocessing_K_Cores),
        {"k_cores_value": 4},
    ),
    "DataPostprocessing_Minimum_Rating": (
        partial(processed, DataPostprocessing_Minimum_Rating),
        {"minimum_rating": 3},
    ),
    "DataPostprocessing_User_sample": (
        partial(processed, DataPostprocessing_User_sample),
        {"user_quota": 0.5, "random_seed": 1},
    ),
    "DataPostprocessing_Implicit_URM": (
        lambda folder: DataPostprocessing_Implicit_URM(synthetic()).load_data(folder).get_URM_all(),
        {"folder": "implicit"},
    ),
    "DataSplitter_Holdout": (
        partial(split, DataSplitter_Holdout),
        {
            "split_interaction_quota_list": [60, 20, 20],
            "user_wise": False,
            "allow_cold_users": True,
            "forbid_new_split": False,
            "force_new_split": True,
            "random_seed": 3,
        },
    ),
    "DataSplitter_leave_k_out": (
        partial(split, DataSplitter_leave_k_out),
        {
            "k_out_value": 2,
            "forbid_new_split": False,
            "force_new_split": True,
            "use_validation_set": True,
            "leave_random_out": True,
            "random_seed": 3,
        },
    ),
    "DataSplitter_global_time": (
        partial(split, DataSplitter_global_time),
        {"split_interaction_quota_list": [60, 20, 20], "allow_cold_users": True, "force_new_split": True},
    ),
    "export_split": (exported, {"format": "recbole"}),
    "tagFilter": (lambda tag: tagFilter(tag), {"tag": "a Tag"}),
    "tagFilterAndStemming": (lambda tag: tagFilterAndStemming(tag), {"tag": "running tags"}),
    "gini_index": (gini_index, {"array": [1, 2, 3]}),
}

# Public names whose arguments are objects that another call of the table makes.
WITHOUT_ARGUMENTS = {
    "AnyEvaluator",
    "BaseSVDRecommender",  # as BaseMatrixFactorizationRecommender
    "BaseSimilarityMatrixRecommender",  # as its two subclasses
    "BaseTempFolder",
    "CutoffBatch",
    "DataPostprocessing",
    "DataReader",  # as SyntheticReader
    "DataSplitter",  # as DataSplitter_Holdout
    "Hits",
    "Incremental_Training_Early_Stopping",
    "NoInteractions",
    "OtherDataset",
    "add_data_arguments",
    "assert_URM_ICM_mapper_consistency",  # by Dataset.verify_data_consistency
    "check_path",
    "compare_ranking",
    "compare_rating_prediction",
    "invert_dictionary",
    "reader_of_arguments",
}
