"""What every recommender owes. A recommender's test inherits RecommenderContract and names its class:

    class TestTopPop(RecommenderContract):
        recommender_class = TopPop
        bad_fit_arguments = [("unknown", 1, TypeError)]

Users 0 and n-1 and items 0 and m-1 of `make_URM()` are cold.
"""

import random
import shutil
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.BaseRecommender import BaseRecommender
from Recommenders.DataIO import DataIO
from tests.conftest import planted_factors_URM
from tests.reference import top_k as reference

NOT_IDS = [(-1, ValueError), (10**6, ValueError), (0.0, TypeError), (True, TypeError), ("0", TypeError)]
NOT_IDS += [([0, -1], ValueError), ([[0, 1]], ValueError), ([0.0, 1.0], TypeError), (None, TypeError)]


def make_URM() -> sps.csr_matrix:
    """40 users x 30 items, of which the first and the last of both are cold."""
    ratings = planted_factors_URM(n_users=40, n_items=30, density=0.3, seed=5).toarray()
    ratings[[0, -1], :] = 0
    ratings[:, [0, -1]] = 0
    return sps.csr_matrix(ratings)


class RecommenderContract:
    """Inherit, and set the class attributes.

    Attributes
    ----------
    recommender_class : the class under test; its constructor takes (URM_train, verbose)
    fit_arguments : arguments of a short fit, the seed included where there is one
    bad_fit_arguments : (name, value, error) triples that fit must refuse
    has_predict : whether predict(user_id_array, item_id_array, clip) is there
    cold_items_are_ranked : whether items without interactions have a score above -inf
    """

    recommender_class: ClassVar[type[Any]]
    fit_arguments: ClassVar[dict[str, Any]] = {}
    bad_fit_arguments: ClassVar[list[tuple[str, Any, type[Exception]]]] = []
    has_predict: ClassVar[bool] = False
    cold_items_are_ranked: ClassVar[bool] = True

    @classmethod
    def unfitted(cls, URM: Any = None, verbose: bool = False) -> Any:
        return cls.recommender_class(make_URM() if URM is None else URM, verbose=verbose)

    @pytest.fixture(scope="class")
    @classmethod
    def shared(cls) -> Any:
        """A fitted recommender that no test changes."""
        return cls.unfitted().fit(**cls.fit_arguments)

    @pytest.fixture
    def fitted(self) -> Any:
        return self.unfitted().fit(**self.fit_arguments)

    def all_scores(self, recommender: Any) -> np.ndarray:
        return recommender.recommend(np.arange(recommender.n_users), remove_seen_flag=False, return_scores=True)[1]

    # construction

    def test_has_a_name_of_its_own(self):
        assert isinstance(self.recommender_class.RECOMMENDER_NAME, str)
        assert self.recommender_class.RECOMMENDER_NAME != BaseRecommender.RECOMMENDER_NAME

    def test_URM_train_is_a_clean_float32_copy_whatever_the_format(self):
        URM = make_URM()
        with_zeros = URM.copy()
        with_zeros.data[:5] = 0
        for given in (with_zeros, with_zeros.tocoo(), sps.csr_array(with_zeros), with_zeros.tolil()):
            recommender = self.unfitted(given)
            assert isinstance(recommender.URM_train, sps.csr_matrix)
            assert recommender.URM_train.dtype == np.float32
            assert recommender.URM_train.nnz == URM.nnz - 5
            assert (recommender.n_users, recommender.n_items) == URM.shape
            np.testing.assert_array_equal(recommender.URM_train.toarray(), with_zeros.toarray().astype(np.float32))

    @pytest.mark.parametrize(
        ("URM", "error"),
        [
            (np.ones((3, 3)), TypeError),
            (None, TypeError),
            (sps.csr_matrix((3, 3)), ValueError),
            (sps.csr_matrix((0, 3)), ValueError),
            (sps.csr_matrix(np.array([[1.0, np.nan]])), ValueError),
            (sps.csr_matrix(np.array([[1.0, np.inf]])), ValueError),
            (sps.csr_matrix(([0.0], ([0], [0])), shape=(2, 2)), ValueError),
        ],
    )
    def test_a_URM_that_is_none_is_refused(self, URM, error):
        with pytest.raises(error, match="URM_train must be"):
            self.recommender_class(URM, verbose=False)

    # fit

    def test_fit_returns_self_and_leaves_both_URMs_as_they_were(self):
        URM = make_URM()
        before = URM.copy()
        recommender = self.unfitted(URM)
        train_before = recommender.get_URM_train()
        assert recommender.fit(**self.fit_arguments) is recommender
        for one, other in ((URM, before), (recommender.URM_train, train_before)):
            np.testing.assert_array_equal(one.indptr, other.indptr)
            np.testing.assert_array_equal(one.indices, other.indices)
            np.testing.assert_array_equal(one.data, other.data)

    def test_second_fit_with_same_seed_equals_first(self, fitted):
        first = self.all_scores(fitted)
        np.testing.assert_array_equal(self.all_scores(fitted.fit(**self.fit_arguments)), first)
        np.testing.assert_array_equal(self.all_scores(self.unfitted().fit(**self.fit_arguments)), first)

    def test_fit_and_recommend_leave_the_global_random_states_alone(self):
        torch = pytest.importorskip("torch")
        before = random.getstate(), np.random.get_state()
        torch_before = torch.get_rng_state()
        self.unfitted().fit(**self.fit_arguments).recommend(1)
        after = random.getstate(), np.random.get_state()
        assert before[0] == after[0]
        assert torch.equal(torch.get_rng_state(), torch_before)
        for one, other in zip(before[1], after[1]):
            np.testing.assert_array_equal(one, other)

    def test_bad_fit_arguments_are_refused_and_leave_the_model(self, fitted):
        if not self.bad_fit_arguments:
            pytest.skip("fit takes no argument that could be bad")
        before = self.all_scores(fitted)
        for name, value, error in self.bad_fit_arguments:
            with pytest.raises(error, match=name):
                fitted.fit(**self.fit_arguments | {name: value})
            np.testing.assert_array_equal(self.all_scores(fitted), before, err_msg=f"{name}={value!r}")

    def test_before_fit_there_is_an_error_that_says_what_to_call(self, tmp_path):
        recommender = self.unfitted()
        calls = [lambda: recommender.recommend(1), lambda: recommender.save_model(tmp_path)]
        if self.has_predict:
            calls.append(lambda: recommender.predict([1], [1]))
        for call in calls:
            with pytest.raises(RuntimeError, match=r"call fit\(\) or load_model\(\) first"):
                call()
        assert list(tmp_path.iterdir()) == []

    # recommend

    @pytest.mark.parametrize("one", [3, np.int64(3), np.int32(3), np.array(3)], ids=["int", "int64", "int32", "0-d"])
    def test_one_user_gets_a_list_of_python_ints(self, shared, one):
        ranking = shared.recommend(one, cutoff=5)
        assert len(ranking) == 5
        assert all(type(item) is int for item in ranking)
        assert ranking == shared.recommend([3], cutoff=5)[0]

    def test_several_users_get_a_list_of_lists(self, shared):
        rankings = shared.recommend([5, 1, 5], cutoff=4)
        assert rankings == shared.recommend(np.array([5, 1, 5], dtype=np.int32), cutoff=4)
        assert rankings[0] == rankings[2]
        assert all(type(item) is int for ranking in rankings for item in ranking)

    def test_no_users_get_no_lists(self, shared):
        assert shared.recommend([]) == []
        assert shared.recommend(np.empty(0, dtype=np.int64)) == []
        rankings, scores = shared.recommend([], return_scores=True)
        assert rankings == []
        assert scores.shape == (0, shared.n_items)

    def test_ranking_is_by_descending_score_and_ascending_id(self, shared):
        users = np.arange(shared.n_users)
        for flag in (True, False):
            for cutoff in (1, 7, shared.n_items):
                rankings, scores = shared.recommend(users, cutoff=cutoff, remove_seen_flag=flag, return_scores=True)
                assert rankings == reference.top_k(scores, cutoff)

    def test_seen_items_are_left_out_and_nothing_else(self, shared):
        users = np.arange(shared.n_users)
        scores = shared.recommend(users, return_scores=True)[1]
        everything = shared.recommend(users, remove_seen_flag=False, return_scores=True)[1]
        seen = make_URM().toarray() != 0
        assert (scores[seen] == -np.inf).all()
        np.testing.assert_array_equal(scores[~seen], everything[~seen])

    def test_a_full_ranking_has_every_item(self, shared):
        expected = shared.n_items if self.cold_items_are_ranked else shared.n_items - 2
        for cutoff in (None, shared.n_items, shared.n_items + 100):
            for ranking in shared.recommend([0, 3], cutoff=cutoff, remove_seen_flag=False):
                assert len(ranking) == len(set(ranking)) == expected

    @pytest.mark.parametrize(
        ("cutoff", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
    )
    def test_a_cutoff_that_is_none_is_refused(self, shared, cutoff, error):
        with pytest.raises(error, match="cutoff must be"):
            shared.recommend(1, cutoff=cutoff)

    @pytest.mark.parametrize(("ids", "error"), NOT_IDS)
    def test_ids_that_are_none_are_refused(self, shared, ids, error):
        with pytest.raises(error, match="user_id_array must be"):
            shared.recommend(ids)
        with pytest.raises(error, match="items_to_compute must be"):
            shared.recommend(1, items_to_compute="0" if ids is None else ids)

    def test_items_to_compute_are_the_only_ones_ranked(self, shared):
        items = [20, 4, 11, 4]
        users = np.arange(shared.n_users)
        rankings, scores = shared.recommend(users, items_to_compute=items, remove_seen_flag=False, return_scores=True)
        everything = self.all_scores(shared)
        assert all(sorted(ranking) == [4, 11, 20] for ranking in rankings)
        np.testing.assert_allclose(scores[:, items], everything[:, items], rtol=1e-5, atol=1e-6)
        assert (np.delete(scores, items, axis=1) == -np.inf).all()
        assert shared.recommend(1, items_to_compute=[]) == []

    def test_scores_outside_items_to_compute_are_minus_infinity_before_recommend_masks_them(self, shared):
        scores = shared._compute_item_score(np.array([1, 2]), items_to_compute=np.array([4, 11]))
        assert scores.shape == (2, shared.n_items)
        assert np.isfinite(scores[:, [4, 11]]).all()
        assert (np.delete(scores, [4, 11], axis=1) == -np.inf).all()

    def test_items_to_ignore_are_left_out_only_when_asked_for(self, fitted):
        before = fitted.recommend([1, 2])
        fitted.set_items_to_ignore([3, 7])
        assert fitted.recommend([1, 2]) == before
        without = [[item for item in ranking if item not in (3, 7)] for ranking in before]
        assert fitted.recommend([1, 2], remove_custom_items_flag=True) == without
        fitted.reset_items_to_ignore()
        assert fitted.recommend([1, 2], remove_custom_items_flag=True) == before

    def test_scores_of_a_user_do_not_depend_on_the_others_in_the_batch(self, shared):
        everything = self.all_scores(shared)
        for users in ([7], [30, 7, 2, 7]):
            scores = shared.recommend(users, remove_seen_flag=False, return_scores=True)[1]
            np.testing.assert_allclose(scores, everything[users], rtol=1e-5, atol=1e-6)

    def test_masks_of_one_call_do_not_reach_the_next(self, shared):
        before = self.all_scores(shared)
        shared.recommend(np.arange(shared.n_users), items_to_compute=[1])
        np.testing.assert_array_equal(self.all_scores(shared), before)

    # save and load

    def test_a_loaded_model_recommends_exactly_what_the_saved_one_did(self, shared, tmp_path):
        shared.save_model(tmp_path / "new" / "folder", file_name="model")
        loaded = self.unfitted()
        loaded.load_model(str(tmp_path / "new" / "folder") + "/", file_name="model.zip")
        np.testing.assert_array_equal(self.all_scores(loaded), self.all_scores(shared))
        assert loaded.recommend(np.arange(40)) == shared.recommend(np.arange(40))
        if self.has_predict:
            users, items = np.arange(30), np.arange(30)
            np.testing.assert_array_equal(loaded.predict(users, items), shared.predict(users, items))
        loaded.fit(**self.fit_arguments)
        np.testing.assert_array_equal(self.all_scores(loaded), self.all_scores(shared))

    def test_an_empty_folder_is_the_current_one_and_what_is_no_path_is_refused(self, shared, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        shared.save_model("", "here")
        assert [path.name for path in tmp_path.iterdir()] == ["here.zip"]
        for folder, name in ((None, None), (5, None), (b"folder", None), ("folder", 5)):
            with pytest.raises(TypeError, match=r"folder_path must be|file_name must be"):
                shared.save_model(folder, name)
            with pytest.raises(TypeError, match=r"folder_path must be|file_name must be"):
                shared.load_model(folder, name)
        assert [path.name for path in tmp_path.iterdir()] == ["here.zip"]

    def test_the_default_file_name_is_the_recommenders_name(self, shared, tmp_path):
        shared.save_model(str(tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == [shared.RECOMMENDER_NAME + ".zip"]
        self.unfitted().load_model(tmp_path)

    def test_saving_and_loading_say_so_in_the_hosts_words(self, fitted, tmp_path, capsys):
        fitted.verbose = True
        name, folder = fitted.RECOMMENDER_NAME, f"{tmp_path}/"
        fitted.save_model(folder, "model")
        fitted.load_model(folder, "model")
        assert capsys.readouterr().out.splitlines() == [
            f"{name}: Saving model in file '{folder}model'",
            f"{name}: Saving complete",
            f"{name}: Loading model from file '{folder}model'",
            f"{name}: Loading complete",
        ]

    def assert_refused(self, fitted: Any, folder: Path, error: type[Exception], file_name: str = "model") -> None:
        before = self.all_scores(fitted)
        state = set(vars(fitted))
        with pytest.raises(error, match=file_name):
            fitted.load_model(folder, file_name)
        assert set(vars(fitted)) == state
        np.testing.assert_array_equal(self.all_scores(fitted), before)

    def test_a_missing_file_is_named_and_nothing_changes(self, fitted, tmp_path):
        self.assert_refused(fitted, tmp_path, FileNotFoundError)

    def test_a_truncated_or_foreign_file_is_named_and_nothing_changes(self, fitted, tmp_path):
        fitted.save_model(tmp_path, "model")
        whole = (tmp_path / "model.zip").read_bytes()
        for broken in (whole[: len(whole) // 2], b"", b"no zip at all", whole[:-30]):
            (tmp_path / "model.zip").write_bytes(broken)
            self.assert_refused(fitted, tmp_path, ValueError)

    def test_an_archive_without_the_models_keys_is_named_and_nothing_changes(self, fitted, tmp_path):
        DataIO(str(tmp_path)).save_data("model", {"something": np.zeros(3)})
        self.assert_refused(fitted, tmp_path, ValueError)

    def test_a_model_of_another_shape_of_URM_is_refused_and_nothing_changes(self, fitted, tmp_path):
        larger = sps.csr_matrix(planted_factors_URM(n_users=41, n_items=31, density=0.4, seed=1))
        other = self.unfitted(larger).fit(**self.fit_arguments)
        other.save_model(tmp_path, "model")
        if set(DataIO(str(tmp_path)).load_data("model")) <= {"random_seed"}:
            pytest.skip("the model does not depend on the shape")
        self.assert_refused(fitted, tmp_path, ValueError)

    def test_a_member_that_is_no_array_of_the_model_is_refused_and_nothing_changes(self, fitted, tmp_path):
        fitted.save_model(tmp_path, "whole")
        whole = DataIO(str(tmp_path)).load_data("whole")
        for key in whole:
            DataIO(str(tmp_path)).save_data("model", whole | {key: {"neither": "array"}})
            self.assert_refused(fitted, tmp_path, ValueError)

    @pytest.mark.parametrize("member", ["recommend.json", "n_users.npy", "a.csv", "a.npz", "a.zip", "a.h5"])
    def test_a_member_that_is_not_of_the_model_is_refused_by_name_and_unread(self, fitted, tmp_path, member):
        fitted.save_model(tmp_path, "whole")
        shutil.copy(tmp_path / "whole.zip", tmp_path / "model.zip")
        with zipfile.ZipFile(tmp_path / "model.zip", "a") as archive:
            archive.writestr(member, b"what reads this has an error of its own")
        self.assert_refused(fitted, tmp_path, ValueError)
        with pytest.raises(
            ValueError, match=rf"model\.zip must hold .*, got the member '{member}', which has not been read"
        ):
            self.unfitted().load_model(tmp_path, "model")

    # output

    def test_nothing_is_printed_unless_verbose(self, tmp_path, capfd):
        recommender = self.unfitted(verbose=False).fit(**self.fit_arguments)
        recommender.recommend([1, 2])
        recommender.save_model(tmp_path)
        recommender.load_model(tmp_path)
        assert capfd.readouterr() == ("", "")

    # predict

    def test_predict_gives_one_finite_number_a_pair_whatever_the_batch(self, shared):
        self.skip_without_predict()
        users, items = (grid.ravel() for grid in np.meshgrid(np.arange(40), np.arange(30), indexing="ij"))
        predictions = shared.predict(users, items)
        assert predictions.shape == (1200,)
        assert predictions.dtype.kind == "f"
        assert np.isfinite(predictions).all()
        np.testing.assert_allclose(shared.predict(users[7:9], items[7:9]), predictions[7:9], rtol=1e-5, atol=1e-6)
        assert shared.predict([], []).shape == (0,)

    def test_predict_clips_into_the_range_of_the_training_ratings(self, shared):
        self.skip_without_predict()
        users, items = (grid.ravel() for grid in np.meshgrid(np.arange(40), np.arange(30)))
        ratings = make_URM().data.astype(np.float32)
        expected = np.clip(shared.predict(users, items), ratings.min(), ratings.max())
        np.testing.assert_allclose(shared.predict(users, items, clip=True), expected, rtol=1e-6)

    def test_predict_refuses_bad_ids_and_different_lengths(self, shared):
        self.skip_without_predict()
        for ids, error in NOT_IDS:
            with pytest.raises(error, match="user_id_array must be"):
                shared.predict(ids, [1])
            with pytest.raises(error, match="item_id_array must be"):
                shared.predict([1], ids)
        with pytest.raises(ValueError, match="item_id_array"):
            shared.predict([1, 2], [1])

    def skip_without_predict(self) -> None:
        if not self.has_predict:
            pytest.skip(f"{self.recommender_class.__name__} ranks without predicting ratings")
