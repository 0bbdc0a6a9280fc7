"""Readers around readers: what they delegate, where they keep, how they nest. The k-core has a file of its own."""

import doctest
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager import DataPostprocessing_Implicit_URM as implicit_module
from Data_manager import DataPostprocessing_Minimum_Rating as minimum_module
from Data_manager import DataPostprocessing_User_sample as sample_module
from Data_manager._csr_cells import cell_keys, with_cells
from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataPostprocessing_Implicit_URM import DataPostprocessing_Implicit_URM
from Data_manager.DataPostprocessing_K_Cores import DataPostprocessing_K_Cores
from Data_manager.DataPostprocessing_Minimum_Rating import DataPostprocessing_Minimum_Rating
from Data_manager.DataPostprocessing_User_sample import DataPostprocessing_User_sample
from Data_manager.DataReader import DataReader
from tests.reference.data_toy import assert_same_content, toy, toy_arguments
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


# User sample


def test_sample_keeps_the_users_with_all_they_have_in_their_order_and_every_item() -> None:
    dataset = DataPostprocessing_User_sample(ToyReader(), 0.7, random_seed=0).load_data()
    everything = toy()
    ids = list(dataset.get_user_original_ID_to_index_mapper())
    assert len(ids) == 2 and ids == sorted(ids)
    rows = [everything.get_user_original_ID_to_index_mapper()[original_id] for original_id in ids]
    for name in ("URM_all", "URM_timestamp"):
        expected = everything.get_URM_from_name(name).toarray()[rows]
        np.testing.assert_array_equal(dataset.get_URM_from_name(name).toarray(), expected)
    assert dataset.get_item_original_ID_to_index_mapper() == everything.get_item_original_ID_to_index_mapper()
    for name in ("ICM_genres", "ICM_year"):
        np.testing.assert_array_equal(
            dataset.get_ICM_from_name(name).toarray(), everything.get_ICM_from_name(name).toarray()
        )


def _many_users(n_users: int = 200) -> ToyReader:
    ones = sps.csr_matrix(np.ones((n_users, 2)))
    return ToyReader(
        changes={
            **dict.fromkeys(toy_arguments(), None),
            "dataset_name": "Toy",
            "URM_dictionary": {"URM_all": ones},
            "is_implicit": False,
        }
    )


def _sampled(quota: float, **arguments: Any) -> set[str]:
    reader = DataPostprocessing_User_sample(_many_users(), quota, **arguments)
    return set(reader.load_data().get_user_original_ID_to_index_mapper())


def test_sample_is_the_seeds_and_a_smaller_one_is_part_of_a_larger_one() -> None:
    np.random.seed(7)
    before = np.random.get_state()[1].tolist()
    assert _sampled(0.25) == _sampled(0.25, random_seed=42) != _sampled(0.25, random_seed=43)
    assert np.random.get_state()[1].tolist() == before
    assert _sampled(0.1) < _sampled(0.25) < _sampled(1.0)
    assert [len(_sampled(quota)) for quota in (0.1, 0.25, 1.0, 1e-9)] == [20, 50, 200, 1]
    drawn = [_sampled(0.1, random_seed=seed) for seed in range(100)]
    assert len(set.union(*drawn)) == 200, "everybody can be drawn"


@pytest.mark.parametrize(
    ("arguments", "name", "error"),
    [
        ({"user_quota": 0}, "user_quota", ValueError),
        ({"user_quota": 1.01}, "user_quota", ValueError),
        ({"user_quota": True}, "user_quota", TypeError),
        ({"random_seed": None}, "random_seed", TypeError),
        ({"random_seed": -1}, "random_seed", ValueError),
    ],
)
def test_wrong_argument_of_the_sample_is_named(arguments: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be"):
        DataPostprocessing_User_sample(ToyReader(), **{"user_quota": 0.5, **arguments})


# Implicit URM


def test_implicit_makes_ratings_ones_and_leaves_times_and_features() -> None:
    inner = ToyReader()
    dataset = DataPostprocessing_Implicit_URM(inner).load_data()
    pattern = (toy().get_URM_all().toarray() != 0).astype(float)
    assert inner.IS_IMPLICIT is False and dataset.is_implicit() is True
    assert_same_content(
        dataset,
        toy(
            is_implicit=True,
            URM_dictionary={**toy_arguments()["URM_dictionary"], "URM_all": sps.csr_matrix(pattern)},
        ),
    )


# Minimum rating


def test_ratings_below_the_minimum_go_from_every_URM_and_nobody_else_goes() -> None:
    given = toy_arguments()["URM_dictionary"]
    # a cell that URM_all has no rating for, and one URM without the cells that are dropped
    given["URM_clicks"] = sps.csr_matrix(np.array([[0.0, 7, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0]]))
    dataset = DataPostprocessing_Minimum_Rating(ToyReader(changes={"URM_dictionary": given}), 3).load_data()
    high = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    URM, timestamps = (given[name].toarray() for name in ("URM_all", "URM_timestamp"))
    clicks = sps.csr_matrix(np.array([[0.0, 7, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0]]))
    expected = {
        "URM_all": sps.csr_matrix(URM * high),
        "URM_timestamp": sps.csr_matrix(timestamps * high),
        "URM_clicks": clicks,
    }
    assert_same_content(dataset, toy(URM_dictionary=expected))


@pytest.mark.parametrize(
    ("minimum", "n_left", "folder"),
    [(0.5, 6, "0.5"), (-3, 6, "-3"), (0.51, 5, "0.51"), (5.0, 1, "5"), (-0.0, 6, "0"), (1e-9, 6, "0.000000001")],
)
def test_the_minimum_itself_stays(minimum: float, n_left: int, folder: str) -> None:
    reader = DataPostprocessing_Minimum_Rating(ToyReader(), minimum)
    assert reader.load_data().get_URM_all().nnz == n_left
    assert f"minimum_rating_{folder}/" == reader.DATASET_SUBFOLDER_ORIGINAL


def test_minimum_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"minimum_rating must be at most the highest rating, 5\.0, got 5\.5"):
        DataPostprocessing_Minimum_Rating(ToyReader(), 5.5).load_data()


@pytest.mark.parametrize(("value", "error"), [(np.nan, ValueError), ("4", TypeError), (None, TypeError)])
def test_wrong_minimum_is_named(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^minimum_rating must be a finite number"):
        DataPostprocessing_Minimum_Rating(ToyReader(), value)


def test_cells_by_hand() -> None:
    matrix = sps.csr_matrix(np.array([[0, 5, 6], [0, 0, 0], [7, 0, 8]]))
    assert cell_keys(matrix).tolist() == [1, 2, 6, 8]
    kept = with_cells(matrix, np.array([False, True, True, False]))
    np.testing.assert_array_equal(kept.toarray(), [[0, 0, 6], [0, 0, 0], [7, 0, 0]])
    assert kept.dtype == matrix.dtype and matrix.nnz == 4
    large = sps.csr_matrix(([1.0], ([99_999], [99_999])), shape=(100_000, 100_000))
    assert cell_keys(large).tolist() == [10**10 - 1]


def test_examples_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (implicit_module, minimum_module, sample_module):
        assert doctest.testmod(module).failed == 0
    assert list(tmp_path.iterdir()) == []
