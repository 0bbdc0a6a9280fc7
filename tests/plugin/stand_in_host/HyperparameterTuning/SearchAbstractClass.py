"""What the host's searches share: the arguments of a case, and a case from its fit to the files of the search."""

import time
import traceback

import pandas as pd

from Recommenders.DataIO import DataIO
from Recommenders.Incremental_Training_Early_Stopping import Incremental_Training_Early_Stopping

CONTAINERS = {
    "CONSTRUCTOR_POSITIONAL_ARGS": list,
    "CONSTRUCTOR_KEYWORD_ARGS": dict,
    "FIT_POSITIONAL_ARGS": list,
    "FIT_KEYWORD_ARGS": dict,
    "EARLYSTOPPING_KEYWORD_ARGS": dict,
}


class SearchInputRecommenderArgs:
    def __init__(
        self,
        CONSTRUCTOR_POSITIONAL_ARGS=None,
        CONSTRUCTOR_KEYWORD_ARGS=None,
        FIT_POSITIONAL_ARGS=None,
        FIT_KEYWORD_ARGS=None,
        EARLYSTOPPING_KEYWORD_ARGS=None,
    ):
        given = locals()
        for name, kind in CONTAINERS.items():
            value = kind() if given[name] is None else given[name]
            assert isinstance(value, kind)
            setattr(self, name, value)

    def copy(self):
        return SearchInputRecommenderArgs(**{name: getattr(self, name).copy() for name in CONTAINERS})


class SearchAbstractClass:
    ALGORITHM_NAME = "SearchAbstractClass"
    INVALID_CONFIG_VALUE = 65504.0  # the largest float16

    def __init__(self, recommender_class, evaluator_validation=None, evaluator_test=None, verbose=True):
        self.recommender_class = recommender_class
        self.evaluator_validation = evaluator_validation
        self.evaluator_test = evaluator_test
        self.verbose = verbose

    def _start(self, n_cases, metric_to_optimize, cutoff_to_optimize, output_folder_path, output_file_name_root):
        assert output_folder_path.endswith("/"), "file names are appended to it"
        self.metric_to_optimize = metric_to_optimize
        self.cutoff_to_optimize = cutoff_to_optimize
        self.output_folder_path = output_folder_path
        self.output_file_name_root = output_file_name_root
        self.case = 0
        self.metadata = {
            "algorithm_name_search": self.ALGORITHM_NAME,
            "algorithm_name_recommender": self.recommender_class.RECOMMENDER_NAME,
            "metric_to_optimize": metric_to_optimize,
            "cutoff_to_optimize": cutoff_to_optimize,
            "exception_list": [None] * n_cases,
            "hyperparameters_df": pd.DataFrame(index=range(n_cases), dtype=object),
            "hyperparameters_best": None,
            "hyperparameters_best_index": None,
            "result_on_validation_best": None,
            "result_on_test_best": None,
            "result_on_earlystopping_df": None,
            "result_on_last": None,
            "time_df": pd.DataFrame(index=range(n_cases), columns=["train", "validation", "test"], dtype=object),
        }

    def _objective(self, hyperparameters):
        """The value to minimise, of one case."""
        self._print(f"Testing config: {hyperparameters}")
        self._record(hyperparameters)
        try:
            return self._fitted_and_evaluated(dict(hyperparameters))
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception:
            self.metadata["exception_list"][self.case] = traceback.format_exc()
            self._print(f"Config {self.case} Exception. {traceback.format_exc()}")
            return self.INVALID_CONFIG_VALUE
        finally:
            DataIO(folder_path=self.output_folder_path).save_data(
                file_name=self.output_file_name_root + "_metadata", data_dict_to_save=self.metadata.copy()
            )
            self.case += 1

    def _record(self, hyperparameters):
        table = self.metadata["hyperparameters_df"]
        for name, value in hyperparameters.items():
            if name not in table.columns:
                table[name] = pd.Series([None] * len(table), dtype=object)
            table.at[self.case, name] = value

    def _fitted_and_evaluated(self, hyperparameters):
        start = time.time()
        recommender = self._fit(self.recommender_input_args, hyperparameters, early_stopping=True)
        self.metadata["time_df"].at[self.case, "train"] = time.time() - start

        result_df, _ = self.evaluator_validation.evaluateRecommender(recommender)
        result = result_df.loc[self.cutoff_to_optimize].to_dict()
        if isinstance(recommender, Incremental_Training_Early_Stopping):
            epochs = {name: int(value) for name, value in recommender.get_early_stopping_final_epochs_dict().items()}
            hyperparameters |= epochs
            self._record(epochs)
            self._append_early_stopping(recommender.get_validation_summary_table())

        best = self.metadata["result_on_validation_best"]
        if best is None or result[self.metric_to_optimize] > best[self.metric_to_optimize]:
            self._new_best(recommender, hyperparameters, result)
        return -result[self.metric_to_optimize]

    def _append_early_stopping(self, table):
        if table is None:
            return
        table = pd.concat({self.case: table}, names=["model_counter", "epoch"])
        before = self.metadata["result_on_earlystopping_df"]
        self.metadata["result_on_earlystopping_df"] = table if before is None else pd.concat([before, table])

    def _new_best(self, recommender, hyperparameters, result):
        self._print(f"New best config found. Config {self.case}: {hyperparameters} - results: {result}")
        self.metadata["hyperparameters_best"] = hyperparameters
        self.metadata["hyperparameters_best_index"] = self.case
        self.metadata["result_on_validation_best"] = result
        if self.evaluator_test is not None:
            self.metadata["result_on_test_best"] = self.evaluator_test.evaluateRecommender(recommender)[0]
        recommender.save_model(self.output_folder_path, file_name=self.output_file_name_root + "_best_model")

    def _fit(self, arguments, hyperparameters, early_stopping):
        recommender = self.recommender_class(
            *arguments.CONSTRUCTOR_POSITIONAL_ARGS, **arguments.CONSTRUCTOR_KEYWORD_ARGS
        )
        recommender.fit(
            *arguments.FIT_POSITIONAL_ARGS,
            **arguments.FIT_KEYWORD_ARGS,
            **(arguments.EARLYSTOPPING_KEYWORD_ARGS if early_stopping else {}),
            **hyperparameters,
        )
        return recommender

    def _fit_last(self, arguments):
        """The best hyperparameters, among them the epochs at which the training was best, on the last data."""
        recommender = self._fit(arguments, self.metadata["hyperparameters_best"], early_stopping=False)
        if self.evaluator_test is not None:
            self.metadata["result_on_last"] = self.evaluator_test.evaluateRecommender(recommender)[0]
        recommender.save_model(self.output_folder_path, file_name=self.output_file_name_root + "_best_model_last")
        DataIO(folder_path=self.output_folder_path).save_data(
            file_name=self.output_file_name_root + "_metadata", data_dict_to_save=self.metadata.copy()
        )

    def _print(self, text):
        if self.verbose:
            print(f"{self.ALGORITHM_NAME}: {text}")
