import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender
from Recommenders.DataIO import DataIO
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

HOST = Path.cwd()
PLUGIN = "Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch"
NAMESPACES = ("Recommenders", "Evaluation", "Data_manager", "HyperparameterTuning", "Utils")


def origin(name):
    return Path(import_module(name).__file__).resolve()


def is_host_file(path):
    return path.is_relative_to(HOST.resolve())


@pytest.mark.parametrize(
    "name",
    [
        "Recommenders.BaseRecommender",
        "Recommenders.BaseMatrixFactorizationRecommender",
        "Recommenders.Incremental_Training_Early_Stopping",
        "Recommenders.DataIO",
        "Recommenders.MatrixFactorization.PyTorch.MF_MSE_PyTorch",
        "Evaluation.Evaluator",
        "Data_manager",
    ],
)
def test_historical_modules_are_the_hosts(name):
    assert is_host_file(origin(name))


@pytest.mark.parametrize(
    "name",
    [
        PLUGIN,
        "Recommenders._training_loop",
        "Recommenders.learning_curve",
        "Evaluation.comparison",
        "Evaluation.negative_items",
        "Evaluation.rating_prediction",
        "Evaluation.significance",
    ],
)
def test_modules_with_names_of_our_own_are_ours(name):
    assert not is_host_file(origin(name))


def test_the_plugin_stands_on_the_hosts_bases(unfitted):
    hosts = [cls for cls in MatrixFactorization_PyTorch.__mro__[1:] if is_host_file_of(cls)]
    assert [cls.__name__ for cls in hosts] == [
        "BaseMatrixFactorizationRecommender",
        "BaseRecommender",
        "Incremental_Training_Early_Stopping",
    ]
    assert isinstance(unfitted, BaseMatrixFactorizationRecommender)
    assert isinstance(unfitted, Incremental_Training_Early_Stopping)


def is_host_file_of(cls):
    module = sys.modules[cls.__module__]
    return hasattr(module, "__file__") and is_host_file(Path(module.__file__).resolve())


def test_the_mixin_is_initialised(unfitted):
    assert unfitted.get_validation_summary_table() is None
    assert unfitted.get_training_history() is None
    with pytest.raises(AttributeError):
        unfitted.get_early_stopping_final_epochs_dict()


def test_no_historical_module_of_ours_is_loaded(fit, folder):
    """Whatever is loaded under the host's names is the host's; ours have names that the host does not know."""
    import_module("Evaluation.rating_prediction")
    recommender = fit()
    recommender.save_model(folder)
    recommender.load_model(folder)
    loaded = [name for name in sys.modules if name.split(".")[0] in NAMESPACES]
    files = {name: Path(sys.modules[name].__file__) for name in loaded if getattr(sys.modules[name], "__file__", None)}
    ours = {name: file for name, file in files.items() if not is_host_file(file.resolve())}

    assert PLUGIN in ours and len(ours) < len(files)
    hidden = [name for name in ours if (HOST / name.replace(".", "/")).with_suffix(".py").exists()]
    assert hidden == []
    # a historical module is CamelCase, whether or not the stand-in has it
    historical = [name for name in ours if name.split(".")[-1].lower() != name.split(".")[-1] and name != PLUGIN]
    assert historical == []


def test_the_plugin_needs_no_pyarrow():
    """It is blocked in this process, where every other test of this folder passes."""
    with pytest.raises(ImportError):
        import_module("pyarrow")


@pytest.mark.parametrize("value", [np.float32(1), pd.Series(["a"]), {1, 2}])
def test_the_hosts_archives_refuse_what_no_model_may_hold(folder, value):
    """Were the stand-in laxer than the host, the tests of the archives would prove nothing."""
    with pytest.raises(TypeError):
        DataIO(folder_path=folder).save_data("refused", {"key": value})
