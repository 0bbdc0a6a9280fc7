"""The base class through recommenders whose scores a test chooses."""

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders._ranking.top_k import as_lists
from Recommenders.BaseRecommender import BaseRecommender
from tests.reference import top_k as reference


class Scorer(BaseRecommender):
    """Scores are the rows of `table`, whatever is asked for."""

    RECOMMENDER_NAME = "ScorerRecommender"
    table = np.tile(np.arange(5.0), (4, 1))

    def _compute_item_score(self, user_id_array, items_to_compute=None):
        return self.table[user_id_array]


def scorer(URM, table=None):
    recommender = Scorer(URM, verbose=False)
    if table is not None:
        recommender.table = table
    return recommender


def test_attributes_are_those_of_the_contract(tiny_URM):
    recommender = BaseRecommender(tiny_URM, verbose=False)
    assert (recommender.n_users, recommender.n_items) == (4, 5)
    assert recommender.RECOMMENDER_NAME == "Recommender_Base_Class"
    assert recommender.filterTopPop is False
    assert recommender.items_to_ignore_flag is False
    assert recommender.filterTopPop_ItemsID.size == recommender.items_to_ignore_ID.size == 0
    assert recommender._get_cold_user_mask().tolist() == [False, False, False, True]
    assert recommender._get_cold_item_mask().tolist() == [False, False, False, False, True]
    assert recommender.fit() is recommender


def test_cold_users_and_items_are_reported_unless_silent(tiny_URM, capsys):
    BaseRecommender(tiny_URM)
    assert capsys.readouterr().out.splitlines() == [
        "Recommender_Base_Class: URM Detected 1 (25.0%) users with no interactions.",
        "Recommender_Base_Class: URM Detected 1 (20.0%) items with no interactions.",
    ]
    BaseRecommender(tiny_URM, verbose=False)
    BaseRecommender(tiny_URM[:3, :4])
    assert capsys.readouterr().out == ""


def test_the_given_URM_and_the_copy_handed_out_are_not_the_recommenders(tiny_URM):
    recommender = scorer(tiny_URM)
    tiny_URM.data[:] = 9
    recommender.get_URM_train().data[:] = 9
    assert recommender.URM_train.max() == 5


def test_mixins_after_the_base_are_initialised_without_arguments(tiny_URM):
    class Mixin:
        def __init__(self):
            self.ready = True

    class WithMixin(BaseRecommender, Mixin):
        pass

    assert WithMixin(tiny_URM, verbose=False).ready


def test_a_torch_module_can_be_a_recommender(tiny_URM):
    torch = pytest.importorskip("torch")

    class Model(torch.nn.Module, BaseRecommender):
        def __init__(self, URM_train, verbose=True):
            super().__init__()
            BaseRecommender.__init__(self, URM_train, verbose)
            self.item_scores = torch.nn.Parameter(torch.arange(5.0))

        def _compute_item_score(self, user_id_array, items_to_compute=None):
            return self.item_scores.detach().numpy()[np.newaxis].repeat(len(user_id_array), axis=0)

    model = Model(tiny_URM, verbose=False)
    assert model.recommend(0) == [4, 2]
    assert len(list(model.parameters())) == 1


def test_set_URM_train_replaces_seen_items_and_both_masks(tiny_URM, capsys):
    recommender = scorer(tiny_URM)
    new = sps.csc_array(np.eye(4, 5, k=1))
    new[3, 4] = 1
    recommender.set_URM_train(new)
    assert not recommender._get_cold_user_mask().any()
    assert recommender._get_cold_item_mask().tolist() == [True, False, False, False, False]
    assert recommender.recommend(0) == [4, 3, 2, 0]
    recommender.verbose = True
    recommender.set_URM_train(tiny_URM, URM_other=None)
    assert capsys.readouterr().out.splitlines() == [
        "ScorerRecommender: set_URM_train ignores the arguments URM_other",
        "ScorerRecommender: Detected 1 (25.0%) users with no interactions.",
        "ScorerRecommender: Detected 1 (20.0%) items with no interactions.",
    ]


@pytest.mark.parametrize("URM", [np.ones((4, 5)), sps.eye(3, 5, format="csr"), sps.csr_matrix((4, 5))])
def test_set_URM_train_refuses_another_shape_type_or_none_and_keeps_the_old(tiny_URM, URM):
    recommender = scorer(tiny_URM)
    with pytest.raises((TypeError, ValueError), match="URM_train_new must be"):
        recommender.set_URM_train(URM)
    assert recommender.URM_train.nnz == 8


@pytest.mark.parametrize("verbose", [None, "yes", 2])
def test_verbose_must_be_true_or_false(tiny_URM, verbose):
    with pytest.raises(TypeError, match="verbose must be"):
        BaseRecommender(tiny_URM, verbose)


def test_what_a_subclass_must_supply_is_not_implemented(tiny_URM, tmp_path):
    recommender = BaseRecommender(tiny_URM, verbose=False)
    for call in (
        lambda: recommender.recommend(0),
        lambda: recommender.save_model(tmp_path),
        lambda: recommender.load_model(tmp_path),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_nan_scores_are_refused_with_the_users_id_and_hidden_ones_are_not(tiny_URM):
    table = np.ones((4, 5))
    table[2, 0] = np.nan
    with pytest.raises(ValueError, match="NaN in the row of id 2"):
        scorer(tiny_URM, table).recommend([3, 2], remove_seen_flag=False)
    assert scorer(tiny_URM, table).recommend(2) == [3, 4]


def test_plus_infinity_leads_and_minus_infinity_is_left_out(tiny_URM):
    table = np.array([[1, -np.inf, np.inf, 2, np.inf]] * 4)
    assert scorer(tiny_URM, table).recommend(3) == [2, 4, 3, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_scores_of_every_dtype_and_layout_are_ranked(tiny_URM, dtype, order):
    table = np.array(np.random.default_rng(0).integers(0, 4, (4, 5)), dtype=dtype, order=order)
    rankings = scorer(tiny_URM, table).recommend([0, 1, 2, 3], remove_seen_flag=False)
    assert rankings == reference.top_k(table.astype(float), 5)


@pytest.mark.parametrize("contiguous", [True, False])
def test_read_only_scores_of_a_scorer_are_ranked_and_not_written_to(tiny_URM, contiguous):
    fixed = np.broadcast_to(np.arange(5.0), (2, 5))
    if contiguous:
        fixed = fixed.copy()
        fixed.setflags(write=False)
    recommender = Scorer(tiny_URM, verbose=False)
    recommender._compute_item_score = lambda user_id_array, items_to_compute=None: fixed
    assert recommender.recommend([0, 3]) == [[4, 2], [4, 3, 2, 1, 0]]


@pytest.mark.parametrize("shape", [(4, 4), (4, 6), (3, 5), (20,)])
def test_scores_of_another_shape_are_refused(tiny_URM, shape):
    recommender = Scorer(tiny_URM, verbose=False)
    recommender._compute_item_score = lambda user_id_array, items_to_compute=None: np.zeros(shape)
    with pytest.raises(ValueError, match="must be of shape"):
        recommender.recommend([0, 1, 2, 3])


def test_a_scorer_that_forgets_items_to_compute_still_ranks_only_them(tiny_URM):
    ranking, scores = scorer(tiny_URM).recommend(3, items_to_compute=[1, 2], return_scores=True)
    assert ranking == [2, 1]
    assert scores.tolist() == [[-np.inf, 1, 2, -np.inf, -np.inf]]


def test_top_popular_items_are_left_out_only_when_asked_for(tiny_URM):
    recommender = scorer(tiny_URM)
    recommender.filterTopPop_ItemsID = np.array([4], dtype=np.int32)
    assert recommender.recommend(3, cutoff=2) == [4, 3]
    assert recommender.recommend(3, cutoff=2, remove_top_pop_flag=True) == [3, 2]


@pytest.mark.parametrize("items", [[5], [-1], [0.5], ["0"]])
def test_items_to_ignore_must_be_item_ids(tiny_URM, items):
    with pytest.raises((TypeError, ValueError), match="items_to_ignore must be"):
        scorer(tiny_URM).set_items_to_ignore(items)


@pytest.mark.parametrize(
    "flag", ["remove_seen_flag", "remove_top_pop_flag", "remove_custom_items_flag", "return_scores"]
)
def test_flags_must_be_true_or_false(tiny_URM, flag):
    with pytest.raises(TypeError, match=flag):
        scorer(tiny_URM).recommend(0, **{flag: "no"})
    scorer(tiny_URM).recommend(0, **{flag: np.bool_(True)})


def test_positional_arguments_are_in_the_hosts_order(tiny_URM):
    recommender = scorer(tiny_URM)
    recommender.set_items_to_ignore([2])
    ranking, scores = recommender.recommend(0, 3, False, [0, 1, 2], False, True, True)
    assert ranking == [1, 0]
    assert scores.shape == (1, 5)


def test_users_are_scored_in_blocks_unless_all_scores_are_asked_for(tiny_URM, monkeypatch):
    blocks = []

    class Counting(Scorer):
        def _compute_item_score(self, user_id_array, items_to_compute=None):
            blocks.append(len(user_id_array))
            return super()._compute_item_score(user_id_array)

    recommender = Counting(tiny_URM, verbose=False)
    whole = recommender.recommend([3, 0, 1, 2, 3])
    monkeypatch.setattr("Recommenders._ranking.request._SCORES_PER_BLOCK", 10)
    assert recommender.recommend([3, 0, 1, 2, 3]) == whole
    assert recommender.recommend([3, 0, 1, 2, 3], return_scores=True)[0] == whole
    assert blocks == [5, 2, 2, 1, 5]


def test_start_ranking_gives_the_lists_of_recommend_in_arrays(tiny_URM):
    recommender = scorer(tiny_URM, np.random.default_rng(0).integers(0, 3, (4, 5)).astype(float))
    recommender.set_items_to_ignore([2])
    for flags in ({}, {"remove_seen_flag": False}, {"remove_custom_items_flag": True}):
        ids, lengths = recommender.start_ranking(3, num_threads=2, **flags).rank(np.array([3, 0, 1]))
        assert ids.dtype == lengths.dtype == np.int32
        assert (ids[np.arange(3) >= lengths[:, None]] == -1).all()
        assert as_lists(ids, lengths) == recommender.recommend([3, 0, 1], cutoff=3, **flags)


def test_start_ranking_ranks_each_users_candidates_alone(tiny_URM):
    candidates = sps.csr_matrix([[1, 0, 1, 1, 1], [0] * 5, [0, 0, 0, 2, 0], [1] * 5])
    recommender = scorer(tiny_URM)
    ids, lengths = recommender.start_ranking(candidates=candidates).rank(np.arange(4))
    expected = [recommender.recommend(user, items_to_compute=candidates[user].indices) for user in range(4)]
    assert as_lists(ids, lengths) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cutoff": 0}, "cutoff must be an integer >= 1, got 0"),
        ({"num_threads": 0}, "num_threads must be an integer >= 1, got 0"),
        ({"num_threads": 1.5}, "num_threads must be an integer >= 1, got 1.5"),
        ({"candidates": np.ones((4, 5))}, "candidates must be a scipy sparse matrix"),
        ({"candidates": sps.eye(5, format="csr")}, r"candidates must be of shape \(4, 5\), got shape \(5, 5\)"),
        ({"remove_seen_flag": 1}, "remove_seen_flag must be True or False, got 1"),
    ],
)
def test_start_ranking_refuses_bad_arguments(tiny_URM, arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        scorer(tiny_URM).start_ranking(**arguments)
