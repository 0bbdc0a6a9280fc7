"""What save_model and load_model share, over any DataIO that keeps the contract."""

import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders import _model_archive
from Recommenders._model_archive import ModelArchive, check_fitted, install, load_archive, save_archive


@pytest.fixture
def recommender():
    printed = []
    return SimpleNamespace(RECOMMENDER_NAME="AnyRecommender", _print=printed.append, printed=printed, old=1)


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


class StrictDataIO:
    """As the contract describes the host's, and less: a string with a slash as folder, which must be there."""

    def __init__(self, folder_path):
        if not isinstance(folder_path, str) or folder_path[-1] != "/":
            raise AssertionError(folder_path)
        self.folder = Path(folder_path)

    def save_data(self, file_name, data_dict_to_save):
        if not self.folder.is_dir():
            raise FileNotFoundError(self.folder)
        self.__class__.saved = data_dict_to_save


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


def test_a_model_is_saved_through_a_DataIO_that_is_strict_and_read_without_it(recommender, monkeypatch, tmp_path):
    monkeypatch.setattr(_model_archive, "DataIO", StrictDataIO)
    save_archive(recommender, tmp_path / "new", "model", {"x": 1})
    assert StrictDataIO.saved == {"x": 1}
    with pytest.raises(FileNotFoundError):
        load_archive(recommender, tmp_path / "new", "model", ["x"])


def test_what_fits_is_taken_as_it_is(archive):
    assert archive.take_array("array", (3, 2)) is archive["array"]
    assert archive.take_array("array", (None, None)).dtype == np.float32
    assert archive.take_array("integers", (3,), kinds="iu").tolist() == [0, 1, 2]
    assert archive.take_array("infinite", (2,), or_minus_infinity=True)[1] == -np.inf
    assert archive.take_array("zero_d", ()) == 2.5
    assert archive.take_sparse("sparse", (2, None)).format == "csr"
    assert archive.take_bool("flag") is True
    assert archive.take_float("number") == archive.take_float("zero_d") == 2.5
    assert archive.take_int("count", minimum=3, maximum=3) == 3
    assert archive.take_choice("text", ["relu", "identity"]) == "relu"


@pytest.mark.parametrize(
    "take",
    [
        lambda archive: archive.take_array("missing", (3,)),
        lambda archive: archive.take_array("array", (3,)),
        lambda archive: archive.take_array("array", (None, 3)),
        lambda archive: archive.take_array("integers", (3,)),
        lambda archive: archive.take_array("infinite", (2,)),
        lambda archive: archive.take_array("NaN", (2,), or_minus_infinity=True),
        lambda archive: archive.take_array("plus_infinity", (2,), or_minus_infinity=True),
        lambda archive: archive.take_array("number", ()),
        lambda archive: archive.take_range("descending_numbers"),
        lambda archive: archive.take_range("array"),
        lambda archive: archive.take_array("sparse", (2, 2)),
        lambda archive: archive.take_sparse("array", (3, 2)),
        lambda archive: archive.take_sparse("sparse", (3, None)),
        lambda archive: archive.take_bool("count"),
        lambda archive: archive.take_float("text"),
        lambda archive: archive.take_int("number"),
        lambda archive: archive.take_int("flag"),
        lambda archive: archive.take_int("count", minimum=4),
        lambda archive: archive.take_choice("text", ["identity"]),
        lambda archive: archive.take_choice("flag", ["identity"]),
    ],
)
def test_what_does_not_fit_is_refused_by_file_and_key(archive, take):
    with pytest.raises(
        ValueError, match=r"some/model\.zip.*(missing|array|integers|infinit|NaN|number|sparse|count|text|flag)"
    ):
        take(archive)


def test_a_sparse_matrix_with_indices_outside_is_refused(archive):
    archive["sparse"].indices[0] = 99
    with pytest.raises(ValueError, match="consistent sparse matrix"):
        archive.take_sparse("sparse", (2, 2))


def test_check_fitted_names_recommender_attribute_and_remedy(recommender):
    check_fitted(recommender, "old")
    recommender.empty = None
    for attribute in ("empty", "absent"):
        with pytest.raises(RuntimeError, match=rf"AnyRecommender.*{attribute}.*fit\(\) or load_model\(\) first"):
            check_fitted(recommender, "old", attribute)
