import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from Recommenders.BaseMatrixFactorizationRecommender import BaseMatrixFactorizationRecommender, BaseSVDRecommender
from Recommenders.DataIO import DataIO
from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch

PLUGIN_KEYS = {"activation", "rating_range", "format_version"}
HOST_KEYS = {"USER_factors", "ITEM_factors", "use_bias", "USER_bias", "ITEM_bias", "GLOBAL_bias"}


class PlainFactorization(BaseMatrixFactorizationRecommender):
    """A recommender of the host: random factors, and the host's own save_model and load_model."""

    RECOMMENDER_NAME = "PlainFactorization"

    def fit(self, use_bias=False, global_bias=3.5):
        rng = np.random.default_rng(0)
        self.USER_factors = rng.normal(size=(self.n_users, 3))
        self.ITEM_factors = rng.normal(size=(self.n_items, 3))
        self.use_bias = use_bias
        if use_bias:
            self.USER_bias, self.ITEM_bias = rng.normal(size=self.n_users), rng.normal(size=self.n_items)
            self.GLOBAL_bias = global_bias


class PlainSVD(BaseSVDRecommender):
    RECOMMENDER_NAME = "PlainSVD"

    def fit(self):
        rng = np.random.default_rng(0)
        self.USER_factors = rng.normal(size=(self.n_users, 3)).astype(np.float32)
        self.ITEM_factors = rng.normal(size=(self.n_items, 3)).astype(np.float32)
        self.Sigma = np.array([9.0, 4.0, 0.5], dtype=np.float32)


def assert_same(first, second):
    assert first.ranking == second.ranking
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(first.predictions, second.predictions)


@pytest.mark.filterwarnings("ignore:a sigmoid predicts")
@pytest.mark.parametrize("file_name", [None, "my_model", "my_model.zip"])
def test_a_saved_and_loaded_model_recommends_what_the_fitted_one_did(fit, unfitted, folder, everything, file_name):
    fitted = fit(activation="sigmoid")
    fitted.save_model(folder, file_name=file_name)
    unfitted.load_model(folder, file_name=file_name)
    assert_same(everything(unfitted), everything(fitted))
    saved = file_name or "MatrixFactorization_PyTorch_Recommender"
    assert [path.name for path in Path(folder).iterdir()] == [saved.removesuffix(".zip") + ".zip"]


def test_the_folder_is_the_same_with_and_without_a_slash(fit, unfitted, tmp_path):
    fit().save_model(str(tmp_path / "new_folder"))
    unfitted.load_model(tmp_path / "new_folder")
    assert (tmp_path / "new_folder" / "MatrixFactorization_PyTorch_Recommender.zip").is_file()


def test_the_host_reads_every_key_that_was_saved(fit, folder):
    recommender = fit()
    recommender.save_model(folder)
    data = DataIO(folder_path=folder).load_data("MatrixFactorization_PyTorch_Recommender")
    assert data.keys() == HOST_KEYS | PLUGIN_KEYS
    assert data["use_bias"] is True and data["activation"] == "relu"


def test_a_recommender_of_the_host_loads_the_plugins_archive(fit, URM, folder, everything):
    fitted = fit()
    fitted.save_model(folder, file_name="exchanged")
    plain = PlainFactorization(URM, verbose=False)
    plain.load_model(folder, file_name="exchanged")
    assert plain.activation == "relu"
    assert everything(plain).ranking == everything(fitted).ranking
    np.testing.assert_array_equal(everything(plain).scores, everything(fitted).scores)


def test_the_plugin_loads_an_archive_of_the_host_without_biases(unfitted, URM, folder, everything):
    plain = PlainFactorization(URM, verbose=False)
    plain.fit()
    plain.save_model(folder)
    unfitted.load_model(folder, file_name="PlainFactorization")
    np.testing.assert_allclose(everything(unfitted).scores, everything(plain).scores, rtol=1e-5, atol=1e-5)
    expected = plain.USER_factors[[4, 5]] @ plain.ITEM_factors[2]
    np.testing.assert_allclose(unfitted.predict([4, 5], 2), expected, rtol=1e-5)


@pytest.mark.parametrize("global_bias", [3.5, np.float64(3.5), np.array(3.5), np.array(3.5, dtype=np.float32)])
def test_the_plugin_loads_an_archive_of_the_host_with_biases(unfitted, URM, folder, everything, global_bias):
    plain = PlainFactorization(URM, verbose=False)
    plain.fit(use_bias=True, global_bias=global_bias)
    plain.save_model(folder)
    unfitted.load_model(folder, file_name="PlainFactorization")
    np.testing.assert_allclose(everything(unfitted).scores, everything(plain).scores, rtol=1e-5, atol=1e-5)


def test_the_plugin_loads_a_singular_value_decomposition_of_the_host(unfitted, URM, folder, everything):
    svd = PlainSVD(URM, verbose=False)
    svd.fit()
    svd.save_model(folder)
    unfitted.load_model(folder, file_name="PlainSVD")
    np.testing.assert_allclose(everything(unfitted).scores, everything(svd).scores, rtol=1e-5, atol=1e-5)
    for name in ("USER_bias", "ITEM_bias", "GLOBAL_bias"):
        assert not getattr(unfitted, name).any()
    unfitted.save_model(folder, file_name="again")


def test_a_model_saved_alone_loads_inside_the_host(unfitted, everything):
    alone = np.load("trained_alone.npz")
    unfitted.load_model("saved_alone/")
    loaded = everything(unfitted)
    np.testing.assert_array_equal(loaded.predictions, alone["predictions"])
    assert [items[:5] for items in loaded.ranking] == alone["top_5"].tolist()


def test_a_model_for_the_run_outside_the_host_is_saved(fit):
    """The process that started this one loads it, on this project's own bases."""
    fit().save_model("saved_inside")
    assert Path("saved_inside", "MatrixFactorization_PyTorch_Recommender.zip").is_file()


def test_the_plugin_takes_no_other_attribute_from_an_archive(fit, unfitted, URM, folder):
    """The host sets every key as an attribute."""
    fit().save_model(folder, file_name="hostile")
    data = DataIO(folder_path=folder).load_data("hostile")
    hostile = {"recommend": "not a method", "verbose": True, "URM_train": 0 * URM, "RECOMMENDER_NAME": "another"}
    for key, value in hostile.items():
        DataIO(folder_path=folder).save_data("hostile", data | {key: value})
        with pytest.raises(ValueError, match=rf"hostile\.zip must hold .* got the member '{key}\.[a-z]+'"):
            unfitted.load_model(folder, file_name="hostile")
    assert callable(unfitted.recommend) and unfitted.verbose is False
    assert unfitted.URM_train.nnz == URM.nnz and unfitted.RECOMMENDER_NAME != "another"


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def foreign(path):
    path.write_text("no zip at all", encoding="utf-8")


def without_a_member(path):
    rewrite(path, lambda name, content: None if name == "ITEM_factors.npy" else content)


def with_a_broken_member(path):
    rewrite(path, lambda name, content: content[:50] if name == "USER_factors.npy" else content)


def with_NaN(path):
    # the factors of the last user are the last bytes of the member
    rewrite(path, lambda name, content: content[:-4] + b"\xff\xff\xff\xff" if name == "USER_factors.npy" else content)


def rewrite(path, change):
    original = path.with_suffix(".original")
    shutil.move(path, original)
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    original.unlink()


@pytest.mark.parametrize("damage", [truncated, foreign, without_a_member, with_a_broken_member, with_NaN])
def test_a_damaged_archive_is_an_error_that_names_the_file(fit, folder, everything, damage):
    recommender = fit()
    before = everything(recommender)
    recommender.save_model(folder, file_name="damaged")
    damage(Path(folder) / "damaged.zip")
    with pytest.raises(ValueError, match=r"damaged\.zip"):
        recommender.load_model(folder, file_name="damaged")
    assert_same(everything(recommender), before)


def test_an_archive_for_another_URM_is_refused(fit, URM, folder):
    fit().save_model(folder, file_name="model")
    other = MatrixFactorization_PyTorch(URM[:-1], verbose=False)
    with pytest.raises(ValueError, match=r"model\.zip: USER_factors must be .* shape"):
        other.load_model(folder, file_name="model")


def test_a_missing_archive_is_an_error_that_names_the_file(unfitted, folder):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.zip"):
        unfitted.load_model(folder, file_name="nowhere")
