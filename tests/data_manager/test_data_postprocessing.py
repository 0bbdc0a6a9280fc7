"""Readers around readers: what they delegate, where they keep, how they nest. What each does has files of its own."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataPostprocessing_Implicit_URM import DataPostprocessing_Implicit_URM
from Data_manager.DataPostprocessing_K_Cores import DataPostprocessing_K_Cores
from Data_manager.DataPostprocessing_Minimum_Rating import DataPostprocessing_Minimum_Rating
from Data_manager.DataPostprocessing_User_sample import DataPostprocessing_User_sample
from Data_manager.DataReader import DataReader
from tests.reference.data_splitters import MemoryReader
from tests.reference.data_toy import assert_same_content, toy
from tests.reference.data_toy_reader import ToyReader

Wrap = Callable[[DataReader], DataPostprocessing]

# each with its folder and its options
PROCESSINGS: dict[str, tuple[Wrap, str, dict[str, Any]]] = {
    "k-core": (lambda reader: DataPostprocessing_K_Cores(reader, 2), "2_cores/", {"k_cores_value": 2}),
    "sample": (
        lambda reader: DataPostprocessing_User_sample(reader, 0.7, random_seed=3),
        "user_sample_0.7_seed_3/",
        {"user_quota": 0.7, "random_seed": 3},
    ),
    "implicit": (DataPostprocessing_Implicit_URM, "implicit/", {}),
    "minimum": (
        lambda reader: DataPostprocessing_Minimum_Rating(reader, 1),
        "minimum_rating_1/",
        {"minimum_rating": 1.0},
    ),
}


@pytest.fixture(params=PROCESSINGS)
def processing(request: pytest.FixtureRequest) -> tuple[Wrap, str, dict[str, Any]]:
    return PROCESSINGS[request.param]


def test_names_folders_and_hooks_are_the_wrapped_readers(
    processing: tuple[Wrap, str, dict[str, Any]], tmp_path: Path
) -> None:
    wrap, subfolder, options = processing
    inner = ToyReader(keeps=True, sources=(Path("toy.zip"),), data_folder=tmp_path)
    reader = wrap(inner)
    assert isinstance(reader, DataReader) and reader.dataReader_object is inner
    for name in ("DATASET_SUBFOLDER", "DATASET_SPLIT_ROOT_FOLDER", "DATASET_OFFLINE_ROOT_FOLDER", "data_folder"):
        assert getattr(reader, name) == getattr(inner, name)
    for name in ("KEEPS_DATASET", "AVAILABLE_URM", "AVAILABLE_ICM", "AVAILABLE_UCM", "verbose"):
        assert getattr(reader, name) == getattr(inner, name)
    assert reader.get_dataset_name() == "Toy"
    assert reader.get_loaded_ICM_names() == ["ICM_genres", "ICM_year"]
    assert reader.get_loaded_UCM_names() == ["UCM_all"]
    assert subfolder == reader.DATASET_SUBFOLDER_ORIGINAL
    assert DataReader.DATASET_SUBFOLDER_ORIGINAL == inner.DATASET_SUBFOLDER_ORIGINAL == "original/"
    assert reader._source_files() == [Path("toy.zip")]
    assert reader._reader_options() == {**options, "of": {"reader": "ToyReader", "colour": "blue"}}
    assert json.loads(json.dumps(reader._reader_options())) == reader._reader_options()


def test_processed_data_set_is_kept_beside_the_original_one_and_read_from_there(
    processing: tuple[Wrap, str, dict[str, Any]], tmp_path: Path
) -> None:
    wrap, subfolder, _ = processing
    inner = ToyReader(keeps=True, data_folder=tmp_path)
    first = wrap(inner).load_data()
    assert {path.name for path in (tmp_path / "Toy").iterdir()} == {"original", subfolder.rstrip("/")}
    assert_same_content(inner.load_data(), toy())
    assert_same_content(wrap(inner).load_data(save_folder_path=tmp_path / "anew"), first)
    shutil.rmtree(tmp_path / "Toy" / "original")
    assert_same_content(wrap(inner).load_data(), first)
    assert inner.n_reads == 1, "the original data set was read from where it was kept, then only the processed one"


def test_processed_data_set_is_made_anew_when_what_it_depends_on_has_changed(
    processing: tuple[Wrap, str, dict[str, Any]], tmp_path: Path
) -> None:
    wrap, _, _ = processing
    source = tmp_path / "toy.zip"
    source.write_bytes(b"first edition")

    def n_reads(**arguments: Any) -> int:
        inner = ToyReader(keeps=True, sources=(source,), data_folder=tmp_path / "data", **arguments)
        wrap(inner).load_data()
        return inner.n_reads

    assert [n_reads(), n_reads()] == [1, 0]
    assert [n_reads(colour="red"), n_reads(colour="red")] == [1, 0]
    source.write_bytes(b"second edition")
    assert [n_reads(colour="red"), n_reads(colour="red")] == [1, 0]


def test_nothing_is_read_or_written_with_false_by_no_reader_of_the_chain(
    processing: tuple[Wrap, str, dict[str, Any]], tmp_path: Path
) -> None:
    wrap, _, _ = processing
    inner = ToyReader(keeps=True, data_folder=tmp_path)
    reader = wrap(wrap(inner))
    for n_loads in (1, 2):
        reader.load_data(save_folder_path=False)
        assert inner.n_reads == n_loads
    assert list(tmp_path.iterdir()) == []
    reader.load_data()
    reader.load_data()
    assert inner.n_reads == 3 and list(tmp_path.iterdir()) == [tmp_path / "Toy"]


def test_reader_that_keeps_nothing_keeps_nothing_when_wrapped(
    processing: tuple[Wrap, str, dict[str, Any]], tmp_path: Path
) -> None:
    processing[0](ToyReader(data_folder=tmp_path)).load_data()
    assert list(tmp_path.iterdir()) == []


def test_data_set_that_the_wrapped_reader_gives_is_not_changed(processing: tuple[Wrap, str, dict[str, Any]]) -> None:
    """A reader may keep its data set, and give the same object again."""
    dataset = toy()
    processing[0](MemoryReader(dataset)).load_data()
    assert_same_content(dataset, toy())


def test_chosen_folder_holds_the_processed_data_set_and_the_default_one_the_original(tmp_path: Path) -> None:
    inner = ToyReader(keeps=True, data_folder=tmp_path / "data")
    dataset = DataPostprocessing_K_Cores(inner, 2).load_data(save_folder_path=f"{tmp_path}/chosen/")
    assert [path.name for path in (tmp_path / "data" / "Toy").iterdir()] == ["original"]
    other = ToyReader(keeps=True, data_folder=tmp_path / "nowhere")
    assert_same_content(DataPostprocessing_K_Cores(other, 2).load_data(save_folder_path=tmp_path / "chosen"), dataset)
    assert other.n_reads == 0
    # another processing does not take it for its own
    assert DataPostprocessing_K_Cores(other, 1).load_data(save_folder_path=tmp_path / "chosen").get_URM_all().nnz == 6


def test_reload_is_the_wrapped_readers_and_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = ToyReader(reload_from_original_data=True, keeps=True, data_folder=tmp_path, verbose=True)
    reader = DataPostprocessing_K_Cores(DataPostprocessing_Implicit_URM(inner), 2)
    assert capsys.readouterr().out.count("reload_from_original_data is True") == 1
    reader.load_data()
    reader.load_data()
    assert inner.n_reads == 2
    assert "DataDenseSplit_K_Cores: Round 1" in capsys.readouterr().out


def test_quiet_reader_is_quiet_when_wrapped(
    processing: tuple[Wrap, str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    processing[0](ToyReader()).load_data()
    assert capsys.readouterr().out == ""


def test_nested_folders_stand_in_one_another_outermost_first(tmp_path: Path) -> None:
    reader: DataReader = ToyReader(keeps=True, data_folder=tmp_path)
    for wrap in (
        DataPostprocessing_Implicit_URM,
        lambda inner: DataPostprocessing_User_sample(inner, 1.0),
        lambda inner: DataPostprocessing_K_Cores(inner, 1),
    ):
        reader = wrap(reader)
    assert reader.DATASET_SUBFOLDER_ORIGINAL == "1_cores/user_sample_1_seed_42/implicit/"
    assert reader._reader_options() == {
        "k_cores_value": 1,
        "of": {
            "reader": "DataPostprocessing_User_sample",
            "user_quota": 1.0,
            "random_seed": 42,
            "of": {"reader": "DataPostprocessing_Implicit_URM", "of": {"reader": "ToyReader", "colour": "blue"}},
        },
    }
    dataset = reader.load_data()
    kept = {path.parent.relative_to(tmp_path / "Toy").as_posix() for path in tmp_path.rglob("dataset_cache.json")}
    inner = "user_sample_1_seed_42/implicit"
    assert kept == {"original", "implicit", inner, f"1_cores/{inner}"}
    assert dataset.is_implicit() and reader.IS_IMPLICIT
    np.testing.assert_array_equal(dataset.get_URM_all().toarray(), [[1, 1, 0], [0, 1, 0], [1, 1, 1]])


def test_order_of_nesting_is_the_order_of_processing() -> None:
    # user 12 has a rating of 1 and one of 2: two interactions for the 2-core, unless the lower one has gone before
    URM = sps.csr_matrix(np.array([[5.0, 3, 0, 0], [1, 2, 0, 0], [4, 2, 0.5, 0]]))
    inner = ToyReader(changes={"URM_dictionary": {"URM_all": URM, "URM_timestamp": URM}})
    minimum_last = DataPostprocessing_Minimum_Rating(DataPostprocessing_K_Cores(inner, 2), 2)
    minimum_first = DataPostprocessing_K_Cores(DataPostprocessing_Minimum_Rating(inner, 2), 2)
    assert minimum_last.load_data().get_URM_all().toarray().tolist() == [[5, 3], [0, 2], [4, 2]]
    assert minimum_first.load_data().get_URM_all().toarray().tolist() == [[5, 3], [4, 2]]


@pytest.mark.parametrize("wrapped", [None, ToyReader, toy(), "ml-100k"])
def test_only_a_reader_can_be_wrapped(wrapped: Any) -> None:
    for wrap, _, _ in PROCESSINGS.values():
        with pytest.raises(TypeError, match="dataReader_object must be a DataReader"):
            wrap(wrapped)


def test_subclass_without_its_methods_is_told_which() -> None:
    with pytest.raises(NotImplementedError, match="DataPostprocessing must define _subfolder"):
        DataPostprocessing(ToyReader())
