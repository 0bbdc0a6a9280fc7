"""The loop over epochs: train, validate, keep the best model, decide when to stop.

It drives every recommender that has the hooks `_run_epoch(num_epoch)`, `_prepare_model_for_validation()` and
`_update_best_model()`, whether its base class is ours or the host framework's.
"""

import inspect
import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from recsys_common.messages import ProgressBar, say
from recsys_common.validation import check_bool, check_int


@dataclass(frozen=True)
class EarlyStopping:
    """Checked arguments of a training run; TypeError or ValueError for a wrong one."""

    # >= 0
    epochs_max: int
    # in 0..epochs_max: early stopping may end the training after this epoch
    epochs_min: int = 0
    # >= 1: the number of epochs between two validations; the last epoch is validated too; needed with an evaluator
    validation_every_n: int | None = None
    # stop when `lower_validations_allowed` validations in a row were not better than the best one
    stop_on_validation: bool = False
    # a column of the evaluator's result, whose value at the first cutoff is maximised; needed with an evaluator
    validation_metric: str | None = None
    # >= 1; needed with an evaluator and `stop_on_validation`
    lower_validations_allowed: int | None = None
    # an object with `evaluateRecommender`; without one there are no validations, and the last epoch is the model
    evaluator_object: Any = None
    # begins the lines that are printed
    algorithm_name: str = "Incremental_Training_Early_Stopping"

    def __post_init__(self) -> None:
        self._store("epochs_max", check_int("epochs", self.epochs_max, minimum=0))
        self._store("epochs_min", check_int("epochs_min", self.epochs_min, minimum=0, maximum=self.epochs_max))
        self._store("stop_on_validation", check_bool("stop_on_validation", self.stop_on_validation))
        for name in ("validation_every_n", "lower_validations_allowed"):
            if getattr(self, name) is not None:
                self._store(name, check_int(name, getattr(self, name), minimum=1))
        if self.validation_metric is not None and not isinstance(self.validation_metric, str):
            raise TypeError(f"validation_metric must be a metric's name, got {self.validation_metric!r}")
        if self.evaluator_object is not None:
            self._check_evaluator()

    def _store(self, name: str, value: Any) -> None:
        """Keep a checked value as Python's own type: counting epochs in numpy's uint8 would start again at 256."""
        object.__setattr__(self, name, value)  # since the dataclass is frozen

    def _check_evaluator(self) -> None:
        if not callable(getattr(self.evaluator_object, "evaluateRecommender", None)):
            raise TypeError(
                f"evaluator_object must be an evaluator with evaluateRecommender(), got {self.evaluator_object!r}"
            )
        needed = ["validation_every_n", "validation_metric"]
        if self.stop_on_validation:
            needed.append("lower_validations_allowed")
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must be given together with evaluator_object, got None")
        names = getattr(self.evaluator_object, "get_metric_names", None)
        if callable(names):  # else the names are checked in the first result
            _check_metric(self.validation_metric, names())


def check_early_stopping_keywords(keywords: Mapping[str, Any], fit: Callable[..., Any]) -> None:
    """Refuse an unknown keyword of a `fit` with TypeError, which lists the known ones.

    ValueError where `stop_on_validation` is True and `evaluator_object` is not given; a search without one gives None.
    """
    own = [name for name, p in inspect.signature(fit).parameters.items() if p.kind is not p.VAR_KEYWORD]
    for_stopping = [field.name for field in fields(EarlyStopping) if field.name not in ("epochs_max", "algorithm_name")]
    for name in keywords:
        if name not in for_stopping:
            raise TypeError(
                f"fit() has no argument {name!r}; its arguments are {', '.join(own)} and, for early stopping, "
                f"{', '.join(for_stopping)}"
            )
    stops = check_bool("stop_on_validation", keywords.get("stop_on_validation", False))
    if stops and "evaluator_object" not in keywords:
        raise ValueError("evaluator_object must be given together with stop_on_validation=True, got none")


class TrainingHistory:
    """A mix-in with the getter of the table that the loop records."""

    _training_history: list[dict[str, Any]] | None = None  # its rows

    def get_training_history(self) -> pd.DataFrame | None:
        """Return a table with a row for each epoch of the last training.

        Returns
        -------
        pandas.DataFrame or None
            Columns `epoch` (int, from 1), the values that the epoch reports (`training_loss`, the mean loss of a
            rating, and others), `seconds` (float, the epoch's training time without its validation), then the
            evaluator's metrics at its first cutoff (NaN where the epoch was not validated). None before a training.
        """
        # made on request, so that a training cannot fail because of its table
        return None if self._training_history is None else pd.DataFrame(self._training_history)


def run_training(recommender: Any, settings: EarlyStopping) -> None:
    """Train a recommender, validate it as `settings` say, and let it keep its best model.

    The best model has the best validation (a later one must be strictly greater); without validations it is that of
    the last epoch. The last epoch is validated even if `validation_every_n` does not divide it. Sets on the recommender
    `epochs_best` (0 before the first epoch ends), `best_validation_metric`, `_earlystopping_validation_summary_df` and
    `_training_history`. Ctrl-C keeps the best model so far, the current one if nothing was validated yet, and raises
    KeyboardInterrupt. TypeError where the evaluator does not return a DataFrame and its text; ValueError where the
    validation metric is not among the evaluator's columns, is negated in another one, or is not finite.
    """
    _TrainingRun(recommender, settings).run()


def _check_metric(metric: str | None, names: Iterable[Any]) -> None:
    """Refuse a metric that is not among `names`, or whose negative is, since the metric is maximised."""
    names = [str(name) for name in names]
    if metric not in names:
        raise ValueError(f"validation_metric must be one of {', '.join(names)}, got {metric!r}")
    if f"NEGATIVE_{metric}" in names:
        raise ValueError(f"validation_metric must be better when larger, as 'NEGATIVE_{metric}' is, got {metric!r}")


def _check_result(result: Any) -> pd.DataFrame:
    """Return the table of an evaluator's result."""
    allowed = "evaluateRecommender() of evaluator_object must return (DataFrame with a row for each cutoff, text)"
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], pd.DataFrame):
        parts = f" of {', '.join(type(part).__name__ for part in result)}" if isinstance(result, tuple) else ""
        raise TypeError(f"{allowed}, got a {type(result).__name__}{parts}")
    if result[0].empty:
        raise ValueError(f"{allowed}, got an empty DataFrame")
    return result[0]


class _TrainingRun:
    """One run of the loop: what it has recorded, and the bar that shows it."""

    def __init__(self, recommender: Any, settings: EarlyStopping) -> None:
        self.recommender = recommender
        self.settings = settings
        self.verbose = bool(getattr(recommender, "verbose", True))
        self.has_best = False
        self.validations_since_best = 0
        self.report: Mapping[str, float] = {}
        self.history: list[dict[str, Any]] = []
        self.summary: list[pd.DataFrame] = []
        self.bar = ProgressBar(settings.epochs_max, desc=settings.algorithm_name, unit="epoch", verbose=self.verbose)

    def run(self) -> None:
        recommender = self.recommender
        recommender.epochs_best = 0
        recommender.best_validation_metric = None
        recommender._earlystopping_validation_summary_df = None
        start = time.perf_counter()
        try:
            reason = self._run_epochs()
            if not self.has_best:
                self._keep_current_model()
            self.bar.close()
            self._announce_end(reason, time.perf_counter() - start)
        except KeyboardInterrupt:
            if not self.has_best:
                with suppress(FloatingPointError):  # a diverged model is not kept, and the interrupt goes on
                    self._keep_current_model()
            raise
        finally:
            self.bar.close()
            recommender._training_history = self.history or None

    def _run_epochs(self) -> str:
        """Run the epochs, and return why they ended, for the line that is printed."""
        for epoch in range(1, self.settings.epochs_max + 1):
            self._run_epoch(epoch)
            if self._is_validated(epoch):
                self._validate(epoch)
                self._show_progress()
                if self._has_converged(epoch):
                    return "Convergence reached! "
        return ""

    def _run_epoch(self, epoch: int) -> None:
        start = time.perf_counter()
        report = self.recommender._run_epoch(epoch) or {}
        seconds = time.perf_counter() - start
        self.history.append({"epoch": epoch, "training_loss": math.nan, **report, "seconds": seconds})
        self.report = report
        self._show_progress()
        self.bar.update()

    def _show_progress(self) -> None:
        """Show the last value of the epoch's report and the best validation so far, with its epoch, behind the bar."""
        shown: dict[str, Any] = dict(list(self.report.items())[-1:])
        best = self.recommender.best_validation_metric
        if best is not None:
            shown["best"] = f"{best:.4f} (epoch {self.recommender.epochs_best})"
        self.bar.show(shown)

    def _is_validated(self, epoch: int) -> bool:
        settings = self.settings
        if settings.evaluator_object is None or settings.validation_every_n is None:
            return False
        return epoch % settings.validation_every_n == 0 or epoch == settings.epochs_max

    def _validate(self, epoch: int) -> None:
        start = time.perf_counter()
        self.recommender._prepare_model_for_validation()
        result = _check_result(self.settings.evaluator_object.evaluateRecommender(self.recommender))
        self._record_validation(epoch, result, time.perf_counter() - start)

        value = self._metric_value(epoch, result)
        best = self.recommender.best_validation_metric
        if best is None or value > best:
            self._keep_best(epoch, value)
            self.validations_since_best = 0
        else:
            self.validations_since_best += 1

    def _metric_value(self, epoch: int, result: pd.DataFrame) -> float:
        metric = self.settings.validation_metric
        _check_metric(metric, result.columns)
        value = float(result[metric].iloc[0])
        if not math.isfinite(value):
            raise ValueError(f"validation_metric must be a metric with finite values, got {metric}={value} at {epoch=}")
        return value

    def _record_validation(self, epoch: int, result: pd.DataFrame, seconds: float) -> None:
        table = result.reset_index()
        table["earlystopping_evaluation_time"] = seconds
        table.index = pd.Index([epoch] * len(table), name="epoch")
        self.summary.append(table)
        self.recommender._earlystopping_validation_summary_df = pd.concat(self.summary)
        self.history[-1].update({str(name): value for name, value in result.iloc[0].items()})

    def _has_converged(self, epoch: int) -> bool:
        settings = self.settings
        return (
            settings.stop_on_validation
            and settings.lower_validations_allowed is not None
            and self.validations_since_best >= settings.lower_validations_allowed
            and epoch >= settings.epochs_min
        )

    def _keep_best(self, epoch: int, value: float | None) -> None:
        self.recommender._update_best_model()
        self.has_best = True
        # in one step, so that an interrupt cannot leave the values of two epochs
        self.recommender.__dict__.update(epochs_best=epoch, best_validation_metric=value)

    def _keep_current_model(self) -> None:
        self.recommender._prepare_model_for_validation()
        self._keep_best(len(self.history), None)

    def _announce_end(self, reason: str, seconds: float) -> None:
        if not self.verbose:
            return
        best, epochs_best = self.recommender.best_validation_metric, self.recommender.epochs_best
        line = f"{reason}Terminating at epoch {len(self.history)}. "
        if best is not None:
            line += f"Best value for '{self.settings.validation_metric}' at epoch {epochs_best} is {best:.4f}. "
            if epochs_best == self.settings.epochs_max and len(self.summary) > 1:
                line += "It was still improving: more epochs may be better. "
        say(f"{self.settings.algorithm_name}: {line}Elapsed time {seconds:.2f} sec")
