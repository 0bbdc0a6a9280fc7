"""What save_model and load_model share."""

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders._model_archive import (
    Array,
    ModelArchive,
    Range,
    Scalar,
    Sparse,
    check_fitted,
    install,
    load_archive,
    load_declared,
    save_archive,
    save_declared,
)
from recsys_common.validation import check_bool, check_choice, check_float, check_int


@pytest.fixture
def recommender():
    printed = []
    shape = {"n_users": 3, "n_items": 2}
    return SimpleNamespace(RECOMMENDER_NAME="AnyRecommender", _print=printed.append, printed=printed, old=1, **shape)


@pytest.fixture
def archive():
    return ModelArchive(
        {
            "array": np.zeros((3, 2), dtype=np.float32),
            "infinite": np.array([1.0, -np.inf]),
            "NaN": np.array([1.0, np.nan]),
            "plus_infinity": np.array([1.0, np.inf]),
            "descending_numbers": np.array([2.0, 1.0]),
            "integers": np.arange(3),
            "sparse": sps.csc_matrix(np.eye(2, dtype=np.float32)),
            "flag": True,
            "number": 2.5,
            "count": 3,
            "zero_d": np.array(2.5),
            "text": "relu",
        },
        "some/model.zip",
        {"n_users": 3, "n_items": 2},
    )


def test_what_is_saved_is_loaded_by_name_or_by_default(recommender, tmp_path):
    for file_name in (None, "model", "model.zip"):
        save_archive(recommender, tmp_path / "a" / "b", file_name, {"x": np.arange(3.0), "flag": True})
        archive = load_archive(recommender, f"{tmp_path}/a/b/", file_name, ["x", "flag"])
        assert isinstance(archive, dict)
        np.testing.assert_array_equal(archive["x"], np.arange(3.0))
        assert archive["flag"] is True
        install(recommender, x=archive["x"])
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["AnyRecommender.zip", "model.zip"]
    assert recommender.printed[:4] == [
        f"Saving model in file '{tmp_path}/a/b/AnyRecommender'",
        "Saving complete",
        f"Loading model from file '{tmp_path}/a/b/AnyRecommender'",
        "Loading complete",
    ]


def test_a_damaged_file_is_a_ValueError_that_names_the_file(recommender, tmp_path):
    save_archive(recommender, tmp_path, "model", {"x": 1})
    for content in (b"", b"text", (tmp_path / "model.zip").read_bytes()[:-1]):
        (tmp_path / "model.zip").write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.zip is damaged"):
            load_archive(recommender, tmp_path, "model", ["x"])


def test_missing_files_stay_FileNotFoundErrors_that_name_the_file(recommender, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model\.zip"):
        load_archive(recommender, tmp_path, "model", ["x"])


def test_what_is_not_declared_is_refused_unread(recommender, tmp_path):
    save_archive(recommender, tmp_path, "model", {"x": 1, "y": 2})
    damage_member(tmp_path / "model.zip", "y.json")
    with pytest.raises(ValueError, match=r"model\.zip must hold nothing but x, z, got the member 'y\.json', which"):
        load_archive(recommender, tmp_path, "model", ["x", "z"])
    with pytest.raises(ValueError, match=r"model\.zip: member 'y\.json' is damaged"):
        load_archive(recommender, tmp_path, "model", ["x", "y"])


def damage_member(path, name):
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
    content = bytearray(path.read_bytes())
    content[info.header_offset + 30 + len(name)] ^= 0xFF
    path.write_bytes(content)


def test_what_fits_is_taken_as_it_is(archive):
    assert archive.take("array", Array("n_users", "n_items")) is archive["array"]
    assert archive.take("array", Array("n_users", "n_factors")).dtype == np.float32
    assert archive.take("integers", Array("n_users", kinds="iu")).tolist() == [0, 1, 2]
    assert archive.take("infinite", Array("n_factors", or_minus_infinity=True))[1] == -np.inf
    assert archive.take("zero_d", Array()) == 2.5
    assert archive.take("sparse", Sparse("n_items", "n")).format == "csr"
    assert archive.take("flag", Scalar(check_bool)) is True
    assert archive.take("number", Scalar(check_float)) == archive.take("zero_d", Scalar(check_float)) == 2.5
    assert archive.take("count", Scalar(check_int, minimum=3, maximum=3)) == 3
    assert archive.take("text", Scalar(check_choice, choices=["relu", "identity"])) == "relu"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("missing", Array("n_users")),
        ("array", Array("n_users")),
        ("array", Array("n", "n_users")),
        ("array", Array("n", "n")),
        ("integers", Array("n_users")),
        ("infinite", Array("n_items")),
        ("NaN", Array("n_items", or_minus_infinity=True)),
        ("plus_infinity", Array("n_items", or_minus_infinity=True)),
        ("number", Array()),
        ("descending_numbers", Range()),
        ("array", Range()),
        ("sparse", Array("n_items", "n_items")),
        ("array", Sparse("n_users", "n_items")),
        ("sparse", Sparse("n_users", "n")),
        ("flag", Sparse("n", "n")),
        ("count", Scalar(check_bool)),
        ("text", Scalar(check_float)),
        ("number", Scalar(check_int)),
        ("flag", Scalar(check_int)),
        ("count", Scalar(check_int, minimum=4)),
        ("text", Scalar(check_choice, choices=["identity"])),
        ("flag", Scalar(check_choice, choices=["identity"])),
    ],
)
def test_what_does_not_fit_is_refused_by_file_and_key(archive, key, kind):
    with pytest.raises(ValueError, match=rf"some/model\.zip.* {key}"):
        archive.take(key, kind)


def test_a_length_with_a_name_is_the_same_throughout_a_file(archive):
    archive.take("array", Array("n_users", "n_factors"))
    archive.take("infinite", Array("n_factors", or_minus_infinity=True))
    with pytest.raises(ValueError, match=r"integers must be an array of shape \(2\), got shape \(3\)"):
        archive.take("integers", Array("n_factors", kinds="i"))


def test_a_sparse_matrix_with_indices_outside_is_refused(archive):
    archive["sparse"].indices[0] = 99
    with pytest.raises(ValueError, match="consistent sparse matrix"):
        archive.take("sparse", Sparse("n_items", "n_items"))


@pytest.fixture
def declaring(recommender):
    recommender._SAVED = {
        "factors": Array("n_users", "n_factors"),
        "W": Sparse("n_items", "n_items"),
        "mean": Scalar(check_float, default=None),
        "seed": Scalar(check_int, default=42),
    }
    return recommender


def test_what_is_declared_is_saved_and_loaded(declaring, tmp_path):
    declaring.factors, declaring.W, declaring.mean, declaring.seed = np.ones((3, 4)), np.eye(2), 1.5, 7
    save_declared(declaring, tmp_path, "model")
    del declaring.factors, declaring.W, declaring.mean, declaring.seed
    load_declared(declaring, tmp_path, "model")
    assert declaring.factors.tolist() == np.ones((3, 4)).tolist()
    assert isinstance(declaring.W, sps.csr_matrix) and declaring.W.toarray().tolist() == [[1, 0], [0, 1]]
    assert (declaring.mean, declaring.seed) == (1.5, 7)


def test_an_archive_without_all_that_has_a_default_gets_the_defaults_and_one_with_a_part_is_refused(
    declaring, tmp_path
):
    required = {"factors": np.ones((3, 4)), "W": sps.eye(2, format="csr")}
    save_archive(declaring, tmp_path, "model", required)
    load_declared(declaring, tmp_path, "model")
    assert declaring.mean is None and declaring.seed == 42
    save_archive(declaring, tmp_path, "model", {**required, "seed": 3})
    with pytest.raises(ValueError, match=r"model\.zip must hold mean"):
        load_declared(declaring, tmp_path, "model")
    assert declaring.seed == 42


@pytest.mark.parametrize("missing", ["factors", "W", "seed"])
def test_what_is_declared_and_not_there_yet_is_an_error_at_saving(declaring, tmp_path, missing):
    declaring.factors, declaring.W, declaring.mean, declaring.seed = np.ones((3, 4)), np.eye(2), None, 7
    delattr(declaring, missing)
    with pytest.raises(RuntimeError, match=rf"{missing} is not set"):
        save_declared(declaring, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_array_that_is_not_a_matrix_is_not_saved_as_one(declaring, tmp_path):
    declaring.factors, declaring.W, declaring.mean, declaring.seed = np.ones((3, 4)), np.ones(2), None, 7
    with pytest.raises(ValueError, match="W must have two dimensions, got 1"):
        save_declared(declaring, tmp_path, "model")


def test_where_nothing_is_declared_saving_and_loading_are_not_implemented(recommender, tmp_path):
    recommender._SAVED = {}
    for call in (save_declared, load_declared):
        with pytest.raises(NotImplementedError, match=r"AnyRecommender has no (save|load)_model: .*_SAVED"):
            call(recommender, tmp_path)


def test_check_fitted_names_recommender_attribute_and_remedy(recommender):
    check_fitted(recommender, "old")
    recommender.empty = None
    for attribute in ("empty", "absent"):
        with pytest.raises(RuntimeError, match=rf"AnyRecommender.*{attribute}.*fit\(\) or load_model\(\) first"):
            check_fitted(recommender, "old", attribute)
