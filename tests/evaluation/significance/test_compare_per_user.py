"""The table of recommenders against each other, from their per-user frames."""

import math

import numpy as np
import pandas as pd
import pytest

from Evaluation._significance.bootstrap import resampled_means
from Evaluation.significance import (
    benjamini_hochberg,
    bootstrap_interval,
    compare_per_user,
    effect_sizes,
    holm,
    permutation_test,
    t_test,
    wilcoxon_test,
)

COLUMNS = [
    "recommender_a", "recommender_b", "metric", "cutoff", "n_users", "n_left_out", "mean_a", "mean_b",
    "mean_difference", "ci_low", "ci_high", "confidence_level", "cohen_d_z", "rank_biserial", "p_value",
    "adjusted_p_value", "test", "correction", "family_size", "family",
]  # fmt: skip


def per_user_frame(seed, n_users=40, cutoffs=(10, 5), lift=0.0):
    """Users 100, 101, ...; columns NDCG, RECALL and AUC."""
    rng = np.random.default_rng(seed)
    users = np.arange(100, 100 + n_users)
    index = pd.MultiIndex.from_product([users, cutoffs], names=["user", "cutoff"])
    values = rng.random((len(index), 3)) * (rng.random((len(index), 3)) < 0.7) + lift
    return pd.DataFrame(values, index=index, columns=["NDCG", "RECALL", "AUC"])


@pytest.fixture
def frames():
    return {"MF": per_user_frame(1, lift=0.1), "KNN": per_user_frame(2), "TopPop": per_user_frame(3)}


def of(frame, metric, cutoff):
    return frame[metric].xs(cutoff, level="cutoff").to_numpy()


def compare(frames, metric="NDCG", cutoff=None, **settings):
    return compare_per_user(frames, metric, cutoff, **{"n_resamples": 99, **settings})


def test_every_row_is_what_the_functions_of_two_arrays_say(frames):
    table = compare(frames, ["RECALL", "NDCG"], random_seed=4, confidence_level=0.8)
    assert table.columns.tolist() == COLUMNS
    pairs = [("MF", "KNN"), ("MF", "TopPop"), ("KNN", "TopPop")]
    expected = [(*pair, metric, cutoff) for metric in ["RECALL", "NDCG"] for cutoff in [10, 5] for pair in pairs]
    assert list(table[COLUMNS[:4]].itertuples(index=False, name=None)) == expected
    for row in table.itertuples():
        a, b = (of(frames[name], row.metric, row.cutoff) for name in [row.recommender_a, row.recommender_b])
        assert (row.n_users, row.n_left_out) == (40, 0)
        assert (row.mean_a, row.mean_b) == pytest.approx((a.mean(), b.mean()))
        assert row.mean_difference == pytest.approx(a.mean() - b.mean())
        assert (row.mean_difference, row.cohen_d_z, row.rank_biserial) == pytest.approx(effect_sizes(a, b))
        assert row.p_value == wilcoxon_test(a, b).p_value
        interval = bootstrap_interval(a, b, confidence_level=0.8, n_resamples=99, random_seed=4)
        assert (row.ci_low, row.ci_high) == pytest.approx(interval, abs=1e-12)
        assert row.ci_low < row.mean_difference < row.ci_high and row.confidence_level == 0.8
    assert table["adjusted_p_value"].tolist() == holm(table["p_value"]).tolist()
    assert set(table["family"]) == {"Holm over 12 comparisons"} and set(table["family_size"]) == {12}
    assert set(table["test"]) == {"wilcoxon"} and set(table["correction"]) == {"holm"}


def test_test_is_the_one_that_was_named(frames):
    a, b = (of(frames[name], "NDCG", 5) for name in ["MF", "KNN"])
    expected = {
        "wilcoxon": wilcoxon_test(a, b).p_value,
        "t": t_test(a, b).p_value,
        "permutation": permutation_test(a, b, n_resamples=99, random_seed=6).p_value,
    }
    assert len(set(expected.values())) == 3
    for test, p_value in expected.items():
        row = compare(frames, cutoff=5, test=test, random_seed=6).loc[0]
        assert (row["test"], row["p_value"]) == (test, p_value)


def test_correction_is_the_one_that_was_named(frames):
    p_values = compare(frames)["p_value"]
    for correction, adjusted, family in [
        ("holm", holm(p_values), "Holm over 6 comparisons"),
        ("benjamini_hochberg", benjamini_hochberg(p_values), "Benjamini-Hochberg over 6 comparisons"),
        ("none", p_values, "no correction over 6 comparisons"),
    ]:
        table = compare(frames, correction=correction)
        assert table["adjusted_p_value"].tolist() == list(adjusted)
        assert set(table["family"]) == {family} and set(table["correction"]) == {correction}


def test_one_row_is_one_comparison(frames):
    frames.pop("KNN")
    table = compare(frames, cutoff=5)
    assert len(table) == 1 and table.loc[0, "family"] == "Holm over 1 comparison"
    assert table.loc[0, "adjusted_p_value"] == table.loc[0, "p_value"]


def test_baseline_is_compared_with_every_other(frames):
    table = compare(frames, cutoff=5, baseline="KNN")
    assert table[["recommender_a", "recommender_b"]].to_numpy().tolist() == [["MF", "KNN"], ["TopPop", "KNN"]]
    assert set(table["family_size"]) == {2}


def test_difference_of_errors_keeps_its_sign():
    index = pd.MultiIndex.from_product([range(5), [0]], names=["user", "cutoff"])
    frames = {"good": pd.DataFrame({"RMSE": [0.8] * 4 + [0.9]}, index), "bad": pd.DataFrame({"RMSE": [1.0] * 5}, index)}
    row = compare(frames, "RMSE").loc[0]
    assert row["mean_difference"] == pytest.approx(-0.18) and row["ci_high"] < 0
    assert row["rank_biserial"] == -1 and row["cohen_d_z"] < 0 and row["cutoff"] == 0


def test_users_are_matched_by_id_in_any_order(frames):
    shuffled = {name: frame.sample(frac=1, random_state=8) for name, frame in frames.items()}
    mixed = {**frames, "KNN": shuffled["KNN"]}
    pd.testing.assert_frame_equal(compare(mixed), compare(frames))
    assert set(compare(shuffled, cutoff=5)["p_value"]) == set(compare(frames, cutoff=5)["p_value"])


def test_seeds_are_averaged_within_each_user(frames):
    seeds = [frames["MF"], frames["KNN"].sample(frac=1, random_state=8)]
    averaged = (frames["MF"] + frames["KNN"]) / 2
    table = compare({"MF": seeds, "TopPop": frames["TopPop"]}, random_seed=2)
    pd.testing.assert_frame_equal(table, compare({"MF": averaged, "TopPop": frames["TopPop"]}, random_seed=2))
    assert set(table["n_users"]) == {40}
    same = compare({"MF": (frames["MF"],) * 3, "TopPop": [frames["TopPop"]]})
    pd.testing.assert_frame_equal(same, compare({"MF": frames["MF"], "TopPop": frames["TopPop"]}))


def test_users_with_nan_for_any_recommender_are_left_out_and_counted(frames):
    frames["TopPop"].loc[(103, 5), "AUC"] = np.nan
    frames["KNN"].loc[[(103, 5), (117, 5)], "AUC"] = np.nan
    table = compare(frames, ["AUC", "NDCG"])
    hit = (table["metric"] == "AUC") & (table["cutoff"] == 5)
    assert set(table[hit]["n_left_out"]) == {2} and set(table[hit]["n_users"]) == {38}
    assert set(table[~hit]["n_left_out"]) == {0} and set(table[~hit]["n_users"]) == {40}
    kept = {name: frame.drop([103, 117], level="user") for name, frame in frames.items()}
    columns = ["mean_a", "mean_b", "mean_difference", "ci_low", "ci_high", "p_value"]
    expected = compare(kept, "AUC", 5)[columns]
    pd.testing.assert_frame_equal(table[hit][columns].reset_index(drop=True), expected)


def test_nan_of_one_seed_leaves_the_user_out(frames):
    other = frames["MF"].copy()
    other.loc[(103, 5), "NDCG"] = np.nan
    table = compare({"MF": [frames["MF"], other], "TopPop": frames["TopPop"]})
    assert table["n_left_out"].tolist() == [0, 1]


def test_equal_recommenders_have_p_1_and_effect_0(frames, recwarn):
    for test in ["wilcoxon", "t", "permutation"]:
        table = compare({"one": frames["MF"], "two": frames["MF"]}, test=test)
        zeros = table[["mean_difference", "ci_low", "ci_high", "cohen_d_z", "rank_biserial"]]
        assert (zeros == 0).all(axis=None) and (table[["p_value", "adjusted_p_value"]] == 1).all(axis=None)
    assert not recwarn.list


@pytest.mark.parametrize("test", ["wilcoxon", "t", "permutation"])
def test_same_seed_gives_the_same_bits_and_more_metrics_change_no_row(frames, test):
    settings = {"test": test, "random_seed": 9}
    pd.testing.assert_frame_equal(compare(frames, **settings), compare(frames, **settings), check_exact=True)
    alone, among = compare(frames, "RECALL", 5, **settings), compare(frames, ["NDCG", "RECALL"], **settings)
    among = among[(among["metric"] == "RECALL") & (among["cutoff"] == 5)].reset_index(drop=True)
    own = COLUMNS[: COLUMNS.index("p_value") + 1]
    pd.testing.assert_frame_equal(alone[own], among[own])
    assert compare(frames, **{**settings, "random_seed": 10})["ci_low"].ne(compare(frames, **settings)["ci_low"]).all()


def test_more_rows_than_are_resampled_at_once_are_the_same(frames, monkeypatch):
    whole = compare(frames, ["NDCG", "RECALL"])
    widths = []

    def recorded(columns, *arguments):
        widths.append(columns.shape[1])
        return resampled_means(columns, *arguments)

    monkeypatch.setattr("Evaluation.significance.resampled_means", recorded)
    for values, expected in [(200, [5, 5, 2]), (1, [1] * 12), (10_000, [12])]:
        monkeypatch.setattr("Evaluation.significance._VALUES_AT_ONCE", values)
        pd.testing.assert_frame_equal(compare(frames, ["NDCG", "RECALL"]), whole)
        assert widths == expected
        widths.clear()


def test_frames_are_left_as_they_were(frames):
    copies = {name: frame.copy() for name, frame in frames.items()}
    compare({**frames, "both": [frames["MF"], frames["KNN"]]})
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, copies[name])


def test_table_survives_a_csv(frames, tmp_path):
    table = compare(frames)
    table.to_csv(tmp_path / "table.csv", index=False)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), table, check_dtype=False)


def assert_refused(error, text, frames, *arguments, **settings):
    with pytest.raises(error) as caught:
        compare(frames, *arguments, **settings)
    assert str(caught.value) == text


def test_different_users_are_refused_by_name(frames):
    frames["KNN"] = frames["KNN"].drop([104, 120], level="user")
    text = "per_user must be frames of the same users, got 2 of a frame of 'MF' that a frame of 'KNN' lacks: 104, 120"
    assert_refused(ValueError, text, frames)
    frames["MF"] = frames["MF"].drop(range(101, 140), level="user")
    text = "per_user must be frames of the same users, got 37 of a frame of 'KNN' that a frame of 'MF' lacks: "
    assert_refused(ValueError, text + "101, 102, 103, 105, 106, ...", frames)
    text = "per_user must be frames of the same users, got 1 of a frame of 'A' that a frame of 'A' lacks: 100"
    seeds = [per_user_frame(1), per_user_frame(1).drop([100], level="user")]
    assert_refused(ValueError, text, {"A": seeds, "B": seeds[0]})


def test_different_cutoffs_are_refused_unless_one_is_chosen(frames):
    frames["KNN"] = per_user_frame(2, cutoffs=(5, 20))
    text = "per_user must be frames of the same cutoffs, got 1 of a frame of 'MF' that a frame of 'KNN' lacks: 10"
    assert_refused(ValueError, text, frames)
    assert set(compare(frames, cutoff=5)["cutoff"]) == {5}
    text = "cutoff must be one of the cutoffs of per_user['KNN'], [5, 20], got 10"
    assert_refused(ValueError, text, frames, "NDCG", 10)
    assert_refused(TypeError, "cutoff must be an integer >= 0, got '5'", frames, "NDCG", "5")


def test_what_is_no_per_user_frame_is_refused(frames):
    good = frames["MF"]
    name = "per_user['A']"

    def assert_bad(error, text, frame):
        assert_refused(error, text, {"A": frame, "B": good})

    assert_bad(TypeError, f"{name} must be a DataFrame or a list of them, got a Series", good["NDCG"])
    assert_bad(TypeError, f"{name} must be a DataFrame or a list of them, got a NoneType", [good, None])
    assert_bad(ValueError, f"{name} must be a frame or a list of at least one, got an empty list", [])
    assert_bad(ValueError, f"{name} must be indexed by user and cutoff, got ['cutoff', 'user']", good.swaplevel())
    assert_bad(ValueError, f"{name} must be indexed by user and cutoff, got ['user']", good.droplevel("cutoff"))
    assert_bad(ValueError, f"{name} must be a DataFrame with at least one row, got an empty one", good.iloc[:0])
    lacking = good.iloc[1:]
    assert_bad(
        ValueError,
        f"{name} must be with one row for each user and cutoff, got 79 rows for 40 users and 2 cutoffs",
        lacking,
    )
    twice = pd.concat([good.iloc[1:], good.iloc[-1:]])
    assert_bad(
        ValueError,
        f"{name} must be with one row for each user and cutoff, got 80 rows for 40 users and 2 cutoffs",
        twice,
    )
    text = f"metric must be among the columns of {name}, ['RECALL', 'AUC'], got 'NDCG'"
    assert_bad(ValueError, text, good.drop(columns="NDCG"))
    words = good.astype({"NDCG": object})
    assert_bad(TypeError, f"{name} must be a DataFrame of numbers, got NDCG of dtype object", words)


def test_values_that_nobody_can_compare_are_refused(frames):
    frames["MF"]["AUC"] = np.nan
    frames["MF"].loc[[(100, 5), (101, 10), (102, 10)], "AUC"] = 0.5
    text = "per_user must be frames of at least 2 users without NaN, got 1 for AUC at cutoff 5"
    assert_refused(ValueError, text, frames, "AUC")
    frames["MF"].loc[(100, 5), "NDCG"] = math.inf
    text = "per_user must be frames of finite values or NaN, got infinite NDCG at cutoff 5"
    assert_refused(ValueError, text, frames)


def test_settings_out_of_range_are_refused(frames):
    text = "per_user must be a mapping with at least two recommenders, got 1"
    assert_refused(ValueError, text, {"MF": frames["MF"]})
    assert_refused(TypeError, "per_user must be a mapping from name to frames, got a list", [frames["MF"]])
    tests = "'wilcoxon', 't', 'permutation'"
    assert_refused(ValueError, f"test must be one of {tests}, got 'sign'", frames, test="sign")
    assert_refused(TypeError, f"test must be one of {tests}, got None", frames, test=None)
    corrections = "'holm', 'benjamini_hochberg', 'none'"
    assert_refused(ValueError, f"correction must be one of {corrections}, got 'Holm'", frames, correction="Holm")
    text = "baseline must be None or one of ['MF', 'KNN', 'TopPop'], got 'Random'"
    assert_refused(ValueError, text, frames, baseline="Random")
    allowed = "the name of a metric or a list of distinct names"
    assert_refused(ValueError, f"metric must be {allowed}, got []", frames, [])
    assert_refused(ValueError, f"metric must be {allowed}, got ['NDCG', 'NDCG']", frames, ["NDCG", "NDCG"])
    assert_refused(TypeError, f"metric must be {allowed}, got [5]", frames, [5])
    assert_refused(TypeError, f"metric must be {allowed}, got None", frames, None)
    assert_refused(
        ValueError, "confidence_level must be a finite number > 0 and < 1, got 95", frames, confidence_level=95
    )
    assert_refused(ValueError, "n_resamples must be an integer >= 1, got 0", frames, n_resamples=0)
    assert_refused(ValueError, "random_seed must be an integer >= 0, got -1", frames, random_seed=-1)


@pytest.mark.parametrize("test", ["wilcoxon", "permutation"])
def test_a_user_of_large_values_leaves_the_others_their_say(test):
    one, two = per_user_frame(1, n_users=12, cutoffs=[5], lift=0.2), per_user_frame(2, n_users=12, cutoffs=[5])
    one.iloc[0], two.iloc[0] = 1e12, 0.0
    row = compare_per_user({"one": one, "two": two}, "NDCG", test=test, n_resamples=5000).loc[0]
    alone = {"wilcoxon": wilcoxon_test, "permutation": lambda a, b: permutation_test(a, b, n_resamples=5000)}[test]
    assert row["p_value"] == alone(of(one, "NDCG", 5), of(two, "NDCG", 5)).p_value < 0.5
