"""Early stopping for recommenders that are trained epoch by epoch, under the framework's class name."""

from typing import Any

import pandas as pd

from Recommenders._training_loop import EarlyStopping, TrainingHistory, run_training


class Incremental_Training_Early_Stopping(TrainingHistory):
    """A mix-in that trains a recommender epoch by epoch and keeps its best model.

    A subclass supplies three hooks: `_run_epoch(num_epoch)`, where `num_epoch` starts at 1, which may return a
    dictionary of what the epoch measured, such as ``{"training_loss": 0.8}``; `_prepare_model_for_validation()`; and
    `_update_best_model()`, which has to copy. Its `fit` restores the best model after the training.

    Unlike the host framework's class of this name, a last epoch that is not a multiple of `validation_every_n` is
    validated too, `epochs_best` is the epoch of the model that was kept, and nothing is printed if the recommender's
    `verbose` is False.
    """

    def __init__(self) -> None:
        super().__init__()
        self._earlystopping_validation_summary_df: pd.DataFrame | None = None

    def get_early_stopping_final_epochs_dict(self) -> dict[str, int]:
        """Return the number of epochs after which the model was kept.

        Returns
        -------
        dict
            ``{"epochs": int}``.

        Raises
        ------
        AttributeError
            Before a training.
        """
        epochs_best: int = self.epochs_best  # type: ignore[attr-defined]  # set by the training loop
        return {"epochs": epochs_best}

    def get_validation_summary_table(self) -> pd.DataFrame | None:
        """Return a copy of all validation results.

        Returns
        -------
        pandas.DataFrame or None
            Index `epoch` (a row for each cutoff of each validation), columns `cutoff`, the evaluator's metrics and
            `earlystopping_evaluation_time` (seconds). None where nothing was validated.
        """
        table = self._earlystopping_validation_summary_df
        return None if table is None else table.copy()

    def _train_with_early_stopping(
        self,
        epochs_max: int,
        epochs_min: int = 0,
        validation_every_n: int | None = None,
        stop_on_validation: bool = False,
        validation_metric: str | None = None,
        lower_validations_allowed: int | None = None,
        evaluator_object: Any = None,
        algorithm_name: str = "Incremental_Training_Early_Stopping",
    ) -> None:
        """Run the hooks epoch by epoch; arguments and errors as in `Recommenders._training_loop.EarlyStopping`."""
        settings = EarlyStopping(
            epochs_max,
            epochs_min,
            validation_every_n,
            stop_on_validation,
            validation_metric,
            lower_validations_allowed,
            evaluator_object,
            algorithm_name,
        )
        run_training(self, settings)
