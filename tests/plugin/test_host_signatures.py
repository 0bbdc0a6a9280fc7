"""Every public signature that the host has too, beside the host's: scripts written for it call by position or by name.

A line is what the host promises; a name without parentheses must be there. What this project adds is keyword-only.
"""

import inspect
from functools import reduce
from importlib import import_module
from typing import Any

import numpy as np
import pytest

HOST = """
Recommenders.BaseRecommender
    BaseRecommender(URM_train, verbose=True)
    BaseRecommender.fit()
    BaseRecommender.get_URM_train()
    BaseRecommender.set_URM_train(URM_train_new, **kwargs)
    BaseRecommender.set_items_to_ignore(items_to_ignore)
    BaseRecommender.reset_items_to_ignore()
    BaseRecommender.recommend(user_id_array, cutoff=None, remove_seen_flag=True, items_to_compute=None, \
remove_top_pop_flag=False, remove_custom_items_flag=False, return_scores=False)
    BaseRecommender.save_model(folder_path, file_name=None)
    BaseRecommender.load_model(folder_path, file_name=None)
    BaseRecommender._compute_item_score(user_id_array, items_to_compute=None)
    BaseRecommender._get_cold_user_mask()
    BaseRecommender._get_cold_item_mask()

Recommenders.BaseMatrixFactorizationRecommender
    BaseMatrixFactorizationRecommender(URM_train, verbose=True)
    BaseMatrixFactorizationRecommender.save_model(folder_path, file_name=None)
    BaseMatrixFactorizationRecommender.load_model(folder_path, file_name=None)
    BaseSVDRecommender(URM_train, verbose=True)
    BaseSVDRecommender.save_model(folder_path, file_name=None)
    BaseSVDRecommender.load_model(folder_path, file_name=None)

Recommenders.BaseSimilarityMatrixRecommender
    BaseSimilarityMatrixRecommender(URM_train, verbose=True)
    BaseSimilarityMatrixRecommender.save_model(folder_path, file_name=None)
    BaseSimilarityMatrixRecommender.load_model(folder_path, file_name=None)
    BaseItemSimilarityMatrixRecommender(URM_train, verbose=True)
    BaseUserSimilarityMatrixRecommender(URM_train, verbose=True)

Recommenders.BaseCBFRecommender
    BaseItemCBFRecommender(URM_train, ICM_train, verbose=True)
    BaseUserCBFRecommender(URM_train, UCM_train, verbose=True)

Recommenders.BaseTempFolder
    BaseTempFolder()
    BaseTempFolder._get_unique_temp_folder(input_temp_file_folder=None)
    BaseTempFolder._clean_temp_folder(temp_file_folder)

Recommenders.Incremental_Training_Early_Stopping
    Incremental_Training_Early_Stopping()
    Incremental_Training_Early_Stopping.get_early_stopping_final_epochs_dict()
    Incremental_Training_Early_Stopping.get_validation_summary_table()
    Incremental_Training_Early_Stopping._train_with_early_stopping(epochs_max, epochs_min=0, validation_every_n=None, \
stop_on_validation=False, validation_metric=None, lower_validations_allowed=None, evaluator_object=None, \
algorithm_name="Incremental_Training_Early_Stopping")

Recommenders.DataIO
    DataIO(folder_path)
    DataIO.save_data(file_name, data_dict_to_save)
    DataIO.load_data(file_name)
    json_not_serializable_handler

Recommenders.Recommender_utils
    check_matrix(X, format='csc', dtype=np.float32)
    similarityMatrixTopK(item_weights, k=100, verbose=False, use_absolute_values=False)
    areURMequals
    addZeroSamples
    reshapeSparse
    get_unique_temp_folder

Recommenders.NonPersonalizedRecommender
    TopPop(URM_train)
    TopPop.fit()
    TopPop.save_model(folder_path, file_name=None)
    TopPop.load_model(folder_path, file_name=None)
    GlobalEffects(URM_train)
    GlobalEffects.fit(lambda_user=10, lambda_item=25)
    GlobalEffects.save_model(folder_path, file_name=None)
    GlobalEffects.load_model(folder_path, file_name=None)
    Random(URM_train)
    Random.fit(random_seed=42)
    Random.save_model(folder_path, file_name=None)
    Random.load_model(folder_path, file_name=None)

Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch
    MF_MSE_PyTorch(URM_train)
    MF_MSE_PyTorch.fit(epochs=30, batch_size=128, num_factors=100, learning_rate=1e-4, use_cuda=True, **earlystopping)

Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch_model
    MF_MSE_PyTorch_model
    DatasetIterator_URM

Evaluation.Evaluator
    EvaluatorHoldout(URM_test_list, cutoff_list, min_ratings_per_user=1, exclude_seen=True, diversity_object=None, \
ignore_items=None, ignore_users=None, verbose=True)
    EvaluatorHoldout.evaluateRecommender(recommender_object)
    EvaluatorNegativeItemSample(URM_test_list, URM_test_negative, cutoff_list, min_ratings_per_user=1, \
exclude_seen=True, diversity_object=None, ignore_items=None, ignore_users=None)
    EvaluatorNegativeItemSample.evaluateRecommender(recommender_object)
    Evaluator.evaluateRecommender(recommender_object)
    EvaluatorMetrics
    get_result_string_df(results_df, n_decimals=7)

Evaluation.metrics
    precision(is_relevant)
    precision_recall_min_denominator
    recall(is_relevant, pos_items)
    average_precision(is_relevant)
    average_precision_min_denominator(is_relevant, pos_items)
    rr(is_relevant)
    arhr_all_hits(is_relevant)
    dcg
    ndcg
    pp_metrics
    Diversity_similarity

Data_manager.Dataset
    Dataset(dataset_name=None, URM_dictionary=None, ICM_dictionary=None, ICM_feature_mapper_dictionary=None, \
UCM_dictionary=None, UCM_feature_mapper_dictionary=None, user_original_ID_to_index=None, \
item_original_ID_to_index=None, is_implicit=False, additional_data_mapper=None)
    Dataset.get_dataset_name()
    Dataset.get_URM_from_name
    Dataset.get_URM_all()
    Dataset.get_ICM_from_name
    Dataset.get_ICM_feature_to_index_mapper_from_name
    Dataset.get_loaded_URM_names()
    Dataset.get_loaded_URM_dict()
    Dataset.get_loaded_ICM_dict()
    Dataset.get_loaded_ICM_feature_mapper_dict()
    Dataset.get_loaded_UCM_dict()
    Dataset.get_loaded_UCM_feature_mapper_dict()
    Dataset.get_user_original_ID_to_index_mapper()
    Dataset.get_item_original_ID_to_index_mapper()
    Dataset.get_global_mapper_dict()
    Dataset.is_implicit()
    Dataset.copy()
    Dataset.save_data
    Dataset.load_data
    Dataset.print_statistics()
    Dataset.verify_data_consistency()
    Dataset._remove_items_and_users(items_to_remove=None, users_to_remove=None)
    gini_index

Data_manager.DatasetMapperManager
    DatasetMapperManager()
    DatasetMapperManager.add_URM
    DatasetMapperManager.add_ICM
    DatasetMapperManager.add_UCM
    DatasetMapperManager.generate_Dataset(dataset_name, is_implicit)

Data_manager.IncrementalSparseMatrix
    IncrementalSparseMatrix_ListBased(auto_create_col_mapper=False, auto_create_row_mapper=False, n_rows=None, \
n_cols=None)
    IncrementalSparseMatrix_ListBased.add_data_lists(row_list_to_add, col_list_to_add, data_list_to_add)
    IncrementalSparseMatrix_ListBased.add_single_row(row_id, col_list, data=1.0)
    IncrementalSparseMatrix_ListBased.get_column_token_to_id_mapper()
    IncrementalSparseMatrix_ListBased.get_row_token_to_id_mapper()
    IncrementalSparseMatrix_ListBased.get_nnz()
    IncrementalSparseMatrix_ListBased.get_SparseMatrix()
    IncrementalSparseMatrix(auto_create_col_mapper=False, auto_create_row_mapper=False, n_rows=None, n_cols=None, \
dtype=np.float64)
    IncrementalSparseMatrix.add_data_lists(row_list_to_add, col_list_to_add, data_list_to_add)
    IncrementalSparseMatrix.add_single_row(row_index, col_list, data=1.0)
    IncrementalSparseMatrix_FilterIDs(preinitialized_col_mapper=None, preinitialized_row_mapper=None, \
on_new_col="add", on_new_row="add", dtype=np.float64)
    IncrementalSparseMatrix_FilterIDs.add_data_lists(row_list_to_add, col_list_to_add, data_list_to_add)
    IncrementalSparseMatrix_FilterIDs.add_single_row(row_index, col_list, data=1.0)

Data_manager.DataReader
    DataReader(reload_from_original_data=False)
    DataReader.load_data(save_folder_path=None)
    DataReader.get_dataset_name()
    DataReader.get_loaded_ICM_names()
    DataReader.get_loaded_UCM_names()

Data_manager.Movielens.Movielens100KReader
    Movielens100KReader(reload_from_original_data=False)

Data_manager.Movielens.Movielens1MReader
    Movielens1MReader(reload_from_original_data=False)

Data_manager.Movielens.Movielens10MReader
    Movielens10MReader(reload_from_original_data=False)

Data_manager.Movielens.Movielens20MReader
    Movielens20MReader(reload_from_original_data=False)

Data_manager.Movielens.MovielensHetrec2011Reader
    MovielensHetrec2011Reader(reload_from_original_data=False)

Data_manager.DataReader_utils
    split_big_CSR_in_columns
    remove_empty_rows_and_cols
    remove_Dataframe_duplicates
    load_CSV_into_Dataframe
    load_CSV_into_SparseBuilder(filePath, header=False, separator="::", timestamp=False, remove_duplicates=False, \
custom_user_item_rating_columns=None, create_mapper=True, preinitialized_row_mapper=None, \
preinitialized_col_mapper=None, on_new_col="add", on_new_row="add")
    merge_ICM
    compute_density
    remove_features(ICM, min_occurrence=5, max_percentage_occurrence=0.30, reconcile_mapper=None)
    reconcile_mapper_with_removed_tokens
    download_from_URL
    urllretrieve_reporthook
    invert_dictionary
    add_boolean_matrix_iterator

Data_manager.DataPostprocessing
    DataPostprocessing(dataReader_object)
    DataPostprocessing.load_data(save_folder_path=None)
    DataPostprocessing.get_dataset_name()
    DataPostprocessing.get_loaded_ICM_names()
    DataPostprocessing.get_loaded_UCM_names()

Data_manager.DataPostprocessing_K_Cores
    DataPostprocessing_K_Cores(dataReader_object, k_cores_value)
    select_k_cores(URM, k_value=5, reshape=False)

Data_manager.DataSplitter
    DataSplitter(dataReader_object, forbid_new_split=False, force_new_split=False)
    DataSplitter.load_data(save_folder_path=None)
    DataSplitter.get_ICM_from_name
    DataSplitter.get_UCM_from_name
    DataSplitter.get_loaded_ICM_names()
    DataSplitter.get_loaded_UCM_names()
    DataSplitter.get_loaded_ICM_dict()
    DataSplitter.get_loaded_UCM_dict()
    DataSplitter.get_all_available_ICM_names()
    DataSplitter.get_dataReader_object()
    DataSplitter.get_statistics_URM()
    DataSplitter.get_statistics_ICM()
    DataSplitter.get_statistics_UCM()

Data_manager.DataSplitter_Holdout
    DataSplitter_Holdout(dataReader_object, split_interaction_quota_list=None, user_wise=True, \
allow_cold_users=False, forbid_new_split=False, force_new_split=False)
    DataSplitter_Holdout.get_holdout_split()

Data_manager.DataSplitter_leave_k_out
    DataSplitter_leave_k_out(dataReader_object, k_out_value=1, forbid_new_split=False, force_new_split=False, \
use_validation_set=True, leave_random_out=True)
    DataSplitter_leave_k_out.get_holdout_split()

Data_manager.split_functions.split_train_validation_random_holdout
    split_train_in_two_percentage_global_sample(URM_all, train_percentage=0.1)
    split_train_in_two_percentage_user_wise(URM_train, train_percentage=0.1, verbose=False)

Data_manager.split_functions.split_train_validation_leave_k_out
    split_train_leave_k_out_user_wise(URM, k_out=1, use_validation_set=True, leave_random_out=True)

Data_manager.split_functions.split_train_validation_cold_items
    split_train_in_two_cold_items(URM_all, ICM_list=None, train_item_percentage=0.1, \
train_interaction_percentage=None)

Data_manager.data_consistency_check
    assert_implicit_data(URM_list)
    assert_disjoint_matrices(URM_list)
    assert_URM_ICM_mapper_consistency(URM_DICT, user_original_ID_to_index, item_original_ID_to_index, \
ICM_DICT, ICM_MAPPER_DICT, UCM_DICT, UCM_MAPPER_DICT, DATA_NAME)

Data_manager.TagPreprocessing
    tagFilter(originalTag)
    tagFilterAndStemming(originalTag)
"""


def _rows() -> list[tuple[str, str]]:
    """(module, line) of the table."""
    rows, module = [], ""
    for line in HOST.splitlines():
        if line.startswith("    "):
            rows.append((module, line.strip()))
        elif line:
            module = line
    return rows


def _parameters(function: Any, of_an_instance: bool) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())[of_an_instance:]


def _as_written(parameters: list[inspect.Parameter]) -> list[tuple[str, Any]]:
    """What a caller can pass by position or by a name of the host's, in order; the name of `**kwargs` is free."""
    by_position = [(p.name, p.default) for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return by_position + [("**", None) for p in parameters if p.kind is p.VAR_KEYWORD]


@pytest.mark.parametrize("module, line", _rows(), ids=[line.split("(")[0] for _, line in _rows()])
def test_a_public_signature_is_the_hosts(module: str, line: str) -> None:
    path, has_parameters, parameters = line.rstrip(")").partition("(")
    ours = reduce(getattr, path.split("."), import_module(module))
    if not has_parameters:
        return
    hosts = eval(f"lambda {parameters}: None", {"np": np})
    is_method = "." in path
    given = _parameters(ours, of_an_instance=is_method)
    assert _as_written(given) == _as_written(_parameters(hosts, of_an_instance=False))
    additions = [p for p in given if p.kind is p.KEYWORD_ONLY]
    assert all(p.default is not p.empty for p in additions)


# what the modules of the host's names have beyond the host's
ADDITIONS = {
    "BaseRecommender.start_ranking",
    "OtherDataset",
    "check_path",
    "DataReader.describe_origin",
    "DataSplitter.export_split",
    "DataSplitter.get_URM_from_name",
    "DataSplitter.get_all_available_UCM_names",
    "DataSplitter.get_holdout_split",  # the host's subclasses have it
    "DataSplitter.get_split_parameters",
    "Dataset.get_UCM_from_name",
    "Dataset.get_item_original_IDs",
    "Dataset.get_user_original_IDs",
    "Dataset.plot_statistics",
    "NoInteractions",
    "DatasetMapperManager.add_interactions",
    "GlobalEffects.predict",
    "MF_MSE_PyTorch_model.get_ITEM_factors",
    "MF_MSE_PyTorch_model.get_USER_factors",
}


def _public_names(module_name: str) -> set[str]:
    """The functions, classes and methods that a module defines, as the table writes them."""
    names = set()
    for name, value in vars(import_module(module_name)).items():
        is_own = getattr(value, "__module__", None) == module_name
        if is_own and name[0] != "_" and (inspect.isclass(value) or inspect.isfunction(value)):
            names.add(name)
            members = vars(value) if inspect.isclass(value) else {}
            names |= {f"{name}.{member}" for member, f in members.items() if inspect.isfunction(f) and member[0] != "_"}
    return names


@pytest.mark.parametrize("module", dict(_rows()))
def test_a_public_name_is_in_the_table_or_an_addition(module: str) -> None:
    in_table = {line.split("(")[0] for _, line in _rows()}
    assert _public_names(module) - in_table - ADDITIONS == set()
