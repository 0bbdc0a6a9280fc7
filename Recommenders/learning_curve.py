"""A plot of a training: its losses and validation metrics by epoch."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Errors are recorded negated, because early stopping maximises; the plot shows the errors themselves.
_NEGATED = "NEGATIVE_"


def plot_learning_curve(history: pd.DataFrame, validation_metric: str | None = None) -> Figure:
    """Plot the training error of each epoch and, on the same or a second axis, the validation metric.

    Parameters
    ----------
    history : pandas.DataFrame
        The table that `get_training_history()` returns.
    validation_metric : str, optional
        A column of the table, such as "MAP", or "NEGATIVE_RMSE", which is plotted as RMSE beside the training RMSE.

    Returns
    -------
    matplotlib.figure.Figure
        Made without pyplot: save it with ``figure.savefig(path)``; a notebook shows it as a cell's result.

    Raises
    ------
    TypeError, ValueError
        If the history is not a DataFrame (it is None before a training), is empty, or has no such column with values.
    """
    if not isinstance(history, pd.DataFrame):
        raise TypeError(f"history must be a DataFrame with a row for each epoch, got a {type(history).__name__}")
    if history.empty:
        raise ValueError("history must be a DataFrame with a row for each epoch, got an empty one")
    if validation_metric is not None and not history.get(validation_metric, pd.Series(dtype=float)).notna().any():
        with_values = [str(name) for name in history.columns if history[name].notna().any()]
        raise ValueError(f"validation_metric must be one of {', '.join(with_values)}, got {validation_metric!r}")
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    error = "training_RMSE" if "training_RMSE" in history.columns else "training_loss"
    axes.plot(history["epoch"], history[error], marker="o", markersize=3, label=error.replace("_", " "))
    axes.set(xlabel="epoch", ylabel="RMSE" if error == "training_RMSE" else "mean training loss")
    axes.grid(alpha=0.3)
    if validation_metric is not None:
        _plot_validation(axes, history, validation_metric)
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def _plot_validation(axes: Axes, history: pd.DataFrame, metric: str) -> None:
    validated = history[["epoch", metric]].dropna().astype(float)
    best = float(validated["epoch"].to_numpy()[validated[metric].argmax()])
    name = metric.removeprefix(_NEGATED)
    values = -validated[metric] if metric.startswith(_NEGATED) else validated[metric]
    if axes.get_ylabel() != name:
        axes = axes.twinx()
        axes.set_ylabel(name)
    axes.plot(validated["epoch"], values, marker="s", markersize=3, color="tab:orange", label=f"validation {name}")
    axes.axvline(best, color="grey", linestyle=":", label=f"best epoch: {best:.0f}")
