"""The host's search over the real scikit-optimize, whose points hold numpy's strings, integers and booleans."""

from pathlib import Path

import numpy as np
import pytest
from HyperparameterTuning.SearchAbstractClass import SearchInputRecommenderArgs
from HyperparameterTuning.SearchBayesianSkopt import SearchBayesianSkopt
from skopt.space import Categorical, Integer, Real

from Evaluation.Evaluator import EvaluatorHoldout
from Recommenders.DataIO import DataIO
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

# of scikit-optimize (a point evaluated twice) and of fit (a sigmoid below the ratings)
pytestmark = pytest.mark.filterwarnings("ignore")

SPACE = {
    "epochs": Categorical([4]),
    "sgd_mode": Categorical(["adagrad", "adam", "rmsprop", "sgd"]),
    "activation": Categorical(["relu", "sigmoid", "identity"]),
    "engine": Categorical(["auto", "fused", "torch"]),
    "device": Categorical(["auto", "cpu"]),
    "loss": Categorical(["mse"]),
    "use_bias": Categorical([True, False]),
    "num_factors": Integer(1, 8),
    "batch_size": Categorical([32, 64, 128]),
    "learning_rate": Real(1e-4, 1e-2, prior="log-uniform"),
    "user_reg": Real(1e-5, 1e-2, prior="log-uniform"),
    "item_reg": Real(0, 1),
}


@pytest.fixture
def kinds(monkeypatch):
    """The types of what `fit` was given, by the argument's name."""
    kinds = {name: set() for name in SPACE}
    fit = MatrixFactorization_PyTorch.fit

    def noting_fit(self, **arguments):
        for name in kinds.keys() & arguments:
            kinds[name].add(type(arguments[name]))
        return fit(self, **arguments)

    monkeypatch.setattr(MatrixFactorization_PyTorch, "fit", noting_fit)
    return kinds


def test_no_case_of_a_search_with_string_choices_fails(URM, URM_validation, kinds):
    folder = "searched/"  # where the process that started this one looks for it
    Path(folder).mkdir()
    evaluator = EvaluatorHoldout(URM_validation, cutoff_list=[5, 10])
    early_stopping = {
        "evaluator_object": evaluator,
        "validation_metric": "MAP",
        "validation_every_n": 1,
        "stop_on_validation": True,
        "lower_validations_allowed": 2,
    }
    arguments = {"CONSTRUCTOR_POSITIONAL_ARGS": [URM], "CONSTRUCTOR_KEYWORD_ARGS": {"verbose": False}}
    SearchBayesianSkopt(MatrixFactorization_PyTorch, evaluator, evaluator_test=evaluator).search(
        SearchInputRecommenderArgs(**arguments, EARLYSTOPPING_KEYWORD_ARGS=early_stopping),
        SPACE,
        metric_to_optimize="MAP",
        cutoff_to_optimize=10,
        n_cases=10,
        n_random_starts=5,
        output_folder_path=folder,
        output_file_name_root="searched",
        recommender_input_args_last_test=SearchInputRecommenderArgs(**arguments),
    )

    metadata = DataIO(folder_path=folder).load_data("searched_metadata")
    assert metadata["exception_list"] == [None] * 10
    assert set().union(*kinds.values()).issuperset([np.str_, np.bool_, np.int64])
    table = metadata["result_on_earlystopping_df"]
    epochs = metadata["hyperparameters_df"]["epochs"]
    assert [len(table.loc[case]) // 2 >= epochs[case] >= 1 for case in range(10)] == [True] * 10

    best = MatrixFactorization_PyTorch(URM, verbose=False)
    best.load_model(folder, file_name="searched_best_model")
    MAP = evaluator.evaluateRecommender(best)[0].loc[10, "MAP"]
    assert pytest.approx(metadata["result_on_validation_best"]["MAP"], rel=1e-12) == MAP
    best.load_model(folder, file_name="searched_best_model_last")


def test_the_example_of_the_docs_searches(URM, URM_validation, tmp_path, monkeypatch):
    example = Path("search_of_the_docs.py").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {"URM_train": URM, "URM_validation": URM_validation}
    exec(compile(example, "host.md", "exec"), names)
    root = "result_experiments/MatrixFactorization_PyTorch_Recommender"
    metadata = DataIO(folder_path="result_experiments").load_data(Path(root).name + "_metadata")
    assert metadata["exception_list"] == [None] * len(metadata["exception_list"])
    assert Path(root + "_best_model.zip").is_file()
