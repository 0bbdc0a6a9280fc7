"""The host's search with scikit-optimize; what the tests do not use (resuming, other savings) is refused aloud."""

import os
import time

import numpy as np
from HyperparameterTuning.SearchAbstractClass import SearchAbstractClass
from skopt import gp_minimize
from skopt.space import Categorical, Integer, Real


class SearchBayesianSkopt(SearchAbstractClass):
    ALGORITHM_NAME = "SearchBayesianSkopt"

    def __init__(self, recommender_class, evaluator_validation=None, evaluator_test=None, verbose=True):
        assert evaluator_validation is not None
        super().__init__(recommender_class, evaluator_validation, evaluator_test, verbose)

    def search(
        self,
        recommender_input_args,
        hyperparameter_search_space,
        metric_to_optimize=None,
        cutoff_to_optimize=None,
        n_cases=None,
        n_random_starts=None,
        output_folder_path=None,
        output_file_name_root=None,
        save_model="best",
        save_metadata=True,
        resume_from_saved=False,
        recommender_input_args_last_test=None,
        evaluate_on_test="best",
        max_total_time=None,
        terminate_on_memory_error=True,
        terminate_on_other_error=False,
    ):
        assert save_model == evaluate_on_test == "best" and save_metadata and not resume_from_saved
        assert max_total_time is None and terminate_on_memory_error and not terminate_on_other_error
        for name, dimension in hyperparameter_search_space.items():
            if not isinstance(dimension, (Real, Integer, Categorical)):
                raise ValueError(f"unexpected type for hyperparameter {name}: {type(dimension)}")

        self.recommender_input_args = recommender_input_args.copy()
        self._start(n_cases, metric_to_optimize, cutoff_to_optimize, output_folder_path, output_file_name_root)
        self.names = list(hyperparameter_search_space)
        gp_minimize(
            self._objective_of_a_point,
            list(hyperparameter_search_space.values()),
            n_calls=n_cases,
            n_initial_points=n_random_starts,
            initial_point_generator="random",
            acq_func="gp_hedge",
            acq_optimizer="auto",
            n_points=10000,
            n_restarts_optimizer=10,
            xi=0.01,
            kappa=1.96,
            noise=1e-5,
            n_jobs=1,
            verbose=True,
            random_state=(os.getpid() + int(time.time())) % np.iinfo(np.int32).max,
        )
        if recommender_input_args_last_test is not None:
            self._fit_last(recommender_input_args_last_test)

    def _objective_of_a_point(self, point):
        """A point's values are as scikit-optimize made them: numpy's strings, integers and booleans among them."""
        return self._objective(dict(zip(self.names, point)))
