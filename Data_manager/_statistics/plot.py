"""A picture of a data set: popularity of the items, values of the interactions, lengths of the users' profiles."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from Data_manager._matrices.cells import canonical_csr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# up to MAX_BARS different values have a bar each, more are put into N_BINS bins
MAX_BARS = 30
N_BINS = 40
POPULAR_PERCENTAGES = ((1, "tab:red"), (10, "tab:orange"))


def plot_statistics(dataset_name: str | None, URM_all: Any) -> "Figure":
    """Draw what the interactions of a data set look like; save the result with ``figure.savefig(path, dpi=150)``.

    From left to right: the interactions of each item, most popular first, on logarithmic axes, with the share of all
    interactions that the most popular 1 % and 10 % of the items have; how often each value (rating) occurs, in bins if
    there are more than 30 values; the share of the users with at least so many interactions. Cold items and users
    cannot be drawn on logarithmic axes, but count in the shares, and the legend says how many there are.

    URM_all, a sparse matrix of shape (n_users, n_items), is not changed. TypeError or ValueError if it is not a sparse
    matrix of finite numbers, or has no interaction.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    URM = canonical_csr("URM_all", URM_all)
    if URM.nnz == 0:
        raise ValueError("URM_all must have at least one interaction, got none")
    n_users, n_items = URM.shape
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        f"{dataset_name or 'Data set'} (users: {n_users:,}, items: {n_items:,}, interactions: {URM.nnz:,}, "
        f"density: {100 * URM.nnz / n_users / n_items:.3g} %)"
    )
    popularity_axes, values_axes, profiles_axes = figure.subplots(1, 3)
    _draw_popularity(popularity_axes, np.bincount(URM.indices, minlength=n_items))
    _draw_values(values_axes, URM.data.astype(np.float64))
    _draw_profile_lengths(profiles_axes, np.diff(URM.indptr))
    for axes in (popularity_axes, values_axes, profiles_axes):
        axes.grid(alpha=0.3)
    return figure


def _cold(n_cold: int, name: str) -> str:
    """Write what the legend says of cold items or users."""
    return f"cold {name}, not drawn: {n_cold:,}" if n_cold > 0 else ""


def _draw_popularity(axes: "Axes", n_interactions: npt.NDArray[Any]) -> None:
    descending = np.sort(n_interactions)[::-1]
    warm = descending[descending > 0]
    axes.plot(np.arange(1, len(warm) + 1), warm, marker=".", markersize=3, linewidth=1, label="items")
    for per_cent, colour in POPULAR_PERCENTAGES:
        n_popular = -(-per_cent * len(descending) // 100)  # rounded up
        of_all = descending[:n_popular].sum() / descending.sum()
        label = f"top {per_cent} % ({n_popular:,}): {100 * of_all:.1f} % of all interactions"
        axes.axvline(n_popular, color=colour, linestyle="--", linewidth=1, label=label)
    _add_to_legend(axes, _cold(len(descending) - len(warm), "items"))
    axes.set(
        title="Popularity of the items",
        xlabel="rank of the item, most popular first",
        ylabel="interactions of the item",
    )
    _make_logarithmic(axes, "x", len(descending))
    _make_logarithmic(axes, "y", int(descending[0]))
    axes.legend(loc="lower left", fontsize="small")


def _draw_values(axes: "Axes", values: npt.NDArray[np.float64]) -> None:
    from matplotlib.ticker import MaxNLocator

    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MAX_BARS:
        # as wide as the closest two values allow, but never too narrow to be seen
        gaps = np.diff(distinct)
        width = max(0.8 * float(gaps.min()), 0.01 * float(gaps.sum())) if len(gaps) > 0 else 0.8
        axes.bar(distinct, counts, width=width)
        unit = f"{len(distinct)} different"
        if len(distinct) <= 10:
            axes.set_xticks(distinct, [f"{value:g}" for value in distinct])
        if len(distinct) == 1:
            axes.set_xlim(distinct[0] - 2, distinct[0] + 2)
    else:
        counts, edges = np.histogram(values, bins=N_BINS)
        axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge")
        unit = f"{len(distinct):,} different, in {N_BINS} bins"
    axes.axvline(float(values.mean()), color="tab:orange", linestyle="--", label=f"mean {values.mean():.2f}")
    axes.set(title="Values of the interactions", xlabel=f"value, such as a rating ({unit})", ylabel="interactions")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(fontsize="small")


def _draw_profile_lengths(axes: "Axes", lengths: npt.NDArray[Any]) -> None:
    warm = lengths[lengths > 0]
    distinct, counts = np.unique(warm, return_counts=True)
    with_at_least = counts[::-1].cumsum()[::-1]
    # a step down after each length that occurs, from 1, which all warm users have, to none after the longest
    steps = np.concatenate(([1], distinct, distinct[-1:])), np.concatenate(([len(warm)], with_at_least, [0]))
    axes.step(steps[0], 100 * steps[1] / len(lengths), where="pre", label="users with as many or more")
    median = float(np.median(lengths))
    if median > 0:
        axes.axvline(median, color="tab:orange", linestyle="--", label=f"median {median:g}, mean {lengths.mean():.1f}")
    _add_to_legend(axes, _cold(len(lengths) - len(warm), "users"))
    axes.set(
        title="Lengths of the users' profiles",
        xlabel="interactions of the user",
        ylabel="users with at least as many (%)",
        ylim=(0, 105),
    )
    _make_logarithmic(axes, "x", int(distinct[-1]))
    axes.legend(fontsize="small")


def _make_logarithmic(axes: "Axes", name: str, largest: int) -> None:
    """Make an axis of counts logarithmic, from 1, with plain numbers at its powers of ten, at least at 1 and 10."""
    axes.set(**{f"{name}scale": "log", f"{name}lim": (0.8, 1.25 * max(largest, 10))})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_formatter("{x:,.0f}")
    axis.set_minor_formatter("")


def _add_to_legend(axes: "Axes", text: str) -> None:
    if text:
        axes.plot([], [], linestyle="none", label=text)
