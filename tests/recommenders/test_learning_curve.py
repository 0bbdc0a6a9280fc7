import io

import numpy as np
import pandas as pd
import pytest

from Recommenders.learning_curve import plot_learning_curve

HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3, 4],
        "training_loss": [4.0, 1.0, 0.25, 0.04],
        "training_RMSE": [2.0, 1.0, 0.5, 0.2],
        "seconds": [0.1] * 4,
        "NEGATIVE_RMSE": [np.nan, -1.5, np.nan, -1.6],
        "MAP": pd.Series([np.nan, 0.1, np.nan, 0.2], dtype=object),
    }
)


def lines(figure):
    return {line.get_label(): line.get_xydata() for axes in figure.axes for line in axes.lines}


def test_the_training_error_has_a_point_an_epoch():
    drawn = lines(plot_learning_curve(HISTORY))
    np.testing.assert_array_equal(drawn["training RMSE"], [[1, 2.0], [2, 1.0], [3, 0.5], [4, 0.2]])
    assert len(drawn) == 1


def test_a_negated_error_is_drawn_beside_the_training_error():
    figure = plot_learning_curve(HISTORY, "NEGATIVE_RMSE")
    drawn = lines(figure)
    assert len(figure.axes) == 1
    np.testing.assert_array_equal(drawn["validation RMSE"], [[2, 1.5], [4, 1.6]])
    assert drawn["best epoch: 2"][0, 0] == 2


def test_another_metric_has_an_axis_of_its_own():
    figure = plot_learning_curve(HISTORY, "MAP")
    assert [axes.get_ylabel() for axes in figure.axes] == ["RMSE", "MAP"]
    assert lines(figure)["best epoch: 4"][0, 0] == 4


def test_without_an_rmse_the_loss_is_drawn():
    figure = plot_learning_curve(HISTORY.drop(columns="training_RMSE"))
    np.testing.assert_array_equal(lines(figure)["training loss"][:, 1], HISTORY["training_loss"])
    assert figure.axes[0].get_ylabel() == "mean training loss"


def test_the_figure_can_be_saved():
    file = io.BytesIO()
    plot_learning_curve(HISTORY, "NEGATIVE_RMSE").savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="history must be"):
        plot_learning_curve(HISTORY.iloc[:0])
    with pytest.raises(TypeError, match=r"history must be .*got a NoneType"):
        plot_learning_curve(None)
    with pytest.raises(ValueError, match="validation_metric must be one of"):
        plot_learning_curve(HISTORY.assign(MAP=np.nan), "MAP")
    with pytest.raises(ValueError, match=r"validation_metric must be one of .*MAP.*got 'MPA'"):
        plot_learning_curve(HISTORY, "MPA")
