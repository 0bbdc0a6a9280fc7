"""What the picture of a data set shows: the data of its lines and bars, not its pixels."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from Data_manager._statistics.plot import MAX_BARS, N_BINS, plot_statistics
from Data_manager.Dataset import Dataset

# 4 users with 3, 1, 2, 0 interactions; 4 items with 3, 2, 1, 0
URM = sps.csr_matrix(np.array([[5.0, 3, 0.5, 0], [4, 0, 0, 0], [5, 2, 0, 0], [0, 0, 0, 0]]))


def axes_of(figure: Figure) -> tuple[Axes, Axes, Axes]:
    popularity, values, profiles = figure.axes
    return popularity, values, profiles


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def render(figure: Figure) -> None:
    figure.savefig(io.BytesIO(), format="png", dpi=40)


def test_popularity_is_drawn_in_descending_order_on_logarithmic_axes() -> None:
    axes, _, _ = axes_of(plot_statistics("Toy", URM))
    x, y = axes.lines[0].get_data()
    assert list(x) == [1, 2, 3] and list(y) == [3, 2, 1]
    assert legend_of(axes)[-1] == "cold items, not drawn: 1"
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert axes.get_xlabel() == "rank of the item, most popular first"
    assert axes.get_ylabel() == "interactions of the item"


def test_share_of_the_most_popular_items_is_named() -> None:
    # 200 items: one of 100 interactions, one of 50, eighteen more of 2, and 180 of 1 or 0
    counts = [100, 50] + [2] * 18 + [1] * 14 + [0] * 166
    dense = np.array([[float(user < count) for count in counts] for user in range(100)])
    axes, _, _ = axes_of(plot_statistics("Toy", sps.csr_matrix(dense[:, ::-1])))
    assert legend_of(axes) == [
        "items",
        "top 1 % (2): 75.0 % of all interactions",
        "top 10 % (20): 93.0 % of all interactions",
        "cold items, not drawn: 166",
    ]
    assert [line.get_xdata()[0] for line in axes.lines[1:3]] == [2, 20]


@pytest.mark.parametrize(("n_items", "expected"), [(1, (1, 1)), (99, (1, 10)), (100, (1, 10)), (700, (7, 70))])
def test_part_of_an_item_among_the_most_popular_counts_as_one(n_items: int, expected: tuple[int, int]) -> None:
    axes, _, _ = axes_of(plot_statistics("Toy", sps.csr_matrix(np.ones((1, n_items)))))
    assert tuple(line.get_xdata()[0] for line in axes.lines[1:3]) == expected


def test_each_value_has_a_bar_of_as_many_interactions() -> None:
    _, axes, _ = axes_of(plot_statistics("Toy", URM))
    bars = {bar.get_x() + bar.get_width() / 2: bar.get_height() for bar in axes.patches}
    assert bars == pytest.approx({0.5: 1, 2: 1, 3: 1, 4: 1, 5: 2})
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0.5", "2", "3", "4", "5"]
    assert axes.get_xlabel() == "value, such as a rating (5 different)" and axes.get_ylabel() == "interactions"
    assert legend_of(axes) == ["mean 3.25"]


def test_bars_of_close_values_can_be_seen() -> None:
    _, axes, _ = axes_of(plot_statistics("Toy", sps.csr_matrix([[1.0, 1.001, 5.0]])))
    assert axes.patches[0].get_width() == pytest.approx(0.04)


@pytest.mark.parametrize("n_values", [MAX_BARS, MAX_BARS + 1, 1000])
def test_many_values_are_put_into_bins_that_hold_them_all(n_values: int) -> None:
    values = np.linspace(-10, 10, n_values) + 0.003
    _, axes, _ = axes_of(plot_statistics("Toy", sps.csr_matrix(values.reshape(1, -1))))
    assert len(axes.patches) == (n_values if n_values <= MAX_BARS else N_BINS)
    assert sum(bar.get_height() for bar in axes.patches) == n_values
    if n_values > MAX_BARS:
        first, last = axes.patches[0], axes.patches[-1]
        assert (first.get_x(), last.get_x() + last.get_width()) == pytest.approx((values[0], values[-1]))
        assert f"({n_values:,} different, in {N_BINS} bins)" in axes.get_xlabel()


def test_profiles_are_the_share_of_users_with_at_least_as_many() -> None:
    _, _, axes = axes_of(plot_statistics("Toy", URM))
    x, y = axes.lines[0].get_data()
    assert axes.lines[0].get_drawstyle() == "steps-pre"
    assert list(x) == [1, 1, 2, 3, 3] and list(y) == [75, 75, 50, 25, 0]
    assert legend_of(axes) == ["users with as many or more", "median 1.5, mean 1.5", "cold users, not drawn: 1"]
    assert axes.get_xscale() == "log" and axes.get_ylim() == (0, 105)
    assert axes.get_xlabel() == "interactions of the user" and "(%)" in axes.get_ylabel()


def test_shortest_profile_of_more_than_one_starts_at_all_users() -> None:
    _, _, axes = axes_of(plot_statistics("Toy", sps.csr_matrix(np.ones((2, 20)))))
    x, y = axes.lines[0].get_data()
    assert list(x) == [1, 20, 20] and list(y) == [100, 100, 0]
    assert legend_of(axes) == ["users with as many or more", "median 20, mean 20.0"]


CASES: dict[str, Any] = {
    "implicit": np.ones((5, 7)),
    "one user": np.array([[1.0, 2, 0]]),
    "one cell": np.array([[1.0]]),
    "one cell of many": np.pad(np.array([[3.0]]), ((0, 40), (0, 40))),
    "negative": np.array([[-3.5, -1, 0], [-1, 2, 0]]),
    "one large value": np.full((2, 2), 8.8e8),
    "integers": np.arange(12).reshape(3, 4),
}


@pytest.mark.parametrize("dense", CASES.values(), ids=CASES)
def test_every_kind_of_data_can_be_drawn(dense: np.ndarray) -> None:
    figure = plot_statistics(None, sps.csr_matrix(dense))
    assert figure.texts[0].get_text().startswith("Data set (users: ")
    render(figure)


def test_title_has_name_sizes_and_density() -> None:
    title = plot_statistics("Toy", URM).texts[0].get_text()
    assert title == "Toy (users: 4, items: 4, interactions: 6, density: 37.5 %)"


def test_explicit_zeros_are_no_interactions_and_the_matrix_stays() -> None:
    given = URM.copy()
    given.data[0] = 0
    figure = plot_statistics("Toy", given)
    assert "interactions: 5," in figure.texts[0].get_text()
    assert given.nnz == 6


@pytest.mark.parametrize(
    ("matrix", "error", "match"),
    [
        (np.ones((2, 2)), TypeError, "URM_all must be a scipy sparse matrix"),
        (sps.csr_matrix((2, 2)), ValueError, "URM_all must have at least one interaction, got none"),
        (sps.csr_matrix([[np.nan]]), ValueError, "URM_all must be"),
    ],
)
def test_what_is_no_data_set_is_refused(matrix: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        plot_statistics("Toy", matrix)


def test_matplotlib_is_loaded_when_it_draws_and_pyplot_never() -> None:
    code = (
        "import sys, scipy.sparse as sps\n"
        "from Data_manager._statistics.plot import plot_statistics\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plot_statistics('x', sps.csr_matrix([[1.0]]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("suffix", "beginning"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_the_suffix_of_the_file_says_the_format(suffix: str, beginning: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"statistics{suffix}"
    Dataset("Toy", {"URM_all": URM}).plot_statistics(path)
    assert path.read_bytes().startswith(beginning)
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_drawn_leaves_the_older_picture(tmp_path: Path) -> None:
    path = tmp_path / "statistics.unknown"
    path.write_bytes(b"older")
    with pytest.raises(ValueError, match="unknown"):
        Dataset("Toy", {"URM_all": URM}).plot_statistics(path)
    with pytest.raises(ValueError, match="URM_name must be"):
        Dataset("Toy", {"URM_other": URM}).plot_statistics(path)
    with pytest.raises(RuntimeError, match="load_data of the Dataset must be called"):
        Dataset("Toy").plot_statistics(path)
    assert path.read_bytes() == b"older" and list(tmp_path.iterdir()) == [path]


def test_a_picture_without_a_format_is_refused_by_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path must be a file name with a suffix such as \.png, got '.*picture'"):
        Dataset("Toy", {"URM_all": URM}).plot_statistics(tmp_path / "picture")
    assert list(tmp_path.iterdir()) == []
